#include "owned.h"

#include "schedule.h"
#include "task.h"

void
steal__owned_init(struct owned *owned)
{
    lock_init(&owned->lock);
    owned->closed = false;
    list_init(&owned->tasks);
}

bool
steal__owned_add(struct owned *owned, struct steal_task *task)
{
    bool open;

    lock_take(&owned->lock);
    open = !owned->closed;
    if (open)
        list_append(&owned->tasks, &task->links);
    lock_give(&owned->lock);
    return open;
}

void
steal__owned_remove(struct owned *owned, struct steal_task *task)
{
    lock_take(&owned->lock);
    list_remove(&task->links);
    lock_give(&owned->lock);
}

/* Aborts under the lock: what is in the list is not finished, hence not freed.
 * Returns the tasks that became BUSY by it, linked by `next`. */
static struct steal_task *
abort_all(struct owned *owned)
{
    struct steal_task *woken = NULL;

    list_foreach(node, &owned->tasks) {
        struct steal_task *task = container_of(node, struct steal_task, links);

        if (steal__word_abort(&task->word) == WAKE_ENQUEUE) {
            task->next = woken;
            woken = task;
        }
    }
    return woken;
}

void
steal__owned_close(struct owned *owned)
{
    struct steal_task *woken;

    lock_take(&owned->lock);
    owned->closed = true;
    woken = abort_all(owned);
    lock_give(&owned->lock);

    while (woken) {
        struct steal_task *task = woken;

        woken = task->next;
        steal__schedule(task);
    }
}
