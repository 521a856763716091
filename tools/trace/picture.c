/*
 * picture.c - a trace as SVG: a lane for each worker.
 *
 *     bars      polls, in a color of the task's name
 *     hatched   computations
 *     thin      asleep
 *     arrows    from who queued a task to the poll, if that is in another lane
 *     wedges    steals
 *
 * What is too narrow to be seen is drawn together with what follows it, so that a
 * picture is small however long the trace is.
 */
#include "trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH       1200
#define LEFT        100 /* of the lanes */
#define RIGHT       20
#define TOP         70
#define LANE        40
#define GAP         26
#define COLORS      8
#define ARROWS_MOST 160
#define NARROW      0.7 /* units, below which bars are drawn together */

struct picture {
    const struct trace *trace;
    FILE *out;
    uint64_t from; /* ns */
    uint64_t to;
    uint32_t *lanes; /* of each track; lanes[track] is where it is drawn */
    uint32_t nlanes;
    uint32_t *colors; /* of each name, by number; 0: none yet */
    uint32_t *legend; /* names, by color - 1 */
    uint32_t nlegend;
};

static double
x_of(const struct picture *picture, uint64_t time)
{
    double span = (double)(picture->to - picture->from);

    if (time < picture->from)
        return LEFT;
    if (time > picture->to)
        return WIDTH - RIGHT;
    return LEFT +
           (WIDTH - LEFT - RIGHT) * ((double)(time - picture->from) / span);
}

static double
y_of(const struct picture *picture, uint32_t track)
{
    return TOP + picture->lanes[track] * (double)(LANE + GAP);
}

static double
height_of(const struct picture *picture)
{
    return TOP + picture->nlanes * (double)(LANE + GAP) + 14;
}

static bool
is_visible(const struct picture *picture, const struct span *span)
{
    return span->end >= picture->from && span->begin <= picture->to;
}

/*
 * The frame
 */

static const char style[] =
        "text{font:12px system-ui,sans-serif;fill:#24292f}"
        ".d{fill:#57606a;font-size:11px}.n{fill:#fff;font-size:11px}"
        ".l{fill:#f3f5f7}.z{stroke:#afb8c1;stroke-width:2}"
        ".g{stroke:#d0d7de;stroke-width:1}"
        ".w{fill:none;stroke:#57606a;stroke-width:1;opacity:.75}"
        ".h{fill:#57606a}.s{fill:#cf222e}.c{fill:url(#c)}"
        ".a1{fill:#0969da}.a2{fill:#1a7f37}.a3{fill:#bf6a02}"
        ".a4{fill:#8250df}.a5{fill:#bf3989}.a6{fill:#1b7c83}"
        ".a7{fill:#8a6a1f}.a8{fill:#6e7781}"
        "@media(prefers-color-scheme:dark){text{fill:#e6edf3}"
        ".b{fill:#0d1117}.d{fill:#9198a1}.n{fill:#0d1117}.l{fill:#161b22}"
        ".z{stroke:#484f58}.g{stroke:#30363d}.w{stroke:#c9d1d9}"
        ".h{fill:#c9d1d9}.s{fill:#ff7b72}"
        ".a1{fill:#58a6ff}.a2{fill:#56d364}.a3{fill:#e3b341}"
        ".a4{fill:#bc8cff}.a5{fill:#f778ba}.a6{fill:#76e3ea}"
        ".a7{fill:#d4a72c}.a8{fill:#8b949e}}";

static void
begin_picture(struct picture *picture)
{
    fprintf(picture->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" "
            "viewBox=\"0 0 %d %.0f\">\n<style>.b{fill:#fff}%s</style>\n",
            WIDTH, height_of(picture), style);
    fputs("<defs><marker id=\"m\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
          "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
          "<path class=\"h\" d=\"M0 0 8 4 0 8z\"/></marker>"
          "<pattern id=\"c\" width=\"6\" height=\"6\" "
          "patternUnits=\"userSpaceOnUse\" "
          "patternTransform=\"rotate(45)\"><rect class=\"a8\" width=\"3\" "
          "height=\"6\"/></pattern></defs>\n",
            picture->out);
    fputs("<rect class=\"b\" width=\"100%\" height=\"100%\"/>\n", picture->out);
}

/* 1, 2 or 5 times a power of ten, in ns, so that there are about ten steps. */
static double
step_of(double span)
{
    double step = pow(10, floor(log10(span / 8)));

    if (span / step > 40)
        return step * 5;
    return span / step > 16 ? step * 2 : step;
}

/* Counted from the left edge. */
static void
put_axis(struct picture *picture)
{
    double span = (double)(picture->to - picture->from);
    double step = step_of(span);
    const char *unit = step < 1e3 ? "ns" : step < 1e6 ? "us" : "ms";
    double scale = step < 1e3 ? 1 : step < 1e6 ? 1e3 : 1e6;

    for (double t = 0; t <= span; t += step) {
        double x = LEFT + (WIDTH - LEFT - RIGHT) * (t / span);

        fprintf(picture->out,
                "<path class=\"g\" d=\"M%.1f %dV%.0f\"/>"
                "<text class=\"d\" x=\"%.1f\" y=\"%d\" "
                "text-anchor=\"middle\">%.6g %s</text>\n",
                x, TOP - 16, height_of(picture) - 14, x, TOP - 22, t / scale,
                unit);
    }
}

static void
put_lanes(struct picture *picture)
{
    char title[32];

    for (uint32_t i = 0; i < picture->trace->info.tracks; i++) {
        double y = y_of(picture, i);

        if (picture->lanes[i] == UINT32_MAX)
            continue;
        fprintf(picture->out,
                "<rect class=\"l\" x=\"%d\" y=\"%.0f\" width=\"%d\" "
                "height=\"%d\"/><text x=\"%d\" y=\"%.0f\" "
                "text-anchor=\"end\">%s</text>\n",
                LEFT, y, WIDTH - LEFT - RIGHT, LANE, LEFT - 10,
                y + LANE / 2 + 4, track_title(picture->trace, i, title));
    }
}

/*
 * Bars
 */

/* The first few names get a color each, the others share the last. */
static uint32_t
color_of(struct picture *picture, uint32_t name)
{
    if (!picture->colors[name]) {
        if (picture->nlegend < COLORS - 1)
            picture->legend[picture->nlegend++] = name;
        picture->colors[name] = picture->nlegend < COLORS - 1 ||
                                                picture->legend[COLORS - 2] ==
                                                        name
                                        ? picture->nlegend
                                        : COLORS;
    }
    return picture->colors[name];
}

static void
put_bar(struct picture *picture, const struct span *span, double x, double end)
{
    const char *name = name_of(picture->trace, span->name);
    double y = y_of(picture, span->track);
    char kind[16] = "c";

    if (span->kind == SPAN_POLL)
        snprintf(kind, sizeof kind, "a%" PRIu32, color_of(picture, span->name));
    fprintf(picture->out,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" "
            "height=\"%d\" rx=\"1.5\"/>\n",
            kind, x, y + 4, end - x < 0.5 ? 0.5 : end - x, LANE - 8);
    if (span->kind != SPAN_POLL || end - x < 7.0 * (double)strlen(name) + 6)
        return;
    fprintf(picture->out, "<text class=\"n\" x=\"%.1f\" y=\"%.0f\">", x + 4,
            y + LANE / 2 + 4);
    put_xml_text(name, picture->out);
    fputs("</text>\n", picture->out);
}

static void
put_sleep(struct picture *picture, const struct span *span)
{
    fprintf(picture->out, "<path class=\"z\" d=\"M%.1f %.0fH%.1f\"/>\n",
            x_of(picture, span->begin), y_of(picture, span->track) + LANE / 2,
            x_of(picture, span->end));
}

/* Polls of a name that stand so close that nobody could tell them apart. */
static bool
goes_with(const struct picture *picture, const struct span *bar, double x,
        double end, const struct span *next)
{
    return bar->kind == next->kind && bar->track == next->track &&
           bar->name == next->name && is_visible(picture, next) &&
           x_of(picture, next->begin) - end < NARROW &&
           (end - x < NARROW ||
                   x_of(picture, next->end) - x_of(picture, next->begin) <
                           NARROW);
}

static void
put_bars(struct picture *picture, const struct spans *spans)
{
    for (size_t i = 0; i < spans->n; i++) {
        const struct span *span = &spans->span[i];
        double x = x_of(picture, span->begin);
        double end = x_of(picture, span->end);

        if (!is_visible(picture, span) ||
                picture->lanes[span->track] == UINT32_MAX)
            continue;
        if (span->kind == SPAN_SLEEP) {
            if (end - x >= NARROW)
                put_sleep(picture, span);
            continue;
        }
        while (i + 1 < spans->n &&
                goes_with(picture, span, x, end, &spans->span[i + 1]))
            end = x_of(picture, spans->span[++i].end);
        put_bar(picture, span, x, end);
    }
}

/*
 * Arrows and wedges
 */

static bool
has_arrow(const struct picture *picture, const struct span *span)
{
    return span->is_woken && span->from != span->track &&
           span->queued >= picture->from && span->begin <= picture->to &&
           picture->lanes[span->from] != UINT32_MAX &&
           picture->lanes[span->track] != UINT32_MAX;
}

static void
put_arrow(struct picture *picture, const struct span *span)
{
    double x = x_of(picture, span->queued);
    double end = x_of(picture, span->begin);
    bool down = picture->lanes[span->track] > picture->lanes[span->from];
    double y = y_of(picture, span->from) + (down ? LANE - 4 : 4);
    double to = y_of(picture, span->track) + (down ? 3 : LANE - 3);
    double bend = (to - y) * 0.6;

    fprintf(picture->out,
            "<path class=\"w\" marker-end=\"url(#m)\" "
            "d=\"M%.1f %.0fC%.1f %.0f %.1f %.0f %.1f %.0f\"/>\n",
            x, y, x, y + bend, end, to - bend, end, to);
}

/* If there are too many for the eye, those that are at equal distances. */
static void
put_arrows(struct picture *picture, const struct spans *spans)
{
    size_t n = 0;
    size_t each;
    size_t i = 0;

    for (size_t j = 0; j < spans->n; j++)
        n += has_arrow(picture, &spans->span[j]);
    each = n / ARROWS_MOST + 1;
    for (size_t j = 0; j < spans->n; j++) {
        if (has_arrow(picture, &spans->span[j]) && i++ % each == 0)
            put_arrow(picture, &spans->span[j]);
    }
}

static void
put_wedges(struct picture *picture, uint32_t track)
{
    const struct track *it = &picture->trace->tracks[track];
    double last = 0;

    for (size_t i = 0; i < it->n; i++) {
        const struct trace_record *event = &it->events[i];
        double x = x_of(picture, event->time);
        double y = y_of(picture, track);

        if (event->kind != TRACE_STEAL || event->time < picture->from ||
                event->time > picture->to || x - last < 3)
            continue;
        last = x;
        fprintf(picture->out,
                "<path class=\"s\" d=\"M%.1f %.0fl-5 -9h10z\"/>\n", x, y + 3);
    }
}

/*
 * The legend
 */

static double
put_entry(struct picture *picture, double x, const char *kind, const char *name)
{
    fprintf(picture->out,
            "<rect class=\"%s\" x=\"%.0f\" y=\"14\" width=\"14\" "
            "height=\"14\" rx=\"2\"/><text x=\"%.0f\" y=\"26\">",
            kind, x, x + 20);
    put_xml_text(name, picture->out);
    fputs("</text>\n", picture->out);
    return x + 44 + 7.0 * (double)strlen(name);
}

static void
put_legend(struct picture *picture, const struct spans *spans)
{
    double x = LEFT;
    char kind[16];
    bool computes = false;

    for (uint32_t i = 0; i < picture->nlegend; i++) {
        snprintf(kind, sizeof kind, "a%" PRIu32, i + 1);
        x = put_entry(picture, x, kind,
                name_of(picture->trace, picture->legend[i]));
    }
    for (size_t i = 0; i < spans->n; i++)
        computes |= spans->span[i].kind == SPAN_COMPUTE &&
                    is_visible(picture, &spans->span[i]);
    if (computes)
        x = put_entry(picture, x, "c", "computing");
    fprintf(picture->out,
            "<path class=\"s\" d=\"M%.0f 26l-5 -9h10z\"/>"
            "<text x=\"%.0f\" y=\"26\">steal</text>"
            "<path class=\"z\" d=\"M%.0f 21h20\"/>"
            "<text x=\"%.0f\" y=\"26\">asleep</text>"
            "<path class=\"w\" marker-end=\"url(#m)\" d=\"M%.0f 21h24\"/>"
            "<text x=\"%.0f\" y=\"26\">wake or spawn, to poll</text>\n",
            x + 6, x + 16, x + 64, x + 90, x + 146, x + 176);
}

/*
 * All
 */

static bool
has_anything(const struct picture *picture, uint32_t track)
{
    const struct track *it = &picture->trace->tracks[track];

    for (size_t i = 0; i < it->n; i++) {
        if (it->events[i].time >= picture->from &&
                it->events[i].time <= picture->to)
            return true;
    }
    return false;
}

/* Workers always have a lane, others if anything happens in it. */
static void
give_lanes(struct picture *picture)
{
    const struct trace *trace = picture->trace;

    for (uint32_t i = 0; i < trace->info.tracks; i++) {
        bool wanted = i < trace->info.workers || has_anything(picture, i);

        picture->lanes[i] = wanted ? picture->nlanes++ : UINT32_MAX;
    }
}

static void
draw(struct picture *picture, const struct spans *spans)
{
    give_lanes(picture);
    begin_picture(picture);
    put_axis(picture);
    put_lanes(picture);
    put_bars(picture, spans);
    put_arrows(picture, spans);
    for (uint32_t i = 0; i < picture->trace->info.tracks; i++) {
        if (picture->lanes[i] != UINT32_MAX)
            put_wedges(picture, i);
    }
    put_legend(picture, spans);
    fputs("</svg>\n", picture->out);
}

bool
put_picture(const struct trace *trace, const struct spans *spans, uint64_t from,
        uint64_t length, FILE *out)
{
    struct picture picture = { .trace = trace, .out = out };
    uint64_t whole = trace->end - trace->start;
    bool done;

    from = from < whole ? from : whole;
    picture.from = trace->start + from;
    picture.to = length && length < whole - from ? picture.from + length
                                                 : trace->end;
    if (picture.to == picture.from)
        picture.to++;
    picture.lanes = calloc(trace->info.tracks, sizeof *picture.lanes);
    picture.colors = calloc((size_t)trace->nnames + 1, sizeof *picture.colors);
    picture.legend = calloc(COLORS, sizeof *picture.legend);
    done = picture.lanes && picture.colors && picture.legend;
    if (done)
        draw(&picture, spans);
    free(picture.lanes);
    free(picture.colors);
    free(picture.legend);
    return done;
}
