/*
 * ring.c
 *
 * Orderings
 *   O1  push: store tail, release   ->  steal: load tail, acquire
 *       A thief that sees the new tail sees the task below it.
 *   O2  steal, pop: CAS head, release  ->  push: load head, acquire
 *       The owner refills a slot only after it was read.
 *   O3  steal: CAS head, release    ->  steal: load head, acquire
 *       With the head a thief sees the tail that belongs to it, or a later
 *       one; an older tail would make the difference negative.
 */
#include "ring.h"

#include "../task/chain.h"

#define MASK (RING_SLOTS - 1)

void
steal__ring_init(struct ring *ring)
{
    store_relaxed(&ring->head, 0); /* not shared yet */
    store_relaxed(&ring->tail, 0);
}

bool
steal__ring_push(struct ring *ring, struct steal_task *task)
{
    uint64_t tail = load_relaxed(&ring->tail); /* no one else writes it */
    uint64_t head = load_acquire(&ring->head); /* O2 */

    if (unlikely(tail - head >= RING_SLOTS))
        return false;
    store_relaxed(&ring->slot[tail & MASK], task); /* O1 publishes it */
    store_release(&ring->tail, tail + 1);          /* O1 */
    return true;
}

struct steal_task *
steal__ring_pop(struct ring *ring)
{
    uint64_t tail = load_relaxed(&ring->tail); /* no one else writes it */
    uint64_t head = load_relaxed(&ring->head); /* the CAS checks */
    struct steal_task *task;

    do {
        if (head == tail)
            return NULL;
        /* Our own store, or one of a thief's that was us. */
        task = load_relaxed(&ring->slot[head & MASK]);
    } while (!cas_weak_release(&ring->head, &head, head + 1)); /* O2 */
    return task;
}

void
steal__ring_spill(struct ring *ring, struct chain *chain)
{
    struct steal_task *task[RING_SLOTS / 2];
    uint64_t tail = load_relaxed(&ring->tail); /* no one else writes it */
    uint64_t head = load_acquire(&ring->head); /* O2 */
    uint64_t n = (tail - head) / 2;

    for (uint64_t i = 0; i < n; i++)
        task[i] = load_relaxed(&ring->slot[(head + i) & MASK]); /* ours */
    if (!cas_strong_acq_rel(&ring->head, &head, head + n))      /* O2 */
        return;
    for (uint64_t i = 0; i < n; i++)
        chain_add(chain, task[i]);
}

/* Copies the older half of `victim`: the oldest to *oldest, the others behind
 * the tail of `mine`.  The CAS of the caller makes it true.  Returns how many. */
static uint64_t
copy_half(struct ring *victim, uint64_t head, struct ring *mine,
        uint64_t my_tail, struct steal_task **oldest)
{
    uint64_t room = RING_SLOTS - (my_tail - load_acquire(&mine->head)); /* O2 */
    uint64_t tail = load_acquire(&victim->tail);                        /* O1 */
    uint64_t n;

    /* Seen together, the two may be of different times: the head is then an
     * old one, and the CAS would fail. */
    if (tail <= head || tail - head > RING_SLOTS)
        return 0;
    n = (tail - head + 1) / 2;
    if (n > room)
        n = room;
    for (uint64_t i = 0; i < n; i++) {
        /* A slot that is refilled meanwhile fails the CAS. */
        struct steal_task *task = load_relaxed(
                &victim->slot[(head + i) & MASK]);

        if (i == 0)
            *oldest = task;
        else /* published below, O1 */
            store_relaxed(&mine->slot[(my_tail + i - 1) & MASK], task);
    }
    return n;
}

struct steal_task *
steal__ring_steal(struct ring *victim, struct ring *mine)
{
    uint64_t my_tail = load_relaxed(&mine->tail); /* no one else writes it */
    uint64_t head = load_acquire(&victim->head);  /* O3 */
    struct steal_task *oldest = NULL;
    uint64_t n = copy_half(victim, head, mine, my_tail, &oldest);

    if (!n || !cas_strong_acq_rel(&victim->head, &head, head + n)) /* O2, O3 */
        return NULL;
    if (n > 1)
        store_release(&mine->tail, my_tail + n - 1); /* O1 */
    return oldest;
}
