/*
 * group_room.c - who makes work for a group waits until there is room for it.
 *
 * Of those who wait one at a time is woken, looks, and has the next one woken
 * (G7 in group.h).  While one waits it holds the state, so that the group may
 * end meanwhile.
 */
#include "group.h"

#include <errno.h>

#include "../task/budget.h"
#include "../task/waiter.h"

/* Who leaves the row has the next one look. */
static void
hand_on_locked(struct steal_group_state *state, struct wakeups *wakeups)
{
    if (state->deadline != STEAL_FOREVER)
        group_wake_first_locked(state, wakeups);
    else
        group_wake_room_locked(state, wakeups);
}

/* Leaves the row, in which it may have been woken already. */
static void
leave(struct steal_group_room *room)
{
    struct steal_group_state *state = room->state;
    struct wait *wait = wait_of(&room->wait);
    struct wakeups wakeups;
    struct steal_waker waker;

    if (!state)
        return;
    room->state = NULL;
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

/* Stands in the row; who was woken in vain is its first again. */
static void
enter_locked(struct steal_group_room *room, struct steal_group_state *state)
{
    struct wait *wait = wait_of(&room->wait);
    struct wait *first = waitq_first_locked(&state->rooms);

    if (room->state && first)
        list_append(&first->links, &wait->links);
    else
        waitq_enter_locked(&state->rooms, wait);
    if (!room->state)
        state->refs++;
    room->state = state;
}

/* True if there is nothing to wait for; else it waits. */
static bool
look(struct steal_group_room *room, struct steal_group_state *state,
        struct steal_context *cx, uint64_t *deadline)
{
    struct wait *wait = wait_of(&room->wait);
    bool ready;

    waitq_prepare(wait, cx);
    group_take(state);
    ready = state->closed || group_has_room_locked(state);
    room->future.result = state->closed ? -ECANCELED : 0;
    *deadline = state->deadline;
    if (!ready)
        enter_locked(room, state);
    group_give(state);
    if (!ready)
        return false;
    if (room->state)
        leave(room);
    else
        waitq_forget(wait);
    return true;
}

static enum steal_poll
wait_on(struct steal_group_room *room, struct steal_context *cx)
{
    struct steal_group_state *state = room->state;
    uint64_t deadline;

    if (!steal__waitq_still_waits(&state->rooms, wait_of(&room->wait), cx)) {
        if (look(room, state, cx, &deadline))
            return STEAL_READY;
    } else {
        deadline = steal__group_deadline(state);
    }
    return group_pending(&room->future, state, &room->sleep, deadline, cx);
}

static enum steal_poll
room_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_group_room *room = (struct steal_group_room *)future;
    struct steal_group_state *state = room->group->state;
    uint64_t deadline;

    if (room->state)
        return wait_on(room, cx);
    if (!steal__may_go_on(cx))
        return STEAL_PENDING;
    wait_init(wait_of(&room->wait), 0);
    if (look(room, state, cx, &deadline))
        return STEAL_READY;
    return group_pending(future, state, &room->sleep, deadline, cx);
}

static void
room_drop(struct steal_future *future)
{
    struct steal_group_room *room = (struct steal_group_room *)future;

    leave(room);
    steal_future_drop(&room->sleep.future);
}

static const struct steal_future_ops room_ops = { .name = "group_room",
    .poll = room_poll,
    .drop = room_drop };

struct steal_future *
steal_group_room(struct steal_group_room *room, struct steal_group *group)
{
    steal_future_init(&room->future, &room_ops);
    room->group = group;
    room->state = NULL;
    steal_sleep_until(&room->sleep, STEAL_FOREVER);
    return &room->future;
}
