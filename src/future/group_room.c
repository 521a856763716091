/*
 * group_room.c - who makes work for a group waits until there is room for it.
 *
 * Of those who wait one at a time is woken, looks, and has the next one woken
 * (G7 in group.h).
 */
#include <errno.h>

#include "../base/await.h"
#include "group_look.h"

static bool
sees_room_locked(const struct steal_group_state *state, int *result)
{
    *result = state->closed ? -ECANCELED : 0;
    return state->closed || group_has_room_locked(state);
}

/* Who was woken in vain is the first again. */
static void
enter_locked(struct steal_group_state *state, struct wait *wait, bool again)
{
    struct wait *first = waitq_first_locked(&state->rooms);

    if (again && first)
        list_append(&first->links, &wait->links);
    else
        waitq_enter_locked(&state->rooms, wait);
}

/* Who leaves the row has the next one look. */
static void
hand_on_locked(struct steal_group_state *state, struct wakeups *wakeups)
{
    if (state->deadline != STEAL_FOREVER)
        group_wake_first_locked(state, wakeups);
    else
        group_wake_room_locked(state, wakeups);
}

static const struct look_kind room_kind = {
    .ops = { .name = "group_room",
            .poll = steal__look_poll,
            .drop = steal__look_drop,
            .waits = steal__look_waits },
    .thing = AWAIT_GROUP ", for room",
    .sees_locked = sees_room_locked,
    .enter_locked = enter_locked,
    .hand_on_locked = hand_on_locked
};

struct steal_future *
steal_group_room(struct steal_group_room *room, struct steal_group *group)
{
    return steal__look_init(&room->future, &room_kind, group);
}
