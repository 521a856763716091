/*
 * worker.h - one worker: where its tasks are, and what it shares.
 *
 *     next()   slot, ring, injector, other rings, sleep    -> a task
 *     run()    claim, poll, and queue again if it woke itself
 *
 * Fields stand in groups by who writes them, each on cache lines of its own.
 */
#ifndef STEAL_SCHED_WORKER_H
#define STEAL_SCHED_WORKER_H

#include <pthread.h>

#include <steal/waker.h>

#include "../base/blocks.h"
#include "../base/rand.h"
#include "../task/owned.h"
#include "census.h"
#include "helm.h"
#include "jobs.h"
#include "parker.h"
#include "ring.h"
#include "slot.h"
#include "tally.h"

struct blocker;
struct steal_task;
struct victims;
struct wheel;

struct worker {
    /* the owner's */
    CACHE_ALIGNED struct steal_runtime *runtime;
    struct steal_runtime *home; /* whose tasks it queues; NULL: it computes */
    unsigned index;
    uint32_t countdown; /* to the next maintenance */
    uint32_t interval;  /* from one to the next, in polls */
    unsigned streak;    /* tasks in a row from the slot */
    bool searching;
    uint8_t mode;    /* bits below; as a rule none */
    uint32_t budget; /* of a poll; only looked at if the mode is unusual */
    struct steal_context cx;
    struct rng rng;
    uint64_t last_maintenance; /* ns */
    uint64_t last_turn;        /* when it turned the driver, ns */
    unsigned linger_score;     /* linger.h */
    struct blocker *blocker;   /* whom the thread runs tasks for, or NULL */
    struct lane *lane;         /* where the thread forks jobs, or NULL */
    struct work work;          /* between jobs.h's find and run */
    struct wheel *wheel; /* of the driver's, for the timers of its tasks */
    struct block_cache blocks;
    const struct victims *victims; /* near.h; NULL: nobody is near */

    /* written by the owner, read by others */
    CACHE_ALIGNED _Atomic(uint64_t) polls;
    _Atomic(const struct steal_future_ops *) polling; /* NULL between polls */
    _Atomic(int) tid; /* the watchdog's, if there is one; 0: no thread */
    struct census census;
    struct tally tally;

    /* written by others too */
    CACHE_ALIGNED struct slot slot;
    struct ring ring;
    struct parker parker;
    struct helm helm;
    CACHE_ALIGNED struct owned owned;
    _Atomic(uint64_t) seen_polls; /* a monitor's note: a hint */
    pthread_t thread;
};

/* What is unusual about a worker. */
#define MODE_CLOSING   1u /* tasks are canceled instead of being polled */
#define MODE_SIMULATED 4u /* it is played (simulate.h) */
#define MODE_OBSERVED  2u /* insight/ is told what happens (observe.h) */

/* In ns, see worker.c.  A variable for programs that run under a debugger's
 * single steps, where every poll is long; constant while a runtime lives. */
extern uint64_t steal__maintain_every;

/* What `polling` is while the worker computes. */
extern const struct steal_future_ops steal__computation_ops;

/* The worker that this thread is, or NULL. */
extern _Thread_local struct worker *steal__worker;

void steal__worker_init(struct worker *worker, struct steal_runtime *runtime,
        unsigned index);
void steal__worker_fini(struct worker *worker);

static inline bool
worker_is_closing(const struct worker *worker)
{
    return worker->mode & MODE_CLOSING;
}

static inline bool
worker_is_observed(const struct worker *worker)
{
    return worker->mode & MODE_OBSERVED;
}

/* True while it runs a job: what that spawns or wakes is left to others. */
static inline bool
worker_computes(const struct worker *worker)
{
    return !worker->home;
}

/* Runs tasks until the runtime has stopped and no task is left, or until
 * `blocker`, if it is not NULL, is done. */
void steal__worker_run(struct worker *worker, struct blocker *blocker);

/* The same for a thread that has been given the helm: until somebody wants it. */
void steal__worker_stand_in(struct worker *worker);

/* Leaves what it has queued to the other workers. */
void steal__worker_leave_tasks(struct worker *worker);

/*
 * What a simulation has a worker do, one thing at a time.  This thread sits there
 * (sit.h).
 */
void steal__worker_run_task(struct worker *worker, struct steal_task *task);

/* Begins a computation, if there is one. */
void steal__worker_compute(struct worker *worker);

/* The runtime stops: from now on its tasks are canceled. */
void steal__worker_close(struct worker *worker);

/* Gets the worker out of its sleep. */
void steal__worker_unpark(struct worker *worker);

#endif
