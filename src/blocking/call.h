/*
 * call.h - one call on its way through the pool.
 *
 *     new --push--> queued --take--> running --end--> done
 *                     +--remove--> new
 *
 * It lies inside the future that waits for it, or, if its argument is owned, in a
 * block of its own, which the later one frees: the end of the call, or the drop
 * of the future.
 *
 * Fields: `queued` is guarded by the lock of the pool; `waker`, `dropper`,
 * `result`, `done` and `abandoned` by the call's own; the rest is constant while
 * it is queued or runs.
 */
#ifndef STEAL_BLOCKING_CALL_H
#define STEAL_BLOCKING_CALL_H

#include <steal/waker.h>

#include "../base/list.h"
#include "../base/lock.h"

struct pool;

/* The private part of a struct steal_blocking. */
struct pool_call {
    struct list links; /* in the queue */
    int (*fn)(void *arg);
    void *arg;
    void (*destroy)(void *arg); /* NULL: the argument is not owned */
    struct steal_waker waker;
    _Atomic(uint32_t) *dropper; /* a futex of who waits for the end, or NULL */
    struct pool *pool;
    struct lock lock;
    int result;
    bool queued;
    bool done;
    bool abandoned; /* nobody waits: its end destroys the argument */
};

/* By the pool: calls, and wakes who waits for it. */
void steal__call_run(struct pool_call *call);

/* Ends a call with this result, made or not.  It may be gone after that. */
void steal__call_end(struct pool_call *call, int result);

#endif
