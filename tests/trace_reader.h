/*
 * trace_reader.h - what is in a trace, for tests.
 */
#ifndef STEAL_TESTS_TRACE_READER_H
#define STEAL_TESTS_TRACE_READER_H

#include <steal/trace.h>

#include "../src/insight/trace_format.h"

#include "kit.h"

#define TRACKS_MOST 16
#define NAMES_MOST  64

struct trace_text {
    char *data;
    size_t size;
    struct trace_info info;
    uint64_t lost[TRACKS_MOST];
    size_t n[TRACKS_MOST];
    struct trace_record *track[TRACKS_MOST];
    char name[NAMES_MOST][32];
    bool ended;
};

static inline void
trace_read_chunk(struct trace_text *t, const struct trace_chunk *chunk,
        const char *data)
{
    switch (chunk->type) {
    case TRACE_INFO:
        require(chunk->size == sizeof t->info);
        memcpy(&t->info, data, sizeof t->info);
        break;
    case TRACE_TRACK:
        require(chunk->number < TRACKS_MOST && chunk->size >= 8);
        memcpy(&t->lost[chunk->number], data, 8);
        require((chunk->size - 8) % sizeof(struct trace_record) == 0);
        t->n[chunk->number] = (chunk->size - 8) / sizeof(struct trace_record);
        t->track[chunk->number] = malloc(chunk->size);
        memcpy(t->track[chunk->number], data + 8, chunk->size - 8);
        break;
    case TRACE_NAME:
        require(chunk->number > 0 && chunk->number < NAMES_MOST);
        require(chunk->size < sizeof t->name[0]);
        memcpy(t->name[chunk->number], data, chunk->size);
        break;
    default:
        require(chunk->type == TRACE_END && chunk->size == 0);
        t->ended = true;
    }
}

/* Takes the text, which is freed by trace_free(). */
static inline void
trace_parse(struct trace_text *t, char *data, size_t size)
{
    struct trace_head head;
    size_t at = sizeof head;

    *t = (struct trace_text){ .data = data, .size = size };
    require(size >= sizeof head);
    memcpy(&head, data, sizeof head);
    require(memcmp(head.magic, TRACE_MAGIC, sizeof head.magic) == 0);
    require(head.order == TRACE_ORDER && head.version == TRACE_VERSION);
    while (at < size) {
        struct trace_chunk chunk;

        require(!t->ended && size - at >= sizeof chunk);
        memcpy(&chunk, data + at, sizeof chunk);
        at += sizeof chunk;
        require(size - at >= chunk.size);
        trace_read_chunk(t, &chunk, data + at);
        at += chunk.size;
    }
    require(t->ended);
}

static inline void
trace_free(struct trace_text *t)
{
    for (int i = 0; i < TRACKS_MOST; i++)
        free(t->track[i]);
    free(t->data);
}

static inline void
trace_look(struct trace_text *t, struct steal_runtime *runtime)
{
    char *data = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&data, &size);

    require(file);
    require(steal_trace_write(runtime, file) == 0);
    require(fclose(file) == 0);
    trace_parse(t, data, size);
}

static inline void
trace_load(struct trace_text *t, const char *path)
{
    FILE *file = fopen(path, "r");
    size_t room = 1 << 22;
    char *data = malloc(room);
    size_t size;

    require(file && data);
    size = fread(data, 1, room, file);
    require(size < room);
    fclose(file);
    trace_parse(t, data, size);
}

/* True if no event is before the one above it, and all between birth and now. */
static inline bool
trace_is_in_order(const struct trace_text *t)
{
    for (unsigned i = 0; i < t->info.tracks; i++) {
        uint64_t last = t->info.born;

        for (size_t j = 0; j < t->n[i]; j++) {
            if (t->track[i][j].time < last)
                return false;
            last = t->track[i][j].time;
        }
        if (last > steal_now())
            return false;
    }
    return true;
}

static inline size_t
trace_count(const struct trace_text *t, enum trace_kind kind)
{
    size_t n = 0;

    for (unsigned i = 0; i < t->info.tracks; i++) {
        for (size_t j = 0; j < t->n[i]; j++)
            n += t->track[i][j].kind == kind;
    }
    return n;
}

/* The i-th event of a task in a track, or NULL. */
static inline const struct trace_record *
trace_find(const struct trace_text *t, unsigned track, uint64_t task, size_t i)
{
    for (size_t j = 0; j < t->n[track]; j++) {
        if (t->track[track][j].task == task && i-- == 0)
            return &t->track[track][j];
    }
    return NULL;
}

#endif
