/*
 * channel_send.c - the senders of a channel.
 */
#include <errno.h>

#include "../base/await.h"
#include "../base/finish.h"
#include "../task/budget.h"
#include "channel.h"

/* 0; -EAGAIN: full; -EPIPE; -ENOMEM: a block has to be added first. */
static inline int
send_locked(struct channel *c, const void *message)
{
    if (unlikely(c->slots.count >= c->room))
        return c->closed ? -EPIPE : -EAGAIN;
    if (!slots_has_room(&c->slots))
        return -ENOMEM;
    slots_push(&c->slots, message);
    return 0;
}

/* False if there is no memory. */
static COLD bool
add_block(struct channel *c)
{
    struct block *block = steal__slots_allocate(&c->slots);

    if (!block)
        return false;
    lock_take(&c->receivers.lock);
    steal__slots_add(&c->slots, block);
    lock_give(&c->receivers.lock);
    return true;
}

static inline int
send_now(struct channel *c, const void *message)
{
    int error;

    do {
        lock_take(&c->receivers.lock);
        error = send_locked(c, message);
        if (unlikely(waitq_first_locked(&c->receivers) != NULL))
            steal__channel_give_lock_and_wake(c);
        else
            lock_give(&c->receivers.lock);
    } while (unlikely(error == -ENOMEM) && add_block(c));
    return error;
}

int
steal_channel_try_send(struct steal_channel *channel, const void *message)
{
    return send_now(channel_of(channel), message);
}

static enum steal_poll
send_end(struct steal_channel_send *send, int result)
{
    send->sent = result == 0;
    return future_finish(&send->future, result);
}

/* Lines up, unless there is room now.  As send_locked(). */
static int
send_or_line_up_locked(struct channel *c, struct steal_channel_send *send)
{
    int error = send_locked(c, send->message);

    if (error != -EAGAIN)
        return error;
    if (c->room && !slots_has_spare(&c->slots))
        return -ENOMEM; /* C4 */
    channel_line_up_locked(&c->senders, wait_of(&send->wait));
    return -EAGAIN;
}

/* It was full a moment ago. */
static COLD enum steal_poll
begin_to_send(struct steal_channel_send *send, struct steal_context *cx)
{
    struct channel *c = channel_of(send->channel);
    struct wait *wait = wait_of(&send->wait);
    int error;

    wait_init(wait, WAITQ_ANY);
    waitq_prepare(wait, cx);
    do {
        lock_take(&c->receivers.lock);
        error = send_or_line_up_locked(c, send);
        send->waits = error == -EAGAIN;
        steal__channel_give_lock_and_wake(c); /* C3 */
    } while (error == -ENOMEM && add_block(c));
    if (send->waits)
        return STEAL_PENDING;
    waitq_forget(wait);
    return send_end(send, error);
}

static COLD enum steal_poll
wait_on(struct steal_channel_send *send, struct steal_context *cx)
{
    struct channel *c = channel_of(send->channel);

    if (steal__waitq_still_waits(&c->receivers, wait_of(&send->wait), cx))
        return STEAL_PENDING;
    return send_end(send, send->wait.status);
}

/* Of any size. */
static NOINLINE enum steal_poll
send_any(struct steal_channel_send *send, struct steal_context *cx)
{
    int error = send_now(channel_of(send->channel), send->message);

    if (unlikely(error == -EAGAIN))
        return begin_to_send(send, cx);
    return send_end(send, error);
}

static NOINLINE enum steal_poll
wake_and_be_ready(struct channel *c)
{
    steal__channel_give_lock_and_wake(c);
    return STEAL_READY;
}

/* The short way of a short message.  No call comes back here, so that
 * nothing has to be saved. */
static enum steal_poll
send_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_channel_send *send = (struct steal_channel_send *)future;
    struct channel *c = channel_of(send->channel);

    if (unlikely(send->waits))
        return wait_on(send, cx);
    if (unlikely(!steal__may_go_on(cx)))
        return STEAL_PENDING;
    if (!slots_are_short(&c->slots) || unlikely(!lock_try(&c->receivers.lock)))
        return send_any(send, cx);
    if (unlikely(c->slots.count >= c->room ||
                 c->slots.tail == c->slots.tail_end)) {
        lock_give(&c->receivers.lock);
        return send_any(send, cx);
    }
    slots_push_short(&c->slots, send->message);
    send_end(send, 0);
    if (waitq_first_locked(&c->receivers))
        return wake_and_be_ready(c);
    lock_give(&c->receivers.lock);
    return STEAL_READY;
}

static void
send_drop(struct steal_future *future)
{
    struct steal_channel_send *send = (struct steal_channel_send *)future;
    struct channel *c = channel_of(send->channel);
    struct wait *wait = wait_of(&send->wait);

    if (send->waits && !steal__waitq_leave(&c->receivers, wait))
        send->sent = wait->status == 0;
}

static void
send_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_channel_send *send = (struct steal_channel_send *)future;

    if (send->waits)
        await_for(await, "channel, to send", send->channel);
}

static const struct steal_future_ops send_ops = { .name = "channel_send",
    .poll = send_poll,
    .drop = send_drop,
    .waits = send_waits };

struct steal_future *
steal_channel_send(struct steal_channel_send *send,
        struct steal_channel *channel, const void *message)
{
    send->future = (struct steal_future)STEAL_FUTURE(&send_ops);
    send->sent = false;
    send->waits = false;
    send->channel = channel;
    send->message = message;
    return &send->future;
}
