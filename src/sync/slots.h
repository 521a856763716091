/*
 * slots.h - the messages of a channel: a ring of the caller's, or blocks.
 *
 * `head` is the slot of the oldest message, `tail` that of the next one; at the
 * end of their slots they are moved on by the next pop or push.  While there is
 * no message, both are in the same block.  Blocks that were emptied are kept to
 * be filled again, a few of them; the surplus is freed without the lock.
 *
 * Threads: whoever has the lock of the channel.
 */
#ifndef STEAL_SYNC_SLOTS_H
#define STEAL_SYNC_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../base/compiler.h"

struct block;

struct slots {
    size_t count; /* of messages */
    char *head;
    char *tail;
    char *head_end;
    char *tail_end;
    char *ring; /* the caller's, else NULL */
    size_t ring_size;
    struct block *first; /* that of head */
    struct block *last;  /* that of tail */
    struct block *spare;
    uint32_t size; /* of a message, in bytes */
};

/* Moves `tail` on.  False if that takes a block more than there is. */
bool steal__slots_next_tail(struct slots *s);

/* Moves `head` on, while there are messages. */
void steal__slots_next_head(struct slots *s);

/* Without the lock: a block to be added, or NULL. */
struct block *steal__slots_allocate(const struct slots *s);
void steal__slots_add(struct slots *s, struct block *block);

/* Takes the empty blocks that are too many; they are freed without the lock. */
struct block *steal__slots_take_surplus(struct slots *s);
void steal__slots_free(struct block *blocks);

/* True if a push needs no block. */
static inline bool
slots_has_room(struct slots *s)
{
    return likely(s->tail != s->tail_end) || steal__slots_next_tail(s);
}

/* True if more than the slots at hand can be had without allocating. */
static inline bool
slots_has_spare(const struct slots *s)
{
    return s->ring || s->spare;
}

static inline void
slots_copy(const struct slots *s, void *to, const void *from)
{
    if (likely(s->size == sizeof(uint64_t)))
        memcpy(to, from, sizeof(uint64_t)); /* one instruction */
    else
        memcpy(to, from, s->size);
}

/* Messages of a word or two are copied without a call. */
static inline bool
slots_are_short(const struct slots *s)
{
    return s->size == sizeof(uint64_t) || s->size == 2 * sizeof(uint64_t);
}

static inline void
slots_copy_short(const struct slots *s, void *to, const void *from)
{
    if (s->size == sizeof(uint64_t))
        memcpy(to, from, sizeof(uint64_t));
    else
        memcpy(to, from, 2 * sizeof(uint64_t));
}

/* There is room at `tail`, or a message at `head`, and no need to move on. */
static inline void
slots_push_short(struct slots *s, const void *message)
{
    slots_copy_short(s, s->tail, message);
    s->tail += s->size;
    s->count++;
}

static inline void
slots_pop_short(struct slots *s, void *message)
{
    slots_copy_short(s, message, s->head);
    s->head += s->size;
    s->count--;
}

/* There is room. */
static inline void
slots_push(struct slots *s, const void *message)
{
    slots_copy(s, s->tail, message);
    s->tail += s->size;
    s->count++;
}

/* There is a message. */
static inline void *
slots_first(struct slots *s)
{
    if (unlikely(s->head == s->head_end))
        steal__slots_next_head(s);
    return s->head;
}

static inline void
slots_remove_first(struct slots *s)
{
    s->head += s->size;
    s->count--;
}

static inline void
slots_pop(struct slots *s, void *message)
{
    slots_copy(s, message, slots_first(s));
    slots_remove_first(s);
}

#endif
