/*
 * place.h - a place in a waitq whose end is seen without the lock, and the
 * ending of many such waits at once.
 *
 *     made      place_init()
 *     begin     place_prepare(), then under the lock place_enter_locked(), or
 *               place_forget() after it if there is no need to wait
 *     poll      steal__place_is_over()
 *     drop      place_drop()
 *     end       ending_init(), under the lock end_locked() or end_all_locked(),
 *               after it steal__ending_send()
 *
 * `status` of the wait is 0 while it lasts.  Who ends it stores how, a small
 * number of the object's own, as the last thing that it does to the place: from
 * then on the owner may free it.
 *
 *   P1  The lock is held for as long as it takes to end all.  A wait for which
 *       struct wakeups has no room, as those of many foreign executors, is put
 *       aside (LEFT), on a list that is guarded by a lock of this file and no
 *       longer by that of the object.
 *   P2  Whoever sees the end of a wait also sees the lock free once.  Who ends
 *       waits does not touch the object after giving the lock back, so the
 *       object may be freed by those who waited for it.
 *
 *   P3  Who ends a wait wakes the task before it stores the status, for the task may
 *       free the place after that.  So the poll that this wake has caused looks
 *       at the status only after it has seen the lock free: by then it is there.
 *
 * Threads: a place is its future's, but for `wait`, which the lock of its queue
 * guards until it has ended.
 *
 * Orderings
 *   O1  end: store status, release  ->  poll, drop: load status, acquire
 *       Who sees the end may free the place, and sees what was before it.
 *   O2  end: lock_give  ->  poll, drop: load of the lock, acquire
 *       A poll that the end has caused comes after its lock_take (the task word),
 *       so the lock that it finds free was given back by it (P3).
 *       Whoever sees a status, or a word that was stored under the lock, and
 *       then the lock free, sees it after it was given back.
 */
#ifndef STEAL_SYNC_PLACE_H
#define STEAL_SYNC_PLACE_H

#include <steal/waker.h>

#include "../base/atomic.h"
#include "../task/waitq.h"

struct place {
    struct wait wait;
    void *task; /* the task of the last poll, NULL for a foreign executor's */
    bool waits; /* it was in the queue, and its end was not seen yet */
};

_Static_assert(sizeof(struct place) == sizeof(struct steal_place),
        "struct steal_place is a struct place");

/* What was ended under a lock, and is to be woken after it. */
struct ending {
    struct wakeups wakeups;
    struct list left; /* P1 */
    bool any_left;
};

#define PLACE_LEFT 0x100 /* a bit of the status: put aside */

static inline struct place *
place_of(struct steal_place *place)
{
    return (struct place *)(void *)place;
}

static inline _Atomic(int) *
wait_status(struct wait *wait)
{
    return (_Atomic(int) *)(void *)&wait->status;
}

/*
 * Waiting
 */

static inline void
place_init(struct place *place)
{
    place->waits = false;
}

/* Before the lock is taken. */
static inline void
place_prepare(struct place *place, const struct steal_context *cx)
{
    wait_init(&place->wait, 0);
    waitq_prepare(&place->wait, cx);
    place->task = cx->task;
}

static inline void
place_forget(struct place *place)
{
    waitq_forget(&place->wait);
}

static inline void
place_enter_locked(struct waitq *queue, struct place *place)
{
    waitq_enter_locked(queue, &place->wait);
    place->waits = true;
}

/* 0, or how the wait has ended. */
static inline int
place_end(struct place *place)
{
    return load_acquire(wait_status(&place->wait)) & ~PLACE_LEFT; /* O1 */
}

/* For a place that waits: true once that was ended.  If not, its waker is that
 * of `cx`; no lock is taken if it was that before. */
bool steal__place_is_over(struct waitq *queue, struct place *place,
        const struct steal_context *cx);

/* Takes it out.  0 if it waited: nobody has ended the wait, nor will, and one is
 * taken from *length, unless that is NULL; else how it had ended. */
int steal__place_leave(struct waitq *queue, struct place *place,
        uint32_t *length);

/* The same for a place that may not wait: 0 then. */
static inline int
place_drop(struct waitq *queue, struct place *place)
{
    return place->waits ? steal__place_leave(queue, place, NULL) : 0;
}

/*
 * Ending
 */

static inline void
ending_init(struct ending *ending)
{
    wakeups_init(&ending->wakeups);
    ending->any_left = false;
}

/* Puts a wait aside (P1).  Under the lock of its queue, which it has left. */
void steal__ending_leave(struct ending *ending, struct wait *wait, int how);

/* For a wait that is in its queue no more. */
static inline void
end_unlinked(struct ending *ending, struct wait *wait, int how)
{
    if (unlikely(wakeups_full(&ending->wakeups))) {
        steal__ending_leave(ending, wait, how);
        return;
    }
    wakeups_add(&ending->wakeups, &wait->waker);
    store_release(wait_status(wait), how); /* O1: the last access */
}

static inline void
end_locked(struct ending *ending, struct wait *wait, int how)
{
    list_remove(&wait->links);
    end_unlinked(ending, wait, how);
}

/* All who wait, in order; the queue is empty after it. */
static inline void
end_all_locked(struct ending *ending, struct waitq *queue, int how)
{
    struct list *node = queue->waiting.next;

    while (node && node != &queue->waiting) {
        struct wait *wait = container_of(node, struct wait, links);

        node = node->next;
        end_unlinked(ending, wait, how);
    }
    queue->waiting = (struct list){ NULL, NULL };
}

/* Without a lock: queues what was woken. */
void steal__ending_send(struct ending *ending);

#endif
