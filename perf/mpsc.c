/*
 * mpsc.c - what does a message cost that one task, or five, send to another, or
 * that one sends to itself?
 */
#include <errno.h>

#include "crowd.h"
#include "harness.h"

#define CAPACITY 128

struct sender {
    struct steal_async async;
    struct steal_channel *channel;
    struct crowd *crowd;
    struct steal_channel_send send;
    uint64_t message;
    uint64_t share; /* it sends 0, 1, 2, ... so many */
};

static enum steal_poll
sender_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sender *self = (struct sender *)future;

    STEAL_BEGIN(&self->async);
    for (; self->message < self->share; self->message++) {
        STEAL_AWAIT(cx,
                steal_channel_send(&self->send, self->channel, &self->message));
        perf_must(self->send.future.result);
    }
    steal_channel_end_sender(self->channel);
    crowd_leave(self->crowd);
    STEAL_END();
}

static const struct steal_future_ops sender_ops = { .name = "sender",
    .poll = sender_poll };

struct receiver {
    struct steal_async async;
    struct perf *perf;
    bool bounded;
    uint64_t slots[CAPACITY];
    struct steal_channel channel;
    struct crowd crowd; /* the senders: they use the channel to their end */
    struct oneshot_recv recv;
    struct steal_channel_receive receive;
    uint64_t message;
    uint64_t count;
    uint64_t sum;
};

static void
spawn_sender(struct receiver *self)
{
    struct sender sender = { .async = STEAL_ASYNC(&sender_ops),
        .channel = &self->channel,
        .crowd = &self->crowd,
        .share = self->perf->rounds };

    steal_channel_add_sender(&self->channel);
    perf_must(steal_spawn(NULL, &sender.async.future, sizeof sender, NULL));
}

static void
start(struct receiver *self)
{
    uint64_t senders = self->perf->batch;

    if (self->bounded)
        steal_channel_init(&self->channel, self->slots, sizeof self->slots[0],
                CAPACITY);
    else
        steal_channel_init(&self->channel, NULL, sizeof self->slots[0],
                STEAL_UNBOUNDED);
    crowd_init(&self->crowd, senders);
    while (senders-- > 0)
        spawn_sender(self);
}

/* As many of each sender. */
static void
check(const struct receiver *self)
{
    uint64_t share = self->perf->rounds;

    perf_assert(self->receive.future.result == -EPIPE);
    perf_assert(self->count == self->perf->ops);
    perf_assert(self->sum == self->perf->batch * (share * (share - 1) / 2));
}

static enum steal_poll
receiver_poll(struct steal_future *future, struct steal_context *cx)
{
    struct receiver *self = (struct receiver *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    start(self);
    for (;;) {
        STEAL_AWAIT(cx, steal_channel_receive(&self->receive, &self->channel,
                                &self->message));
        if (self->receive.future.result)
            break;
        self->count++;
        self->sum += self->message;
    }
    STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->crowd.done));
    steal_channel_fini(&self->channel);
    perf_end(self->perf);
    check(self);
    STEAL_END();
}

static const struct steal_future_ops receiver_ops = { .name = "receiver",
    .poll = receiver_poll };

static void
run_tasks(struct perf *p, bool bounded)
{
    struct receiver receiver = { .async = STEAL_ASYNC(&receiver_ops),
        .perf = p,
        .bounded = bounded };

    perf_run_task(p, &receiver.async.future, sizeof receiver);
}

static void
run_bounded(struct perf *p)
{
    run_tasks(p, true);
}

static void
run_unbounded(struct perf *p)
{
    run_tasks(p, false);
}

struct loner {
    struct steal_async async;
    struct perf *perf;
    uint64_t slots[CAPACITY];
    struct steal_channel channel;
    struct steal_channel_send send;
    struct steal_channel_receive receive;
    uint64_t sent;
    uint64_t received;
};

static enum steal_poll
loner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct loner *self = (struct loner *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    steal_channel_init(&self->channel, self->slots, sizeof self->slots[0],
            CAPACITY);
    for (self->sent = 0; self->sent < self->perf->ops; self->sent++) {
        STEAL_AWAIT(cx,
                steal_channel_send(&self->send, &self->channel, &self->sent));
        perf_must(self->send.future.result);
        STEAL_AWAIT(cx, steal_channel_receive(&self->receive, &self->channel,
                                &self->received));
        perf_must(self->receive.future.result);
        perf_assert(self->received == self->sent);
    }
    steal_channel_fini(&self->channel);
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops loner_ops = { .name = "loner",
    .poll = loner_poll };

static void
run_uncontended(struct perf *p)
{
    struct loner loner = { .async = STEAL_ASYNC(&loner_ops), .perf = p };

    perf_run_task(p, &loner.async.future, sizeof loner);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    /* A batch is a message of each sender. */
    static const struct perf_case cases[] = {
        { .bench = "mpsc_1_1", .batch = 1, .rounds = 1000000,
                .run = run_bounded },
        { .bench = "mpsc_5_1", .batch = 5, .rounds = 200000,
                .run = run_bounded },
        { .bench = "mpsc_unbounded_1_1", .batch = 1, .rounds = 1000000,
                .run = run_unbounded },
        { .bench = "mpsc_unbounded_5_1", .batch = 5, .rounds = 200000,
                .run = run_unbounded },
        { .bench = "mpsc_uncontended", .rounds = 1000000,
                .run = run_uncontended },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
