/* load.c - from bytes, of which any may be wrong, to a trace. */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

/* The relief and the strangers are two more than the most workers that there may
 * be. */
#define TRACKS_MOST 1024

struct input {
    unsigned char *data;
    size_t size;
    size_t at;
    bool swapped;    /* written on a machine of the other byte order */
    const char *why; /* it is no trace */
};

/*
 * Bytes
 */

static bool
read_all(struct input *in, FILE *file)
{
    size_t room = 0;
    size_t got;

    do {
        if (in->size == room) {
            unsigned char *more;

            room = room ? room * 2 : 65536;
            more = realloc(in->data, room);
            if (!more) {
                in->why = "out of memory";
                return false;
            }
            in->data = more;
        }
        got = fread(in->data + in->size, 1, room - in->size, file);
        in->size += got;
    } while (got);
    if (ferror(file))
        in->why = "cannot be read";
    return !in->why;
}

static bool
take(struct input *in, void *to, size_t n)
{
    if (in->size - in->at < n) {
        in->why = "is cut short";
        return false;
    }
    memcpy(to, in->data + in->at, n);
    in->at += n;
    return true;
}

static void
order32(const struct input *in, uint32_t *n)
{
    if (in->swapped)
        *n = __builtin_bswap32(*n);
}

static void
order64(const struct input *in, uint64_t *n)
{
    if (in->swapped)
        *n = __builtin_bswap64(*n);
}

/*
 * Head
 */

static bool
load_head(struct input *in)
{
    struct trace_head head;

    if (in->size < sizeof head || memcmp(in->data, TRACE_MAGIC, 8) != 0) {
        in->why = "is no trace";
        return false;
    }
    take(in, &head, sizeof head);
    in->swapped = head.order == __builtin_bswap32(TRACE_ORDER);
    order32(in, &head.order);
    order32(in, &head.version);
    if (head.order != TRACE_ORDER)
        in->why = "is no trace";
    else if (head.version != TRACE_VERSION)
        in->why = "is of a version that this program does not know";
    return !in->why;
}

static bool
load_info(struct input *in, struct trace *trace, uint64_t size)
{
    struct trace_info *info = &trace->info;

    if (trace->tracks || size < sizeof *info) {
        in->why = "is broken: its head";
        return false;
    }
    take(in, info, sizeof *info);
    in->at += size - sizeof *info; /* a later writer may tell more */
    order64(in, &info->born);
    order64(in, &info->written);
    order64(in, &info->date);
    order32(in, &info->workers);
    order32(in, &info->tracks);
    info->name[sizeof info->name - 1] = '\0';
    if (!info->tracks || info->tracks > TRACKS_MOST) {
        in->why = "is broken: the number of tracks";
        return false;
    }
    trace->tracks = calloc(info->tracks, sizeof *trace->tracks);
    if (!trace->tracks)
        in->why = "out of memory";
    return !in->why;
}

/*
 * Tracks and names
 */

static void
load_event(struct input *in, struct trace_record *event)
{
    take(in, event, sizeof *event);
    order64(in, &event->time);
    order64(in, &event->task);
    order64(in, &event->number);
    order32(in, &event->name);
    order32(in, &event->kind);
}

static bool
load_track(struct input *in, struct trace *trace, uint32_t number,
        uint64_t size)
{
    struct track *track;
    size_t n;

    if (number >= trace->info.tracks || trace->tracks[number].events ||
            size < sizeof(struct trace_lost) ||
            (size - sizeof(struct trace_lost)) % sizeof *track->events) {
        in->why = "is broken: a track";
        return false;
    }
    track = &trace->tracks[number];
    n = (size_t)(size - sizeof(struct trace_lost)) / sizeof *track->events;
    track->events = malloc((n + 1) * sizeof *track->events);
    if (!track->events) {
        in->why = "out of memory";
        return false;
    }
    take(in, &track->lost, sizeof track->lost);
    order64(in, &track->lost);
    for (track->n = 0; track->n < n; track->n++)
        load_event(in, &track->events[track->n]);
    return true;
}

static bool
load_name(struct input *in, struct trace *trace, uint32_t number, uint64_t size)
{
    char **names;

    if (number != trace->nnames + 1) {
        in->why = "is broken: a name";
        return false;
    }
    if (!(trace->nnames & (trace->nnames - 1))) { /* twice as many */
        names = realloc(trace->names,
                (trace->nnames ? trace->nnames * (size_t)2 : 1) *
                        sizeof *names);
        if (!names) {
            in->why = "out of memory";
            return false;
        }
        trace->names = names;
    }
    trace->names[trace->nnames] = calloc(1, (size_t)size + 1);
    if (!trace->names[trace->nnames]) {
        in->why = "out of memory";
        return false;
    }
    return take(in, trace->names[trace->nnames++], (size_t)size);
}

/* False when there is no more. */
static bool
load_chunk(struct input *in, struct trace *trace)
{
    struct trace_chunk chunk;

    if (!take(in, &chunk, sizeof chunk))
        return false;
    order32(in, &chunk.type);
    order32(in, &chunk.number);
    order64(in, &chunk.size);
    if (chunk.size > in->size - in->at) {
        in->why = "is cut short";
        return false;
    }
    if (chunk.type == TRACE_INFO)
        return load_info(in, trace, chunk.size);
    if (!trace->tracks) {
        in->why = "is broken: its head";
        return false;
    }
    if (chunk.type == TRACE_TRACK)
        return load_track(in, trace, chunk.number, chunk.size);
    if (chunk.type == TRACE_NAME)
        return load_name(in, trace, chunk.number, chunk.size);
    in->at += chunk.size;
    return chunk.type != TRACE_END;
}

/*
 * All
 */

/* Names come last, so only now it can be seen which are there. */
static void
finish(struct trace *trace)
{
    trace->start = UINT64_MAX;
    for (uint32_t i = 0; i < trace->info.tracks; i++) {
        struct track *track = &trace->tracks[i];

        for (size_t j = 0; j < track->n; j++) {
            struct trace_record *event = &track->events[j];

            if (event->name > trace->nnames)
                event->name = 0;
            if (j && event->time < track->events[j - 1].time)
                event->time = track->events[j - 1].time;
            if (event->time < trace->start)
                trace->start = event->time;
            if (event->time > trace->end)
                trace->end = event->time;
        }
    }
    if (trace->start > trace->end)
        trace->start = trace->end;
}

struct trace *
load_trace(FILE *file, const char **why)
{
    struct input in = { 0 };
    struct trace *trace = calloc(1, sizeof *trace);

    if (!trace)
        in.why = "out of memory";
    else if (read_all(&in, file) && load_head(&in))
        while (load_chunk(&in, trace))
            ;
    free(in.data);
    *why = in.why;
    if (!in.why) {
        finish(trace);
        return trace;
    }
    free_trace(trace);
    return NULL;
}

void
free_trace(struct trace *trace)
{
    if (!trace)
        return;
    for (uint32_t i = 0; trace->tracks && i < trace->info.tracks; i++)
        free(trace->tracks[i].events);
    for (uint32_t i = 0; i < trace->nnames; i++)
        free(trace->names[i]);
    free(trace->names);
    free(trace->tracks);
    free(trace);
}
