#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <steal/time.h>
#include <steal/trace.h>

/*
 * The clock
 */

/* Of several tries that in which the least time passed between the two. */
struct moment
steal__trace_moment(const struct trace *trace)
{
    struct moment best = { 0, 0 };
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < 5; i++) {
        uint64_t before = trace_clock(trace);
        uint64_t time = steal__runtime_now(trace->runtime);
        uint64_t took = trace_clock(trace) - before;

        if (took >= least)
            continue;
        least = took;
        best = (struct moment){ before + took / 2, time };
    }
    return best;
}

/*
 * Birth and death
 */

static size_t
slots_of(const struct steal_options *options)
{
    size_t wanted = options->trace ? options->trace : TRACE_EVENTS;
    size_t n = 2;

    while (n <= wanted && n < SIZE_MAX / 4) /* one is always being written */
        n *= 2;
    return n;
}

static int
make_tracks(struct trace *trace, size_t n)
{
    size_t bytes;

    if (__builtin_mul_overflow(n * sizeof *trace->slots, trace->n, &bytes) ||
            n > SIZE_MAX / sizeof *trace->slots)
        return -ENOMEM;
    trace->slots = aligned_alloc(CACHE_LINE,
            bytes < CACHE_LINE ? CACHE_LINE : bytes);
    if (!trace->slots)
        return -ENOMEM;
    memset(trace->slots, 0, bytes); /* no page is missing later */
    for (unsigned i = 0; i < trace->n; i++) {
        trace_ring_init(&trace->track[i].ring, trace->slots + i * n, n);
        trace->track[i].ended = 0;
        trace->track[i].maintained = 0;
        trace->track[i].told = 0;
    }
    return 0;
}

int
steal__trace_new(struct trace **result, struct steal_runtime *runtime)
{
    const struct steal_options *options = &runtime->options;
    unsigned n = runtime->nall + 1;
    struct trace *trace;
    int error;

    *result = NULL;
    if (!options->trace && !options->trace_file)
        return 0;
    trace = aligned_alloc(_Alignof(struct trace),
            sizeof *trace + n * sizeof trace->track[0]);
    if (!trace)
        return -ENOMEM;
    trace->runtime = runtime;
    trace->n = n;
    error = make_tracks(trace, slots_of(options));
    if (error) {
        free(trace);
        return error;
    }
    lock_init(&trace->lock);
    trace->steady = ticks_are_steady() && !options->deterministic;
    trace->start = steal__trace_moment(trace);
    *result = trace;
    return 0;
}

void
steal__trace_free(struct trace *trace)
{
    if (trace)
        free(trace->slots);
    free(trace);
}

static int
write_to(struct steal_runtime *runtime, const char *path)
{
    FILE *file = fopen(path, "we");
    int error;

    if (!file)
        return -errno;
    error = steal_trace_write(runtime, file);
    if (fclose(file) && !error)
        error = -errno;
    return error;
}

void
steal__trace_save(struct steal_runtime *runtime)
{
    const char *path = runtime->options.trace_file;
    int error = path ? write_to(runtime, path) : 0;

    if (error)
        fprintf(stderr, "%s: trace not written to %s: %s\n", runtime->name,
                path, strerror(-error));
}

/*
 * Names
 */

/* The first 16 bytes are in the outer words, the others above the kind. */
void
steal__trace_pack(uint64_t word[TRACE_WORDS], const char *name)
{
    char text[TRACE_WORDS * 8] = "";

    memcpy(text, name, strnlen(name, TRACE_NAME_MOST));
    memcpy(&word[0], text, 8);
    memcpy(&word[2], text + 8, 8);
    word[1] = TRACE_NAMED;
    for (int i = 0; i < 7; i++)
        word[1] |= (uint64_t)(unsigned char)text[16 + i] << (8 * i + 8);
}

void
steal__trace_unpack(char *text, const uint64_t word[TRACE_WORDS])
{
    memcpy(text, &word[0], 8);
    memcpy(text + 8, &word[2], 8);
    for (int i = 0; i < 8; i++)
        text[16 + i] = (char)(i < 7 ? word[1] >> (8 * i + 8) : 0);
}

COLD void
steal__trace_name(struct track *track, const char *name)
{
    uint64_t word[TRACE_WORDS];

    steal__trace_pack(word, name);
    trace_ring_put(&track->ring, word[0], word[1], word[2]);
}
