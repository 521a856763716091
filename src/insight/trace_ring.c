#include "trace_ring.h"

/* How many are copied before the next look at the head: so that a writer that goes
 * on does not spoil what has been read in time. */
#ifndef TRACE_BATCH
# define TRACE_BATCH 64
#endif

static void
copy_event(struct trace_event *event, const struct trace_slot *slot)
{
    for (int i = 0; i < TRACE_WORDS; i++)
        event->word[i] = load_acquire(&slot->word[i]); /* R2 */
}

/* The first of the events from `from` on that the writer cannot have touched. */
static uint64_t
first_whole(const struct trace_ring *ring, uint64_t from)
{
    uint64_t head = load_relaxed(&ring->head); /* R2: the words were acquired */
    uint64_t gone = head > ring->mask ? head - ring->mask : 0;

    return gone > from ? gone : from;
}

size_t
steal__trace_ring_copy(const struct trace_ring *ring,
        struct trace_event *events, struct trace_event **first, uint64_t *lost)
{
    uint64_t end = load_acquire(&ring->head); /* R1 */
    uint64_t begin = end > ring->mask ? end - ring->mask : 0;
    uint64_t start = begin; /* of what is whole */
    uint64_t next = begin;  /* to be copied */

    while (next < end) {
        uint64_t batch = end - next < TRACE_BATCH ? end : next + TRACE_BATCH;
        uint64_t whole;

        for (uint64_t i = next; i < batch; i++)
            copy_event(&events[i - begin], &ring->slots[i & ring->mask]);
        whole = first_whole(ring, next);
        if (whole > next)
            start = whole;
        next = batch > start ? batch : start;
    }
    if (start > end)
        start = end;
    *first = events + (start - begin);
    *lost = start;
    return (size_t)(end - start);
}
