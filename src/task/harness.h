/*
 * harness.h - one turn of a task: claim, poll, and what comes of it.
 *
 * All of it is inline, for it is the path of every poll; what is rare is called.
 *
 * Threads: a worker, for a task that it has taken out of a queue, and so holds
 *          BUSY (state.h, T1).
 */
#ifndef STEAL_TASK_HARNESS_H
#define STEAL_TASK_HARNESS_H

#include "budget.h"
#include "local.h"
#include "schedule.h"
#include "task.h"

enum run_outcome {
    RUN_AGAIN,    /* still BUSY and ours: queue it again */
    RUN_PARKED,   /* somebody else may hold it by now */
    RUN_FINISHED, /* others may have freed it by now */
    RUN_LAST      /* finished, and ours to free */
};

/* T4: wakes the joiner, and lets it free the task. */
void steal__task_wake_joiner(struct steal_task *task);

/* Drops the future instead of polling it.  True if the task is ours to free. */
bool steal__task_cancel(struct steal_task *task);
enum run_outcome steal__task_run_canceled(struct steal_task *task,
        struct steal_context *cx);

/* The future is dropped.  True if the task is ours to free. */
static inline bool
steal__task_finish(struct steal_task *task)
{
    struct task_extra *extra = load_acquire(&task->extra);

    if (unlikely(extra != NULL))
        steal__locals_destroy(task, extra);
    if (task->shard)
        steal__owned_remove(steal__runtime_owned(task->runtime,
                                    task->shard - 1u),
                task);

    switch (steal__word_finish(&task->word)) {
    case FINISH_FREE:
        return true;
    case FINISH_WAKE_JOINER:
        steal__task_wake_joiner(task);
        break;
    case FINISH_DONE:
        break;
    }
    return false;
}

/* Puts a task into the register that parks for the first time.  False if that is
 * closed: the task must not park. */
static inline bool
steal__task_register(struct steal_task *task, unsigned shard)
{
    if (likely(task->shard))
        return true;
    if (!steal__owned_add(steal__runtime_owned(task->runtime, shard), task))
        return false;
    task->shard = (uint16_t)(shard + 1);
    return true;
}

/* PENDING, and not woken by itself. */
static inline enum run_outcome
steal__task_park(struct steal_task *task, unsigned shard)
{
    if (unlikely(!steal__task_register(task, shard)))
        return steal__task_cancel(task) ? RUN_LAST : RUN_FINISHED;
    if (steal__word_park(&task->word) == PARK_REQUEUE)
        return RUN_AGAIN;
    return RUN_PARKED;
}

/* Polls once, and drops what is ready. */
static inline enum steal_poll
steal__task_poll(struct steal_task *task, struct steal_context *cx,
        uint32_t budget)
{
    struct steal_future *root = steal__task_root(task);
    enum steal_poll poll;

    cx->waker.data = task;
    cx->task = task;
    cx->woken = 0;
    cx->budget = budget;
    poll = root->ops->poll(root, cx);
    if (poll == STEAL_READY)
        steal_future_drop(root);
    cx->task = NULL; /* a wake from here on is not one by the poll itself */
    return poll;
}

/* What comes of a poll; the task enters the register of this shard if it parks for
 * the first time. */
static inline enum run_outcome
steal__task_settle(struct steal_task *task, const struct steal_context *cx,
        enum steal_poll poll, unsigned shard)
{
    if (poll == STEAL_READY)
        return steal__task_finish(task) ? RUN_LAST : RUN_FINISHED;
    return cx->woken ? RUN_AGAIN : steal__task_park(task, shard);
}

/* The same where wakers are counted: a task that nobody can wake is told of, and
 * perhaps canceled. */
enum run_outcome steal__task_settle_counted(struct steal_task *task,
        struct steal_context *cx, enum steal_poll poll, unsigned shard);

/* Polls once, or cancels.  `cx` is the worker's. */
static inline enum run_outcome
steal__task_run(struct steal_task *task, struct steal_context *cx,
        unsigned shard)
{
    if (unlikely(steal__word_claim(&task->word) == CLAIM_CANCEL))
        return steal__task_run_canceled(task, cx);
    return steal__task_settle(task, cx, steal__task_poll(task, cx, TASK_BUDGET),
            shard);
}

#endif
