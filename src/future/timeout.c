#include <steal/time.h>

#include <errno.h>

static enum steal_poll
timeout_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_timeout *timeout = (struct steal_timeout *)future;

    if (steal_future_poll(timeout->child, cx) == STEAL_READY) {
        future->result = timeout->child->result;
        return STEAL_READY;
    }
    if (steal_future_poll(&timeout->sleep.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    future->result = -ETIMEDOUT;
    if (timeout->sleep.future.result)
        future->result = timeout->sleep.future.result;
    return STEAL_READY;
}

static void
timeout_drop(struct steal_future *future)
{
    struct steal_timeout *timeout = (struct steal_timeout *)future;

    steal_future_drop(timeout->child);
    steal_future_drop(&timeout->sleep.future);
}

static struct steal_future *
timeout_awaited(struct steal_future *future, size_t i)
{
    struct steal_timeout *timeout = (struct steal_timeout *)future;

    switch (i) {
    case 0:
        return timeout->child;
    case 1:
        return &timeout->sleep.future;
    default:
        return NULL;
    }
}

static const struct steal_future_ops timeout_ops = { .name = "timeout",
    .poll = timeout_poll,
    .drop = timeout_drop,
    .awaited = timeout_awaited };

struct steal_future *
steal_timeout_at(struct steal_timeout *timeout, struct steal_future *child,
        uint64_t deadline)
{
    steal_future_init(&timeout->future, &timeout_ops);
    timeout->child = child;
    steal_sleep_until(&timeout->sleep, deadline);
    return &timeout->future;
}

struct steal_future *
steal_timeout(struct steal_timeout *timeout, struct steal_future *child,
        uint64_t duration)
{
    return steal_timeout_at(timeout, child,
            steal_time_add(steal_now(), duration));
}
