/*
 * json.c - a trace in the format of Chrome's trace viewer, which Perfetto reads.
 *
 * Arrows lead from slices to slices.  So a spawn or a wake that is in no poll gets
 * a slice of its own, as short as one can be.
 */
#include "trace.h"

#include <inttypes.h>

struct json {
    const struct trace *trace;
    FILE *out;
    bool is_first;
};

static void
put_time(struct json *json, const char *key, uint64_t ns)
{
    fprintf(json->out, ",\"%s\":%" PRIu64 ".%03" PRIu64, key, ns / 1000,
            ns % 1000);
}

/* Up to the name, which follows. */
static void
begin_event(struct json *json, char phase, uint32_t track)
{
    fprintf(json->out, "%s\n{\"ph\":\"%c\",\"pid\":1,\"tid\":%" PRIu32 "",
            json->is_first ? "" : ",", phase, track + 1);
    json->is_first = false;
}

static void
put_name(struct json *json, const char *name)
{
    fputs(",\"name\":\"", json->out);
    put_json_text(name, json->out);
    fputc('"', json->out);
}

static void
put_moment(struct json *json, uint64_t time)
{
    put_time(json, "ts", time - json->trace->start);
}

static void
end_event(struct json *json)
{
    fputc('}', json->out);
}

/*
 * Names of tracks
 */

static void
put_titles(struct json *json)
{
    char text[32];

    begin_event(json, 'M', 0);
    put_name(json, "process_name");
    fputs(",\"args\":{\"name\":\"", json->out);
    put_json_text(json->trace->info.name, json->out);
    fputs("\"}", json->out);
    end_event(json);
    for (uint32_t i = 0; i < json->trace->info.tracks; i++) {
        begin_event(json, 'M', i);
        put_name(json, "thread_name");
        fprintf(json->out, ",\"args\":{\"name\":\"%s\"}",
                track_title(json->trace, i, text));
        end_event(json);
        begin_event(json, 'M', i);
        put_name(json, "thread_sort_index");
        fprintf(json->out, ",\"args\":{\"sort_index\":%" PRIu32 "}", i);
        end_event(json);
    }
}

/*
 * What takes time
 */

static void
put_flow(struct json *json, const struct span *span, size_t id)
{
    begin_event(json, 's', span->from);
    put_name(json, "wake");
    put_moment(json, span->queued);
    fprintf(json->out, ",\"cat\":\"wake\",\"id\":%zu", id);
    end_event(json);
    begin_event(json, 'f', span->track);
    put_name(json, "wake");
    put_moment(json, span->begin);
    fprintf(json->out, ",\"cat\":\"wake\",\"id\":%zu,\"bp\":\"e\"", id);
    end_event(json);
}

static void
put_span(struct json *json, const struct span *span)
{
    static const char *const names[] = { "", "asleep", "computing" };
    static const char *const kinds[] = { "poll", "sleep", "compute" };

    begin_event(json, 'X', span->track);
    put_name(json, span->kind == SPAN_POLL ? name_of(json->trace, span->name)
                                           : names[span->kind]);
    put_moment(json, span->begin);
    put_time(json, "dur", span->end - span->begin);
    fprintf(json->out, ",\"cat\":\"%s\"", kinds[span->kind]);
    if (span->kind == SPAN_POLL) {
        fprintf(json->out, ",\"args\":{\"task\":%" PRIu64 ",\"outcome\":\"%s\"",
                span->task, outcome_text(span->outcome));
        if (span->is_woken)
            fprintf(json->out, ",\"queued_ns\":%" PRIu64,
                    span->begin - span->queued);
        fputc('}', json->out);
    }
    end_event(json);
}

static void
put_spans(struct json *json, const struct spans *spans)
{
    for (size_t i = 0; i < spans->n; i++) {
        put_span(json, &spans->span[i]);
        if (spans->span[i].is_woken && !spans->span[i].by_itself)
            put_flow(json, &spans->span[i], i + 1);
    }
}

/*
 * Moments
 */

static void
put_instant(struct json *json, uint32_t track, const struct trace_record *event)
{
    begin_event(json, 'i', track);
    put_name(json, event->kind == TRACE_STEAL ? "steal" : "turn");
    put_moment(json, event->time);
    fprintf(json->out, ",\"s\":\"t\",\"args\":{\"tasks\":%" PRIu64 "}",
            event->number);
    end_event(json);
}

static void
put_cause(struct json *json, uint32_t track, const struct trace_record *event)
{
    begin_event(json, 'X', track);
    put_name(json, event->kind == TRACE_SPAWNED ? "spawn" : "wake");
    put_moment(json, event->time);
    fprintf(json->out,
            ",\"dur\":0.001,\"cat\":\"wake\",\"args\":{\"task\":%" PRIu64 "}",
            event->task);
    end_event(json);
}

static void
put_moments(struct json *json, uint32_t track)
{
    const struct track *it = &json->trace->tracks[track];
    bool in_poll = false;

    for (size_t i = 0; i < it->n; i++) {
        const struct trace_record *event = &it->events[i];

        if (event->kind == TRACE_BEGIN || event->kind == TRACE_ENDED)
            in_poll = event->kind == TRACE_BEGIN;
        else if (event->kind == TRACE_STEAL || event->kind == TRACE_TURN)
            put_instant(json, track, event);
        else if (!in_poll &&
                 (event->kind == TRACE_SPAWNED || event->kind == TRACE_QUEUED))
            put_cause(json, track, event);
    }
}

bool
put_json(const struct trace *trace, const struct spans *spans, FILE *out)
{
    struct json json = { trace, out, true };

    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", out);
    put_titles(&json);
    for (uint32_t i = 0; i < trace->info.tracks; i++)
        put_moments(&json, i);
    put_spans(&json, spans);
    fputs("\n]}\n", out);
    return true;
}
