#include "waitq.h"

bool
steal__waitq_still_waits(struct waitq *queue, struct wait *wait,
        const struct steal_context *cx)
{
    struct steal_waker spare;
    bool waits;

    waiter_set(&spare, cx);
    lock_take(&queue->lock);
    waits = wait->links.next != NULL;
    if (waits)
        waiter_renew(&wait->waker, &spare, cx);
    lock_give(&queue->lock);
    waiter_clear(&spare);
    return waits;
}

bool
steal__waitq_leave(struct waitq *queue, struct wait *wait)
{
    bool waited;

    lock_take(&queue->lock);
    waited = wait->links.next != NULL;
    if (waited)
        wait_unlink(wait);
    lock_give(&queue->lock);
    if (waited)
        waiter_clear(&wait->waker); /* out of the queue, it is the caller's */
    return waited;
}

/* Under the lock; false if there are more than could be woken at once. */
static bool
wake_some(struct waitq *queue, unsigned events, int status, unsigned *matched,
        struct wakeups *wakeups)
{
    struct list *node = queue->waiting.next;

    while (node && node != &queue->waiting) {
        struct wait *wait = container_of(node, struct wait, links);

        node = node->next;
        if (!(wait->events & events))
            continue;
        if (wakeups_full(wakeups))
            return false;
        *matched |= wait->events & events;
        waitq_end_locked(wait, status, wakeups);
    }
    return true;
}

unsigned
steal__waitq_wake(struct waitq *queue, unsigned events, int status,
        struct wakeups *wakeups)
{
    unsigned matched = 0;
    bool done;

    do {
        lock_take(&queue->lock);
        done = wake_some(queue, events, status, &matched, wakeups);
        lock_give(&queue->lock);
        wakeups_send_foreign(wakeups);
    } while (!done);
    return matched;
}

void
steal__wakeups_schedule(struct wakeups *wakeups)
{
    struct chain tasks = wakeups->tasks;

    wakeups_send_foreign(wakeups);
    chain_init(&wakeups->tasks);
    if (tasks.n == 1)
        steal__schedule(tasks.first);
    else if (tasks.n)
        steal__schedule_chain(tasks.first->runtime, &tasks);
}

/* A clone of one of our tasks' wakers is woken under the lock as well, so that the
 * task goes into the queue with the others.  The task that is to be queued, or NULL;
 * *slot is what is still to be woken without the lock, or empty. */
static struct steal_task *
wake_clone(struct steal_waker *slot)
{
    struct steal_task *task = slot->data;

    if (slot->vtable != &steal__counted_waker_vtable)
        return NULL;
    *slot = (struct steal_waker)STEAL_WAKER_INIT;
    switch (steal__word_wake_drop(&task->word)) {
    case WAKE_NONE:
        break;
    case WAKE_ENQUEUE:
        return task;
    case WAKE_FREE:
        *slot = (struct steal_waker){ &steal__last_waker_vtable, task };
    }
    return NULL;
}

COLD void
steal__wakeups_add_clone(struct wakeups *w, struct steal_waker *slot)
{
    struct steal_task *task = wake_clone(slot);

    if (task)
        wakeups_add_task(w, task);
    else if (slot->vtable)
        w->foreign[w->nforeign++] = *slot;
}
