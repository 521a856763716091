/*
 * for_each.c - work for each item of a stream, one at a time or many at once.
 */
#include <steal/stream.h>

#include "../base/atomic.h"
#include "group.h"

/*
 * struct steal_for_each
 */

/* Takes an item.  True once there are no more, with the result set. */
static enum steal_poll
take_item(struct steal_for_each *each, struct steal_context *cx, bool *over)
{
    int result;

    if (steal_future_poll(&each->next.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    result = each->next.future.result;
    steal_future_drop(&each->next.future);
    *over = result <= 0;
    each->future.result = result < 0 ? result : 0;
    if (!*over) {
        each->child = each->fn(each->stream, each->arg);
        steal_next(&each->next, each->stream);
    }
    return STEAL_READY;
}

/* Waits for what there is to do for an item. */
static enum steal_poll
finish_item(struct steal_for_each *each, struct steal_context *cx, bool *over)
{
    struct steal_future *child = each->child;

    if (steal_future_poll(child, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    each->child = NULL;
    steal_future_drop(child);
    *over = child->result < 0;
    each->future.result = *over ? child->result : 0;
    return STEAL_READY;
}

static enum steal_poll
each_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_for_each *each = (struct steal_for_each *)future;
    bool over = false;

    while (!over) {
        enum steal_poll poll = each->child ? finish_item(each, cx, &over)
                                           : take_item(each, cx, &over);

        if (poll == STEAL_PENDING)
            return STEAL_PENDING;
    }
    return STEAL_READY;
}

static void
each_drop(struct steal_future *future)
{
    struct steal_for_each *each = (struct steal_for_each *)future;

    steal_future_drop(&each->next.future);
    if (each->child)
        steal_future_drop(each->child);
}

static struct steal_future *
each_awaited(struct steal_future *future, size_t i)
{
    struct steal_for_each *each = (struct steal_for_each *)future;

    if (i)
        return NULL;
    return each->child ? each->child : &each->next.future;
}

static const struct steal_future_ops each_ops = { .name = "for_each",
    .poll = each_poll,
    .drop = each_drop,
    .awaited = each_awaited };

struct steal_future *
steal_for_each(struct steal_for_each *each, struct steal_stream *stream,
        steal_for_each_fn *fn, void *arg)
{
    steal_future_init(&each->future, &each_ops);
    each->stream = stream;
    each->fn = fn;
    each->arg = arg;
    each->child = NULL;
    steal_next(&each->next, stream);
    return &each->future;
}

/*
 * struct steal_for_each_concurrent
 *
 * Failures of the stream and of `fn` count as those of the group, which keeps the
 * first of all.
 *
 *     BEGIN --> ROOM <--> ITEM     until the stream or the group says no,
 *                 \        /       or `fn` does
 *                  v      v
 *                    WAIT          for the tasks
 */

enum phase {
    BEGIN,
    ROOM, /* waits for room in the group */
    ITEM, /* waits for the stream */
    WAIT  /* waits for the tasks that are left */
};

static void
enter_room(struct steal_for_each_concurrent *each)
{
    steal_group_room(&each->room, &each->group);
    signal_fence(); /* awaited() looks */
    each->phase = ROOM;
}

static void
enter_wait(struct steal_for_each_concurrent *each)
{
    steal_group_wait(&each->wait, &each->group);
    signal_fence();
    each->phase = WAIT;
}

static int
begin(struct steal_for_each_concurrent *each)
{
    int error = steal_group_init(&each->group, NULL,
            each->flags | STEAL_GROUP_FORGET);

    if (error)
        return error;
    steal_group_set_limit(&each->group, each->limit);
    enter_room(each);
    return 0;
}

static bool
poll_room(struct steal_for_each_concurrent *each, struct steal_context *cx)
{
    if (steal_future_poll(&each->room.future, cx) == STEAL_PENDING)
        return false;
    steal_future_drop(&each->room.future);
    if (each->room.future.result) {
        enter_wait(each);
    } else {
        steal_next(&each->next, each->stream);
        signal_fence();
        each->phase = ITEM;
    }
    return true;
}

/* There is an item, or no more of them. */
static void
handle_item(struct steal_for_each_concurrent *each, int result)
{
    bool over = result <= 0;

    if (!over)
        result = each->fn(each->stream, &each->group, each->arg);
    if (result < 0)
        steal__group_fail(&each->group, result);
    if (over)
        enter_wait(each);
    else
        enter_room(each);
}

/* A task that fails ends also the waiting for an item. */
static bool
poll_item(struct steal_for_each_concurrent *each, struct steal_context *cx)
{
    bool ready = steal_future_poll(&each->next.future, cx) == STEAL_READY;

    if (!ready && !steal__group_is_closed(&each->group, cx))
        return false;
    steal_future_drop(&each->next.future);
    if (ready)
        handle_item(each, each->next.future.result);
    else
        enter_wait(each);
    return true;
}

static enum steal_poll
poll_wait(struct steal_for_each_concurrent *each, struct steal_context *cx)
{
    if (steal_future_poll(&each->wait.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    each->future.result = each->wait.future.result;
    return STEAL_READY;
}

static enum steal_poll
concurrent_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_for_each_concurrent
            *each = (struct steal_for_each_concurrent *)future;

    if (each->phase == BEGIN) {
        future->result = begin(each);
        if (future->result)
            return STEAL_READY;
    }
    while (each->phase != WAIT) {
        bool moved = each->phase == ROOM ? poll_room(each, cx)
                                         : poll_item(each, cx);

        if (!moved)
            return STEAL_PENDING;
    }
    return poll_wait(each, cx);
}

static void
concurrent_drop(struct steal_future *future)
{
    struct steal_for_each_concurrent
            *each = (struct steal_for_each_concurrent *)future;

    if (each->phase == ROOM)
        steal_future_drop(&each->room.future);
    else if (each->phase == ITEM)
        steal_future_drop(&each->next.future);
    else if (each->phase == WAIT)
        steal_future_drop(&each->wait.future);
    steal_group_fini(&each->group);
}

static struct steal_future *
concurrent_awaited(struct steal_future *future, size_t i)
{
    struct steal_for_each_concurrent
            *each = (struct steal_for_each_concurrent *)future;

    if (i || each->phase == BEGIN)
        return NULL;
    if (each->phase == ROOM)
        return &each->room.future;
    return each->phase == ITEM ? &each->next.future : &each->wait.future;
}

static const struct steal_future_ops concurrent_ops = {
    .name = "for_each_concurrent",
    .poll = concurrent_poll,
    .drop = concurrent_drop,
    .awaited = concurrent_awaited
};

struct steal_future *
steal_for_each_concurrent(struct steal_for_each_concurrent *each,
        struct steal_stream *stream, size_t limit,
        steal_for_each_concurrent_fn *fn, void *arg)
{
    steal_future_init(&each->future, &concurrent_ops);
    each->flags = 0;
    each->phase = BEGIN;
    each->limit = limit;
    each->stream = stream;
    each->fn = fn;
    each->arg = arg;
    each->group = (struct steal_group){ NULL };
    return &each->future;
}
