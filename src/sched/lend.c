/*
 * lend.c - a worker whose thread blocks in the middle of a poll goes on, on
 * another thread.
 *
 *     lender      poll: keep ---> fn() ---> wait for the helm ---> take back, poll
 *     stand-in             tasks ......................|
 *
 * The lender keeps what belongs to its poll, and is no worker while the loan
 * lasts.  The stand-in, a thread of the pool, runs tasks until somebody wants the
 * worker back (helm.h), not always the one for whom it came.  The loop knows
 * nothing of all this.
 *
 * Orderings
 *   O1  lend: the errand, through the pool  ->  stand_in: pool.c, O2
 *       The lender takes the helm before it forgets the loan, and by then the
 *       stand-in has had it: the loan is still there.
 */
#include "lend.h"

#include <errno.h>

#include <steal/blocking.h>

#include "../task/chain.h"
#include "../task/schedule.h"
#include "observe.h"
#include "push.h"
#include "runtime.h"

_Thread_local struct away *steal__away;

static void
stand_in(struct pool_errand *errand)
{
    struct loan *loan = container_of(errand, struct loan, errand);

    steal__worker_stand_in(loan->worker);
}

/* From here on this thread is no worker. */
static void
keep(struct loan *loan, struct worker *w)
{
    loan->errand.run = stand_in;
    loan->worker = w;
    loan->cx = w->cx;
    loan->poll = steal__poll;
    loan->outer = w->blocker;
    loan->bound = steal__bound;
    loan->polling = load_relaxed(&w->polling); /* the owner's */
    loan->tid = load_relaxed(&w->tid);
    loan->lane = w->lane; /* goes on to be this thread's */
    loan->alone = steal__alone;
    loan->computing = worker_computes(w);
    loan->began = worker_is_observed(w) ? steal__observe_away(w) : 0;
    w->cx.task = NULL;
    w->home = w->runtime;
    store_relaxed(&w->polling, NULL); /* hints */
    store_relaxed(&w->tid, 0);
    if (loan->computing)
        steal__relief_end(w->runtime);
    if (!loan->lane)
        steal__alone = w->runtime;
    steal__poll = NULL;
    steal__worker = NULL;
    steal__bound = w->runtime;
}

static void
take_back(struct loan *loan)
{
    struct worker *w = loan->worker;

    w->cx = loan->cx;
    if (loan->began)
        steal__observe_back(w, w->cx.task, loan->began);
    w->blocker = loan->outer;
    w->lane = loan->lane;
    if (loan->computing) {
        w->home = NULL;
        steal__relief_begin(w->runtime);
    }
    store_relaxed(&w->polling, loan->polling); /* hints */
    store_relaxed(&w->tid, loan->tid);
    steal__poll = loan->poll;
    steal__worker = w;
    steal__bound = loan->bound;
    steal__alone = loan->alone;
}

void
steal__lend_settle(struct away *away)
{
    steal__helm_take(away->worker);
    take_back(&away->loan);
}

/* No thread can be had: the others get what this worker has. */
static int
call_alone(struct worker *w, int (*fn)(void *arg), void *arg)
{
    steal__worker_leave_tasks(w);
    return fn(arg);
}

/* A thread that computes is none of those that may while it blocks. */
static int
call_without_place(struct team *team, int (*fn)(void *arg), void *arg)
{
    int result;

    steal__jobs_pause(team);
    result = fn(arg);
    steal__jobs_resume(team);
    return result;
}

static int
call_away(struct away *away, int (*fn)(void *arg), void *arg)
{
    if (!away->loan.computing)
        return fn(arg);
    return call_without_place(away->worker->runtime->team, fn, arg);
}

/* In a job. */
static int
lend_for_good(struct away *away, int (*fn)(void *arg), void *arg)
{
    struct worker *w = away->worker;

    keep(&away->loan, w);
    if (!steal__pool_stand_in(&w->runtime->pool, &away->loan.errand)) {
        take_back(&away->loan);
        return call_alone(w, fn, arg);
    }
    away->is_away = true;
    return call_away(away, fn, arg);
}

/* In a poll. */
static int
lend(struct worker *w, int (*fn)(void *arg), void *arg)
{
    struct loan loan;
    int result;

    keep(&loan, w);
    if (w->runtime->simulation) {
        result = fn(arg); /* there is nobody else, unless this simulates */
        take_back(&loan);
        return result;
    }
    if (!steal__pool_stand_in(&w->runtime->pool, &loan.errand)) {
        take_back(&loan);
        return call_alone(w, fn, arg);
    }
    result = fn(arg);
    steal__helm_take(w);
    take_back(&loan);
    return result;
}

int
steal_block_in_place(int (*fn)(void *arg), void *arg)
{
    struct worker *w = steal__worker;
    struct away *away = steal__away;

    if (w && away && away->worker == w)
        return lend_for_good(away, fn, arg);
    if (w && w->cx.task)
        return lend(w, fn, arg);
    if (!w && away && away->is_away)
        return call_away(away, fn, arg);
    return fn(arg);
}
