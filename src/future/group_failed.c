/*
 * group_failed.c - who has to do with a group but waits for something else
 * learns that it has failed.
 *
 * Any number watch, and all of them are woken (G8 in group.h).  While one waits
 * it holds the state, so that the group may end meanwhile.
 */
#include "group.h"

#include <errno.h>

#include "../task/budget.h"
#include "../task/waiter.h"

/* Who goes wakes those that there was no room for, or one that sets a timer. */
static void
hand_on_locked(struct steal_group_state *state, struct wakeups *wakeups)
{
    if (group_has_failed_locked(state))
        group_wake_watchers_locked(state, wakeups);
    else if (state->deadline != STEAL_FOREVER)
        group_wake_watcher_locked(state, wakeups);
}

/* No longer watches; it may have been woken already. */
static void
leave(struct steal_group_failed *failed)
{
    struct steal_group_state *state = failed->state;
    struct wait *wait = wait_of(&failed->wait);
    struct wakeups wakeups;
    struct steal_waker waker;

    if (!state)
        return;
    failed->state = NULL;
    wakeups_init(&wakeups);
    group_take(state);
    if (wait->links.next)
        wait_unlink(wait);
    waker = wait->waker;
    hand_on_locked(state, &wakeups);
    steal__group_put_locked(state);
    waiter_clear(&waker);
    steal__wakeups_schedule(&wakeups);
}

static void
enter_locked(struct steal_group_failed *failed, struct steal_group_state *state)
{
    list_append(&state->watchers, &wait_of(&failed->wait)->links);
    if (!failed->state)
        state->refs++;
    failed->state = state;
}

/* True if the group has failed; else it waits. */
static bool
look(struct steal_group_failed *failed, struct steal_group_state *state,
        struct steal_context *cx, uint64_t *deadline)
{
    struct wait *wait = wait_of(&failed->wait);
    bool ready;

    waitq_prepare(wait, cx);
    group_take(state);
    ready = group_has_failed_locked(state);
    failed->future.result = state->first_error ? state->first_error
                                               : -ECANCELED;
    *deadline = state->deadline;
    if (!ready)
        enter_locked(failed, state);
    group_give(state);
    if (!ready)
        return false;
    if (failed->state)
        leave(failed);
    else
        waitq_forget(wait);
    return true;
}

static enum steal_poll
failed_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_group_failed *failed = (struct steal_group_failed *)future;
    struct steal_group_state *state = failed->state;
    struct wait *wait = wait_of(&failed->wait);
    uint64_t deadline;

    if (!state) {
        if (!steal__may_go_on(cx))
            return STEAL_PENDING;
        state = failed->group->state;
        wait_init(wait, 0);
    } else if (steal__waitq_still_waits(&state->rooms, wait, cx)) {
        deadline = steal__group_deadline(state);
        return group_pending(future, state, &failed->sleep, deadline, cx);
    }
    if (look(failed, state, cx, &deadline))
        return STEAL_READY;
    return group_pending(future, state, &failed->sleep, deadline, cx);
}

static void
failed_drop(struct steal_future *future)
{
    struct steal_group_failed *failed = (struct steal_group_failed *)future;

    leave(failed);
    steal_future_drop(&failed->sleep.future);
}

static const struct steal_future_ops failed_ops = { .name = "group_failed",
    .poll = failed_poll,
    .drop = failed_drop };

struct steal_future *
steal_group_failed(struct steal_group_failed *failed, struct steal_group *group)
{
    steal_future_init(&failed->future, &failed_ops);
    failed->group = group;
    failed->state = NULL;
    steal_sleep_until(&failed->sleep, STEAL_FOREVER);
    return &failed->future;
}
