/* summary.c - a trace in a few dozen lines, for people. */
#include "trace.h"

#include <inttypes.h>
#include <stdlib.h>

#define MOST 10 /* lines of a list */

/* All polls of a task. */
struct total {
    uint64_t task;
    uint32_t name;
    uint64_t polls;
    uint64_t time;    /* ns */
    uint64_t longest; /* ns */
};

static uint64_t
length_of(const struct span *span)
{
    return span->end - span->begin;
}

/* "12.3 us" */
static const char *
time_text(uint64_t ns, char *text, size_t size)
{
    double n = (double)ns;

    if (ns < 1000)
        snprintf(text, size, "%" PRIu64 " ns", ns);
    else if (ns < 1000000)
        snprintf(text, size, "%.1f us", n / 1e3);
    else if (ns < 1000000000)
        snprintf(text, size, "%.1f ms", n / 1e6);
    else
        snprintf(text, size, "%.2f s", n / 1e9);
    return text;
}

static void
put_time(uint64_t ns, FILE *out)
{
    char text[32];

    fprintf(out, "  %9s", time_text(ns, text, sizeof text));
}

/*
 * Workers
 */

static void
put_share(uint64_t part, uint64_t whole, FILE *out)
{
    fprintf(out, "  %5.1f %%",
            whole ? 100.0 * (double)part / (double)whole : 0.0);
}

static uint64_t
sum_of(const struct track *track, uint32_t kind, uint64_t *n)
{
    uint64_t sum = 0;

    *n = 0;
    for (size_t i = 0; i < track->n; i++) {
        if (track->events[i].kind == kind) {
            sum += track->events[i].number;
            ++*n;
        }
    }
    return sum;
}

static void
put_track(const struct trace *trace, const struct spans *spans, uint32_t track,
        FILE *out)
{
    uint64_t whole = trace->end - track_start(trace, track);
    uint64_t time[3] = { 0 };
    uint64_t polls = 0;
    uint64_t steals;
    uint64_t stolen = sum_of(&trace->tracks[track], TRACE_STEAL, &steals);
    char title[32];

    for (size_t i = 0; i < spans->n; i++) {
        const struct span *span = &spans->span[i];

        if (span->track != track)
            continue;
        time[span->kind] += length_of(span);
        polls += span->kind == SPAN_POLL;
    }
    fprintf(out, "%-13s", track_title(trace, track, title));
    put_time(whole, out);
    put_share(time[SPAN_POLL], whole, out);
    put_share(time[SPAN_COMPUTE], whole, out);
    put_share(time[SPAN_SLEEP], whole, out);
    fprintf(out, "  %9" PRIu64 "  %7" PRIu64 "  %7" PRIu64 "\n", polls, steals,
            stolen);
}

static void
put_tracks(const struct trace *trace, const struct spans *spans, FILE *out)
{
    fprintf(out, "%-13s  %9s  %7s  %7s  %7s  %9s  %7s  %7s\n", "", "traced",
            "polling", "comput.", "asleep", "polls", "steals", "stolen");
    for (uint32_t i = 0; i < trace->info.tracks; i++) {
        if (trace->tracks[i].n && i <= trace->info.workers)
            put_track(trace, spans, i, out);
    }
}

/*
 * Latencies
 */

static int
compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

static void
put_row(const char *title, uint64_t *ns, size_t n, FILE *out)
{
    static const double shares[] = { 0.5, 0.9, 0.99, 1 };

    qsort(ns, n, sizeof *ns, compare_numbers);
    fprintf(out, "%-25s", title);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        put_time(ns[(size_t)(shares[i] * (double)(n - 1) + 0.5)], out);
    fprintf(out, "  of %zu\n", n);
}

static bool
put_latencies(const struct spans *spans, FILE *out)
{
    uint64_t *ns = malloc((2 * spans->n + 1) * sizeof *ns);
    uint64_t *waits = ns + spans->n;
    size_t polls = 0;
    size_t woken = 0;

    if (!ns)
        return false;
    for (size_t i = 0; i < spans->n; i++) {
        const struct span *span = &spans->span[i];

        if (span->kind == SPAN_POLL)
            ns[polls++] = length_of(span);
        if (span->is_woken)
            waits[woken++] = span->begin - span->queued;
    }
    fprintf(out, "\n%-25s  %9s  %9s  %9s  %9s\n", "", "median", "90 %", "99 %",
            "longest");
    if (woken)
        put_row("from queued to polled", waits, woken, out);
    if (polls)
        put_row("in a poll", ns, polls, out);
    free(ns);
    return true;
}

/*
 * Polls and tasks
 */

static int
compare_lengths(const void *a, const void *b)
{
    uint64_t left = length_of(*(const struct span *const *)a);
    uint64_t right = length_of(*(const struct span *const *)b);

    return left > right ? -1 : left < right;
}

static void
put_poll(const struct trace *trace, const struct span *span, FILE *out)
{
    char title[32];

    put_time(length_of(span), out);
    fprintf(out, "  task %" PRIu64 ", %s, ", span->task,
            name_of(trace, span->name));
    fprintf(out, "%s, at %.3f ms, %s\n", track_title(trace, span->track, title),
            (double)(span->begin - trace->start) / 1e6,
            outcome_text(span->outcome));
}

static bool
put_longest(const struct trace *trace, const struct spans *spans, FILE *out)
{
    const struct span **polls = malloc((spans->n + 1) * sizeof *polls);
    size_t n = 0;

    if (!polls)
        return false;
    for (size_t i = 0; i < spans->n; i++) {
        if (spans->span[i].kind == SPAN_POLL)
            polls[n++] = &spans->span[i];
    }
    qsort(polls, n, sizeof *polls, compare_lengths);
    fputs("\nlongest polls\n", out);
    for (size_t i = 0; i < n && i < MOST; i++)
        put_poll(trace, polls[i], out);
    free(polls);
    return true;
}

static int
compare_tasks(const void *a, const void *b)
{
    const struct total *left = a;
    const struct total *right = b;

    return left->task < right->task ? -1 : left->task > right->task;
}

static int
compare_times(const void *a, const void *b)
{
    const struct total *left = a;
    const struct total *right = b;

    if (left->time != right->time)
        return left->time > right->time ? -1 : 1;
    return compare_tasks(a, b);
}

/* One for each poll, sorted, then added up for each task.  Returns how many. */
static size_t
add_up(struct total *totals, const struct spans *spans)
{
    size_t polls = 0;
    size_t n = 0;

    for (size_t i = 0; i < spans->n; i++) {
        const struct span *span = &spans->span[i];

        if (span->kind == SPAN_POLL)
            totals[polls++] = (struct total){ span->task, span->name, 1,
                length_of(span), length_of(span) };
    }
    qsort(totals, polls, sizeof *totals, compare_tasks);
    for (size_t i = 0; i < polls; i++) {
        if (!n || totals[n - 1].task != totals[i].task) {
            totals[n++] = totals[i];
            continue;
        }
        totals[n - 1].polls++;
        totals[n - 1].time += totals[i].time;
        if (totals[n - 1].longest < totals[i].longest)
            totals[n - 1].longest = totals[i].longest;
    }
    return n;
}

static bool
put_hottest(const struct trace *trace, const struct spans *spans, FILE *out)
{
    struct total *totals = malloc((spans->n + 1) * sizeof *totals);
    size_t n;

    if (!totals)
        return false;
    n = add_up(totals, spans);
    qsort(totals, n, sizeof *totals, compare_times);
    fprintf(out, "\nhottest tasks, of %zu\n", n);
    for (size_t i = 0; i < n && i < MOST; i++) {
        put_time(totals[i].time, out);
        fprintf(out, "  task %" PRIu64 ", %s, in %" PRIu64 " polls",
                totals[i].task, name_of(trace, totals[i].name),
                totals[i].polls);
        fputs(", the longest", out);
        put_time(totals[i].longest, out);
        fputc('\n', out);
    }
    free(totals);
    return true;
}

bool
put_summary(const struct trace *trace, const struct spans *spans, FILE *out)
{
    uint64_t lost = 0;
    char text[32];

    for (uint32_t i = 0; i < trace->info.tracks; i++)
        lost += trace->tracks[i].lost;
    fprintf(out, "%s: %s", trace->info.name,
            time_text(trace->end - trace->start, text, sizeof text));
    fprintf(out, ", and %" PRIu64 " events before that are lost\n\n", lost);
    put_tracks(trace, spans, out);
    return put_latencies(spans, out) && put_longest(trace, spans, out) &&
           put_hottest(trace, spans, out);
}
