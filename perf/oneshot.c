/*
 * oneshot.c - what does a oneshot cost that is made, sent and awaited in one task?
 *
 * It lies in the task's own frame, as do most that a task awaits itself.
 */
#include "harness.h"

struct loner {
    struct steal_async async;
    struct perf *perf;
    struct steal_oneshot oneshot;
    uint64_t value; /* the oneshot's */
    struct steal_oneshot_wait wait;
    uint64_t i;
};

static void
make_and_send(struct loner *self)
{
    steal_oneshot_init(&self->oneshot, &self->value, sizeof self->value);
    perf_must(steal_oneshot_send(&self->oneshot, &self->i));
}

static void
check(struct loner *self)
{
    perf_must(self->wait.future.result);
    perf_assert(self->value == self->i);
}

static enum steal_poll
loner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct loner *self = (struct loner *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->i = 0; self->i < self->perf->ops; self->i++) {
        make_and_send(self);
        STEAL_AWAIT(cx, steal_oneshot_receive(&self->wait, &self->oneshot));
        check(self);
    }
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops loner_ops = { .name = "loner",
    .poll = loner_poll };

static void
run(struct perf *p)
{
    struct loner loner = { .async = STEAL_ASYNC(&loner_ops), .perf = p };

    perf_run_task(p, &loner.async.future, sizeof loner);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "oneshot_ready", .rounds = 1000000, .run = run }, { 0 }
    };

    return perf_main(argc, argv, cases);
}
