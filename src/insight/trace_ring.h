/*
 * trace_ring.h - the last events of one writer, which others read meanwhile.
 *
 * A writer goes round and round, and waits for nobody.  A reader copies, and then
 * looks how far the writer has come: what that may have written over is thrown
 * away.
 *
 *     slot  | 8 | 9 | 2 | 3 | 4 | 5 | 6 | 7 |    head is 10: event 2 may be in the
 *                     ^ head                     middle of becoming event 10
 *
 * Threads: put() is for one at a time; copy() for any.
 *
 * Orderings
 *   R1  put: store head, release  ->  copy: load head, acquire
 *       Who sees the new head sees the event below it.
 *   R2  put: store word, release  ->  copy: load word, acquire
 *       Who reads a word of a later event sees at least that event's number in
 *       the head: all that precedes the store of the word.  With plain stores of
 *       words, as seqlocks have them, that would take a fence.
 */
#ifndef STEAL_INSIGHT_TRACE_RING_H
#define STEAL_INSIGHT_TRACE_RING_H

#include <stddef.h>

#include "../base/atomic.h"
#include "../base/compiler.h"

#define TRACE_WORDS 3

struct trace_slot {
    _Atomic(uint64_t) word[TRACE_WORDS];
};

struct trace_event {
    uint64_t word[TRACE_WORDS];
};

struct trace_ring {
    CACHE_ALIGNED _Atomic(uint64_t) head; /* how many were ever written */
    uint64_t mask;
    struct trace_slot *slots; /* mask + 1, a power of two */
};

static inline void
trace_ring_init(struct trace_ring *ring, struct trace_slot *slots, size_t n)
{
    store_relaxed(&ring->head, 0); /* not shared yet */
    ring->mask = n - 1;
    ring->slots = slots;
}

static inline void
trace_ring_put(struct trace_ring *ring, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t head = load_relaxed(&ring->head); /* no one else writes it */
    struct trace_slot *slot = &ring->slots[head & ring->mask];

    store_release(&slot->word[0], a); /* R2 */
    store_release(&slot->word[1], b);
    store_release(&slot->word[2], c);
    store_release(&ring->head, head + 1); /* R1 */
}

/* The last events, the oldest first.  `events` has room for as many as there are
 * slots; *first is where they begin in it, and *lost how many came before them.
 * Returns how many they are. */
size_t steal__trace_ring_copy(const struct trace_ring *ring,
        struct trace_event *events, struct trace_event **first, uint64_t *lost);

#endif
