/* ring.c - what is not in every poll; ring.h has the orderings. */
#include "ring.h"

#include "../task/chain.h"

void
steal__ring_init(struct ring *ring)
{
    store_relaxed(&ring->head, 0); /* not shared yet */
    store_relaxed(&ring->tail, 0);
}

void
steal__ring_spill(struct ring *ring, struct chain *chain)
{
    struct steal_task *task[RING_SLOTS / 2];
    uint64_t tail = load_relaxed(&ring->tail); /* no one else writes it */
    uint64_t head = load_acquire(&ring->head); /* O2 */
    uint64_t n = (tail - head) / 2;

    for (uint64_t i = 0; i < n; i++)
        task[i] = load_relaxed(&ring->slot[(head + i) & RING_MASK]); /* ours */
    if (!cas_strong_acq_rel(&ring->head, &head, head + n))           /* O2 */
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
                &victim->slot[(head + i) & RING_MASK]);

        if (i == 0)
            *oldest = task;
        else /* published below, O1 */
            store_relaxed(&mine->slot[(my_tail + i - 1) & RING_MASK], task);
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
