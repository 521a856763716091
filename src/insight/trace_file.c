/*
 * trace_file.c - the rings of a trace, written to a file.
 *
 * One track after the other: its ring is copied, and then written at leisure.
 * Names are numbered as they come, and written last.
 */
#include <steal/trace.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <steal/time.h>

#include "names.h"
#include "observer.h"
#include "trace.h"

struct output {
    FILE *file;
    int error; /* the first */
    const struct trace *trace;
    struct moment now;
    struct names names;
    struct trace_event *events; /* room for a ring */
};

static void
put(struct output *out, const void *data, size_t size)
{
    if (out->error || !size)
        return;
    errno = 0;
    if (fwrite(data, size, 1, out->file) != 1)
        out->error = errno ? -errno : -EIO;
}

static void
put_chunk(struct output *out, enum trace_chunk_type type, uint32_t number,
        uint64_t size)
{
    struct trace_chunk chunk = { type, number, size };

    put(out, &chunk, sizeof chunk);
}

/*
 * Head and end
 */

static void
put_head(struct output *out)
{
    struct trace_head head = { .order = TRACE_ORDER, .version = TRACE_VERSION };

    memcpy(head.magic, TRACE_MAGIC, sizeof head.magic);
    put(out, &head, sizeof head);
}

static void
put_info(struct output *out, const struct steal_runtime *runtime)
{
    struct trace_info info = { .born = runtime->born,
        .written = out->now.time,
        .workers = runtime->nworkers,
        .tracks = out->trace->n };
    struct timespec date;

    if (!runtime->options.deterministic) {
        clock_gettime(CLOCK_REALTIME, &date);
        info.date = (uint64_t)date.tv_sec * STEAL_SECONDS(1) +
                    (uint64_t)date.tv_nsec;
    }
    memcpy(info.name, runtime->name, strlen(runtime->name));
    put_chunk(out, TRACE_INFO, 0, sizeof info);
    put(out, &info, sizeof info);
}

static void
put_names(struct output *out)
{
    for (uint32_t i = 0; i < out->names.n; i++) {
        const char *text = out->names.text[i];

        put_chunk(out, TRACE_NAME, i + 1, strlen(text));
        put(out, text, strlen(text));
    }
}

/*
 * Tracks
 */

/* Between two moments of both clocks, or a little beside. */
static uint64_t
time_of(const struct output *out, uint64_t ticks)
{
    const struct moment *start = &out->trace->start;
    double span = (double)(out->now.ticks - start->ticks);
    double rate = (double)(out->now.time - start->time) / (span > 0 ? span : 1);
    int64_t ago = (int64_t)(out->now.ticks - ticks);

    if (!out->trace->steady)
        return ticks;
    return out->now.time - (uint64_t)(int64_t)((double)ago * rate);
}

static uint32_t
number_of(struct output *out, const char *name)
{
    uint32_t number = steal__names_add(&out->names, name ? name : "future");

    if (!number && !out->error)
        out->error = -ENOMEM;
    return number;
}

static enum trace_kind
kind_of(const struct trace_event *event)
{
    return (enum trace_kind)(event->word[1] & 0xff);
}

/* `named`, if it is not NULL, has the name that the task was given. */
static void
put_event(struct output *out, const struct trace_event *event,
        const struct trace_event *named)
{
    struct trace_record record = { .time = time_of(out, event->word[0]),
        .task = event->word[1] >> 8,
        .kind = kind_of(event) };
    char text[TRACE_NAME_MOST + 1];

    if (named) {
        steal__trace_unpack(text, named->word);
        record.name = number_of(out, text);
    } else if (record.kind == TRACE_SPAWNED || record.kind == TRACE_BEGIN) {
        record.name = number_of(out, (const char *)(uintptr_t)event->word[2]);
    } else {
        record.number = event->word[2];
    }
    put(out, &record, sizeof record);
}

static void
put_track(struct output *out, unsigned i)
{
    const struct trace_ring *ring = &out->trace->track[i].ring;
    struct trace_event *event;
    struct trace_lost lost;
    size_t n = steal__trace_ring_copy(ring, out->events, &event, &lost.events);
    size_t names = 0;

    for (size_t j = 0; j < n; j++)
        names += kind_of(&event[j]) == TRACE_NAMED;
    if (n && kind_of(&event[n - 1]) == TRACE_NAMED)
        n--, names--; /* what it is for is still to come */
    put_chunk(out, TRACE_TRACK, i,
            sizeof lost + (n - names) * sizeof(struct trace_record));
    put(out, &lost, sizeof lost);
    for (size_t j = 0; j < n; j++) {
        if (kind_of(&event[j]) != TRACE_NAMED)
            put_event(out, &event[j],
                    j && kind_of(&event[j - 1]) == TRACE_NAMED ? &event[j - 1]
                                                               : NULL);
    }
}

static void
put_all(struct output *out, const struct steal_runtime *runtime)
{
    put_head(out);
    put_info(out, runtime);
    for (unsigned i = 0; i < out->trace->n; i++)
        put_track(out, i);
    put_names(out);
    put_chunk(out, TRACE_END, 0, 0);
    if (!out->error && fflush(out->file))
        out->error = -errno;
}

int
steal_trace_write(struct steal_runtime *runtime, FILE *file)
{
    const struct trace *trace = steal__observer_trace(runtime->observer);
    struct output out = { .file = file, .trace = trace };

    if (!trace)
        return -ENOTSUP;
    out.events = malloc((trace->track[0].ring.mask + 1) * sizeof *out.events);
    if (!out.events)
        return -ENOMEM;
    out.now = steal__trace_moment(trace);
    steal__names_init(&out.names);
    flockfile(file);
    put_all(&out, runtime);
    funlockfile(file);
    steal__names_fini(&out.names);
    free(out.events);
    return out.error;
}
