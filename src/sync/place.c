#include "place.h"

/* Guards all lists of what was put aside, and the places on them.  Taken inside
 * of the lock of an object, never the other way round. */
static struct lock aside;

static inline bool
was_left(struct place *place)
{
    return load_acquire(wait_status(&place->wait)) & PLACE_LEFT; /* O1 */
}

/* The end of a wait was seen: nobody else touches the place after this. */
static void
finish(struct place *place)
{
    struct wait *wait = &place->wait;

    place->waits = false;
    if (likely(!was_left(place)))
        return;
    lock_take(&aside);
    if (wait->links.next)
        wait_unlink(wait);
    lock_give(&aside);
    waiter_clear(&wait->waker); /* empty, if it was woken */
}

/* Under the lock of the queue. */
static inline bool
lasts_locked(struct place *place)
{
    return !place_end(place);
}

static bool
lasts_for(struct waitq *queue, struct place *place,
        const struct steal_context *cx)
{
    struct steal_waker spare;
    bool lasts;

    waiter_set(&spare, cx);
    lock_take(&queue->lock);
    lasts = lasts_locked(place);
    if (lasts)
        waiter_renew(&place->wait.waker, &spare, cx);
    lock_give(&queue->lock);
    waiter_clear(&spare);
    place->task = cx->task;
    return lasts;
}

bool
steal__place_is_over(struct waitq *queue, struct place *place,
        const struct steal_context *cx)
{
    lock_settle(&queue->lock); /* P3 */
    if (!place_end(place)) {
        if (likely(cx->task && cx->task == place->task))
            return false;
        if (lasts_for(queue, place, cx))
            return false;
    }
    finish(place);
    lock_settle(&queue->lock); /* P2 */
    return true;
}

/* False if the wait had ended. */
static bool
leave_queue(struct waitq *queue, struct place *place, uint32_t *length)
{
    bool lasts;

    if (place_end(place))
        return false;
    lock_take(&queue->lock);
    lasts = lasts_locked(place);
    if (lasts) {
        wait_unlink(&place->wait);
        if (length)
            --*length;
    }
    lock_give(&queue->lock);
    return lasts;
}

int
steal__place_leave(struct waitq *queue, struct place *place, uint32_t *length)
{
    if (leave_queue(queue, place, length)) {
        place->waits = false;
        waiter_clear(&place->wait.waker); /* out of the queue, it is ours */
        return 0;
    }
    finish(place);
    lock_settle(&queue->lock);
    return place_end(place);
}

COLD void
steal__ending_leave(struct ending *ending, struct wait *wait, int how)
{
    lock_take(&aside);
    if (!ending->any_left)
        list_init(&ending->left);
    ending->any_left = true;
    list_append(&ending->left, &wait->links);
    store_release(wait_status(wait), how | PLACE_LEFT); /* O1 */
    lock_give(&aside);
}

/* As many as there is room for; false if none were left. */
static COLD bool
add_left(struct ending *ending)
{
    struct list *node;
    bool any;

    lock_take(&aside);
    any = !list_is_empty(&ending->left);
    while (!wakeups_full(&ending->wakeups) &&
            (node = list_first(&ending->left)) != NULL) {
        struct wait *wait = container_of(node, struct wait, links);

        wait_unlink(wait);
        wakeups_add(&ending->wakeups, &wait->waker);
    }
    lock_give(&aside);
    return any;
}

void
steal__ending_send(struct ending *ending)
{
    steal__wakeups_schedule(&ending->wakeups);
    while (unlikely(ending->any_left)) {
        ending->any_left = add_left(ending);
        steal__wakeups_schedule(&ending->wakeups);
    }
}
