/*
 * chained_spawn.c - what does a task cost that its predecessor spawns?
 *
 * A chain of 1000 tasks: each spawns the next one and ends.
 */
#include "harness.h"
#include "oneshot.h"

struct link {
    struct steal_future future;
    struct oneshot *done;
    uint64_t left;
};

static enum steal_poll link_poll(struct steal_future *future,
        struct steal_context *cx);

static const struct steal_future_ops link_ops = { .name = "link",
    .poll = link_poll };

static void
spawn_link(struct oneshot *done, uint64_t left)
{
    struct link link = { STEAL_FUTURE(&link_ops), done, left };

    perf_must(steal_spawn(NULL, &link.future, sizeof link, NULL));
}

static enum steal_poll
link_poll(struct steal_future *future, struct steal_context *cx)
{
    struct link *self = (struct link *)future;

    (void)cx;
    if (self->left)
        spawn_link(self->done, self->left - 1);
    else
        oneshot_send(self->done);
    return STEAL_READY;
}

struct starter {
    struct steal_async async;
    struct perf *perf;
    struct oneshot done;
    struct oneshot_recv recv;
    uint64_t round;
};

static enum steal_poll
starter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct starter *self = (struct starter *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->round = 0; self->round < self->perf->rounds; self->round++) {
        oneshot_init(&self->done);
        spawn_link(&self->done, self->perf->batch - 1);
        STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->done));
    }
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops starter_ops = { .name = "starter",
    .poll = starter_poll };

static void
run(struct perf *p)
{
    struct starter starter = { .async = STEAL_ASYNC(&starter_ops), .perf = p };

    perf_run_task(p, &starter.async.future, sizeof starter);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "chained_spawn", .batch = 1000, .rounds = 200, .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
