/*
 * join.c - the public view of a task that ends: waiting for its output.
 *
 * The joiner's waker is in the task while TASK_JOIN is set.  It is borrowed, so
 * the joiner takes it back before it goes; if the task finishes just then, the
 * joiner waits until the waker was used (T4), which takes a few instructions.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "../base/await.h"
#include "task.h"
#include "waiter.h"

/* T4: nobody but us looks at the task after that. */
static void
wait_until_woken(struct steal_task *task)
{
    for (unsigned spins = 1; !load_acquire(&task->joiner_woken); spins++) {
        cpu_relax();
        if (spins % 100 == 0)
            sched_yield();
    }
}

/* The task is finished, and a waker was left there: finish() has found it. */
static void
settle(struct steal_task *task)
{
    if (!task->joiner.vtable)
        return;
    wait_until_woken(task);
    waiter_clear(&task->joiner);
}

/* Takes the waker back, if one is there. */
static void
leave(struct steal_task *task)
{
    if (!task->joiner.vtable)
        return;
    if (!steal__word_join_leave(&task->word))
        wait_until_woken(task);
    waiter_clear(&task->joiner);
}

static enum steal_poll
ready(struct steal_join *join)
{
    struct steal_task *task = join->task;

    join->task = NULL;
    signal_fence(); /* waits() looks */
    join->future.result = steal__task_failure(task);
    if (!task->canceled) {
        const struct steal_future *root = steal__task_root(task);

        join->future.result = root->result;
        if (join->output)
            memcpy(join->output, steal_task_memory(task), join->size);
    }
    steal__task_unhandle(task);
    return STEAL_READY;
}

static enum steal_poll
join_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_join *join = (struct steal_join *)future;
    struct steal_task *task = join->task;

    if (steal__word_is_finished(&task->word)) {
        settle(task);
        return ready(join);
    }
    if (task->joiner.vtable) {
        if (waiter_matches(&task->joiner, cx))
            return STEAL_PENDING;
        leave(task);
    }
    waiter_set(&task->joiner, cx);
    if (steal__word_join_listen(&task->word))
        return STEAL_PENDING;
    waiter_clear(&task->joiner);
    return ready(join);
}

static void
join_drop(struct steal_future *future)
{
    struct steal_join *join = (struct steal_join *)future;

    if (join->task)
        leave(join->task);
}

static void
join_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_task *task = ((struct steal_join *)future)->task;

    if (!task || !task->joiner.vtable)
        return;
    await_for(await, "task", task);
    await->task = task->id;
}

static const struct steal_future_ops join_ops = { .name = "join",
    .poll = join_poll,
    .drop = join_drop,
    .waits = join_waits };

static inline struct steal_future *
init(struct steal_join *join, struct steal_task *task, void *output,
        size_t size)
{
    join->future = (struct steal_future)STEAL_FUTURE(&join_ops);
    join->task = task;
    join->output = output;
    join->size = size;
    return &join->future;
}

struct steal_future *
steal_join_into(struct steal_join *join, struct steal_task *task,
        struct steal_future *future, size_t size)
{
    return init(join, task, future, size);
}

struct steal_future *
steal_join(struct steal_join *join, struct steal_task *task)
{
    return init(join, task, NULL, 0);
}
