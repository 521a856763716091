/*
 * channel_receive.c - the receivers of a channel.
 */
#include <errno.h>
#include <limits.h>

#include "../base/assert.h"
#include "../base/await.h"
#include "../base/finish.h"
#include "../task/budget.h"
#include "channel.h"

/* C1: there may be room. */
static void
admit_sender_locked(struct channel *c, struct wakeups *wakeups)
{
    struct steal_channel_send *send = channel_first_sender_locked(c);
    bool has_slot;

    if (likely(!send) || c->slots.count >= c->room)
        return;
    has_slot = slots_has_room(&c->slots);
    must(has_slot); /* C4 */
    slots_push(&c->slots, send->message);
    waitq_end_locked(wait_of(&send->wait), 0, wakeups);
}

/* 0; -EAGAIN: empty; -EPIPE. */
static int
take_locked(struct channel *c, void *message, struct wakeups *wakeups)
{
    struct steal_channel_send *send;

    if (likely(c->slots.count)) {
        slots_pop(&c->slots, message);
        admit_sender_locked(c, wakeups);
        return 0;
    }
    send = channel_first_sender_locked(c);
    if (!send)
        return c->closed ? -EPIPE : -EAGAIN;
    slots_copy(&c->slots, message, send->message);
    waitq_end_locked(wait_of(&send->wait), 0, wakeups);
    return 0;
}

/* As many as there are, up to `most`: their number, -EAGAIN or -EPIPE. */
static int
take_many_locked(struct channel *c, char *messages, size_t most,
        struct wakeups *wakeups)
{
    size_t n = 0;

    while (n < most && n < INT_MAX && !wakeups_full(wakeups)) {
        int error = take_locked(c, messages + n * c->slots.size, wakeups);

        if (error)
            return n ? (int)n : error;
        n++;
    }
    return (int)n;
}

/* After messages were taken. */
static void
give_lock(struct channel *c, struct wakeups *wakeups)
{
    struct block *surplus = steal__slots_take_surplus(&c->slots);

    lock_give(&c->receivers.lock);
    steal__slots_free(surplus);
    wakeups_schedule(wakeups);
}

/* Just a message, without anyone to wake. */
static inline bool
is_simple_locked(const struct channel *c)
{
    return c->slots.count && !channel_first_sender_locked(c) &&
           c->slots.head != c->slots.head_end;
}

static inline bool
take_simply_locked(struct channel *c, void *message)
{
    if (unlikely(!is_simple_locked(c)))
        return false;
    slots_pop(&c->slots, message);
    return true;
}

int
steal_channel_try_receive(struct steal_channel *channel, void *message)
{
    struct channel *c = channel_of(channel);
    struct wakeups wakeups;
    int error;

    wakeups_init(&wakeups);
    lock_take(&c->receivers.lock);
    error = take_locked(c, message, &wakeups);
    give_lock(c, &wakeups);
    return error;
}

/* Of the two kinds of receive. */
static int
take_what_is_asked_locked(struct steal_channel_receive *receive,
        struct wakeups *wakeups)
{
    struct channel *c = channel_of(receive->channel);

    if (receive->most)
        return take_many_locked(c, receive->message, receive->most, wakeups);
    return take_locked(c, receive->message, wakeups);
}

static struct steal_channel_receive *
receiver_at(struct list *links)
{
    return container_of((struct steal_wait *)(void *)links,
            struct steal_channel_receive, wait);
}

/* C2: in vain woken.  As a rule it is the first. */
static COLD void
line_up_again_locked(struct steal_channel_receive *receive)
{
    struct list *line = &channel_of(receive->channel)->receivers.waiting;
    struct list *next = line->next;

    while (next != line && receiver_at(next)->turn < receive->turn)
        next = next->next;
    list_append(next, &wait_of(&receive->wait)->links);
}

static inline void
line_up_locked(struct steal_channel_receive *receive)
{
    struct channel *c = channel_of(receive->channel);

    if (unlikely(receive->waits)) {
        line_up_again_locked(receive);
        return;
    }
    receive->waits = true;
    receive->turn = c->turns++;
    channel_line_up_locked(&c->receivers.waiting, wait_of(&receive->wait));
}

/* After an attempt, under the lock: in line, or not. */
static void
line_up_receiver_locked(struct steal_channel_receive *receive, bool waits)
{
    struct wait *wait = wait_of(&receive->wait);
    bool in_line = wait->links.next != NULL;

    if (waits && !in_line)
        line_up_locked(receive);
    else if (!waits && in_line)
        wait_unlink(wait);
    receive->waits = waits;
}

/* The lock is held, and given back. */
static enum steal_poll
receive_or_wait(struct steal_channel_receive *receive, struct steal_context *cx,
        struct steal_waker *waker)
{
    struct channel *c = channel_of(receive->channel);
    struct wait *wait = wait_of(&receive->wait);
    struct wakeups wakeups;
    int result;

    wakeups_init(&wakeups);
    result = take_what_is_asked_locked(receive, &wakeups);
    line_up_receiver_locked(receive, result == -EAGAIN);
    if (!receive->waits || !waiter_matches(&wait->waker, cx))
        waiter_swap(&wait->waker, waker);
    give_lock(c, &wakeups);
    if (receive->waits)
        return STEAL_PENDING;
    waitq_forget(wait);
    return future_finish(&receive->future, result);
}

static COLD enum steal_poll
receive_slowly(struct steal_channel_receive *receive, struct steal_context *cx)
{
    struct channel *c = channel_of(receive->channel);
    struct steal_waker waker;
    enum steal_poll poll;

    if (!receive->waits)
        wait_init(wait_of(&receive->wait), WAITQ_ANY);
    waiter_set(&waker, cx);
    lock_take(&c->receivers.lock);
    poll = receive_or_wait(receive, cx, &waker);
    waiter_clear(&waker);
    return poll;
}

static inline struct steal_channel_receive *
receive_of(struct steal_future *future)
{
    return (struct steal_channel_receive *)future;
}

/* Of any size, and however many. */
static NOINLINE enum steal_poll
receive_any(struct steal_channel_receive *receive, struct steal_context *cx)
{
    struct channel *c = channel_of(receive->channel);
    bool taken;

    if (unlikely(receive->waits || receive->most))
        return receive_slowly(receive, cx);
    lock_take(&c->receivers.lock);
    taken = take_simply_locked(c, receive->message);
    lock_give(&c->receivers.lock);
    return taken ? future_finish(&receive->future, 0)
                 : receive_slowly(receive, cx);
}

static inline bool
is_in_line(const struct steal_channel_receive *receive)
{
    return receive->waits && receive->wait.next;
}

/* The lock is held, and given back.  As a rule a task finds nothing and waits. */
static NOINLINE enum steal_poll
line_up_or_look(struct steal_channel_receive *receive, struct steal_context *cx)
{
    struct channel *c = channel_of(receive->channel);
    struct wait *wait = wait_of(&receive->wait);

    if (c->slots.count || c->closed || !cx->lends || is_in_line(receive) ||
            channel_first_sender_locked(c)) {
        lock_give(&c->receivers.lock);
        return receive_slowly(receive, cx);
    }
    wait_init(wait, WAITQ_ANY);
    waiter_set(&wait->waker, cx);
    line_up_locked(receive);
    lock_give(&c->receivers.lock);
    return STEAL_PENDING;
}

/* The short way of a short message.  No call comes back here, so that nothing has
 * to be saved. */
static enum steal_poll
receive_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_channel_receive *receive = receive_of(future);
    struct channel *c = channel_of(receive->channel);

    if (unlikely(!steal__may_go_on(cx)))
        return STEAL_PENDING;
    if (unlikely(receive->most) || !slots_are_short(&c->slots) ||
            unlikely(!lock_try(&c->receivers.lock)))
        return receive_any(receive, cx);
    if (unlikely(!is_simple_locked(c) || is_in_line(receive)))
        return line_up_or_look(receive, cx);
    slots_pop_short(&c->slots, receive->message);
    receive->waits = false;
    lock_give(&c->receivers.lock);
    return future_finish(future, 0);
}

static void
receive_drop(struct steal_future *future)
{
    struct steal_channel_receive *receive = receive_of(future);
    struct channel *c = channel_of(receive->channel);

    if (!receive->waits)
        return;
    if (steal__waitq_leave(&c->receivers, wait_of(&receive->wait)))
        return;
    lock_take(&c->receivers.lock);
    steal__channel_give_lock_and_wake(c); /* C2 */
}

static void
receive_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_channel_receive *receive = receive_of(future);

    if (receive->waits)
        await_for(await, "channel, to receive", receive->channel);
}

static const struct steal_future_ops receive_ops = { .name = "channel_receive",
    .poll = receive_poll,
    .drop = receive_drop,
    .waits = receive_waits };

struct steal_future *
steal_channel_receive(struct steal_channel_receive *receive,
        struct steal_channel *channel, void *message)
{
    receive->future = (struct steal_future)STEAL_FUTURE(&receive_ops);
    receive->waits = false;
    receive->channel = channel;
    receive->message = message;
    receive->most = 0;
    return &receive->future;
}

struct steal_future *
steal_channel_receive_many(struct steal_channel_receive *receive,
        struct steal_channel *channel, void *messages, size_t most)
{
    steal_channel_receive(receive, channel, messages);
    receive->most = most ? most : 1;
    return &receive->future;
}
