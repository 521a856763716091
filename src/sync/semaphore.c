/*
 * semaphore.c - a count of permits, and the line of those who wait for some.
 *
 *   63 ........ permits ........ 2 | WAITERS | CLOSED
 *
 *   S1  While nobody waits the word is changed by CAS, by anyone.
 *   S2  WAITERS is set and cleared under the lock of the line, and is set exactly
 *       while somebody is in it.  While it is set the word is changed under the
 *       lock only.
 *   S3  Permits that are released while somebody waits are kept until they are
 *       enough for the first in line; then that one has them (status 0).
 *
 * Orderings
 *   O1  release: CAS, release  ->  acquire: CAS, acquire
 *       Who gets a permit sees what was done under it before.  The same goes
 *       through the lock for those who wait.
 *   O2  close: store, release  ->  is_closed: load, acquire
 */
#include "semaphore.h"

#include <errno.h>

#include "../base/assert.h"
#include "../base/await.h"
#include "../base/finish.h"
#include "../task/budget.h"
#include "../task/waitq.h"

#define CLOSED  UINT64_C(1)
#define WAITERS UINT64_C(2)
#define PERMIT  UINT64_C(4)

struct semaphore {
    _Atomic(uint64_t) word;
    struct waitq waiting;
};

_Static_assert(sizeof(struct semaphore) == sizeof(struct steal_semaphore),
        "struct steal_semaphore is a struct semaphore");

static struct semaphore *
semaphore_of(struct steal_semaphore *semaphore)
{
    return (struct semaphore *)(void *)semaphore;
}

static uint64_t
permits_of(uint64_t word)
{
    return word / PERMIT;
}

void
steal_semaphore_init(struct steal_semaphore *semaphore, uint32_t permits)
{
    *semaphore = (struct steal_semaphore)STEAL_SEMAPHORE_INIT(permits);
}

static inline int
take(struct semaphore *s, uint32_t n)
{
    uint64_t old = load_relaxed(&s->word); /* the CAS checks */

    do {
        if (unlikely(old & CLOSED))
            return -ECANCELED;
        if (old & WAITERS || permits_of(old) < n)
            return -EAGAIN;
    } while (!cas_weak_acq_rel(&s->word, &old, old - n * PERMIT)); /* O1 */
    return 0;
}

int
steal_semaphore_try_acquire(struct steal_semaphore *semaphore, uint32_t n)
{
    return take(semaphore_of(semaphore), n);
}

/*
 * The line
 */

/* Gives what there is to those whose turn it is; false if more could be woken
 * than at once. */
static bool
grant_locked(struct semaphore *s, uint64_t permits, struct wakeups *wakeups)
{
    uint64_t closed = load_relaxed(&s->word) & CLOSED; /* S2 */
    struct wait *first;
    bool full = false;

    while ((first = waitq_first_locked(&s->waiting))) {
        struct steal_semaphore_acquire
                *acquire = container_of((struct steal_wait *)(void *)first,
                        struct steal_semaphore_acquire, wait);

        full = wakeups_full(wakeups);
        if (full || acquire->n > permits)
            break;
        permits -= acquire->n;
        waitq_end_locked(first, 0, wakeups); /* S3 */
    }
    store_release(&s->word, /* O1; S2 */
            permits * PERMIT | closed | (first ? WAITERS : 0));
    return !full;
}

/* Adds permits while somebody waits, or has just waited. */
static COLD void
release_to_line(struct semaphore *s, uint32_t n)
{
    struct wakeups wakeups;
    bool done = false;

    wakeups_init(&wakeups);
    while (!done) {
        uint64_t old;

        lock_take(&s->waiting.lock);
        old = load_relaxed(&s->word);     /* the CAS checks; else S2 */
        while (!(old & WAITERS) && !done) /* S1 */
            done = cas_weak_release(&s->word, &old, old + n * PERMIT); /* O1 */
        if (!done)
            done = grant_locked(s, permits_of(old) + n, &wakeups);
        lock_give(&s->waiting.lock);
        wakeups_send_foreign(&wakeups);
        n = 0;
    }
    steal__wakeups_schedule(&wakeups);
}

void
steal_semaphore_release(struct steal_semaphore *semaphore, uint32_t n)
{
    struct semaphore *s = semaphore_of(semaphore);
    uint64_t old = load_relaxed(&s->word); /* the CAS checks */

    do {
        must(permits_of(old) + n <= STEAL_PERMITS_MAX);
        if (unlikely(old & WAITERS)) {
            release_to_line(s, n);
            return;
        }
    } while (!cas_weak_release(&s->word, &old, old + n * PERMIT)); /* O1 */
}

/* Under the lock: 0 if the permits were there, -ECANCELED, or -EAGAIN if it has
 * to wait, which the word then tells. */
static int
take_or_announce_locked(struct semaphore *s, uint32_t n)
{
    uint64_t old = load_relaxed(&s->word); /* the CAS checks */

    for (;;) {
        bool enough = !(old & WAITERS) && permits_of(old) >= n;

        if (old & CLOSED)
            return -ECANCELED;
        if (cas_weak_acq_rel(&s->word, &old, /* O1 */
                    enough ? old - n * PERMIT : old | WAITERS))
            return enough ? 0 : -EAGAIN;
    }
}

static COLD enum steal_poll
begin_to_wait(struct steal_semaphore_acquire *acquire, struct steal_context *cx)
{
    struct semaphore *s = semaphore_of(acquire->semaphore);
    struct wait *wait = wait_of(&acquire->wait);
    int error;

    wait_init(wait, WAITQ_ANY);
    waitq_prepare(wait, cx);
    lock_take(&s->waiting.lock);
    error = take_or_announce_locked(s, acquire->n);
    if (error == -EAGAIN)
        waitq_enter_locked(&s->waiting, wait);
    lock_give(&s->waiting.lock);
    acquire->waits = error == -EAGAIN;
    if (acquire->waits)
        return STEAL_PENDING;
    waitq_forget(wait);
    return future_finish(&acquire->future, error);
}

enum steal_poll
steal__acquire_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_semaphore_acquire *acquire = (struct steal_semaphore_acquire *)
            future;
    int error;

    if (acquire->waits) {
        struct semaphore *s = semaphore_of(acquire->semaphore);

        if (steal__waitq_still_waits(&s->waiting, wait_of(&acquire->wait), cx))
            return STEAL_PENDING;
        return future_finish(future, acquire->wait.status);
    }
    if (unlikely(!steal__may_go_on(cx)))
        return STEAL_PENDING;
    error = take(semaphore_of(acquire->semaphore), acquire->n);
    if (unlikely(error == -EAGAIN))
        return begin_to_wait(acquire, cx);
    return future_finish(future, error);
}

void
steal__acquire_drop(struct steal_future *future)
{
    struct steal_semaphore_acquire *acquire = (struct steal_semaphore_acquire *)
            future;
    struct semaphore *s = semaphore_of(acquire->semaphore);
    struct wait *wait = wait_of(&acquire->wait);

    if (!acquire->waits)
        return;
    if (steal__waitq_leave(&s->waiting, wait))
        release_to_line(s, 0); /* those behind it may need less */
    else if (wait->status == 0)
        steal_semaphore_release(acquire->semaphore, acquire->n);
}

static void
acquire_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_semaphore_acquire
            *acquire = (struct steal_semaphore_acquire *)future;

    if (acquire->waits)
        await_for(await, "semaphore", acquire->semaphore);
}

static const struct steal_future_ops acquire_ops = { .name = "semaphore",
    .poll = steal__acquire_poll,
    .drop = steal__acquire_drop,
    .waits = acquire_waits };

struct steal_future *
steal_semaphore_acquire(struct steal_semaphore_acquire *acquire,
        struct steal_semaphore *semaphore, uint32_t n)
{
    acquire->future = (struct steal_future)STEAL_FUTURE(&acquire_ops);
    acquire->semaphore = semaphore;
    acquire->n = n;
    acquire->waits = false;
    return &acquire->future;
}

/*
 * The rest
 */

uint32_t
steal_semaphore_forget(struct steal_semaphore *semaphore, uint32_t n)
{
    struct semaphore *s = semaphore_of(semaphore);
    uint64_t old;
    uint64_t taken;

    lock_take(&s->waiting.lock);  /* S2 */
    old = load_relaxed(&s->word); /* the CAS checks */
    do
        taken = permits_of(old) < n ? permits_of(old) : n;
    while (!cas_weak_acq_rel(&s->word, &old, old - taken * PERMIT)); /* O1 */
    lock_give(&s->waiting.lock);
    return (uint32_t)taken;
}

uint32_t
steal_semaphore_available(const struct steal_semaphore *semaphore)
{
    struct semaphore *s = semaphore_of((struct steal_semaphore *)semaphore);

    return (uint32_t)permits_of(load_relaxed(&s->word)); /* a hint */
}

void
steal_semaphore_close(struct steal_semaphore *semaphore)
{
    struct semaphore *s = semaphore_of(semaphore);
    struct wakeups wakeups;
    uint64_t old;

    wakeups_init(&wakeups);
    lock_take(&s->waiting.lock);                            /* S2 */
    old = load_relaxed(&s->word);                           /* the CAS checks */
    while (!cas_weak_release(&s->word, &old, old | CLOSED)) /* O2 */
        ;
    lock_give(&s->waiting.lock);
    steal__waitq_wake(&s->waiting, WAITQ_ANY, -ECANCELED, &wakeups);
    release_to_line(s, 0); /* S2 */
    steal__wakeups_schedule(&wakeups);
}

bool
steal_semaphore_is_closed(const struct steal_semaphore *semaphore)
{
    struct semaphore *s = semaphore_of((struct steal_semaphore *)semaphore);

    return load_acquire(&s->word) & CLOSED; /* O2 */
}
