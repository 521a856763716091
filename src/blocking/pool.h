/*
 * pool.h - the threads that make blocking calls: none at first, as many as there
 * is use for, up to a limit.
 *
 * A thread of the pool plays one part at a time:
 *
 *     searching    looks for a call, and sleeps if it finds none
 *     running      is inside a call
 *     watching     calls wait and all threads run: looks now and then whether
 *                  they get on, and if not takes part
 *     standing in  runs an errand, for a worker that is blocked
 *     idle         asleep; leaves when that has taken long enough
 *
 * What must hold:
 *
 *   P1  While a call is queued, some thread searches or watches, or is called to,
 *       or all that there may be run; those look at the queue when they end.
 *   P2  So who pushes wakes nobody if someone attends (`attended`), and a crowd
 *       of calls wakes as few threads as can keep up with it.
 *
 * Whoever stops searching or watching says so, then fences, then looks at the
 * queue (queue.c, O2), and calls the next if there is something.
 *
 * Threads: any, but for what is said below.
 */
#ifndef STEAL_BLOCKING_POOL_H
#define STEAL_BLOCKING_POOL_H

#include <pthread.h>
#include <stdbool.h>

#include <steal/runtime.h>

#include "../base/lock.h"
#include "load.h"
#include "queue.h"

struct pool_call;

enum pool_part {
    POOL_IDLE,
    POOL_SEARCHING,
    POOL_WATCHING,
    POOL_RUNNING,
    POOL_STANDING_IN,
    POOL_PARTS
};

/* Something that a thread does besides calls. */
struct pool_errand {
    void (*run)(struct pool_errand *errand);
};

struct pool_thread {
    struct pool *pool;
    struct list link;       /* in pool.idle or pool.gone */
    _Atomic(uint32_t) part; /* written under the lock; a futex while idle */
    struct pool_errand *errand;
    uint64_t spin; /* how long it searches before it sleeps, ns */
    unsigned number;
    pthread_t thread;
};

struct pool {
    /* constant */
    struct steal_runtime *runtime;
    const struct steal_options *options;
    unsigned base; /* how many threads may run before one has to watch */

    struct call_queue queue;

    /* guarded by the lock; `attended` and `threads` are read without */
    CACHE_ALIGNED struct lock lock;
    _Atomic(bool) attended; /* a push need not wake anybody */
    bool closing;
    unsigned count[POOL_PARTS];
    unsigned number;           /* of the last thread that was made */
    uint64_t taken;            /* calls, ever */
    uint64_t seen;             /* of these, at the last look of the watcher */
    struct list idle;          /* who fell asleep last is the first */
    struct list gone;          /* to be joined */
    struct load load;          /* the watcher's */
    _Atomic(uint32_t) threads; /* a futex of stop() */
};

/* The runtime that this thread belongs to without being a worker, or NULL: it
 * cannot be stopped by a call that it waits for itself. */
extern _Thread_local struct steal_runtime *steal__bound;

/* `options` outlive the pool. */
void steal__pool_init(struct pool *pool, struct steal_runtime *runtime,
        const struct steal_options *options);

void steal__pool_push(struct pool *pool, struct pool_call *call);

/* By the owner of the call: takes it out.  False if it has begun, or is over. */
bool steal__pool_remove(struct pool *pool, struct pool_call *call);

/* Has a thread run the errand at once.  False if there is none. */
bool steal__pool_stand_in(struct pool *pool, struct pool_errand *errand);

/* A runtime that is deterministic has no threads: who simulates it makes the calls,
 * one at a time, any of those that wait (`which` is random). */
bool steal__pool_has_calls(struct pool *pool);
void steal__pool_call_one(struct pool *pool, unsigned which);

/* How it stands, for steal_metrics(). */
struct pool_state {
    uint64_t taken; /* calls, ever */
    uint64_t queued;
    unsigned threads;
    unsigned busy; /* of these, in a call or standing in */
};

struct pool_state steal__pool_state(struct pool *pool);

/* Lets all threads go; calls that have not begun end with -ECANCELED.  False if
 * some still run at `deadline`: to be called again. */
bool steal__pool_stop(struct pool *pool, uint64_t deadline);

/*
 * Between pool.c and crew.c
 */

/* Who is to be woken or made once the lock is given back. */
struct pool_summons {
    _Atomic(uint32_t) *wake; /* NULL: nobody */
    bool make;
    unsigned number;     /* of the thread that is to be made */
    enum pool_part part; /* what it is to do */
    struct pool_errand *errand;
};

/* P1: calls a thread if one is needed. */
void steal__pool_attend_locked(struct pool *pool, struct pool_summons *summons);

/* Returns 0, or why no thread could be made. */
int steal__pool_send(struct pool *pool, struct pool_summons *summons);

/* Moves a thread to another part, and publishes what follows from it. */
void steal__pool_become_locked(struct pool_thread *thread, enum pool_part part);

/* NULL if there is none. */
struct pool_call *steal__pool_take_locked(struct pool *pool);

/* One thread less. */
void steal__pool_forget_locked(struct pool *pool, enum pool_part part);

/* Starts a thread, which is counted already. */
int steal__crew_start(struct pool *pool, const struct pool_summons *summons);

/* Joins those that are gone. */
void steal__crew_join(struct list *gone);

#endif
