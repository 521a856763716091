#include <steal/future.h>

#include <steal/async.h>

#include "../base/assert.h"

void
steal_future_init(struct steal_future *future,
        const struct steal_future_ops *ops)
{
    future->ops = ops;
    future->result = 0;
    future->pin = STEAL_PIN_NEW;
}

static uint32_t
pin(const struct steal_future *future)
{
    return future->pin & ~STEAL_PIN_ASYNC;
}

COLD void
steal_future_misused(const struct steal_future *future)
{
    bool polled_after_drop = pin(future) == STEAL_PIN_DROPPED;
    bool moved_after_first_poll = true;

    must(!polled_after_drop);
    must(!moved_after_first_poll);
}

static void
drop_awaited(struct steal_async *async)
{
    struct steal_future *child = async->awaiting;

    async->awaiting = NULL;
    if (child)
        steal_future_drop(child);
}

void
steal_future_drop(struct steal_future *future)
{
    bool async = future->pin & STEAL_PIN_ASYNC;

    if (unlikely(pin(future) != steal_pin_of(future))) {
        bool moved_after_first_poll = pin(future) != STEAL_PIN_NEW &&
                                      pin(future) != STEAL_PIN_DROPPED;

        must(!moved_after_first_poll);
        return;
    }
    if (async)
        drop_awaited((struct steal_async *)future);
    future->pin = STEAL_PIN_DROPPED | (async ? STEAL_PIN_ASYNC : 0);
    if (future->ops->drop)
        future->ops->drop(future);
}

const char *
steal_future_name(const struct steal_future *future)
{
    return future->ops->name ? future->ops->name : "future";
}
