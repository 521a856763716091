/*
 * waiter.h - the waker of a node that waits inside a future of the library.
 *
 * Such a node is unlinked, under the lock of what it waits for, when its future
 * is dropped.  So a task of ours that waits need not be counted: the waker is
 * borrowed.  A waker of a foreign executor is cloned, and so is that of a task where
 * lost wakes are looked for, which are found by counting (state.h, T5).
 *
 * Threads: whoever holds the lock that guards the node.
 */
#ifndef STEAL_TASK_WAITER_H
#define STEAL_TASK_WAITER_H

#include "chain.h"
#include "schedule.h"
#include "task.h"

/* The waker that a node waits with is the one of this poll from now on. */
static inline void
waiter_set(struct steal_waker *slot, const struct steal_context *cx)
{
    if (likely(cx->lends != NULL))
        *slot = (struct steal_waker){ cx->lends, cx->task };
    else
        *slot = steal_waker_clone(&cx->waker);
}

/* Who notes that it holds a lock: the id of the task of this poll where deadlocks are
 * looked for, else 0. */
static inline uint64_t
holder_of(const struct steal_context *cx)
{
    return !cx->lends && cx->task ? cx->task->id : 0;
}

static inline bool
waiter_is_borrowed(const struct steal_waker *slot)
{
    return slot->vtable == &steal__borrowed_waker_vtable;
}

/* True if a wake reaches the task of this poll already. */
static inline bool
waiter_matches(const struct steal_waker *slot, const struct steal_context *cx)
{
    if (waiter_is_borrowed(slot))
        return slot->data == cx->task;
    return slot->vtable && steal_waker_will_wake(slot, &cx->waker);
}

/* Forgets the waker; dropping a borrowed one does nothing. */
static inline void
waiter_clear(struct steal_waker *slot)
{
    if (waiter_is_borrowed(slot))
        *slot = (struct steal_waker)STEAL_WAKER_INIT;
    else if (unlikely(slot->vtable != NULL))
        steal_waker_drop(slot);
}

static inline void
waiter_swap(struct steal_waker *a, struct steal_waker *b)
{
    struct steal_waker old = *a;

    *a = *b;
    *b = old;
}

/*
 * A node that is polled again and still waits, maybe for another executor now:
 * its waker is that of `cx`, which is in `spare` (waiter_set(), before the lock was
 * taken).  What is in `spare` after it is cleared when the lock was given back.
 */
static inline void
waiter_renew(struct steal_waker *slot, struct steal_waker *spare,
        const struct steal_context *cx)
{
    if (!waiter_matches(slot, cx))
        waiter_swap(slot, spare);
}

/* The one that was woken under a lock, and is to be queued when it is given back:
 * a task, or the waker of a foreign executor, or neither. */
struct wakeup {
    struct steal_task *task;
    struct steal_waker foreign;
};

#define WAKEUP_INIT \
 {                  \
  NULL,             \
  {                 \
   NULL, NULL       \
  }                 \
 }

/* Wakes what waits in the slot, which becomes empty (T2, as below). */
static inline void
wakeup_take(struct wakeup *w, struct steal_waker *slot)
{
    struct steal_task *task = slot->data;

    w->foreign.vtable = NULL;
    w->task = NULL;
    if (unlikely(!waiter_is_borrowed(slot)))
        w->foreign = *slot;
    else if (steal__word_wake(&task->word) == WAKE_ENQUEUE)
        w->task = task;
    *slot = (struct steal_waker)STEAL_WAKER_INIT;
}

static inline void
wakeup_send(struct wakeup *w)
{
    if (likely(w->task != NULL))
        steal__schedule(w->task);
    else if (unlikely(w->foreign.vtable != NULL))
        steal_waker_wake(&w->foreign);
}

/*
 * What was woken under a lock, and is to be queued when it is given back.  The
 * tasks in the chain are of one runtime, that of the first; those of others, and
 * the wakers of foreign executors, are few.
 */
#ifndef WAKEUPS_FEW
# define WAKEUPS_FEW 8
#endif

struct wakeups {
    struct chain tasks;
    struct steal_task *others[WAKEUPS_FEW];
    unsigned nothers;
    struct steal_waker foreign[WAKEUPS_FEW];
    unsigned nforeign;
};

static inline void
wakeups_init(struct wakeups *w)
{
    chain_init(&w->tasks);
    w->nothers = 0;
    w->nforeign = 0;
}

/* No more may be added before the lock was given back and they were sent. */
static inline bool
wakeups_full(const struct wakeups *w)
{
    return w->nforeign == WAKEUPS_FEW || w->nothers == WAKEUPS_FEW;
}

static inline void
wakeups_add_task(struct wakeups *w, struct steal_task *task)
{
    if (likely(!w->tasks.n || w->tasks.first->runtime == task->runtime))
        chain_add(&w->tasks, task);
    else
        w->others[w->nothers++] = task;
}

/* The same as wakeups_add() for a slot that does not borrow (waitq.c). */
void steal__wakeups_add_clone(struct wakeups *w, struct steal_waker *slot);

/* Wakes what waits in the slot, which becomes empty.  Making the task BUSY
 * under the lock is what keeps it alive until it is queued (T2). */
static inline void
wakeups_add(struct wakeups *w, struct steal_waker *slot)
{
    struct steal_task *task = slot->data;

    if (unlikely(!waiter_is_borrowed(slot)))
        steal__wakeups_add_clone(w, slot);
    else if (steal__word_wake(&task->word) == WAKE_ENQUEUE)
        wakeups_add_task(w, task);
    *slot = (struct steal_waker)STEAL_WAKER_INIT;
}

/* Without the lock: sends all but the chain. */
static inline void
wakeups_send_foreign(struct wakeups *w)
{
    while (w->nforeign)
        steal_waker_wake(&w->foreign[--w->nforeign]);
    while (w->nothers)
        steal__schedule(w->others[--w->nothers]);
}

#endif
