/*
 * waitq.h - those who wait for something, in the order in which they came.
 *
 * A future of the library that waits has a place in a queue, a struct
 * steal_wait; here that is a struct wait.  Its waker is borrowed (waiter.h), so
 * the future leaves the queue when it is dropped.  Whoever ends a wait, under
 * the lock, sets its status.
 *
 * Threads: any; the lock guards the list and the places in it.
 *
 *     begin      waitq_prepare(), then under the lock either waitq_enter() or,
 *                if there is no need to wait, waitq_forget() after it
 *     poll again waitq_still_waits()
 *     drop       waitq_leave()
 *     wake       waitq_wake(), then wakeups_schedule()
 */
#ifndef STEAL_TASK_WAITQ_H
#define STEAL_TASK_WAITQ_H

#include <steal/waker.h>

#include "../base/compiler.h"
#include "../base/list.h"
#include "../base/lock.h"
#include "waiter.h"

/* The events of those who wait for the same. */
#define WAITQ_ANY 1u

struct waitq {
    struct lock lock;
    struct list waiting; /* zero until the first has waited */
};

struct wait {
    struct list links; /* links.next is NULL while it is in no queue */
    struct steal_waker waker;
    unsigned short events; /* what it waits for: bits of the queue's owner */
    unsigned short held;   /* a reference to what the queue belongs to */
    int status;            /* set by who ends the wait */
};

_Static_assert(sizeof(struct wait) == sizeof(struct steal_wait),
        "struct steal_wait is a struct wait");
_Static_assert(sizeof(struct waitq) == sizeof(struct steal_waitq),
        "struct steal_waitq is a struct waitq");

static inline struct wait *
wait_of(struct steal_wait *wait)
{
    return (struct wait *)(void *)wait;
}

static inline struct waitq *
waitq_of(struct steal_waitq *queue)
{
    return (struct waitq *)(void *)queue;
}

static inline void
waitq_init(struct waitq *queue)
{
    lock_init(&queue->lock);
    queue->waiting = (struct list){ NULL, NULL };
}

/* The first of those who wait, or NULL.  Under the lock. */
static inline struct wait *
waitq_first_locked(const struct waitq *queue)
{
    struct list *first = queue->waiting.next;

    if (!first || first == &queue->waiting)
        return NULL;
    return container_of(first, struct wait, links);
}

/* A place that is in no queue. */
static inline void
wait_init(struct wait *wait, unsigned events)
{
    wait->links.next = NULL;
    wait->waker = (struct steal_waker)STEAL_WAKER_INIT;
    wait->events = (unsigned short)events;
    wait->held = 0;
    wait->status = 0;
}

/* Before the lock is taken: cloning the waker of a foreign executor is a call. */
static inline void
waitq_prepare(struct wait *wait, const struct steal_context *cx)
{
    waiter_set(&wait->waker, cx);
}

static inline void
waitq_forget(struct wait *wait)
{
    waiter_clear(&wait->waker);
}

static inline void
waitq_enter_locked(struct waitq *queue, struct wait *wait)
{
    if (unlikely(!queue->waiting.next))
        list_init(&queue->waiting);
    list_append(&queue->waiting, &wait->links);
}

static inline void
wait_unlink(struct wait *wait)
{
    list_remove(&wait->links);
    wait->links.next = NULL;
}

/* True if nobody has ended the wait; its waker is then that of `cx`. */
bool steal__waitq_still_waits(struct waitq *queue, struct wait *wait,
        const struct steal_context *cx);

/* Takes it out.  True if it waited: nobody has ended the wait, nor will. */
bool steal__waitq_leave(struct waitq *queue, struct wait *wait);

/* Ends a wait that is in a queue, whose lock is held. */
static inline void
waitq_end_locked(struct wait *wait, int status, struct wakeups *wakeups)
{
    wait_unlink(wait);
    wait->status = status;
    wakeups_add(wakeups, &wait->waker);
}

/* The same for just one. */
static inline void
waitq_end_one_locked(struct wait *wait, int status, struct wakeup *wakeup)
{
    wait_unlink(wait);
    wait->status = status;
    wakeup_take(wakeup, &wait->waker);
}

/* Ends the wait of all who wait for some of `events`.  Returns which of these
 * were waited for. */
unsigned steal__waitq_wake(struct waitq *queue, unsigned events, int status,
        struct wakeups *wakeups);

/* Queues what was woken: to be called without the lock, by any thread. */
void steal__wakeups_schedule(struct wakeups *wakeups);

/* The same where often nothing was. */
static inline void
wakeups_schedule(struct wakeups *wakeups)
{
    if (wakeups->tasks.n || wakeups->nforeign || wakeups->nothers)
        steal__wakeups_schedule(wakeups);
}

#endif
