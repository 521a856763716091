/*
 * state.h - the task word: the life of a task, and who may free it.
 *
 *   63 ..... references ..... 6 | HANDLE | JOIN | ABRT | AGAIN | BUSY | LIVE
 *
 *   bit    set by             cleared by        while it is set
 *   LIVE   birth              finish()          the future is not dropped yet
 *   BUSY   birth, wake,       park(), finish()  one queue, one worker or one
 *          abort, visit()                       visitor holds the task, no other
 *   AGAIN  wake, abort        claim(), park(),  an event came while BUSY: one
 *                             finish()          more poll is owed
 *   ABRT   abort              never             the next claim cancels
 *   JOIN   join_listen()      join_leave()      the joiner's waker is valid
 *   HANDLE birth              unref()           one of the references is the handle
 *
 *            wake             PENDING
 *   parked ---------> BUSY -----------------> parked
 *                      ^ |                      READY, canceled
 *                      +-+ woken meanwhile    ------------------> not LIVE
 *
 *   T1  BUSY has one holder: the queue, then the worker that took it out, which
 *       alone polls, drops and clears BUSY.  Being woken by its own poll, the
 *       task goes back into a queue without a write to this word.
 *   T2  LIVE keeps the memory, without a reference: a task that is not LIVE and
 *       has no references is freed by whoever saw to the last of the two.
 *   T3  A reference is held by the handle and by each clone of its waker.
 *       Waiters inside the library borrow: they are unlinked, under their lock,
 *       when the future is dropped, and so before LIVE goes.  Where lost wakes are
 *       looked for they hold clones instead (waiter.h).
 *   T4  finish() that finds JOIN owns the joiner's waker until it has called
 *       steal__task_joiner_woken(); the joiner waits for that before it frees.
 *   T5  Wakers are made of wakers, or by the poll.  So a task that is parked, and
 *       has no reference but the handle's, cannot be woken any more.  That says
 *       little where waiters borrow (T3).
 *   T6  A visitor makes a parked task BUSY to look at it, and then parks it again:
 *       what wakes or aborts it meanwhile sets AGAIN, as during a poll.  Where wakers
 *       are counted it parks as after a poll, for the last may be dropped meanwhile;
 *       but one that was lost already has been told of.
 *
 * Orderings
 *   O1  park, wake, finish: acq_rel  ->  wake, park: acq_rel
 *       All go through one word, so who makes the task BUSY has seen the
 *       poll before; the queues hand that on to the next poll.  So does who visits,
 *       and the next poll writes only after the visit.
 *   O2  wake of a BUSY task: AGAIN, release  ->  claim or park: acquire
 *       The poll that is owed sees the event.  The bit is stored also when it
 *       is set already, and cleared by RMW only: a plain store could lose it, or
 *       sink below the loads of the poll.
 *   O3  dropping a reference: release  ->  freeing: acquire
 *       Also for who sees that no waker is left (T5): AGAIN comes before.
 */
#ifndef STEAL_TASK_STATE_H
#define STEAL_TASK_STATE_H

#include "../base/atomic.h"

#define TASK_LIVE   UINT64_C(1)
#define TASK_BUSY   UINT64_C(2)
#define TASK_AGAIN  UINT64_C(4)
#define TASK_ABRT   UINT64_C(8)
#define TASK_JOIN   UINT64_C(16)
#define TASK_HANDLE UINT64_C(32)
#define TASK_REF    UINT64_C(64)

typedef _Atomic(uint64_t) task_word;

/* What the caller of a transition must do. */
enum wake_action {
    WAKE_NONE,
    WAKE_ENQUEUE, /* the task is BUSY by this call: put it into a queue */
    WAKE_FREE     /* that was the last of it */
};

enum claim_action {
    CLAIM_POLL,
    CLAIM_CANCEL
};

enum park_action {
    PARK_DONE,    /* somebody else may hold the task by now */
    PARK_REQUEUE, /* still BUSY, and ours */
    PARK_LOST     /* the same, and nobody can wake it */
};

enum visit_action {
    VISIT_NONE, /* somebody else holds it, or it is finished */
    VISIT_DONE, /* the task is BUSY by this call */
    VISIT_ALONE /* the same, and there is no waker: if all are counted, the task is lost
                   and was told of (T5) */
};

enum unref_action {
    UNREF_DONE,
    UNREF_FREE,
    UNREF_LOST /* the task is BUSY by this call, for nobody can wake it */
};

enum finish_action {
    FINISH_DONE, /* others may have freed the task by now */
    FINISH_WAKE_JOINER,
    FINISH_FREE
};

/* Whose wakes this is: a reference may go in the same step. */
static inline enum wake_action
steal__word_signal(task_word *word, uint64_t bits, uint64_t refs)
{
    uint64_t old = load_relaxed(word); /* the CAS checks */
    uint64_t next;

    do {
        next = old - refs;
        if (old & TASK_LIVE)
            next |= bits | (old & TASK_BUSY ? TASK_AGAIN : TASK_BUSY);
    } while (!cas_weak_acq_rel(word, &old, next)); /* O1, O2, O3 */

    if (!(old & TASK_LIVE))
        return refs && next < TASK_REF ? WAKE_FREE : WAKE_NONE;
    return old & TASK_BUSY ? WAKE_NONE : WAKE_ENQUEUE;
}

/* By a holder of a reference, or a waiter under its lock (T3). */
static inline enum wake_action
steal__word_wake(task_word *word)
{
    return steal__word_signal(word, 0, 0);
}

/* Wakes, and gives the caller's reference back. */
static inline enum wake_action
steal__word_wake_drop(task_word *word)
{
    return steal__word_signal(word, 0, TASK_REF);
}

static inline enum wake_action
steal__word_abort(task_word *word)
{
    return steal__word_signal(word, TASK_ABRT, 0);
}

/*
 * Before a poll, by the holder of BUSY.  Usually nothing has come since the
 * task was queued, and a load is all: whoever queued it has handed us what it
 * saw, and who wakes it from now on sets AGAIN, which park() will find.
 */
static inline enum claim_action
steal__word_claim(task_word *word)
{
    uint64_t old = load_relaxed(word); /* a late AGAIN is found by park() */

    if (old & (TASK_AGAIN | TASK_ABRT))
        old = and_acq_rel(word, ~TASK_AGAIN); /* O2 */
    return old & TASK_ABRT ? CLAIM_CANCEL : CLAIM_POLL;
}

/* After a poll that said PENDING and did not wake itself, or after a visit. */
static inline enum park_action
steal__word_park(task_word *word)
{
    uint64_t old = load_relaxed(word); /* the CAS checks */
    uint64_t next;

    do {
        next = old & ~(old & TASK_AGAIN ? TASK_AGAIN : TASK_BUSY);
    } while (!cas_weak_acq_rel(word, &old, next)); /* O1, O2 */

    return old & TASK_AGAIN ? PARK_REQUEUE : PARK_DONE;
}

/* After the future was dropped, by the holder of BUSY. */
static inline enum finish_action
steal__word_finish(task_word *word)
{
    uint64_t old = load_acquire(word); /* O3 */

    /* Without a reference nobody is left who could touch the word (T3). */
    if (old < TASK_REF)
        return FINISH_FREE;
    old = and_acq_rel(word, ~(TASK_LIVE | TASK_BUSY | TASK_AGAIN)); /* O1 */
    if (old < TASK_REF)
        return FINISH_FREE;
    return old & TASK_JOIN ? FINISH_WAKE_JOINER : FINISH_DONE;
}

static inline void
steal__word_ref(task_word *word)
{
    add_relaxed(word, TASK_REF); /* the caller has one: it cannot vanish */
}

/* Gives a reference back, TASK_REF, or that of the handle, TASK_REF | TASK_HANDLE;
 * true if the task is to be freed. */
static inline bool
steal__word_unref(task_word *word, uint64_t refs)
{
    uint64_t old = load_acquire(word); /* O3 */

    /* Ours is the last of all: nobody else can make another. */
    if (!(old & TASK_LIVE) && old < 2 * TASK_REF)
        return true;
    old = sub_acq_rel(word, refs); /* O3 */
    return !(old & TASK_LIVE) && old < 2 * TASK_REF;
}

/*
 * The same two transitions where every waker is counted: of park() and the last drop,
 * whoever comes second finds the task lost, and holds BUSY (T5).
 */

static inline uint64_t
steal__word_wakers(uint64_t word)
{
    return word / TASK_REF - (word & TASK_HANDLE ? 1 : 0);
}

static inline bool
steal__word_has_wakers(uint64_t word)
{
    return steal__word_wakers(word) > 0;
}

/* By the holder of BUSY, after a poll: one waker is left, and can only be woken or
 * dropped, unless it is cloned by who holds it. */
static inline bool
steal__word_has_one_waker(task_word *word)
{
    return steal__word_wakers(load_relaxed(word)) ==
           1; /* none comes back: T5 */
}

/* A hint: it may be aborted a moment later. */
static inline bool
steal__word_is_aborted(const task_word *word)
{
    return load_relaxed((task_word *)word) & TASK_ABRT; /* see above */
}

static inline enum park_action
steal__word_park_counted(task_word *word)
{
    uint64_t old = load_acquire(word); /* O3, for a task that is lost */
    uint64_t next;

    do {
        next = old & ~(old & TASK_AGAIN ? TASK_AGAIN : TASK_BUSY);
        if (!(old & TASK_AGAIN) && !steal__word_has_wakers(old))
            next = old;
    } while (!cas_weak_acq_rel(word, &old, next)); /* O1, O2, O3 */

    if (old & TASK_AGAIN)
        return PARK_REQUEUE;
    return next & TASK_BUSY ? PARK_LOST : PARK_DONE;
}

static inline enum unref_action
steal__word_unref_counted(task_word *word)
{
    uint64_t old = load_acquire(word); /* the CAS checks */
    uint64_t next;

    do {
        next = old - TASK_REF;
        if ((old & (TASK_LIVE | TASK_BUSY)) == TASK_LIVE &&
                !steal__word_has_wakers(next))
            next |= TASK_BUSY;
    } while (!cas_weak_acq_rel(word, &old, next)); /* O1, O3 */

    if (!(old & TASK_LIVE))
        return next < TASK_REF ? UNREF_FREE : UNREF_DONE;
    return next & ~old & TASK_BUSY ? UNREF_LOST : UNREF_DONE;
}

/* By one who sees to it that the task cannot be freed meanwhile.  If it was parked it
 * is the caller's, who ends the visit by park() (T6). */
static inline enum visit_action
steal__word_visit(task_word *word)
{
    uint64_t old = load_relaxed(word); /* the CAS checks */

    do {
        if (!(old & TASK_LIVE) || old & TASK_BUSY)
            return VISIT_NONE;
    } while (!cas_weak_acq_rel(word, &old, old | TASK_BUSY)); /* O1 */
    return steal__word_has_wakers(old) ? VISIT_DONE : VISIT_ALONE;
}

static inline bool
steal__word_is_finished(const task_word *word)
{
    return !(load_acquire((task_word *)word) & TASK_LIVE); /* O1 */
}

/* The joiner has written its waker.  False if the task is finished already;
 * the waker is then not used. */
static inline bool
steal__word_join_listen(task_word *word)
{
    uint64_t old = load_relaxed(word); /* the CAS checks */

    do {
        if (!(old & TASK_LIVE)) {
            load_acquire(word); /* O1: the output */
            return false;
        }
    } while (!cas_weak_acq_rel(word, &old, old | TASK_JOIN));
    return true;
}

/* The joiner takes its waker back.  False if the task is finished: finish() is
 * using the waker, or has used it (T4). */
static inline bool
steal__word_join_leave(task_word *word)
{
    return and_acq_rel(word, ~TASK_JOIN) & TASK_LIVE;
}

#endif
