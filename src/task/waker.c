/*
 * waker.c - the public view of a task that waits: wakers and contexts.
 *
 * A waker of a task of ours is {steal__task_waker_vtable, task} and holds a
 * reference (T3), save the one that a context lends for the time of a poll.
 */
#include <steal/waker.h>

#include "budget.h"
#include "schedule.h"
#include "task.h"

static struct steal_waker
task_waker_clone(void *data)
{
    struct steal_task *task = data;

    steal__word_ref(&task->word);
    return (struct steal_waker){ &steal__task_waker_vtable, task };
}

/* A task that wakes itself inside its poll needs no more than a mark. */
static bool
is_own_poll(const struct steal_task *task)
{
    return steal__poll && steal__poll->task == task;
}

static void
task_waker_wake_by_ref(void *data)
{
    struct steal_task *task = data;

    if (is_own_poll(task)) {
        steal__poll->woken = 1;
        return;
    }
    if (steal__word_wake(&task->word) == WAKE_ENQUEUE)
        steal__schedule(task);
}

static void
task_waker_wake(void *data)
{
    struct steal_task *task = data;

    switch (steal__word_wake_drop(&task->word)) {
    case WAKE_NONE:
        break;
    case WAKE_ENQUEUE:
        steal__schedule(task);
        break;
    case WAKE_FREE:
        steal__task_free(task);
        break;
    }
}

static void
task_waker_drop(void *data)
{
    steal__task_unref(data);
}

const struct steal_waker_vtable steal__task_waker_vtable = {
    .clone = task_waker_clone,
    .wake = task_waker_wake,
    .wake_by_ref = task_waker_wake_by_ref,
    .drop = task_waker_drop,
};

static struct steal_waker
counted_waker_clone(void *data)
{
    struct steal_task *task = data;

    steal__word_ref(&task->word);
    return (struct steal_waker){ &steal__counted_waker_vtable, task };
}

COLD void
steal__task_lose(struct steal_task *task)
{
    if (steal__task_lost(task))
        steal__word_abort(&task->word);
    if (steal__word_park(&task->word) == PARK_REQUEUE)
        steal__schedule(task);
}

static void
counted_waker_drop(void *data)
{
    struct steal_task *task = data;

    switch (steal__word_unref_counted(&task->word)) {
    case UNREF_DONE:
        break;
    case UNREF_FREE:
        steal__task_free(task);
        break;
    case UNREF_LOST:
        steal__task_lose(task);
        break;
    }
}

const struct steal_waker_vtable steal__counted_waker_vtable = {
    .clone = counted_waker_clone,
    .wake = task_waker_wake,
    .wake_by_ref = task_waker_wake_by_ref,
    .drop = counted_waker_drop,
};

static void
borrowed_waker_drop(void *data)
{
    (void)data;
}

const struct steal_waker_vtable steal__borrowed_waker_vtable = {
    .clone = task_waker_clone,
    .wake = task_waker_wake_by_ref,
    .wake_by_ref = task_waker_wake_by_ref,
    .drop = borrowed_waker_drop,
};

static void
last_waker_wake(void *data)
{
    steal__task_free(data);
}

/* Neither cloned nor woken twice: it goes to who sends what was woken. */
const struct steal_waker_vtable steal__last_waker_vtable = {
    .wake = last_waker_wake,
};

void
steal_context_init(struct steal_context *cx, const struct steal_waker *waker)
{
    cx->waker = *waker;
    cx->task = NULL;
    cx->lends = NULL;
    cx->woken = 0;
    cx->budget = TASK_BUDGET;
}

const struct steal_waker *
steal_context_waker(const struct steal_context *cx)
{
    return &cx->waker;
}

void
steal_context_wake(struct steal_context *cx)
{
    if (likely(cx->task != NULL))
        cx->woken = 1;
    else
        steal_waker_wake_by_ref(&cx->waker);
}

struct steal_waker
steal_waker_clone(const struct steal_waker *waker)
{
    if (!waker->vtable)
        return steal_waker_noop();
    return waker->vtable->clone(waker->data);
}

void
steal_waker_wake(struct steal_waker *waker)
{
    struct steal_waker taken = *waker;

    *waker = steal_waker_noop();
    if (taken.vtable)
        taken.vtable->wake(taken.data);
}

void
steal_waker_wake_by_ref(const struct steal_waker *waker)
{
    if (waker->vtable)
        waker->vtable->wake_by_ref(waker->data);
}

void
steal_waker_drop(struct steal_waker *waker)
{
    struct steal_waker taken = *waker;

    *waker = steal_waker_noop();
    if (taken.vtable)
        taken.vtable->drop(taken.data);
}

bool
steal_waker_will_wake(const struct steal_waker *waker,
        const struct steal_waker *other)
{
    return waker->vtable == other->vtable && waker->data == other->data;
}

struct steal_waker
steal_waker_noop(void)
{
    return (struct steal_waker)STEAL_WAKER_INIT;
}
