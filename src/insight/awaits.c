#include "awaits.h"

#include <steal/async.h>

#include "../task/task.h"

/* Fills in one; returns what it waits for, or NULL. */
static struct steal_future *
tell(struct steal_future *future, struct steal_await *await)
{
    const struct steal_async *async = (struct steal_async *)future;

    *await = (struct steal_await){ .name = steal_future_name(future) };
    if (future->pin == STEAL_PIN_DROPPED)
        return NULL; /* what it refers to may be gone */
    if (!(future->pin & STEAL_PIN_ASYNC))
        return future->ops->awaited ? future->ops->awaited(future) : NULL;
    if (async->site) {
        await->file = async->site->file;
        await->line = async->site->line;
    }
    return async->awaiting;
}

size_t
steal__awaits_of(const struct steal_task *task, struct steal_await *awaits,
        size_t n)
{
    struct steal_future *future = steal__task_root(task);
    size_t i = 0;

    while (future && i < n)
        future = tell(future, &awaits[i++]);
    return i;
}
