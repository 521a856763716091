/*
 * group_wait.c - the one task that waits for a group: for the end of all of its
 * tasks, or for the next.
 *
 * The rules of the lock (G1 to G8) are in group.h.
 */
#include "group.h"

#include <errno.h>

#include "../base/await.h"
#include "../task/budget.h"
#include "../task/waiter.h"

/*
 * The one task that waits
 */

/* The group's waiter is the task of this poll.  Returns what it was before, to
 * be cleared without the lock. */
static struct steal_waker
wait_locked(struct steal_group_state *state, struct steal_waker waker)
{
    struct steal_waker old = state->waiter;

    state->waiter = waker;
    state->awaits_end = false;
    return old;
}

static void
stop_waiting(struct steal_group *group)
{
    struct steal_group_state *state = group->state;
    struct steal_waker old;

    if (!state)
        return;
    group_take(state);
    old = wait_locked(state, (struct steal_waker)STEAL_WAKER_INIT);
    group_give(state);
    waiter_clear(&old);
}

bool
steal__group_is_closed(struct steal_group *group, struct steal_context *cx)
{
    struct steal_group_state *state = group->state;
    struct steal_waker waker;
    bool closed;

    waiter_set(&waker, cx);
    group_take(state);
    closed = state->closed;
    waker = wait_locked(state, waker);
    group_give(state);
    waiter_clear(&waker);
    return closed;
}

static void
tell(struct steal_await *await, const char *thing,
        const struct steal_group *group, const struct steal_sleep *sleep)
{
    await_for(await, thing, group);
    await_until(await, sleep->deadline);
}

/*
 * struct steal_group_wait
 */

/* Moves what has ended to `done`, with what next() has handed out. */
static void
collect_locked(struct steal_group_state *state, struct list *done)
{
    list_take_all(done, &state->done);
    if (state->given)
        list_append(done, &state->given->link);
    state->given = NULL;
}

static enum steal_poll
wait_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_group_wait *wait = (struct steal_group_wait *)future;
    struct steal_group_state *state = wait->group->state;
    struct steal_waker waker;
    struct list done;
    uint64_t deadline;
    bool ready;

    waiter_set(&waker, cx);
    group_take(state);
    collect_locked(state, &done);
    ready = state->nlive == 0;
    future->result = state->first_error;
    deadline = state->deadline;
    waker = wait_locked(state, waker);
    state->awaits_end = !ready;
    group_give(state);
    waiter_clear(&waker);
    steal__group_release(&done);
    if (ready)
        return STEAL_READY;
    return group_pending(future, state, &wait->sleep, deadline, cx);
}

static void
wait_drop(struct steal_future *future)
{
    struct steal_group_wait *wait = (struct steal_group_wait *)future;

    stop_waiting(wait->group);
    steal_future_drop(&wait->sleep.future);
}

static void
wait_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_group_wait *wait = (struct steal_group_wait *)future;

    tell(await, AWAIT_GROUP ", to end", wait->group, &wait->sleep);
}

static const struct steal_future_ops wait_ops = { .name = "group_wait",
    .poll = wait_poll,
    .drop = wait_drop,
    .waits = wait_waits };

struct steal_future *
steal_group_wait(struct steal_group_wait *wait, struct steal_group *group)
{
    steal_future_init(&wait->future, &wait_ops);
    wait->group = group;
    steal_sleep_until(&wait->sleep, STEAL_FOREVER);
    return &wait->future;
}

/*
 * struct steal_group_next
 */

/* The oldest child that has ended, or NULL, instead of the one before. */
static struct child *
take_next_locked(struct steal_group_state *state)
{
    struct list *link = list_first(&state->done);

    state->given = NULL;
    if (link) {
        list_remove(link);
        state->given = container_of(link, struct child, link);
    }
    return state->given;
}

static enum steal_poll
take_or_wait(struct steal_group_next *next, struct steal_context *cx)
{
    struct steal_group_state *state = next->group->state;
    struct steal_waker waker;
    struct child *before;
    struct child *child;
    uint64_t deadline;
    bool ready;

    waiter_set(&waker, cx);
    group_take(state);
    before = state->given;
    child = take_next_locked(state);
    ready = child || state->nlive == 0;
    deadline = state->deadline;
    waker = wait_locked(state, waker);
    group_give(state);
    waiter_clear(&waker);
    if (before)
        steal_task_detach(before->task);
    if (child) {
        next->future.result = child->future.result;
        next->task_future = inner_of(child);
    }
    if (ready)
        return STEAL_READY;
    return group_pending(&next->future, state, &next->sleep, deadline, cx);
}

static enum steal_poll
next_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_group_next *next = (struct steal_group_next *)future;

    if (next->group->state->flags & STEAL_GROUP_FORGET) {
        future->result = -EINVAL;
        return STEAL_READY;
    }
    if (!steal__may_go_on(cx))
        return STEAL_PENDING;
    return take_or_wait(next, cx);
}

static void
next_drop(struct steal_future *future)
{
    struct steal_group_next *next = (struct steal_group_next *)future;

    stop_waiting(next->group);
    steal_future_drop(&next->sleep.future);
}

static void
next_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_group_next *next = (struct steal_group_next *)future;

    tell(await, AWAIT_GROUP ", for the next", next->group, &next->sleep);
}

static const struct steal_future_ops next_ops = { .name = "group_next",
    .poll = next_poll,
    .drop = next_drop,
    .waits = next_waits };

struct steal_future *
steal_group_next(struct steal_group_next *next, struct steal_group *group)
{
    steal_future_init(&next->future, &next_ops);
    next->task_future = NULL;
    next->group = group;
    steal_sleep_until(&next->sleep, STEAL_FOREVER);
    return &next->future;
}
