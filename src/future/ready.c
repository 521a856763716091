/*
 * ready.c - futures without a child: ready, pending, or a function.
 *
 * None of them takes part in the budget of a task.  What would be ready for ever
 * is whoever makes ready futures for ever, a loop as any other.
 */
#include <steal/combine.h>

#include "../base/await.h"

static enum steal_poll
ready_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)future;
    (void)cx;
    return STEAL_READY;
}

static const struct steal_future_ops ready_ops = { .name = "ready",
    .poll = ready_poll };

struct steal_future *
steal_ready(struct steal_future *ready, int result)
{
    steal_future_init(ready, &ready_ops);
    ready->result = result;
    return ready;
}

static enum steal_poll
pending_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)future;
    (void)cx;
    return STEAL_PENDING;
}

static void
pending_waits(struct steal_future *future, struct steal_await *await)
{
    (void)future;
    await_for(await, "nothing", NULL);
}

static const struct steal_future_ops pending_ops = { .name = "pending",
    .poll = pending_poll,
    .waits = pending_waits };

struct steal_future *
steal_pending(struct steal_future *pending)
{
    steal_future_init(pending, &pending_ops);
    return pending;
}

static enum steal_poll
poll_fn_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_poll_fn *f = (struct steal_poll_fn *)future;

    return f->fn(f->arg, cx, &future->result);
}

static const struct steal_future_ops poll_fn_ops = { .name = "poll_fn",
    .poll = poll_fn_poll };

struct steal_future *
steal_poll_fn(struct steal_poll_fn *f,
        enum steal_poll (*fn)(void *arg, struct steal_context *cx, int *result),
        void *arg)
{
    steal_future_init(&f->future, &poll_fn_ops);
    f->fn = fn;
    f->arg = arg;
    return &f->future;
}
