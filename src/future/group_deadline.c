/*
 * group_deadline.c - a group is aborted when its time is over.
 *
 * The group has no timer.  Each future that waits for it has one, which it sets
 * once it has found that there is something to wait for, and sets again when it
 * finds that the deadline has changed.
 *
 * The rules of the lock (G1 to G8) are in group.h.
 */
#include "group.h"

#include <errno.h>

/* Wakes all that may have to sleep less: the first of those who wait for room
 * and the first who watches stand for the others (G7, G8). */
void
steal_group_set_deadline(struct steal_group *group, uint64_t time)
{
    struct steal_group_state *state = group->state;
    struct effects effects;

    effects_init(&effects);
    group_take(state);
    state->deadline = time;
    group_wake_waiter_locked(state, &effects.wakeups);
    group_wake_first_locked(state, &effects.wakeups);
    group_wake_watcher_locked(state, &effects.wakeups);
    group_give(state);
    steal__group_carry_out(state->runtime, &effects);
}

/* A timer has ended: was it that of the deadline? */
static void
expire(struct steal_group_state *state)
{
    struct effects effects;

    effects_init(&effects);
    group_take(state);
    if (state->deadline <= steal_now()) {
        state->deadline = STEAL_FOREVER;
        if (!state->first_error && !state->aborted)
            state->first_error = -ETIMEDOUT;
        state->aborted = true;
        steal__group_abort_locked(state, &effects);
        group_wake_watchers_locked(state, &effects.wakeups);
    }
    group_give(state);
    steal__group_carry_out(state->runtime, &effects);
}

uint64_t
steal__group_deadline(struct steal_group_state *state)
{
    uint64_t deadline;

    group_take(state);
    deadline = state->deadline;
    group_give(state);
    return deadline;
}

COLD int
steal__group_see_to_deadline(struct steal_group_state *state,
        struct steal_sleep *sleep, uint64_t deadline, struct steal_context *cx)
{
    for (;;) {
        if (sleep->deadline != deadline) {
            steal_future_drop(&sleep->future);
            steal_sleep_until(sleep, deadline);
        }
        if (deadline == STEAL_FOREVER ||
                steal_future_poll(&sleep->future, cx) == STEAL_PENDING)
            return 0;
        if (sleep->future.result)
            return sleep->future.result;
        steal_future_drop(&sleep->future);
        steal_sleep_until(sleep, STEAL_FOREVER);
        expire(state);
        deadline = steal__group_deadline(state);
    }
}
