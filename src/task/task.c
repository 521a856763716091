#include "task.h"

#include "harness.h"

#include "../base/assert.h"
#include "schedule.h"
#include "waiter.h"

_Thread_local struct steal_context *steal__poll;

_Static_assert(sizeof(struct steal_task) % 16 == 0, "the future is aligned");

/*
 * Ending
 */

void
steal__task_wake_joiner(struct steal_task *task)
{
    struct steal_task *joiner = task->joiner.data;

    if (unlikely(!waiter_is_borrowed(&task->joiner))) {
        steal_waker_wake_by_ref(&task->joiner);
        store_release(&task->joiner_woken, 1); /* T4: our last look at it */
        return;
    }
    /* Made BUSY by us it stays alive (T2), so let it go before it is queued,
     * which may take a while. */
    if (steal__word_wake(&joiner->word) == WAKE_NONE)
        joiner = NULL;
    store_release(&task->joiner_woken, 1); /* T4 */
    if (joiner)
        steal__schedule(joiner);
}

COLD bool
steal__task_cancel(struct steal_task *task)
{
    steal__task_unparks(task);
    task->canceled = true;
    steal_future_drop(steal__task_root(task));
    return steal__task_finish(task);
}

COLD enum run_outcome
steal__task_run_canceled(struct steal_task *task, struct steal_context *cx)
{
    bool last;

    cx->waker.data = task;
    cx->task = task; /* the current task of what is dropped */
    last = steal__task_cancel(task);
    cx->task = NULL;
    return last ? RUN_LAST : RUN_FINISHED;
}

COLD enum run_outcome
steal__task_settle_counted(struct steal_task *task, struct steal_context *cx,
        enum steal_poll poll, unsigned shard)
{
    if (poll == STEAL_READY || cx->woken)
        return steal__task_settle(task, cx, poll, shard);
    if (!steal__task_register(task, shard) || steal__task_parks(task))
        return steal__task_run_canceled(task, cx);
    switch (steal__word_park_counted(&task->word)) {
    case PARK_DONE:
        return RUN_PARKED;
    case PARK_REQUEUE:
        return RUN_AGAIN;
    case PARK_LOST:
        break;
    }
    if (steal__task_lost(task))
        return steal__task_run_canceled(task, cx);
    return steal__task_park(task, shard);
}

static COLD void
free_extra(struct steal_task *task)
{
    struct task_extra *extra = load_relaxed(&task->extra); /* the last user */

    if (extra)
        steal__runtime_release(task->runtime, extra, sizeof *extra);
}

static COLD void
free_lent(struct steal_task *task)
{
    struct lent_task *lent = container_of(task, struct lent_task, task);

    steal__runtime_bury(task);
    if (lent->release)
        lent->release((struct steal_task_slot *)(void *)lent);
}

void
steal__task_free(struct steal_task *task)
{
    if (unlikely(load_relaxed(&task->extra))) /* the last user */
        free_extra(task);
    if (unlikely(steal__task_is_lent(task)))
        free_lent(task);
    else
        steal__runtime_bury(task);
}

void
steal__task_unref(struct steal_task *task)
{
    if (steal__word_unref(&task->word, TASK_REF))
        steal__task_free(task);
}

void
steal__task_unhandle(struct steal_task *task)
{
    if (steal__word_unref(&task->word, TASK_REF | TASK_HANDLE))
        steal__task_free(task);
}

void
steal_task_detach(struct steal_task *task)
{
    steal__task_unhandle(task);
}

void
steal_task_abort(struct steal_task *task)
{
    if (steal__word_abort(&task->word) == WAKE_ENQUEUE)
        steal__schedule(task);
}

/*
 * What others may ask
 */

bool
steal_task_is_finished(const struct steal_task *task)
{
    return steal__word_is_finished(&task->word);
}

struct steal_future *
steal_task_memory(struct steal_task *task)
{
    if (steal__task_is_lent(task))
        return container_of(task, struct lent_task, task)->inner;
    return steal__task_root(task);
}

uint64_t
steal_task_id(const struct steal_task *task)
{
    return task->id;
}

struct steal_task *
steal_task_current(void)
{
    return steal__poll ? steal__poll->task : NULL;
}
