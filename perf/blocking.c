/*
 * blocking.c - what does a blocking call cost that does nothing?
 *
 * blocking_one:   a task makes one after the other.
 * blocking_many:  a task makes 100,000 at once, and waits for each.
 * blocking_tasks: 100,000 tasks make one each, all at once.
 */
#include <stdlib.h>

#include "crowd.h"
#include "harness.h"

static int
nothing(void *arg)
{
    (void)arg;
    return 0;
}

struct caller {
    struct steal_async async;
    struct perf *perf;
    struct steal_blocking call;
    uint64_t left;
};

static enum steal_poll
caller_poll(struct steal_future *future, struct steal_context *cx)
{
    struct caller *self = (struct caller *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->left = self->perf->ops; self->left; self->left--) {
        STEAL_AWAIT(cx, steal_blocking(&self->call, nothing, NULL));
        perf_must(self->call.future.result);
    }
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops caller_ops = { .name = "caller",
    .poll = caller_poll };

static void
run_one(struct perf *p)
{
    struct caller caller = { .async = STEAL_ASYNC(&caller_ops), .perf = p };

    perf_run_task(p, &caller.async.future, sizeof caller);
}

/* Awaits them in order: each completion may wake it, and few do. */
struct crowder {
    struct steal_async async;
    struct perf *perf;
    struct steal_blocking *call;
    uint64_t i;
};

static void
queue_calls(struct crowder *self, struct steal_context *cx)
{
    self->call = malloc(self->perf->ops * sizeof *self->call);
    perf_assert(self->call);
    for (uint64_t i = 0; i < self->perf->ops; i++) {
        struct steal_future *call = steal_blocking(&self->call[i], nothing,
                NULL);

        perf_assert(steal_future_poll(call, cx) == STEAL_PENDING);
    }
}

static enum steal_poll
crowder_poll(struct steal_future *future, struct steal_context *cx)
{
    struct crowder *self = (struct crowder *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    queue_calls(self, cx);
    for (self->i = 0; self->i < self->perf->ops; self->i++) {
        STEAL_AWAIT(cx, &self->call[self->i].future);
        perf_must(self->call[self->i].future.result);
    }
    free(self->call);
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops crowder_ops = { .name = "crowder",
    .poll = crowder_poll };

static void
run_many(struct perf *p)
{
    struct crowder crowder = { .async = STEAL_ASYNC(&crowder_ops), .perf = p };

    perf_run_task(p, &crowder.async.future, sizeof crowder);
}

struct member {
    struct steal_async async;
    struct crowd *crowd;
    struct steal_blocking call;
};

static enum steal_poll
member_poll(struct steal_future *future, struct steal_context *cx)
{
    struct member *self = (struct member *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_blocking(&self->call, nothing, NULL));
    perf_must(self->call.future.result);
    crowd_leave(self->crowd);
    STEAL_END();
}

static const struct steal_future_ops member_ops = { .name = "member",
    .poll = member_poll };

struct waiter {
    struct steal_async async;
    struct perf *perf;
    struct crowd crowd;
    struct oneshot_recv recv;
    uint64_t round;
};

static void
spawn_members(struct waiter *self)
{
    crowd_init(&self->crowd, self->perf->batch);
    for (uint64_t i = 0; i < self->perf->batch; i++) {
        struct member member = { .async = STEAL_ASYNC(&member_ops),
            .crowd = &self->crowd };

        perf_must(steal_spawn(NULL, &member.async.future, sizeof member, NULL));
    }
}

static enum steal_poll
waiter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waiter *self = (struct waiter *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->round = 0; self->round < self->perf->rounds; self->round++) {
        spawn_members(self);
        STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->crowd.done));
    }
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops waiter_ops = { .name = "waiter",
    .poll = waiter_poll };

static void
run_tasks(struct perf *p)
{
    struct waiter waiter = { .async = STEAL_ASYNC(&waiter_ops), .perf = p };

    perf_run_task(p, &waiter.async.future, sizeof waiter);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = { { .bench = "blocking_one",
                                                      .rounds = 20000,
                                                      .flags = PERF_UNCOUNTED,
                                                      .run = run_one },
        { .bench = "blocking_many",
                .batch = 100000,
                .flags = PERF_UNCOUNTED,
                .run = run_many },
        { .bench = "blocking_tasks",
                .batch = 100000,
                .flags = PERF_UNCOUNTED,
                .run = run_tasks },
        { 0 } };

    return perf_main(argc, argv, cases);
}
