#include "owned.h"

#include "schedule.h"
#include "task.h"

void
steal__owned_init(struct owned *owned)
{
    lock_init(&owned->lock);
    owned->closed = false;
    list_init(&owned->tasks);
    owned->ntasks = 0;
    list_init(&owned->walks);
}

bool
steal__owned_add(struct owned *owned, struct steal_task *task)
{
    bool open;

    lock_take(&owned->lock);
    open = !owned->closed;
    if (open) {
        list_append(&owned->tasks, &task->links);
        owned->ntasks++;
    }
    lock_give(&owned->lock);
    return open;
}

/* Who has come to this task is now behind the one before. */
static COLD void
move_walks(struct owned *owned, const struct list *gone)
{
    list_foreach(node, &owned->walks) {
        struct owned_walk *walk = container_of(node, struct owned_walk, link);

        if (walk->at == gone) {
            walk->at = gone->prev;
            walk->moved = true;
        }
    }
}

void
steal__owned_remove(struct owned *owned, struct steal_task *task)
{
    lock_take(&owned->lock);
    if (unlikely(!list_is_empty(&owned->walks)))
        move_walks(owned, &task->links);
    list_remove(&task->links);
    owned->ntasks--;
    lock_give(&owned->lock);
}

/*
 * Walks
 */

size_t
steal__owned_count(struct owned *owned)
{
    size_t n;

    lock_take(&owned->lock);
    n = owned->ntasks;
    lock_give(&owned->lock);
    return n;
}

static void
begin_at(struct owned *owned, struct owned_walk *walk, struct list *at,
        bool moved)
{
    walk->at = at;
    walk->moved = moved;
    list_append(&owned->walks, &walk->link);
}

void
steal__owned_walk_begin(struct owned *owned, struct owned_walk *walk)
{
    lock_take(&owned->lock);
    begin_at(owned, walk, &owned->tasks, true);
    lock_give(&owned->lock);
}

void
steal__owned_walk_fork(struct owned *owned, struct owned_walk *walk,
        const struct owned_walk *other)
{
    lock_take(&owned->lock);
    begin_at(owned, walk, other->at, other->moved);
    lock_give(&owned->lock);
}

void
steal__owned_walk_end(struct owned *owned, struct owned_walk *walk)
{
    lock_take(&owned->lock);
    list_remove(&walk->link);
    lock_give(&owned->lock);
}

/* What is in the list is not finished, hence not freed, and once it is BUSY by us it
 * cannot leave the list before we let it go. */
static enum owned_step
visit_locked(struct list *at, struct steal_task **task)
{
    *task = container_of(at, struct steal_task, links);
    switch (steal__word_visit(&(*task)->word)) {
    case VISIT_DONE:
        return OWNED_VISITED;
    case VISIT_ALONE:
        return OWNED_ALONE;
    case VISIT_NONE:
        break;
    }
    return OWNED_BUSY;
}

enum owned_step
steal__owned_walk_next(struct owned *owned, struct owned_walk *walk,
        owned_glance *glance, void *data, struct steal_task **task)
{
    enum owned_step step = OWNED_END;

    lock_take(&owned->lock);
    if (walk->at->next != &owned->tasks) {
        walk->at = walk->at->next;
        walk->moved = false;
        step = visit_locked(walk->at, task);
        if (step == OWNED_BUSY)
            glance(*task, data);
    }
    lock_give(&owned->lock);
    return step;
}

enum owned_step
steal__owned_walk_again(struct owned *owned, struct owned_walk *walk,
        struct steal_task **task)
{
    enum owned_step step;

    lock_take(&owned->lock);
    step = walk->moved ? OWNED_END : visit_locked(walk->at, task);
    lock_give(&owned->lock);
    return step;
}

void
steal__owned_leave(struct steal_task *task, bool counts)
{
    switch (counts ? steal__word_park_counted(&task->word)
                   : steal__word_park(&task->word)) {
    case PARK_DONE:
        break;
    case PARK_REQUEUE:
        steal__schedule(task);
        break;
    case PARK_LOST:
        steal__task_lose(task);
        break;
    }
}

/*
 * Closing
 */

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
