#include "task.h"

#include <errno.h>
#include <string.h>

#include "../base/assert.h"
#include "local.h"
#include "schedule.h"

_Thread_local struct steal_context *steal__poll;

_Static_assert(sizeof(struct steal_task) % 16 == 0, "the future is aligned");
_Static_assert(sizeof(struct lent_task) <= sizeof(struct steal_task_slot),
        "a slot holds a lent task");

/*
 * Birth
 */

static void
task_init(struct steal_task *task, struct steal_runtime *runtime, size_t size,
        uint64_t refs)
{
    memset(task, 0, sizeof *task);
    store_relaxed(&task->word, TASK_LIVE | TASK_BUSY | refs); /* T1: ours */
    task->runtime = runtime;
    task->size = (uint32_t)size;
    task->id = steal__runtime_task_id(runtime);
}

int
steal_task_new(struct steal_runtime *runtime, size_t size,
        struct steal_task **result)
{
    struct steal_task *task;
    int error;

    runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return error;
    if (size < sizeof(struct steal_future))
        return -EINVAL;
    if (size > UINT32_MAX - sizeof *task)
        return -ENOMEM;
    task = steal__runtime_allocate(runtime, sizeof *task + size);
    if (!task)
        return -ENOMEM;
    task_init(task, runtime, sizeof *task + size, TASK_REF);
    *result = task;
    return 0;
}

struct steal_future *
steal_task_memory(struct steal_task *task)
{
    if (task->lent)
        return container_of(task, struct lent_task, task)->inner;
    return steal__task_root(task);
}

/* From here on the task drops its future, polled or not. */
static void
adopt(struct steal_future *future)
{
    if ((future->pin & ~STEAL_PIN_ASYNC) == STEAL_PIN_NEW)
        steal_future_pin(future);
}

void
steal_task_start(struct steal_task *task)
{
    adopt(steal__task_root(task));
    steal__schedule_first(task);
}

void
steal_task_discard(struct steal_task *task)
{
    steal__task_free(task);
}

int
steal_spawn(struct steal_runtime *runtime, struct steal_future *future,
        size_t size, struct steal_task **result)
{
    struct steal_task *task;
    int error = steal_task_new(runtime, size, &task);

    if (error)
        return error;
    memcpy(steal__task_root(task), future, size);
    if (result)
        *result = task;
    else
        store_relaxed(&task->word, TASK_LIVE | TASK_BUSY); /* T1: ours */
    steal_task_start(task);
    return 0;
}

static enum steal_poll
lent_poll(struct steal_future *root, struct steal_context *cx)
{
    struct lent_task *lent = container_of(root, struct lent_task, root);

    if (steal_future_poll(lent->inner, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    root->result = lent->inner->result;
    return STEAL_READY;
}

static void
lent_drop(struct steal_future *root)
{
    steal_future_drop(container_of(root, struct lent_task, root)->inner);
}

static const struct steal_future_ops lent_ops = { .name = "lent",
    .poll = lent_poll,
    .drop = lent_drop };

struct steal_task *
steal_spawn_in(struct steal_runtime *runtime, struct steal_task_slot *slot,
        struct steal_future *future,
        void (*release)(struct steal_task_slot *slot))
{
    struct lent_task *lent = (struct lent_task *)(void *)slot;
    int error;

    if (!runtime)
        runtime = steal__runtime_for(NULL, &error);
    must(runtime);
    task_init(&lent->task, runtime, 0, TASK_REF);
    lent->task.lent = true;
    steal_future_init(&lent->root, &lent_ops);
    lent->inner = future;
    lent->release = release;
    adopt(future);
    steal_task_start(&lent->task);
    return &lent->task;
}

/*
 * Polling
 */

/* The future is dropped; nobody polls any more. */
static void
finish(struct steal_task *task)
{
    struct task_extra *extra = load_acquire(&task->extra);
    struct steal_waker joiner;

    if (unlikely(extra != NULL))
        steal__locals_destroy(task, extra);
    if (task->shard)
        steal__owned_remove(steal__runtime_owned(task->runtime,
                                    task->shard - 1u),
                task);

    switch (steal__word_finish(&task->word)) {
    case FINISH_DONE:
        break;
    case FINISH_FREE:
        steal__task_free(task);
        break;
    case FINISH_WAKE_JOINER:
        joiner = task->joiner;
        steal_waker_wake_by_ref(&joiner);
        store_release(&task->joiner_woken, 1); /* T4: our last look at it */
        break;
    }
}

void
steal__task_cancel(struct steal_task *task)
{
    task->canceled = true;
    steal_future_drop(steal__task_root(task));
    finish(task);
}

static enum run_outcome
park(struct steal_task *task, unsigned shard)
{
    if (!task->shard) {
        struct owned *owned = steal__runtime_owned(task->runtime, shard);

        if (!steal__owned_add(owned, task)) {
            steal__task_cancel(task);
            return RUN_FINISHED;
        }
        task->shard = (uint16_t)(shard + 1);
    }
    if (steal__word_park(&task->word) == PARK_REQUEUE)
        return RUN_AGAIN;
    return RUN_PARKED;
}

static enum run_outcome
cancel(struct steal_task *task, struct steal_context *cx)
{
    cx->waker.data = task;
    cx->task = task; /* the current task of what is dropped */
    steal__task_cancel(task);
    cx->task = NULL;
    return RUN_FINISHED;
}

enum run_outcome
steal__task_run(struct steal_task *task, struct steal_context *cx,
        unsigned shard)
{
    struct steal_future *root = steal__task_root(task);
    enum steal_poll poll;

    if (unlikely(steal__word_claim(&task->word) == CLAIM_CANCEL))
        return cancel(task, cx);

    cx->waker.data = task;
    cx->task = task;
    cx->woken = 0;
    poll = root->ops->poll(root, cx);

    if (poll == STEAL_READY)
        steal_future_drop(root);
    cx->task = NULL; /* a wake from here on is not one by the poll itself */
    if (poll == STEAL_PENDING)
        return cx->woken ? RUN_AGAIN : park(task, shard);
    finish(task);
    return RUN_FINISHED;
}

/*
 * Death
 */

void
steal__task_free(struct steal_task *task)
{
    struct steal_runtime *runtime = task->runtime;
    struct task_extra *extra = load_relaxed(&task->extra); /* the last user */

    if (extra)
        steal__runtime_release(runtime, extra, sizeof *extra);
    if (task->lent) {
        struct lent_task *lent = container_of(task, struct lent_task, task);

        if (lent->release)
            lent->release((struct steal_task_slot *)(void *)lent);
        return;
    }
    steal__runtime_release(runtime, task, task->size);
}

void
steal__task_unref(struct steal_task *task)
{
    if (steal__word_unref(&task->word))
        steal__task_free(task);
}

void
steal_task_detach(struct steal_task *task)
{
    steal__task_unref(task);
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
