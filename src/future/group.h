/*
 * group.h - what a task group is made of.
 *
 *     struct steal_group --> state <-- child, child, ...   one a task
 *                             | queued: wait for their turn, in order
 *                             | live:   started, and not yet dropped
 *                             | done:   those that have ended, in order
 *
 * A child is the root of its task and polls the future behind it.  Being
 * dropped, which happens once however the task ends, it tells the group.  The
 * group holds the handle of each child, and with it the memory of its output,
 * until the child was handed out or the group ends; one that forgets gives it
 * back as soon as the child has ended.
 *
 * The lock
 *
 *   G1  Everything in the state is guarded by one lock, that of `rooms`.  Under
 *       it nothing is allocated, started, dropped or called: what follows from a
 *       change is noted in a struct effects, and done when the lock is back.
 *   G2  The state lives as long as it has references: one of the group, one of
 *       each child that was not dropped, one of each who waits for room or
 *       watches.  Giving the last one back frees it, so put_locked() is the last
 *       use of the state.
 *   G3  A child is in one list at a time.  While it is queued or live its task
 *       is LIVE (src/task/state.h), and stays that until its drop has taken the
 *       lock: so in these lists the group's reference is never the last.
 *   G4  A task that was not started is BUSY, and its holder is whoever took its
 *       child out of `queued`: the task's `next` links it until it is started.
 *   G5  As long as a child is queued, the limit is reached: who ends, and who
 *       raises the limit, takes out as many as may run now.
 *   G6  What is aborted in the queue is started out of turn.  Its first claim
 *       cancels it, on a worker as any other; its future is never polled.
 *   G7  If there is room or the group is closed, and somebody waits for room,
 *       one of these was woken and not polled since.  It takes what it finds or
 *       is dropped, and then wakes the next.  So an event wakes one only.  If
 *       there is a deadline, too, the first in the row has a timer for it.
 *   G8  Who makes the group one that has failed wakes all who watch for that,
 *       last of all that it wakes: it may fill the wakeups.  Those that there is
 *       no room for are woken by those that were, when they go.  If there is a
 *       deadline, one that watches has a timer for it, or was woken to set it.
 *
 * Orderings: none besides those of the lock.  A task that was started or woken
 * is handed over by the scheduler's queues.
 */
#ifndef STEAL_FUTURE_GROUP_H
#define STEAL_FUTURE_GROUP_H

#include <steal/group.h>

#include "../base/list.h"
#include "../task/chain.h"
#include "../task/waitq.h"

struct child {
    _Alignas(16) struct steal_future future;
    struct list link; /* in queued, live or done */
    struct steal_group_state *group;
    struct steal_task *task;
    bool ready;
    bool shielded;
};

struct steal_group_state {
    struct waitq rooms; /* who waits for room; its lock is that of all */
    struct steal_runtime *runtime;
    unsigned flags;
    bool closed;  /* no more tasks */
    bool aborted; /* by the group itself: what is canceled now is no failure */
    bool awaits_end; /* the waiter wants nothing but the end of all */
    bool ended;      /* nobody asks any more: the handles are given back */
    int first_error;
    size_t refs;
    size_t nlive; /* children that were not dropped, queued or not */
    size_t nrunning;
    size_t limit; /* of those that run; SIZE_MAX: none */
    uint64_t deadline;
    struct list queued;
    struct list live;
    struct list done;
    struct list watchers; /* who waits for a failure */
    struct child *given;  /* handed out by the last next() */
    struct steal_waker waiter;
};

/* Tasks that are to be started, in order, linked by `next` (G4). */
struct turns {
    struct steal_task *first;
    struct steal_task *last;
};

/* What was decided under the lock and is done after it (G1). */
struct effects {
    struct chain aborted;
    struct turns turns;
    struct wakeups wakeups;
};

static inline struct steal_future *
inner_of(struct child *child)
{
    return (struct steal_future *)(void *)(child + 1);
}

static inline void
effects_init(struct effects *effects)
{
    chain_init(&effects->aborted);
    effects->turns = (struct turns){ NULL, NULL };
    wakeups_init(&effects->wakeups);
}

static inline void
group_take(struct steal_group_state *state)
{
    lock_take(&state->rooms.lock);
}

static inline void
group_give(struct steal_group_state *state)
{
    lock_give(&state->rooms.lock);
}

static inline bool
group_has_room_locked(const struct steal_group_state *state)
{
    return state->nlive < state->limit;
}

/* Has the first of those who wait for room look. */
static inline void
group_wake_first_locked(struct steal_group_state *state, struct wakeups *w)
{
    struct wait *first = waitq_first_locked(&state->rooms);

    if (first)
        waitq_end_locked(first, 0, w);
}

/* The same, if there is something to see (G7). */
static inline void
group_wake_room_locked(struct steal_group_state *state, struct wakeups *w)
{
    if (state->closed || group_has_room_locked(state))
        group_wake_first_locked(state, w);
}

static inline bool
group_has_failed_locked(const struct steal_group_state *state)
{
    return state->first_error || state->aborted;
}

static inline void
group_wake_watcher_locked(struct steal_group_state *state, struct wakeups *w)
{
    struct list *first = list_first(&state->watchers);

    if (first)
        waitq_end_locked(container_of(first, struct wait, links), 0, w);
}

/* All of them, if there is something to see (G8). */
static inline void
group_wake_watchers_locked(struct steal_group_state *state, struct wakeups *w)
{
    if (likely(list_is_empty(&state->watchers)) ||
            !group_has_failed_locked(state))
        return;
    while (!list_is_empty(&state->watchers) && !wakeups_full(w))
        group_wake_watcher_locked(state, w);
}

/* Nobody will ask for what has ended: it is freed at once, and nobody is told
 * before all have ended. */
static inline bool
group_forgets_locked(const struct steal_group_state *state)
{
    return (state->flags & STEAL_GROUP_FORGET) || state->awaits_end;
}

static inline void
group_wake_waiter_locked(struct steal_group_state *state, struct wakeups *w)
{
    if (state->waiter.vtable)
        wakeups_add(w, &state->waiter);
}

/* Aborts what is not shielded, and takes no more. */
void steal__group_abort_locked(struct steal_group_state *state,
        struct effects *effects);

/* The first failure. */
void steal__group_fail_locked(struct steal_group_state *state, int error,
        struct effects *effects);

/* As if a task had failed that is not shielded. */
void steal__group_fail(struct steal_group *group, int error);

/* Whose turn it is now leaves the queue, to be started (G5). */
void steal__group_begin_some_locked(struct steal_group_state *state,
        struct turns *turns);

/* Without the lock; the state may be gone. */
void steal__group_carry_out(struct steal_runtime *runtime,
        struct effects *effects);

uint64_t steal__group_deadline(struct steal_group_state *state);

/* Sleeps until the deadline, beside a future that waits already.  0, or the error
 * of the sleep. */
int steal__group_see_to_deadline(struct steal_group_state *state,
        struct steal_sleep *sleep, uint64_t deadline, struct steal_context *cx);

/* A future that has begun to wait says PENDING, unless it cannot see to the
 * deadline. */
static inline enum steal_poll
group_pending(struct steal_future *future, struct steal_group_state *state,
        struct steal_sleep *sleep, uint64_t deadline, struct steal_context *cx)
{
    int error;

    if (likely(deadline == STEAL_FOREVER && sleep->deadline == deadline))
        return STEAL_PENDING;
    error = steal__group_see_to_deadline(state, sleep, deadline, cx);
    if (!error)
        return STEAL_PENDING;
    future->result = error;
    return STEAL_READY;
}

/* Gives the lock back, and a reference: the last one frees (G2). */
void steal__group_put_locked(struct steal_group_state *state);

/* Lets go of children that have ended. */
void steal__group_release(struct list *done);

/* True if the group takes no more tasks.  Else this poll's task waits for it: it
 * is woken when that changes.  For the one task that may wait. */
bool steal__group_is_closed(struct steal_group *group,
        struct steal_context *cx);

#endif
