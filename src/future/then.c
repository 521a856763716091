/*
 * then.c - a function, or another future, after a child.
 *
 * The child is dropped before the function sees it: what it held is free again,
 * and its memory may serve for the next future.  Nothing refers to it then, for a
 * handler of signals may look (awaited()).
 */
#include <steal/combine.h>

#include "../base/atomic.h"

static enum steal_poll
map_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_map *map = (struct steal_map *)future;

    struct steal_future *child = map->child;

    if (steal_future_poll(child, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    steal_future_drop(child);
    map->child = NULL;
    signal_fence();
    future->result = map->fn(child, map->arg);
    return STEAL_READY;
}

static void
map_drop(struct steal_future *future)
{
    struct steal_map *map = (struct steal_map *)future;

    if (map->child)
        steal_future_drop(map->child);
}

static struct steal_future *
map_awaited(struct steal_future *future, size_t i)
{
    return i ? NULL : ((struct steal_map *)future)->child;
}

static const struct steal_future_ops map_ops = { .name = "map",
    .poll = map_poll,
    .drop = map_drop,
    .awaited = map_awaited };

struct steal_future *
steal_map(struct steal_map *map, struct steal_future *child,
        int (*fn)(struct steal_future *child, void *arg), void *arg)
{
    steal_future_init(&map->future, &map_ops);
    map->child = child;
    map->fn = fn;
    map->arg = arg;
    return &map->future;
}

/* The child is ready: puts the future that follows it, or NULL, in its place. */
static void
follow(struct steal_then *then)
{
    struct steal_future *child = then->child;
    struct steal_future *next = NULL;
    int result = child->result;

    steal_future_drop(child);
    then->child = NULL; /* its memory may become the next one */
    signal_fence();
    if (then->fn)
        next = then->fn(child, then->arg, &result);
    signal_fence();
    then->child = next;
    then->fn = NULL;
    then->future.result = result;
}

static enum steal_poll
then_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_then *then = (struct steal_then *)future;

    while (then->child) {
        if (steal_future_poll(then->child, cx) == STEAL_PENDING)
            return STEAL_PENDING;
        follow(then);
    }
    return STEAL_READY;
}

static void
then_drop(struct steal_future *future)
{
    struct steal_then *then = (struct steal_then *)future;

    if (then->child)
        steal_future_drop(then->child);
}

static struct steal_future *
then_awaited(struct steal_future *future, size_t i)
{
    return i ? NULL : ((struct steal_then *)future)->child;
}

static const struct steal_future_ops then_ops = { .name = "then",
    .poll = then_poll,
    .drop = then_drop,
    .awaited = then_awaited };

struct steal_future *
steal_then(struct steal_then *then, struct steal_future *child,
        struct steal_future *(
                *fn)(struct steal_future *child, void *arg, int *result),
        void *arg)
{
    steal_future_init(&then->future, &then_ops);
    then->child = child;
    then->fn = fn;
    then->arg = arg;
    return &then->future;
}
