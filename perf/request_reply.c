/*
 * request_reply.c - what does it cost to ask another task and to be answered?
 *
 * The request goes over a channel and tells where the answer is awaited: a oneshot
 * in the frame of the one who asks.
 */
#include <errno.h>

#include "harness.h"

#define CAPACITY 128

struct request {
    uint64_t value;
    struct steal_oneshot *reply;
};

struct server {
    struct steal_async async;
    struct steal_channel *requests;
    struct steal_channel_receive receive;
    struct request request;
};

static void
answer(struct request request)
{
    uint64_t value = request.value + 1;

    perf_must(steal_oneshot_send(request.reply, &value));
}

static enum steal_poll
server_poll(struct steal_future *future, struct steal_context *cx)
{
    struct server *self = (struct server *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_channel_receive(&self->receive, self->requests,
                                &self->request));
        if (self->receive.future.result)
            STEAL_RETURN(self->receive.future.result);
        answer(self->request);
    }
    STEAL_END();
}

static const struct steal_future_ops server_ops = { .name = "server",
    .poll = server_poll };

struct client {
    struct steal_async async;
    struct perf *perf;
    struct request slots[CAPACITY];
    struct steal_channel requests;
    struct steal_task *server;
    struct steal_channel_send send;
    struct request request;
    struct steal_oneshot reply;
    uint64_t value; /* the answer */
    struct steal_oneshot_wait wait;
    struct steal_join join;
};

static void
start(struct client *self)
{
    struct server server = { .async = STEAL_ASYNC(&server_ops),
        .requests = &self->requests };

    steal_channel_init(&self->requests, self->slots, sizeof(struct request),
            CAPACITY);
    perf_must(steal_spawn(NULL, &server.async.future, sizeof server,
            &self->server));
    self->request.reply = &self->reply;
}

static void
check(const struct client *self)
{
    perf_must(self->send.future.result);
    perf_must(self->wait.future.result);
    perf_assert(self->value == self->request.value + 1);
}

static enum steal_poll
client_poll(struct steal_future *future, struct steal_context *cx)
{
    struct client *self = (struct client *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    start(self);
    for (self->request.value = 0; self->request.value < self->perf->ops;
            self->request.value++) {
        steal_oneshot_init(&self->reply, &self->value, sizeof self->value);
        STEAL_AWAIT(cx, steal_channel_send(&self->send, &self->requests,
                                &self->request));
        STEAL_AWAIT(cx, steal_oneshot_receive(&self->wait, &self->reply));
        check(self);
    }
    steal_channel_close(&self->requests);
    STEAL_AWAIT(cx, steal_join(&self->join, self->server));
    steal_channel_fini(&self->requests);
    perf_end(self->perf);
    perf_assert(self->join.future.result == -EPIPE);
    STEAL_END();
}

static const struct steal_future_ops client_ops = { .name = "client",
    .poll = client_poll };

static void
run(struct perf *p)
{
    struct client client = { .async = STEAL_ASYNC(&client_ops), .perf = p };

    perf_run_task(p, &client.async.future, sizeof client);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "request_reply", .rounds = 300000, .run = run }, { 0 }
    };

    return perf_main(argc, argv, cases);
}
