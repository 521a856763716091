/*
 * group_failed.c - who has to do with a group but waits for something else
 * learns that it has failed.
 *
 * Any number watch, and all of them are woken (G8 in group.h).
 */
#include <errno.h>

#include "../base/await.h"
#include "group_look.h"

static bool
sees_failure_locked(const struct steal_group_state *state, int *result)
{
    *result = state->first_error ? state->first_error : -ECANCELED;
    return group_has_failed_locked(state);
}

static void
enter_locked(struct steal_group_state *state, struct wait *wait, bool again)
{
    (void)again; /* all are woken: their order is nobody's concern */
    list_append(&state->watchers, &wait->links);
}

/* Who goes wakes those that there was no room for, or one that sets a timer. */
static void
hand_on_locked(struct steal_group_state *state, struct wakeups *wakeups)
{
    if (group_has_failed_locked(state))
        group_wake_watchers_locked(state, wakeups);
    else if (state->deadline != STEAL_FOREVER)
        group_wake_watcher_locked(state, wakeups);
}

static const struct look_kind failed_kind = {
    .ops = { .name = "group_failed",
            .poll = steal__look_poll,
            .drop = steal__look_drop,
            .waits = steal__look_waits },
    .thing = AWAIT_GROUP ", to fail",
    .sees_locked = sees_failure_locked,
    .enter_locked = enter_locked,
    .hand_on_locked = hand_on_locked
};

struct steal_future *
steal_group_failed(struct steal_group_failed *failed, struct steal_group *group)
{
    return steal__look_init(&failed->future, &failed_kind, group);
}
