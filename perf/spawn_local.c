/*
 * spawn_local.c - what does a task cost that another task spawns?
 *
 * A task spawns 10,000 that do nothing, and waits for the last of them; nobody
 * holds a handle.
 */
#include "crowd.h"
#include "harness.h"

struct spawner {
    struct steal_async async;
    struct perf *perf;
    struct crowd crowd;
    struct oneshot_recv recv;
    uint64_t round;
};

static void
spawn_all(struct spawner *self)
{
    crowd_init(&self->crowd, self->perf->batch);
    for (uint64_t i = 0; i < self->perf->batch; i++)
        perf_must(crowd_spawn(&self->crowd, NULL));
}

static enum steal_poll
spawner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct spawner *self = (struct spawner *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->round = 0; self->round < self->perf->rounds; self->round++) {
        spawn_all(self);
        STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->crowd.done));
        perf_assert(atomic_load(&self->crowd.left) == 0);
    }
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops spawner_ops = { .name = "spawner",
    .poll = spawner_poll };

static void
run(struct perf *p)
{
    struct spawner spawner = { .async = STEAL_ASYNC(&spawner_ops), .perf = p };

    perf_run_task(p, &spawner.async.future, sizeof spawner);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "spawn_local", .batch = 10000, .rounds = 20, .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
