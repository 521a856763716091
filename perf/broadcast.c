/*
 * broadcast.c - what does it cost that one of many tasks receives a message that
 * all of them get?
 */
#include "audience.h"

static uint64_t storage[STEAL_BROADCAST_STORAGE(sizeof(uint64_t), 16)];
static struct steal_broadcast broadcast;

struct listener {
    struct steal_async async;
    struct steal_broadcast_receiver receiver;
    struct steal_broadcast_receive receive;
    uint64_t message;
};

static enum steal_poll
listener_poll(struct steal_future *future, struct steal_context *cx)
{
    struct listener *self = (struct listener *)future;

    STEAL_BEGIN(&self->async);
    do {
        STEAL_AWAIT(cx, steal_broadcast_receive(&self->receive, &self->receiver,
                                &self->message));
        crowd_leave(&audience);
    } while (self->receive.future.result == 0);
    STEAL_END();
}

static const struct steal_future_ops listener_ops = { .name = "listener",
    .poll = listener_poll };

static void
spawn(void)
{
    struct listener listener = { .async = STEAL_ASYNC(&listener_ops) };

    steal_broadcast_subscribe(&listener.receiver, &broadcast);
    perf_must(steal_spawn(NULL, &listener.async.future, sizeof listener, NULL));
}

static void
tell(uint64_t message)
{
    perf_must(steal_broadcast_send(&broadcast, &message));
}

static void
end(void)
{
    steal_broadcast_close(&broadcast);
}

static void
run(struct perf *p)
{
    steal_broadcast_init(&broadcast, storage, sizeof(uint64_t), 16);
    speaker_run(p, spawn, tell, end);
    steal_broadcast_fini(&broadcast);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "broadcast_10", .batch = 10, .rounds = 30000, .run = run },
        { .bench = "broadcast_100", .batch = 100, .rounds = 5000, .run = run },
        { .bench = "broadcast_1000", .batch = 1000, .rounds = 500, .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
