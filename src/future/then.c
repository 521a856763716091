/*
 * then.c - a function, or another future, after a child.
 *
 * The child is dropped before the function sees it: what it held is free again,
 * and its memory may serve for the next future.
 */
#include <steal/combine.h>

static enum steal_poll
map_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_map *map = (struct steal_map *)future;

    if (steal_future_poll(map->child, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    steal_future_drop(map->child);
    future->result = map->fn(map->child, map->arg);
    return STEAL_READY;
}

static void
map_drop(struct steal_future *future)
{
    struct steal_map *map = (struct steal_map *)future;

    steal_future_drop(map->child);
}

static const struct steal_future_ops map_ops = { .name = "map",
    .poll = map_poll,
    .drop = map_drop };

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
    int result = child->result;

    steal_future_drop(child);
    if (then->fn)
        then->child = then->fn(child, then->arg, &result);
    else
        then->child = NULL;
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

static const struct steal_future_ops then_ops = { .name = "then",
    .poll = then_poll,
    .drop = then_drop };

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
