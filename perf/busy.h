/*
 * busy.h - tasks that keep all workers busy: two a worker, each of which yields
 * and, in each poll, stalls for 10 us.  After Tokio's benchmarks.
 */
#ifndef STEAL_PERF_BUSY_H
#define STEAL_PERF_BUSY_H

#include <sched.h>
#include <stdatomic.h>

#include "harness.h"

struct busy {
    struct steal_future future;
    atomic_bool *stop;
};

static inline void
stall(void)
{
    uint64_t end = perf_wall() + 10000;

    while (perf_wall() < end)
        sched_yield();
}

static inline enum steal_poll
busy_poll(struct steal_future *future, struct steal_context *cx)
{
    struct busy *self = (struct busy *)future;

    if (atomic_load_explicit(self->stop, memory_order_relaxed))
        return STEAL_READY;
    stall();
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static const struct steal_future_ops busy_ops = { .name = "busy",
    .poll = busy_poll };

/* Until *stop is set. */
static inline void
keep_busy(struct perf *p, atomic_bool *stop)
{
    atomic_store(stop, false);
    for (unsigned i = 0; i < 2 * p->workers; i++) {
        struct busy busy = { STEAL_FUTURE(&busy_ops), stop };

        perf_must(steal_spawn(p->runtime, &busy.future, sizeof busy, NULL));
    }
}

#endif
