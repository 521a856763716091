/*
 * lend.c - a worker whose thread blocks in the middle of a poll goes on, on
 * another thread.
 *
 *     lender      poll: keep, lend ---> fn() ---> ask back ---> take back, poll
 *     stand-in             steal__worker_run() .................|
 *
 * The lender keeps what belongs to its poll, and is no worker while the loan
 * lasts.  The stand-in, a thread of the pool, runs tasks until its blocker, the
 * loan's, is done, as a thread with STEAL_ON_CALLER does.  The loop knows nothing
 * of all this.
 *
 * Orderings
 *   O1  lend: the errand, through the pool  ->  stand_in: pool.c, O2
 *   O2  ask_back: store state, release  ->  worker.c: load state, acquire
 *       The unpark after it ends a sleep of the worker (parker.c, O1).
 *   O3  stand_in: store returned, release  ->  ask_back: load, acquire
 *       The worker as the stand-in has left it.  After the store the loan may
 *       be gone: the futex is woken by its address alone.
 */
#include <errno.h>

#include <steal/blocking.h>

#include "../base/compiler.h"
#include "../base/futex.h"
#include "../blocking/pool.h"
#include "../task/chain.h"
#include "../task/schedule.h"
#include "block_on.h"
#include "push.h"
#include "runtime.h"

/* How often the lender looks whether the worker is back before it sleeps. */
#define LOOKS 100

struct loan {
    struct pool_errand errand;
    struct worker *worker;
    struct blocker blocker;
    _Atomic(uint32_t) returned;

    /* the lender's: what its poll goes on with */
    struct steal_context cx;
    struct steal_context *poll;
    struct blocker *outer;
    struct steal_runtime *bound;
    const struct steal_future_ops *polling;
};

static void
stand_in(struct pool_errand *errand)
{
    struct loan *loan = container_of(errand, struct loan, errand);
    _Atomic(uint32_t) *returned = &loan->returned;

    steal__worker_run(loan->worker, &loan->blocker);
    store_release(returned, 1); /* O3 */
    steal__futex_wake(returned, 1);
}

/* From here on this thread is no worker. */
static void
keep(struct loan *loan, struct worker *w)
{
    loan->errand.run = stand_in;
    loan->worker = w;
    store_relaxed(&loan->blocker.state, 0); /* not shared yet */
    store_relaxed(&loan->returned, 0);
    loan->cx = w->cx;
    loan->poll = steal__poll;
    loan->outer = w->blocker;
    loan->bound = steal__bound;
    loan->polling = load_relaxed(&w->polling); /* the owner's */
    w->cx.task = NULL;
    steal__poll = NULL;
    steal__worker = NULL;
    steal__bound = w->runtime;
}

static void
take_back(struct loan *loan)
{
    struct worker *w = loan->worker;

    w->cx = loan->cx;
    w->blocker = loan->outer;
    store_relaxed(&w->polling, loan->polling); /* a hint */
    steal__poll = loan->poll;
    steal__worker = w;
    steal__bound = loan->bound;
}

/* The stand-in comes to an end with its poll. */
static void
ask_back(struct loan *loan)
{
    store_release(&loan->blocker.state, BLOCKER_DONE); /* O2 */
    steal__worker_unpark(loan->worker);
    for (int i = 0; i < LOOKS && !load_acquire(&loan->returned); i++) /* O3 */
        cpu_relax();
    while (!load_acquire(&loan->returned)) /* O3 */
        steal__futex_wait(&loan->returned, 0, UINT64_MAX);
}

/* No thread can be had: the others get what this worker has. */
static int
call_alone(struct worker *w, int (*fn)(void *arg), void *arg)
{
    struct steal_task *task = slot_take(&w->slot);
    struct chain chain;

    chain_init(&chain);
    if (task)
        chain_add(&chain, task);
    while ((task = steal__ring_pop(&w->ring)))
        chain_add(&chain, task);
    if (chain.n)
        steal__schedule_chain(w->runtime, &chain);
    return fn(arg);
}

int
steal_block_in_place(int (*fn)(void *arg), void *arg)
{
    struct worker *w = steal__worker;
    struct loan loan;
    int result;

    if (!w || !w->cx.task)
        return fn(arg);
    keep(&loan, w);
    if (!steal__pool_stand_in(&w->runtime->pool, &loan.errand)) {
        take_back(&loan);
        return call_alone(w, fn, arg);
    }
    result = fn(arg);
    ask_back(&loan);
    take_back(&loan);
    return result;
}
