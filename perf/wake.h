/*
 * wake.h - a task that a thread from outside wakes every millisecond.
 *
 * Latency is from just before the wake to the first thing that the poll does.
 */
#ifndef STEAL_PERF_WAKE_H
#define STEAL_PERF_WAKE_H

#include <stdatomic.h>
#include <time.h>

#include "harness.h"

struct wakee {
    struct steal_future future;
    struct perf *perf;
    atomic_bool ready; /* the waker is there */
    struct steal_waker waker;
    atomic_uint_fast64_t sent; /* wakes */
    atomic_uint_fast64_t seen;
    uint64_t stamp; /* when the last was sent */
};

static inline enum steal_poll
wakee_poll(struct steal_future *future, struct steal_context *cx)
{
    uint64_t now = perf_wall();
    struct wakee *self = (struct wakee *)future;
    uint64_t sent = atomic_load(&self->sent);
    uint64_t seen = atomic_load(&self->seen);

    if (!atomic_load(&self->ready)) {
        self->waker = steal_waker_clone(steal_context_waker(cx));
        atomic_store(&self->ready, true);
    }
    if (sent != seen) {
        self->perf->latency[seen] = now - self->stamp;
        atomic_store(&self->seen, sent);
    }
    return sent == self->perf->ops ? STEAL_READY : STEAL_PENDING;
}

static const struct steal_future_ops wakee_ops = { .name = "wakee",
    .poll = wakee_poll };

static inline void
nap_1ms(void)
{
    struct timespec ms = { 0, 1000000 };

    nanosleep(&ms, NULL);
}

static inline void
wake_all(struct wakee *wakee)
{
    for (uint64_t i = 0; i < wakee->perf->ops; i++) {
        do
            nap_1ms();
        while (atomic_load(&wakee->seen) != i);
        wakee->stamp = perf_wall();
        atomic_store(&wakee->sent, i + 1);
        steal_waker_wake_by_ref(&wakee->waker);
    }
}

/* Spawns the task and wakes it p->ops times. */
static inline void
wake_run(struct perf *p)
{
    static struct wakee wakee;
    static struct steal_task_slot slot;
    struct steal_task *task;

    steal_future_init(&wakee.future, &wakee_ops);
    wakee.perf = p;
    atomic_init(&wakee.ready, false);
    atomic_init(&wakee.sent, 0);
    atomic_init(&wakee.seen, 0);
    task = steal_spawn_in(p->runtime, &slot, &wakee.future, NULL);
    while (!atomic_load(&wakee.ready))
        nap_1ms();
    perf_begin(p);
    wake_all(&wakee);
    while (!steal_task_is_finished(task))
        nap_1ms();
    perf_end(p);
    steal_waker_drop(&wakee.waker);
    steal_task_detach(task);
}

#endif
