/*
 * lend.h - what a thread keeps while another is the worker that it was.
 *
 * A poll that blocks in place waits for the worker before it goes on, for it has a
 * context that belongs to it.  A job does not: the thread goes on as a guest, and
 * waits for the worker when it is back where polls are, or others.  So no thread
 * that runs jobs for others ever waits for the helm, whose holder may be one that
 * waits for these very jobs.
 *
 *     lend_allow(&away, w);
 *     job->run(job);
 *     lend_settle(&away);
 *
 * Threads: the worker's.
 */
#ifndef STEAL_SCHED_LEND_H
#define STEAL_SCHED_LEND_H

#include <stddef.h>

#include <steal/future.h>

#include "../base/compiler.h"
#include "../blocking/pool.h"
#include "worker.h"

struct loan {
    struct pool_errand errand;
    struct worker *worker;

    /* the lender's: what its poll goes on with */
    struct steal_context cx;
    struct steal_context *poll;
    uint64_t began; /* observe.h */
    struct blocker *outer;
    struct steal_runtime *bound;
    const struct steal_future_ops *polling;
    int tid;
    struct steal_runtime *alone;
    struct lane *lane;
    bool computing;
};

/* Around jobs. */
struct away {
    struct worker *worker; /* NULL: one further out counts */
    struct away *outer;
    bool is_away;
    struct loan loan;
};

extern _Thread_local struct away *steal__away;

void steal__lend_settle(struct away *away);

/* From here on what blocks in place need not come back. */
static inline void
lend_allow(struct away *away, struct worker *w)
{
    away->worker = NULL;
    if (!w || (steal__away && steal__away->worker == w))
        return;
    away->worker = w;
    away->outer = steal__away;
    away->is_away = false;
    steal__away = away;
}

/* This thread is the worker again. */
static inline void
lend_settle(struct away *away)
{
    if (!away->worker)
        return;
    steal__away = away->outer;
    if (unlikely(away->is_away))
        steal__lend_settle(away);
}

#endif
