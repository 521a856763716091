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
