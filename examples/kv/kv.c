/*
 * kv.c - a store of keys and values that speaks the protocol of Redis.
 *
 *     $ examples/kv/kv 127.0.0.1:6379 &
 *     $ redis-cli set greeting hello
 *
 *     request.c         parses requests
 *     buffer.c          writes replies
 *     store.c           keys, values and their times
 *     hub.c             channels: PUBLISH and SUBSCRIBE
 *     command.c         the table of the commands
 *     keys.c, talk.c    what they do
 *
 * A connection reads what has come, runs the commands that are complete, and
 * writes all their replies at once.  One that has subscribed waits for its
 * mailbox, too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../serve.h"
#include "command.h"

#define READ_ROOM  (16 << 10)
#define ENOUGH_OUT (64 << 10) /* then replies are sent before more is done */
#define SWEEP_TIME STEAL_MS(100)

struct kv {
    struct store *store;
    struct hub *hub;
};

struct client {
    struct connection connection;
    struct session session;
    struct buffer in;
    struct steal_io io;
    struct mailbox_take take;
    struct steal_future *branch[2];
    struct steal_select select;
    bool more; /* a command in `in` may be complete */
};

static void
client_init(struct client *self)
{
    struct kv *kv = self->connection.shared;

    self->session.store = kv->store;
    self->session.hub = kv->hub;
    subscriber_init(&self->session.subscriber, self->connection.fd);
}

/* Runs what is there, until there are enough replies. */
static void
run_commands(struct client *self)
{
    struct session *session = &self->session;
    struct request request;
    const char *error;
    size_t done = 0;
    long length = 1;

    session->now = steal_now();
    while (length > 0 && !session->quits && session->out.size < ENOUGH_OUT) {
        length = request_parse(&request, self->in.data + done,
                self->in.size - done, &error);
        if (length > 0 && request.words > 0)
            command_run(session, &request);
        if (length > 0)
            done += (size_t)length;
    }
    if (length < 0) {
        reply_text(&session->out, error);
        session->quits = true;
    }
    self->more = length > 0;
    buffer_consume(&self->in, done);
}

/* Reads more behind what is there. */
static struct steal_future *
read_more(struct client *self)
{
    return steal_fd_read(&self->io, self->connection.fd,
            self->in.data + self->in.size, self->in.room - self->in.size);
}

/* The client, or its mailbox. */
static struct steal_future *
read_both(struct client *self)
{
    self->branch[0] = read_more(self);
    self->branch[1] = mailbox_take(&self->take,
            &self->session.subscriber.mailbox);
    return steal_select(&self->select, self->branch, 2);
}

/* Sends replies, or else messages. */
static struct steal_future *
send_out(struct client *self)
{
    struct buffer *out = &self->session.out;

    return steal_fd_write_all(&self->io, self->connection.fd, out->data,
            out->size);
}

static struct steal_future *
send_messages(struct client *self)
{
    return steal_fd_write_all(&self->io, self->connection.fd, self->take.data,
            self->take.size);
}

static enum steal_poll
client_poll(struct steal_future *future, struct steal_context *cx)
{
    struct client *self = (struct client *)future;

    STEAL_BEGIN(&self->connection.async);
    client_init(self);
    for (;;) {
        run_commands(self);
        if (self->session.out.size > 0) {
            STEAL_AWAIT(cx, send_out(self));
            if (self->io.future.result < 0)
                STEAL_RETURN(self->io.future.result);
            buffer_consume(&self->session.out, self->session.out.size);
        }
        if (self->session.quits || self->session.out.failed)
            STEAL_RETURN(0);
        if (self->more)
            continue;
        if (!buffer_reserve(&self->in, READ_ROOM))
            STEAL_RETURN(-ENOMEM);
        if (self->session.subscribed)
            STEAL_AWAIT(cx, read_both(self));
        else
            STEAL_AWAIT(cx, read_more(self));
        if (self->take.data != NULL) {
            STEAL_AWAIT(cx, send_messages(self));
            free(self->take.data);
            self->take.data = NULL;
            if (self->io.future.result < 0)
                STEAL_RETURN(self->io.future.result);
        } else {
            if (self->io.future.result <= 0)
                STEAL_RETURN(self->io.future.result);
            self->in.size += self->io.done;
        }
    }
    STEAL_END();
}

static void
client_drop(struct steal_future *future)
{
    struct client *self = (struct client *)future;

    subscriber_fini(&self->session.subscriber, self->session.hub);
    buffer_free(&self->session.out);
    buffer_free(&self->in);
    free(self->take.data);
    connection_end(&self->connection);
}

static const struct steal_future_ops client_ops = {
    .name = "client",
    .poll = client_poll,
    .drop = client_drop,
};

/* Frees what has expired and is not asked for. */
struct sweeper {
    struct steal_async async;
    struct steal_sleep nap;
    struct store *store;
};

static enum steal_poll
sweeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sweeper *self = (struct sweeper *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_sleep(&self->nap, SWEEP_TIME));
        store_sweep(self->store, steal_now());
    }
    STEAL_END();
}

static const struct steal_future_ops sweeper_ops = {
    .name = "sweeper",
    .poll = sweeper_poll,
};

int
main(int argc, char **argv)
{
    struct kv kv = { store_new(), hub_new() };
    struct sweeper sweeper = {
        .async = STEAL_ASYNC(&sweeper_ops),
        .store = kv.store,
    };
    struct service service = {
        .usage = "address...",
        .ops = &client_ops,
        .size = sizeof(struct client),
        .shared = &kv,
        .beside = &sweeper.async.future,
    };
    char **addresses = service_arguments(&service, argc, argv, 1);
    int status = 1;

    if (kv.store != NULL && kv.hub != NULL)
        status = serve(&service, addresses);
    if (kv.store != NULL)
        store_free(kv.store);
    if (kv.hub != NULL)
        hub_free(kv.hub);
    return status;
}
