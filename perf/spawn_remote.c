/*
 * spawn_remote.c - what does a task cost that a thread from outside spawns?
 *
 * The thread spawns 10,000 that do nothing, and waits for the last of them:
 * once with workers that have nothing else to do, once while each of them is
 * kept busy by two tasks that yield (busy.h).
 */
#include "busy.h"
#include "crowd.h"
#include "harness.h"

struct waiter {
    struct steal_async async;
    struct crowd *crowd;
    struct oneshot_recv recv;
};

static enum steal_poll
waiter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waiter *self = (struct waiter *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->crowd->done));
    STEAL_END();
}

static const struct steal_future_ops waiter_ops = { .name = "waiter",
    .poll = waiter_poll };

static void
run(struct perf *p)
{
    struct crowd crowd;

    perf_begin(p);
    for (uint64_t round = 0; round < p->rounds; round++) {
        struct waiter waiter = { .async = STEAL_ASYNC(&waiter_ops),
            .crowd = &crowd };

        crowd_init(&crowd, p->batch);
        for (uint64_t i = 0; i < p->batch; i++)
            perf_must(crowd_spawn(&crowd, p->runtime));
        perf_must(steal_block_on(p->runtime, &waiter.async.future));
        perf_assert(atomic_load(&crowd.left) == 0);
    }
    perf_end(p);
}

static void
run_busy(struct perf *p)
{
    static atomic_bool stop;

    keep_busy(p, &stop);
    run(p);
    atomic_store(&stop, true);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = { { .bench = "spawn_remote_idle",
                                                      .batch = 10000,
                                                      .rounds = 20,
                                                      .run = run },
        { .bench = "spawn_remote_busy",
                .batch = 10000,
                .rounds = 20,
                .flags = PERF_UNCOUNTED,
                .run = run_busy },
        { 0 } };

    return perf_main(argc, argv, cases);
}
