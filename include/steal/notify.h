/*
 * steal/notify.h - telling tasks that something has changed.
 *
 *     struct steal_notify changed = STEAL_NOTIFY_INIT;
 *
 *     queue_push(queue, item);              // any thread
 *     steal_notify_one(&changed);
 *
 *     while (!(item = queue_pop(queue)))    // a task
 *         STEAL_AWAIT(cx, steal_notified(&self->wait, &changed));
 *
 * A notify carries no data.  steal_notify_one() ends the wait of the one that
 * waits longest; if nobody waits it leaves a permit, and the next to wait takes
 * that and does not wait.  There is at most one permit, however often it is
 * called: whoever takes it looks for all that there is to do.
 *
 * steal_notify_all() ends the waits of all, and leaves no permit.  For it a wait
 * begins when the future is made, not when it is first polled, so that nothing
 * is missed between looking at what may change and awaiting the change:
 *
 *     for (;;) {
 *         steal_notified(&self->wait, &changed);
 *         if (is_as_wanted())
 *             break;
 *         STEAL_AWAIT(cx, &self->wait.future);
 *     }
 *
 * Threads: any, also those that are no workers; no function blocks.  What comes
 * before a notification is visible to those whose wait it has ended, or who took
 * the permit that it left.
 *
 * Drop: a wait that is dropped leaves the queue.  If steal_notify_one() has ended
 * it, but it was not polled since, the next in the queue is notified instead, or
 * the permit left again: no notification is lost.
 *
 * Memory: the caller's, and nothing is allocated.  A notify is valid if it is
 * zero, and there is nothing to undo; it may go once those who waited for it
 * are done and nobody is going to notify.  A notification does not touch it any
 * more by the time that a wait which it has ended is ready.
 */
#ifndef STEAL_NOTIFY_H
#define STEAL_NOTIFY_H

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_notify {
    /* private */
    uint64_t word;
    struct steal_waitq waiting;
};

/* clang-format off */
#define STEAL_NOTIFY_INIT { 0, { 0, NULL, NULL } }
/* clang-format on */

STEAL_API void steal_notify_init(struct steal_notify *notify);

STEAL_API void steal_notify_one(struct steal_notify *notify);

STEAL_API void steal_notify_all(struct steal_notify *notify);

/* A future: waits for a notification.  Its result is 0. */
struct steal_notified {
    struct steal_future future;
    /* private */
    struct steal_notify *notify;
    uint64_t made;
    struct steal_place place;
};

STEAL_API struct steal_future *steal_notified(struct steal_notified *notified,
        struct steal_notify *notify);

STEAL_END_DECLS

#endif
