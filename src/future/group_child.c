/*
 * group_child.c - the tasks of a group: spawned, queued, started, ended.
 *
 * The rules of the lock (G1 to G8) are in group.h.
 */
#include "group.h"

#include <errno.h>
#include <string.h>

#include "../base/assert.h"
#include "../task/schedule.h"

/*
 * Turns
 */

/* What this thread is about to start, in an outer call of start_all(). */
static _Thread_local struct turns *starting;

static void
turns_add(struct turns *turns, struct steal_task *task)
{
    task->next = NULL;
    if (turns->last)
        turns->last->next = task;
    else
        turns->first = task;
    turns->last = task;
}

static struct steal_task *
turns_take(struct turns *turns)
{
    struct steal_task *task = turns->first;

    if (task) {
        turns->first = task->next;
        if (!turns->first)
            turns->last = NULL;
    }
    return task;
}

/* A runtime that stops may cancel a task inside of its start, and that gives the
 * next one its turn: one after the other, not one inside the other. */
static void
start_all(struct turns *turns)
{
    struct steal_task *task;

    if (starting) {
        while ((task = turns_take(turns)))
            turns_add(starting, task);
        return;
    }
    starting = turns;
    while ((task = turns_take(turns)))
        steal_task_start(task);
    starting = NULL;
}

/* The child leaves the queue, and is the caller's to start (G4). */
static void
begin_locked(struct steal_group_state *state, struct child *child,
        struct turns *turns)
{
    list_remove(&child->link);
    list_append(&state->live, &child->link);
    state->nrunning++;
    turns_add(turns, child->task);
}

/* Whose turn it is now (G5). */
void
steal__group_begin_some_locked(struct steal_group_state *state,
        struct turns *turns)
{
    struct list *link;

    while (state->nrunning < state->limit &&
            (link = list_first(&state->queued)))
        begin_locked(state, container_of(link, struct child, link), turns);
}

/*
 * What was decided under the lock
 */

static void
abort_live_locked(struct steal_group_state *state, struct chain *aborted)
{
    list_foreach(link, &state->live) {
        struct child *child = container_of(link, struct child, link);

        if (!child->shielded &&
                steal__word_abort(&child->task->word) == WAKE_ENQUEUE)
            chain_add(aborted, child->task);
    }
}

/* They are started to be canceled (G6), whatever the limit. */
static void
abort_queued_locked(struct steal_group_state *state, struct turns *turns)
{
    struct list *link = state->queued.next;

    while (link != &state->queued) {
        struct child *child = container_of(link, struct child, link);

        link = link->next;
        if (child->shielded)
            continue;
        steal__word_abort(&child->task->word); /* BUSY already (G4) */
        begin_locked(state, child, turns);
    }
}

void
steal__group_abort_locked(struct steal_group_state *state,
        struct effects *effects)
{
    state->closed = true;
    abort_live_locked(state, &effects->aborted);
    abort_queued_locked(state, &effects->turns);
    group_wake_waiter_locked(state, &effects->wakeups);
    group_wake_room_locked(state, &effects->wakeups);
}

void
steal__group_carry_out(struct steal_runtime *runtime, struct effects *effects)
{
    steal__wakeups_schedule(&effects->wakeups);
    if (effects->aborted.n)
        steal__schedule_chain(runtime, &effects->aborted);
    if (effects->turns.first)
        start_all(&effects->turns);
}

/*
 * Children
 */

static enum steal_poll
child_poll(struct steal_future *future, struct steal_context *cx)
{
    struct child *child = (struct child *)future;

    if (steal_future_poll(inner_of(child), cx) == STEAL_PENDING)
        return STEAL_PENDING;
    child->ready = true;
    future->result = inner_of(child)->result;
    return STEAL_READY;
}

void
steal__group_fail_locked(struct steal_group_state *state, int error,
        struct effects *effects)
{
    state->first_error = error;
    if (!(state->flags & STEAL_GROUP_KEEP_GOING))
        steal__group_abort_locked(state, effects);
}

/* An abort by the group excuses those whom it reaches. */
static void
record_locked(struct steal_group_state *state, const struct child *child,
        struct effects *effects)
{
    int result = child->future.result;

    if (result >= 0 || state->first_error)
        return;
    if (state->aborted && !child->shielded)
        return;
    steal__group_fail_locked(state, result, effects);
}

/* Where a child goes that has ended. */
static void
retire_locked(struct steal_group_state *state, struct child *child)
{
    if (state->ended)
        return;
    if (group_forgets_locked(state)) {
        bool last = steal__word_unref(&child->task->word,
                TASK_REF | TASK_HANDLE);

        must(!last); /* G3 */
    } else {
        list_append(&state->done, &child->link);
    }
}

static void
end_child_locked(struct steal_group_state *state, struct child *child,
        struct effects *effects)
{
    state->nlive--;
    state->nrunning--;
    list_remove(&child->link);
    retire_locked(state, child);
    record_locked(state, child, effects);
    steal__group_begin_some_locked(state, &effects->turns);
    if (!group_forgets_locked(state) || state->nlive == 0)
        group_wake_waiter_locked(state, &effects->wakeups);
    group_wake_room_locked(state, &effects->wakeups);
    group_wake_watchers_locked(state, &effects->wakeups);
}

static void
child_drop(struct steal_future *future)
{
    struct child *child = (struct child *)future;
    struct steal_group_state *state = child->group;
    struct steal_runtime *runtime = state->runtime;
    struct effects effects;

    steal_future_drop(inner_of(child));
    if (!child->ready)
        future->result = -ECANCELED;
    effects_init(&effects);
    group_take(state);
    end_child_locked(state, child, &effects);
    steal__group_put_locked(state);
    steal__group_carry_out(runtime, &effects);
}

static struct steal_future *
child_awaited(struct steal_future *future, size_t i)
{
    return i ? NULL : inner_of((struct child *)future);
}

static const struct steal_future_ops child_ops = { .name = "group",
    .poll = child_poll,
    .drop = child_drop,
    .awaited = child_awaited };

enum admission {
    REFUSED,
    QUEUED,  /* not ours any more */
    STARTING /* ours to start */
};

/* Adds a child that is built but not started. */
static enum admission
enlist(struct steal_group_state *state, struct child *child)
{
    enum admission admission = REFUSED;

    group_take(state);
    if (!state->closed) {
        admission = state->nrunning < state->limit ? STARTING : QUEUED;
        state->nrunning += admission == STARTING;
        list_append(admission == STARTING ? &state->live : &state->queued,
                &child->link);
        state->nlive++;
        state->refs++;
    }
    group_give(state);
    return admission;
}

/* A task that is not started. */
static int
build(struct steal_group_state *state, struct steal_future *future, size_t size,
        bool shielded, struct child **result)
{
    struct steal_task *task;
    struct child *child;
    int error;

    if (size < sizeof(struct steal_future))
        return -EINVAL;
    if (size > SIZE_MAX - sizeof *child)
        return -ENOMEM;
    error = steal_task_new(state->runtime, sizeof *child + size, &task);
    if (error)
        return error;
    child = (struct child *)steal_task_memory(task);
    *child = (struct child){ .future = STEAL_FUTURE(&child_ops),
        .group = state,
        .task = task,
        .shielded = shielded };
    memcpy(inner_of(child), future, size);
    future_adopt(inner_of(child));
    *result = child;
    return 0;
}

static int
spawn(struct steal_group_state *state, struct steal_future *future, size_t size,
        bool shielded)
{
    struct child *child;
    struct steal_task *task;
    int error = build(state, future, size, shielded, &child);

    if (error)
        return error;
    task = child->task;
    switch (enlist(state, child)) {
    case REFUSED:
        steal_task_discard(task);
        return -ECANCELED;
    case STARTING:
        steal_task_start(task);
        break;
    case QUEUED:
        break;
    }
    return 0;
}

int
steal_group_spawn(struct steal_group *group, struct steal_future *future,
        size_t size)
{
    return spawn(group->state, future, size, false);
}

int
steal_group_spawn_shielded(struct steal_group *group,
        struct steal_future *future, size_t size)
{
    return spawn(group->state, future, size, true);
}
