/*
 * watch.c - what does it cost that one of many tasks sees that a value, which
 * all of them watch, has changed?
 */
#include "audience.h"

static uint64_t storage[STEAL_WATCH_STORAGE(sizeof(uint64_t))];
static struct steal_watch watch;

struct listener {
    struct steal_async async;
    struct steal_watch_receiver receiver;
    struct steal_watch_changed changed;
    uint64_t value;
};

static enum steal_poll
listener_poll(struct steal_future *future, struct steal_context *cx)
{
    struct listener *self = (struct listener *)future;

    STEAL_BEGIN(&self->async);
    do {
        STEAL_AWAIT(cx, steal_watch_next(&self->changed, &self->receiver,
                                &self->value));
        crowd_leave(&audience);
    } while (self->changed.future.result == 0);
    STEAL_END();
}

static const struct steal_future_ops listener_ops = { .name = "listener",
    .poll = listener_poll };

static void
spawn(void)
{
    struct listener listener = { .async = STEAL_ASYNC(&listener_ops) };

    steal_watch_subscribe(&listener.receiver, &watch);
    perf_must(steal_spawn(NULL, &listener.async.future, sizeof listener, NULL));
}

static void
tell(uint64_t message)
{
    perf_must(steal_watch_send(&watch, &message));
}

static void
end(void)
{
    steal_watch_close(&watch);
}

static void
run(struct perf *p)
{
    uint64_t none = 0;

    steal_watch_init(&watch, storage, sizeof none, &none);
    speaker_run(p, spawn, tell, end);
    steal_watch_fini(&watch);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "watch_10", .batch = 10, .rounds = 30000, .run = run },
        { .bench = "watch_100", .batch = 100, .rounds = 5000, .run = run },
        { .bench = "watch_1000", .batch = 1000, .rounds = 500, .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
