/*
 * mutex.c - one word, and the line of those who wait.
 *
 *   bit      set by                    cleared by                while it is set
 *   LOCKED   whoever takes it          unlock                    it is taken
 *   WAITERS  the first in the line     the last in the line      somebody waits
 *   WOKEN    unlock, or a drop         the one who was woken     the first in line
 *                                                                will try again
 *
 *   M1  Whoever finds LOCKED clear may take it, also past the line.  That is what
 *       makes a mutex that several fight for fast: its owner does not have to wait
 *       for a task to be scheduled before it can have it again.
 *   M2  An unlock with somebody in line wakes the first, who stays first, unless
 *       that one is WOKEN already.  The woken one takes the mutex, or clears
 *       WOKEN under LOCKED, so that the unlock to come wakes it again.
 *   M3  Whoever was woken too often in vain is handed the mutex: it leaves the line
 *       and LOCKED stays.
 *   M4  WAITERS and WOKEN change under the lock of the line only; LOCKED also
 *       without, and so the word by read-modify-write.
 *   M5  A task that gets the mutex notes that it is the owner, where deadlocks are
 *       looked for, and whoever unlocks it takes that back before.
 *
 * (WOKEN is Go's; being passed only so often is the eventual fairness of WebKit's
 * locks.)
 *
 * Orderings
 *   O1  unlock: CAS, release  ->  lock: CAS, acquire
 *       Handing it over goes through the lock of the line.
 */
#include <steal/mutex.h>

#include "../base/assert.h"
#include "../base/await.h"
#include "../base/finish.h"
#include "../task/budget.h"
#include "../task/waitq.h"

#define LOCKED  1u
#define WAITERS 2u
#define WOKEN   4u

/* So often the first in line is woken in vain. */
#ifndef PASSED_MOST
# define PASSED_MOST 3
#endif

struct mutex {
    _Atomic(uint32_t) word;
    _Atomic(uint64_t) owner; /* the id of its task, or 0: M5 */
    struct waitq waiting;
};

_Static_assert(sizeof(struct mutex) == sizeof(struct steal_mutex),
        "struct steal_mutex is a struct mutex");

static inline struct mutex *
mutex_of(struct steal_mutex *mutex)
{
    return (struct mutex *)(void *)mutex;
}

static struct steal_mutex_lock *
lock_of(struct wait *wait)
{
    return container_of((struct steal_wait *)(void *)wait,
            struct steal_mutex_lock, wait);
}

void
steal_mutex_init(struct steal_mutex *mutex)
{
    *mutex = (struct steal_mutex)STEAL_MUTEX_INIT;
}

static inline bool
take(struct mutex *m)
{
    uint32_t old = 0; /* as a rule */

    while (!cas_weak_acq_rel(&m->word, &old, old | LOCKED)) { /* O1 */
        if (old & LOCKED)
            return false;
    }
    return true;
}

bool
steal_mutex_try_lock(struct steal_mutex *mutex)
{
    return take(mutex_of(mutex));
}

/*
 * Under the lock of the line
 */

/* Takes the mutex, or else sets and clears the bits.  True if it was taken, and
 * then none is set. */
static bool
take_or_change_locked(struct mutex *m, uint32_t set, uint32_t clear)
{
    uint32_t old = load_relaxed(&m->word); /* the CAS checks */
    uint32_t next;

    do
        next = (old & LOCKED ? old | set : old | LOCKED) & ~clear;
    while (!cas_weak_acq_rel(&m->word, &old, next)); /* O1 */
    return !(old & LOCKED);
}

/* Out of the line. */
static void
leave_locked(struct mutex *m, struct wait *wait)
{
    wait_unlink(wait);
    if (!waitq_first_locked(&m->waiting))
        and_acq_rel(&m->word, ~WAITERS); /* M4: the lock */
}

static void
hand_over_locked(struct mutex *m, struct wait *first, struct wakeup *wakeup)
{
    leave_locked(m, first); /* M3 */
    wakeup_take(wakeup, &first->waker);
}

/* M2: the mutex is ours, and somebody waits, or has waited just now. */
static void
pass_on_locked(struct mutex *m, struct wakeup *wakeup)
{
    struct wait *first = waitq_first_locked(&m->waiting);

    if (first && lock_of(first)->passed >= PASSED_MOST) {
        hand_over_locked(m, first, wakeup);
        return;
    }
    if (!first) {
        and_acq_rel(&m->word, ~LOCKED); /* O1 */
        return;
    }
    add_acq_rel(&m->word, WOKEN - LOCKED); /* O1: sets one, clears the other */
    lock_of(first)->woken = true;
    wakeup_take(wakeup, &first->waker);
}

/*
 * Unlock
 */

static COLD void
unlock_and_wake(struct mutex *m)
{
    struct wakeup wakeup = WAKEUP_INIT;

    lock_take(&m->waiting.lock);
    pass_on_locked(m, &wakeup);
    lock_give(&m->waiting.lock);
    wakeup_send(&wakeup);
}

void
steal_mutex_unlock(struct steal_mutex *mutex)
{
    struct mutex *m = mutex_of(mutex);
    uint32_t old = LOCKED; /* as a rule */

    store_relaxed(&m->owner, 0);                               /* M5 */
    while (!cas_weak_release(&m->word, &old, old & ~LOCKED)) { /* O1 */
        must(old & LOCKED);
        if ((old & (WAITERS | WOKEN)) == WAITERS) {
            unlock_and_wake(m); /* M2 */
            return;
        }
    }
}

/*
 * Lock
 */

static inline enum steal_poll
finish(struct steal_mutex_lock *lock, const struct steal_context *cx)
{
    if (unlikely(!cx->lends))
        store_relaxed(&mutex_of(lock->mutex)->owner, holder_of(cx)); /* M5 */
    return future_finish(&lock->future, 0);
}

static COLD enum steal_poll
begin_to_wait(struct steal_mutex_lock *lock, struct steal_context *cx)
{
    struct mutex *m = mutex_of(lock->mutex);
    struct wait *wait = wait_of(&lock->wait);

    wait_init(wait, WAITQ_ANY);
    waitq_prepare(wait, cx);
    lock_take(&m->waiting.lock);
    lock->waits = !take_or_change_locked(m, WAITERS, 0);
    if (lock->waits)
        waitq_enter_locked(&m->waiting, wait);
    lock_give(&m->waiting.lock);
    if (lock->waits)
        return STEAL_PENDING;
    waitq_forget(wait);
    return finish(lock, cx);
}

/* True if the woken one has got it, else it waits on: M2. */
static bool
try_again_locked(struct mutex *m, struct steal_mutex_lock *lock)
{
    lock->woken = false;
    if (take_or_change_locked(m, 0, WOKEN)) {
        leave_locked(m, wait_of(&lock->wait));
        return true;
    }
    lock->passed++;
    return false;
}

static COLD enum steal_poll
wait_on(struct steal_mutex_lock *lock, struct steal_context *cx)
{
    struct mutex *m = mutex_of(lock->mutex);
    struct wait *wait = wait_of(&lock->wait);
    struct steal_waker spare;

    waiter_set(&spare, cx);
    lock_take(&m->waiting.lock);
    if (!wait->links.next) /* M3 */
        lock->waits = false;
    else if (lock->woken)
        lock->waits = !try_again_locked(m, lock);
    if (lock->waits)
        waiter_renew(&wait->waker, &spare, cx);
    lock_give(&m->waiting.lock);
    waiter_clear(&spare);
    return lock->waits ? STEAL_PENDING : finish(lock, cx);
}

static enum steal_poll
lock_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_mutex_lock *lock = (struct steal_mutex_lock *)future;

    if (unlikely(lock->waits))
        return wait_on(lock, cx);
    if (unlikely(!steal__may_go_on(cx)))
        return STEAL_PENDING;
    if (likely(take(mutex_of(lock->mutex))))
        return finish(lock, cx);
    return begin_to_wait(lock, cx);
}

/* Whoever was woken, or handed the mutex, and does not want it: if it is free it
 * is taken in passing, and passed on. */
static void
lock_drop(struct steal_future *future)
{
    struct steal_mutex_lock *lock = (struct steal_mutex_lock *)future;
    struct mutex *m = mutex_of(lock->mutex);
    struct wait *wait = wait_of(&lock->wait);
    struct wakeup wakeup = WAKEUP_INIT;
    bool taken = false;

    if (!lock->waits)
        return;
    lock_take(&m->waiting.lock);
    if (wait->links.next)
        leave_locked(m, wait);
    else
        taken = true; /* M3 */
    if (lock->woken)
        taken = take_or_change_locked(m, 0, WOKEN);
    if (taken)
        pass_on_locked(m, &wakeup);
    lock_give(&m->waiting.lock);
    waiter_clear(&wait->waker);
    wakeup_send(&wakeup);
}

static void
lock_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_mutex_lock *lock = (struct steal_mutex_lock *)future;

    if (!lock->waits)
        return;
    await_for(await, "mutex", lock->mutex);
    await->task = load_relaxed(&mutex_of(lock->mutex)->owner); /* a hint */
}

static const struct steal_future_ops lock_ops = { .name = "mutex",
    .poll = lock_poll,
    .drop = lock_drop,
    .waits = lock_waits };

struct steal_future *
steal_mutex_lock(struct steal_mutex_lock *lock, struct steal_mutex *mutex)
{
    lock->future = (struct steal_future)STEAL_FUTURE(&lock_ops);
    lock->mutex = mutex;
    lock->passed = 0;
    lock->waits = false;
    lock->woken = false;
    return &lock->future;
}
