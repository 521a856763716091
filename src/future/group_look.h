/*
 * group_look.h - futures that wait until there is something to see in a group:
 * that there is room, or that it has failed.
 *
 * While one waits it holds the state, so that the group may end meanwhile.  It
 * sees to the deadline, too.
 *
 * Threads: the one that polls.  The functions of a kind are called under the lock
 * of the group (G1 in group.h).
 */
#ifndef STEAL_FUTURE_GROUP_LOOK_H
#define STEAL_FUTURE_GROUP_LOOK_H

#include "group.h"

struct look_kind {
    struct steal_future_ops ops; /* of steal__look_poll() and so on */

    const char *thing; /* that is waited for */

    /* True if there is something to see.  Sets what the result would be. */
    bool (*sees_locked)(const struct steal_group_state *state, int *result);

    /* Begins to wait, or waits again after it was woken in vain. */
    void (*enter_locked)(struct steal_group_state *state, struct wait *wait,
            bool again);

    /* One goes: wakes whoever may have relied on it. */
    void (*hand_on_locked)(struct steal_group_state *state,
            struct wakeups *wakeups);
};

enum steal_poll steal__look_poll(struct steal_future *future,
        struct steal_context *cx);
void steal__look_drop(struct steal_future *future);
void steal__look_waits(struct steal_future *future, struct steal_await *await);

/* `future` is that of a struct which continues with a struct steal_group_look. */
struct steal_future *steal__look_init(struct steal_future *future,
        const struct look_kind *kind, struct steal_group *group);

#endif
