/*
 * group.c - tasks that end together: the group itself.
 *
 * Its tasks are in group_child.c, who waits for them in group_wait.c; the rules
 * of the lock (G1 to G8) are in group.h.
 */
#include "group.h"

#include <errno.h>

#include "../base/assert.h"
#include "../task/schedule.h"
#include "../task/waiter.h"

#define KNOWN_FLAGS (STEAL_GROUP_KEEP_GOING | STEAL_GROUP_FORGET)

void
steal__group_put_locked(struct steal_group_state *state)
{
    bool last = --state->refs == 0;

    group_give(state);
    if (last)
        steal__runtime_release(state->runtime, state, sizeof *state);
}

int
steal_group_init(struct steal_group *group, struct steal_runtime *runtime,
        unsigned flags)
{
    struct steal_group_state *state;
    int error;

    group->state = NULL;
    if (flags & ~KNOWN_FLAGS)
        return -EINVAL;
    runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return error;
    state = steal__runtime_allocate(runtime, sizeof *state);
    if (!state)
        return -ENOMEM;
    *state = (struct steal_group_state){ .runtime = runtime,
        .flags = flags,
        .refs = 1,
        .limit = SIZE_MAX,
        .deadline = STEAL_FOREVER };
    waitq_init(&state->rooms);
    list_init(&state->watchers);
    list_init(&state->queued);
    list_init(&state->live);
    list_init(&state->done);
    group->state = state;
    return 0;
}

void
steal__group_release(struct list *done)
{
    struct list *link;

    while ((link = list_first(done))) {
        list_remove(link);
        steal_task_detach(container_of(link, struct child, link)->task);
    }
}

/* Gives back the handles of those that were not dropped. */
static void
orphan_locked(struct list *children)
{
    list_foreach(link, children) {
        struct child *child = container_of(link, struct child, link);
        bool last = steal__word_unref(&child->task->word,
                TASK_REF | TASK_HANDLE);

        must(!last); /* G3 */
    }
}

void
steal_group_fini(struct steal_group *group)
{
    struct steal_group_state *state = group->state;
    struct steal_runtime *runtime;
    struct effects effects;
    struct steal_waker waiter;
    struct list done;

    if (!state)
        return;
    group->state = NULL;
    runtime = state->runtime;
    effects_init(&effects);
    group_take(state);
    waiter = state->waiter;
    state->waiter = (struct steal_waker)STEAL_WAKER_INIT;
    state->aborted = true;
    state->ended = true;
    steal__group_abort_locked(state, &effects);
    group_wake_watchers_locked(state, &effects.wakeups);
    orphan_locked(&state->queued);
    orphan_locked(&state->live);
    list_take_all(&done, &state->done);
    if (state->given)
        list_append(&done, &state->given->link);
    steal__group_put_locked(state);
    waiter_clear(&waiter);
    steal__group_carry_out(runtime, &effects);
    steal__group_release(&done);
}

void
steal_group_abort(struct steal_group *group)
{
    struct steal_group_state *state = group->state;
    struct effects effects;

    effects_init(&effects);
    group_take(state);
    state->aborted = true;
    steal__group_abort_locked(state, &effects);
    group_wake_watchers_locked(state, &effects.wakeups);
    group_give(state);
    steal__group_carry_out(state->runtime, &effects);
}

void
steal__group_fail(struct steal_group *group, int error)
{
    struct steal_group_state *state = group->state;
    struct effects effects;

    effects_init(&effects);
    group_take(state);
    if (!state->first_error && !state->aborted)
        steal__group_fail_locked(state, error, &effects);
    group_wake_watchers_locked(state, &effects.wakeups);
    group_give(state);
    steal__group_carry_out(state->runtime, &effects);
}

void
steal_group_set_limit(struct steal_group *group, size_t n)
{
    struct steal_group_state *state = group->state;
    struct effects effects;

    effects_init(&effects);
    group_take(state);
    state->limit = n ? n : SIZE_MAX;
    steal__group_begin_some_locked(state, &effects.turns);
    group_wake_room_locked(state, &effects.wakeups);
    group_give(state);
    steal__group_carry_out(state->runtime, &effects);
}

size_t
steal_group_live(const struct steal_group *group)
{
    struct steal_group_state *state = group->state;
    size_t n;

    group_take(state);
    n = state->nlive;
    group_give(state);
    return n;
}
