/*
 * onlooker.h - what looks at a runtime until that ends: threads of insight/, which
 * comes above.
 *
 * They are in a list of the runtime's, and are freed when it is taken down, or could
 * not be made.
 *
 * Threads: add() and count() for anyone while the runtime is there; free_all() when
 *          nobody does.
 *
 * Orderings
 *   O1  add: CAS, release  ->  count, free_all: load, acquire
 */
#ifndef STEAL_SCHED_ONLOOKER_H
#define STEAL_SCHED_ONLOOKER_H

#include <stddef.h>

#include "../base/atomic.h"

struct onlooker {
    struct onlooker *next;
    void (*free)(struct onlooker *onlooker);
};

struct onlookers {
    _Atomic(struct onlooker *) first;
};

static inline void
onlookers_init(struct onlookers *all)
{
    store_relaxed(&all->first, NULL); /* not shared yet */
}

static inline void
onlookers_add(struct onlookers *all, struct onlooker *onlooker)
{
    struct onlooker *first = load_relaxed(&all->first); /* the CAS checks */

    do {
        onlooker->next = first;
    } while (!cas_weak_release(&all->first, &first, onlooker)); /* O1 */
}

static inline unsigned
onlookers_count(struct onlookers *all)
{
    struct onlooker *onlooker = load_acquire(&all->first); /* O1 */
    unsigned n = 0;

    for (; onlooker; onlooker = onlooker->next)
        n++;
    return n;
}

static inline void
onlookers_free_all(struct onlookers *all)
{
    struct onlooker *onlooker = load_acquire(&all->first); /* O1 */

    while (onlooker) {
        struct onlooker *next = onlooker->next;

        onlooker->free(onlooker);
        onlooker = next;
    }
}

#endif
