/*
 * rivals.h - some tasks want the same thing at the same time.
 *
 * The program says how to spawn one of them: a task that calls crowd_leave() when
 * it has done its share of the operations.
 */
#ifndef STEAL_PERF_RIVALS_H
#define STEAL_PERF_RIVALS_H

#include "crowd.h"
#include "harness.h"

struct rivals {
    struct steal_async async;
    struct perf *perf;
    unsigned tasks;
    void (*spawn)(struct crowd *crowd, uint64_t share);
    struct crowd crowd;
    struct oneshot_recv recv;
};

static inline void
rivals_spawn(struct rivals *self)
{
    crowd_init(&self->crowd, self->tasks);
    for (unsigned i = 0; i < self->tasks; i++)
        self->spawn(&self->crowd, self->perf->ops / self->tasks);
}

static inline enum steal_poll
rivals_poll(struct steal_future *future, struct steal_context *cx)
{
    struct rivals *self = (struct rivals *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    rivals_spawn(self);
    STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->crowd.done));
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops rivals_ops = { .name = "rivals",
    .poll = rivals_poll };

static inline void
rivals_run(struct perf *p, unsigned tasks,
        void (*spawn)(struct crowd *crowd, uint64_t share))
{
    struct rivals rivals = { .async = STEAL_ASYNC(&rivals_ops),
        .perf = p,
        .tasks = tasks,
        .spawn = spawn };

    perf_run_task(p, &rivals.async.future, sizeof rivals);
}

#endif
