/*
 * helm.h - which thread is a worker, of those that could be.
 *
 * A thread that blocks in the middle of a poll leaves the helm to a stand-in
 * (lend.c), and wants it back for the rest of the poll.  By then the stand-in may
 * have done the same, so that yet another thread is at the helm.  So whoever is
 * there looks between two polls whether somebody waits for it, and hands it over:
 * first come, first served.  No thread ever waits for a poll of another but that of
 * who is at the helm.
 *
 *     captain    runs the worker's loop from birth to death, or in block_on().
 *                Hands over and waits in line to be back.
 *     stand-in   hands over and goes home.  There is one for each thread that has
 *                left the helm in a poll, so that somebody always remains.
 *
 * If the captain has left for good, a stand-in that is back ends its poll and
 * leaves, too.
 *
 * Threads: the worker's; those in line; wanted is for the one at the helm.
 */
#ifndef STEAL_SCHED_HELM_H
#define STEAL_SCHED_HELM_H

#include <stdbool.h>

#include "../base/atomic.h"
#include "../base/list.h"
#include "../base/lock.h"

struct worker;

struct helm {
    struct lock lock;
    bool taken;
    bool has_captain;
    struct list line;
    _Atomic(uint32_t) wanted; /* by who waits; written locked */
};

void steal__helm_init(struct helm *helm);

/* Returns when this thread is at the helm. */
void steal__helm_take(struct worker *w);

/* To the first in line, if there is one. */
void steal__helm_give(struct worker *w);

/* The captain comes, at the helm, and leaves it for good. */
void steal__helm_enlist(struct worker *w);
void steal__helm_retire(struct worker *w);

/* True if the one at the helm is to hand it over. */
static inline bool
helm_is_wanted(const struct helm *helm)
{
    return load_relaxed(&helm->wanted); /* the lock orders what follows */
}

#endif
