/*
 * timers.c - what do timers cost?
 *
 * timers_cancel: made, polled once and dropped, with 10,000 pending at a time,
 *                due in 1 to 60 seconds: the life of most timeouts.
 * timers_storm:  100,000 tasks that sleep for 1 to 1000 ms: how late are they?
 */
#include <stdlib.h>

#include "crowd.h"
#include "harness.h"

struct canceler {
    struct steal_future future;
    struct perf *perf;
    struct steal_sleep *sleep;
};

static uint64_t
random_between(uint64_t low, uint64_t high)
{
    return low + (uint64_t)random() % (high - low + 1);
}

static enum steal_poll
canceler_poll(struct steal_future *future, struct steal_context *cx)
{
    struct canceler *self = (struct canceler *)future;
    struct steal_sleep *sleep = self->sleep;
    uint64_t n = self->perf->batch;

    perf_begin(self->perf);
    for (uint64_t round = 0; round < self->perf->rounds; round++) {
        for (uint64_t i = 0; i < n; i++) {
            struct steal_future *timer = steal_sleep(&sleep[i],
                    STEAL_MS(1000 + i * 7919 % 59000));

            perf_assert(steal_future_poll(timer, cx) == STEAL_PENDING);
        }
        for (uint64_t i = 0; i < n; i++)
            steal_future_drop(&sleep[i].future);
    }
    perf_end(self->perf);
    return STEAL_READY;
}

static const struct steal_future_ops canceler_ops = { .name = "canceler",
    .poll = canceler_poll };

static void
run_cancel(struct perf *p)
{
    struct canceler canceler = { STEAL_FUTURE(&canceler_ops), p,
        calloc(p->batch, sizeof *canceler.sleep) };

    perf_assert(canceler.sleep);
    perf_run_task(p, &canceler.future, sizeof canceler);
    free(canceler.sleep);
}

struct sleeper {
    struct steal_async async;
    struct crowd *crowd;
    uint64_t *late;
    struct steal_sleep nap;
};

static enum steal_poll
sleeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sleeper *self = (struct sleeper *)future;
    uint64_t now;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx,
            steal_sleep(&self->nap, STEAL_US(random_between(1000, 1000000))));
    now = perf_wall();
    perf_assert(now >= self->nap.deadline);
    *self->late = now - self->nap.deadline;
    crowd_leave(self->crowd);
    STEAL_END();
}

static const struct steal_future_ops sleeper_ops = { .name = "sleeper",
    .poll = sleeper_poll };

struct waiter {
    struct steal_async async;
    struct perf *perf;
    struct crowd crowd;
    struct oneshot_recv recv;
};

static void
spawn_sleepers(struct waiter *self)
{
    crowd_init(&self->crowd, self->perf->ops);
    for (uint64_t i = 0; i < self->perf->ops; i++) {
        struct sleeper sleeper = { .async = STEAL_ASYNC(&sleeper_ops),
            .crowd = &self->crowd,
            .late = &self->perf->latency[i] };

        perf_must(
                steal_spawn(NULL, &sleeper.async.future, sizeof sleeper, NULL));
    }
}

static enum steal_poll
waiter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waiter *self = (struct waiter *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    spawn_sleepers(self);
    STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->crowd.done));
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops waiter_ops = { .name = "waiter",
    .poll = waiter_poll };

static void
run_storm(struct perf *p)
{
    struct waiter waiter = { .async = STEAL_ASYNC(&waiter_ops), .perf = p };

    perf_run_task(p, &waiter.async.future, sizeof waiter);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = { { .bench = "timers_cancel",
                                                      .batch = 10000,
                                                      .rounds = 100,
                                                      .run = run_cancel },
        { .bench = "timers_storm",
                .rounds = 100000,
                .flags = PERF_LATENCY | PERF_UNCOUNTED,
                .run = run_storm },
        { 0 } };

    return perf_main(argc, argv, cases);
}
