/*
 * yield_many.c - what does a poll cost, of tasks that wake themselves?
 *
 * 200 tasks, each of which is polled 1000 times.
 */
#include "crowd.h"
#include "harness.h"

#define TASKS  200
#define YIELDS 1000

struct yielder {
    struct steal_future future;
    struct crowd *crowd;
    unsigned left;
};

static enum steal_poll
yielder_poll(struct steal_future *future, struct steal_context *cx)
{
    struct yielder *self = (struct yielder *)future;

    if (self->left-- == 0) {
        crowd_leave(self->crowd);
        return STEAL_READY;
    }
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static const struct steal_future_ops yielder_ops = { .name = "yielder",
    .poll = yielder_poll };

struct waiter {
    struct steal_async async;
    struct perf *perf;
    struct crowd crowd;
    struct oneshot_recv recv;
    uint64_t round;
};

static void
spawn_all(struct waiter *self)
{
    unsigned yields = (unsigned)(self->perf->batch / TASKS);

    crowd_init(&self->crowd, TASKS);
    for (unsigned i = 0; i < TASKS; i++) {
        struct yielder yielder = { STEAL_FUTURE(&yielder_ops), &self->crowd,
            yields };

        perf_must(steal_spawn(NULL, &yielder.future, sizeof yielder, NULL));
    }
}

static enum steal_poll
waiter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waiter *self = (struct waiter *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->round = 0; self->round < self->perf->rounds; self->round++) {
        spawn_all(self);
        STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->crowd.done));
    }
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops waiter_ops = { .name = "waiter",
    .poll = waiter_poll };

static void
run(struct perf *p)
{
    struct waiter waiter = { .async = STEAL_ASYNC(&waiter_ops), .perf = p };

    /* Counting does fewer yields, but enough to hide the spawns. */
    if (p->batch < TASKS * YIELDS) {
        p->batch = TASKS * YIELDS / 10;
        p->ops = p->batch;
    }
    perf_run_task(p, &waiter.async.future, sizeof waiter);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = { { .bench = "yield_many",
                                                      .batch = TASKS * YIELDS,
                                                      .rounds = 10,
                                                      .run = run },
        { 0 } };

    return perf_main(argc, argv, cases);
}
