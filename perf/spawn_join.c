/*
 * spawn_join.c - what does it cost to spawn one task and wait for it?
 */
#include "harness.h"

struct one {
    struct steal_future future;
};

static enum steal_poll
one_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)cx;
    future->result = 1;
    return STEAL_READY;
}

static const struct steal_future_ops one_ops = { .name = "one",
    .poll = one_poll };

struct parent {
    struct steal_async async;
    struct perf *perf;
    struct steal_join join;
    struct steal_task *task;
    uint64_t i;
    uint64_t sum;
};

static void
spawn_one(struct parent *self)
{
    struct one one = { STEAL_FUTURE(&one_ops) };

    perf_must(steal_spawn(NULL, &one.future, sizeof one, &self->task));
}

static enum steal_poll
parent_poll(struct steal_future *future, struct steal_context *cx)
{
    struct parent *self = (struct parent *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->i = 0; self->i < self->perf->ops; self->i++) {
        spawn_one(self);
        STEAL_AWAIT(cx, steal_join(&self->join, self->task));
        self->sum += (uint64_t)self->join.future.result;
    }
    perf_end(self->perf);
    perf_assert(self->sum == self->perf->ops);
    STEAL_END();
}

static const struct steal_future_ops parent_ops = { .name = "parent",
    .poll = parent_poll };

static void
run(struct perf *p)
{
    struct parent parent = { .async = STEAL_ASYNC(&parent_ops), .perf = p };

    perf_run_task(p, &parent.async.future, sizeof parent);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "spawn_join", .batch = 1, .rounds = 500000, .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
