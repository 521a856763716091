#include "awaits.h"

#include <steal/async.h>

#include "../task/task.h"

struct walk {
    struct steal_await *awaits;
    size_t most;
    size_t n;
};

/* The i-th that this one waits for, or NULL. */
static struct steal_future *
child_of(struct steal_future *future, size_t i)
{
    if (future->pin == STEAL_PIN_DROPPED)
        return NULL; /* what it refers to may be gone */
    if (future->pin & STEAL_PIN_ASYNC)
        return i ? NULL : ((struct steal_async *)future)->awaiting;
    return future->ops->awaited ? future->ops->awaited(future, i) : NULL;
}

static bool
was_polled(const struct steal_future *future)
{
    return (future->pin & ~STEAL_PIN_ASYNC) != STEAL_PIN_NEW &&
           future->pin != STEAL_PIN_DROPPED;
}

static void
tell(struct steal_future *future, struct steal_await *await, unsigned depth)
{
    const struct steal_async *async = (struct steal_async *)future;

    *await = (struct steal_await){ .name = steal_future_name(future),
        .depth = depth,
        .number = -1 };
    if (future->pin & STEAL_PIN_ASYNC && async->site) {
        await->file = async->site->file;
        await->line = async->site->line;
    }
}

/* What it waits for itself. */
static void
ask(struct steal_future *future, struct steal_await *await)
{
    if (was_polled(future) && !(future->pin & STEAL_PIN_ASYNC) &&
            future->ops->waits)
        future->ops->waits(future, await);
}

/* Depth first: a chain as it stands, and the branches of a future one after the
 * other. */
static void
walk_down(struct walk *walk, struct steal_future *future, unsigned depth)
{
    struct steal_await *await;
    struct steal_future *child;
    size_t i = 0;

    await = &walk->awaits[walk->n++];
    tell(future, await, depth);
    for (; (child = child_of(future, i)); i++) {
        if (walk->n == walk->most)
            return;
        walk_down(walk, child, depth + 1);
    }
    if (i == 0)
        ask(future, await);
}

size_t
steal__awaits_of(const struct steal_task *task, struct steal_await *awaits,
        size_t n)
{
    struct walk walk = { awaits, n, 0 };

    if (n)
        walk_down(&walk, steal__task_root(task), 0);
    return walk.n;
}

bool
steal__awaits_one(const struct steal_task *task, struct steal_await *last)
{
    struct steal_future *future = steal__task_root(task);
    struct steal_future *child;

    while ((child = child_of(future, 0))) {
        if (!(future->pin & STEAL_PIN_ASYNC) && child_of(future, 1))
            return false;
        future = child;
    }
    tell(future, last, 0);
    ask(future, last);
    return last->thing;
}

void
steal__await_print(const struct steal_await *await, FILE *file)
{
    fprintf(file, "    %*s%s", (int)await->depth, "", await->name);
    if (await->file)
        fprintf(file, " at %s:%d", await->file, await->line);
    if (await->thing)
        fprintf(file, " (%s", await->thing);
    if (await->thing && await->number >= 0)
        fprintf(file, " %lld", (long long)await->number);
    if (await->thing && await->object)
        fprintf(file, " %p", await->object);
    if (await->thing && await->task)
        fprintf(file, ", task %llu", (unsigned long long)await->task);
    fputs(await->thing ? ")\n" : "\n", file);
}
