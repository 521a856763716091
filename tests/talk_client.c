#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "talk.h"

#define CONNECT_TRIES 200

static bool
half_meets_fate(struct talk_half *self)
{
    const struct talk_plan *plan = &self->client->plan;

    if (self->met || self->at < plan->limit)
        return false;
    self->met = true;
    talk_count_fate(self->client->talk, plan->mine, 0);
    return true;
}

static struct steal_future *
send_order(struct talk_half *self)
{
    const struct talk_plan *plan = &self->client->plan;
    struct talk_order order = { plan->seed, plan->servers, plan->limit };

    memcpy(self->buffer, &order, sizeof order);
    return talk_push(&self->push, self->client->fd, self->buffer, sizeof order,
            0);
}

static struct steal_future *
send_some(struct talk_half *self)
{
    const struct talk_plan *plan = &self->client->plan;
    size_t n = talk_some(&self->rng, plan->total - self->at);

    if (n > TALK_BUFFER)
        n = TALK_BUFFER;
    talk_fill(self->buffer, n, plan->seed, self->at);
    self->here = n;
    return talk_push(&self->push, self->client->fd, self->buffer, n,
            rng_below(&self->rng, (uint32_t)n));
}

/* The end of the sender, before its time: for better or for worse. */
static bool
sender_leaves(struct talk_half *self)
{
    struct talk_client *client = self->client;

    switch (client->plan.mine) {
    case TALK_CLOSE:
    case TALK_RESET:
        if (!half_meets_fate(self))
            return false;
        talk_hang_up(client->fd, client->plan.mine == TALK_RESET);
        return true;
    case TALK_SHUT:
        if (half_meets_fate(self))
            client->plan.total = (uint32_t)self->at;
        return false;
    default:
        return false;
    }
}

static enum steal_poll
sender_poll(struct steal_future *future, struct steal_context *cx)
{
    struct talk_half *self = (struct talk_half *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, send_order(self));
    if (self->push.async.future.result < 0)
        STEAL_RETURN(self->push.async.future.result);
    while (self->at < self->client->plan.total) {
        STEAL_AWAIT(cx, send_some(self));
        if (self->push.async.future.result < 0)
            STEAL_RETURN(self->push.async.future.result);
        self->at += self->here;
        if (sender_leaves(self))
            STEAL_RETURN(-ECANCELED);
    }
    STEAL_RETURN(steal_fd_shutdown(self->client->fd, SHUT_WR));
    STEAL_END();
}

static const struct steal_future_ops sender_ops = { .name = "sender",
    .poll = sender_poll };

static struct steal_future *
receive_some(struct talk_half *self)
{
    return steal_fd_read(&self->io, self->client->fd, self->buffer,
            talk_some(&self->rng, TALK_BUFFER));
}

static void
check_echo(struct talk_half *self, size_t n)
{
    struct talk_client *client = self->client;

    if (!talk_is_right(self->buffer, n, client->plan.seed, self->at))
        talk_failed(client->talk, "the client got wrong bytes", 0, self->at);
    self->at += n;
    add_relaxed(&client->talk->bytes, (int64_t)n); /* read at the end only */
}

static enum steal_poll
receiver_poll(struct steal_future *future, struct steal_context *cx)
{
    struct talk_half *self = (struct talk_half *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, receive_some(self));
        if (talk_passes(self->io.future.result))
            continue;
        if (self->io.future.result <= 0)
            STEAL_RETURN(self->io.future.result);
        check_echo(self, self->io.done);
        if (self->client->plan.mine == TALK_STALL && half_meets_fate(self))
            STEAL_AWAIT(cx, steal_sleep(&self->nap, talk_a_while(&self->rng)));
    }
    STEAL_END();
}

static const struct steal_future_ops receiver_ops = { .name = "receiver",
    .poll = receiver_poll };

static void
half_init(struct talk_half *half, struct talk_client *client, int which,
        const struct steal_future_ops *ops)
{
    memset(half, 0, sizeof *half);
    steal_async_init(&half->async, ops);
    half->client = client;
    half->buffer = client->buffer + which * TALK_BUFFER;
    rng_init(&half->rng, client->plan.seed + (uint64_t)which);
    client->half[which] = &half->async.future;
}

/* Both directions, within its patience. */
static struct steal_future *
talk_both(struct talk_client *self)
{
    struct steal_future *both;

    half_init(&self->sender, self, 0, &sender_ops);
    half_init(&self->receiver, self, 1, &receiver_ops);
    both = steal_join_all(&self->both, self->half, 2);
    return steal_timeout(&self->timeout, both,
            self->plan.mine == TALK_IMPATIENT ? self->plan.patience
                                              : STEAL_FOREVER);
}

static bool
is_good(enum talk_fate fate)
{
    return fate == TALK_ON || fate == TALK_SHUT || fate == TALK_STALL;
}

/* Where nobody had a bad fate all must be well. */
static bool
may_fail(const struct talk_client *self)
{
    return !is_good(self->plan.mine) || !is_good(self->plan.servers) ||
           self->plan.servers == TALK_SHUT || load_acquire(&self->talk->over);
}

/* What has come of it. */
static int
verdict(struct talk_client *self)
{
    int error = self->timeout.future.result;

    if (error == -ETIMEDOUT)
        talk_count_fate(self->talk, TALK_IMPATIENT, 0);
    else if (!error && self->receiver.at < self->plan.total)
        error = STEAL_EOF;
    if (error && !may_fail(self))
        talk_failed(self->talk, "a talk ended early", error, self->receiver.at);
    if (self->receiver.at > self->plan.total)
        talk_failed(self->talk, "the client got too much", 0,
                self->receiver.at);
    return error;
}

static enum steal_poll
client_poll(struct steal_future *future, struct steal_context *cx)
{
    struct talk_client *self = (struct talk_client *)future;

    STEAL_BEGIN(&self->async);
    self->counted = true;
    add_relaxed(&self->talk->ends, 1); /* who drops it has polled it */
    for (self->tries = 0; self->tries < CONNECT_TRIES; self->tries++) {
        STEAL_AWAIT(cx,
                steal_connect(&self->connect, &self->plan.address, NULL));
        if (!talk_passes(self->connect.future.result))
            break;
        STEAL_AWAIT(cx, steal_sleep(&self->nap, STEAL_MS(1)));
    }
    if (self->connect.future.result < 0)
        STEAL_RETURN(self->connect.future.result);
    self->fd = self->connect.fd;
    self->buffer = malloc(2 * TALK_BUFFER);
    STEAL_AWAIT(cx, talk_both(self));
    STEAL_RETURN(verdict(self));
    STEAL_END();
}

static void
client_drop(struct steal_future *future)
{
    struct talk_client *self = (struct talk_client *)future;

    if (self->fd)
        steal_fd_unref(self->fd);
    free(self->buffer);
    if (self->counted)
        sub_release(&self->talk->ends, 1);
}

static const struct steal_future_ops client_ops = { .name = "client",
    .poll = client_poll,
    .drop = client_drop };

struct talk_client
talk_client(struct talk *talk, const struct talk_plan *plan)
{
    return (struct talk_client){ .async = STEAL_ASYNC(&client_ops),
        .talk = talk,
        .plan = *plan };
}
