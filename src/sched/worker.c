/*
 * worker.c - the loop of a worker.
 *
 * The order in which a worker looks for its next task:
 *
 *     every 61st time   the injector, and the driver if its seat is free; more
 *                       often if the polls are long
 *     slot              at most three times in a row if the ring has tasks
 *     ring
 *     injector          as much as its share
 *     other rings       half of what a random victim holds; a near one's first
 *                       if the workers are bound (near.h)
 *     sleep             park.c
 *
 * A task that woke itself goes behind the others; if there are none, it is
 * polled on the spot.
 */
#include "worker.h"

#include <steal/time.h>

#include "../base/assert.h"
#include "../task/budget.h"
#include "../task/chain.h"
#include "../task/harness.h"
#include "block_on.h"
#include "jobs.h"
#include "lend.h"
#include "linger.h"
#include "observe.h"
#include "park.h"
#include "push.h"
#include "sit.h"
#include "take.h"
#include "watchdog.h"

/* How often the injector comes first; a prime, as in Go, so that no pattern of
 * tasks keeps in step with it. */
#define INJECTOR_EVERY 61

/* ... or in about this time, if the polls are long. */
uint64_t steal__maintain_every = STEAL_US(20);

/* How many tasks a busy worker then takes: so that a crowd from outside moves on
 * as fast as the workers' own, and stays where others can take from it. */
#define BUSY_SHARE 32

/* How often a searching worker goes round before it sleeps. */
#ifndef ROUNDS
# define ROUNDS 32
#endif

/* The same while there are computations, which make work in bursts. */
#define ROUNDS_OF_JOBS (ROUNDS * 8)

/* While nobody sleeps in the loop, a busy worker turns it this often, in ns. */
#define TURN_EVERY STEAL_US(50)

_Thread_local struct worker *steal__worker;

const struct steal_future_ops steal__computation_ops = {
    .name = "computation",
};

static void
init_context(struct steal_context *cx, bool counts)
{
    cx->task = NULL;
    cx->waker.vtable = counts ? &steal__counted_waker_vtable
                              : &steal__task_waker_vtable;
    cx->lends = counts ? NULL : &steal__borrowed_waker_vtable;
}

void
steal__worker_init(struct worker *worker, struct steal_runtime *runtime,
        unsigned index)
{
    worker->runtime = runtime;
    worker->home = runtime;
    worker->index = index;
    worker->countdown = 1;
    worker->interval = INJECTOR_EVERY;
    worker->last_maintenance = 0;
    worker->streak = 0;
    worker->searching = false;
    worker->mode = 0;
    worker->budget = TASK_BUDGET;
    init_context(&worker->cx, runtime->options.detect_lost_wakes);
    rng_init(&worker->rng, runtime->options.seed + index);
    worker->victims = NULL;
    worker->last_turn = 0;
    worker->linger_score = 0;
    worker->blocker = NULL;
    worker->lane = NULL;
    store_relaxed(&worker->seen_polls, 0);
    steal__cache_init(&worker->blocks, &runtime->depot);
    store_relaxed(&worker->polls, 0); /* not shared yet */
    store_relaxed(&worker->polling, NULL);
    store_relaxed(&worker->tid, 0);
    census_init(&worker->census);
    tally_init(&worker->tally, runtime->born);
    slot_init(&worker->slot);
    steal__ring_init(&worker->ring);
    steal__parker_init(&worker->parker);
    steal__helm_init(&worker->helm);
    steal__owned_init(&worker->owned);
}

void
steal__worker_fini(struct worker *worker)
{
    steal__cache_fini(&worker->blocks);
}

void
steal__worker_unpark(struct worker *worker)
{
    if (steal__parker_unpark(&worker->parker))
        steal__driver_kick(&worker->runtime->driver);
}

/*
 * Finding the next task
 */

/* While all workers are busy, one of them looks at the driver now and then. */
static void
turn_driver(struct worker *w, uint64_t now)
{
    struct driver *driver = &w->runtime->driver;

    if (load_relaxed(&driver->until)) /* a hint: somebody sleeps there */
        return;
    if (now - w->last_turn < TURN_EVERY)
        return;
    w->last_turn = now;
    if (!steal__driver_is_due(driver, now) || !steal__driver_try_take(driver))
        return;
    observe(w, OBSERVE_TURN, steal__driver_turn(driver, 0));
    steal__driver_give(driver);
}

/* Long polls shorten the interval, so that what comes from outside waits for
 * about steal__maintain_every whatever the tasks are like. */
static void
adapt_interval(struct worker *w, uint64_t now)
{
    uint64_t span = now - w->last_maintenance;
    uint64_t interval = INJECTOR_EVERY;

    if (w->countdown == 0 && span > steal__maintain_every)
        interval = w->interval * steal__maintain_every / span;
    else if (w->countdown == 0)
        interval = w->interval * 2;
    if (interval < 1)
        interval = 1;
    if (interval > INJECTOR_EVERY)
        interval = INJECTOR_EVERY;
    w->interval = (uint32_t)interval;
    w->countdown = w->interval;
    w->last_maintenance = now;
}

/* A searcher that has found something leaves the search to another. */
static void
found(struct worker *w)
{
    if (!w->searching)
        return;
    w->searching = false;
    /* Who has queued something meanwhile has relied on us (SLEEP.md, S1). */
    if (steal__idle_found(&w->runtime->idle) &&
            (steal__runtime_has_queued(w->runtime) ||
                    steal__jobs_are_there(w->runtime->team)))
        runtime_notify(w->runtime);
}

/* The tasks of a worker that has something long to do. */
void
steal__worker_leave_tasks(struct worker *w)
{
    struct steal_task *task = slot_take(&w->slot);
    struct chain chain;

    chain_init(&chain);
    if (task)
        chain_add(&chain, task);
    while ((task = steal__ring_pop(&w->ring)))
        chain_add(&chain, task);
    if (!chain.n)
        return;
    steal__injector_push(&w->runtime->injector, &chain);
    fence_after_rmw(); /* SLEEP.md, S1: the push was one */
    runtime_notify(w->runtime);
}

/* Runs what steal__jobs_find() has found. */
static COLD void
compute(struct worker *w)
{
    struct away away;

    found(w);
    steal__worker_leave_tasks(w);
    store_relaxed(&w->polling, &steal__computation_ops); /* a hint */
    w->home = NULL;
    steal__relief_begin(w->runtime);
    observe(w, OBSERVE_COMPUTE, 0);
    lend_allow(&away, w);
    steal__jobs_run(w);
    lend_settle(&away);
    observe(w, OBSERVE_COMPUTED, 0);
    steal__relief_end(w->runtime);
    w->home = w->runtime;
    store_relaxed(&w->polling, NULL); /* a hint */
    w->countdown = 1;                 /* it has been away for long */
}

/* The runtime stops: from here on it cancels. */
void
steal__worker_close(struct worker *w)
{
    w->mode |= MODE_CLOSING;
    steal__owned_close(&w->owned);
}

static COLD struct steal_task *
maintain(struct worker *w)
{
    uint64_t now = steal_now();

    if (unlikely(runtime_is_stopping(w->runtime) && !worker_is_closing(w)))
        steal__worker_close(w);
    worker_notice_probes(w);
    tally_busy(&w->tally, now);
    adapt_interval(w, now);
    turn_driver(w, now);
    if (steal__jobs_are_late(w->runtime->team, now) && steal__jobs_find(w))
        compute(w);
    return steal__take_injected(w, BUSY_SHARE);
}

/* Watches the driver for a moment, in its seat (linger.h). */
static struct steal_task *
linger(struct worker *w)
{
    struct driver *driver = &w->runtime->driver;
    uint64_t until = w->last_maintenance + LINGER;
    struct steal_task *task = NULL;
    unsigned n = 0;

    if (!linger_is_worth_it(w) || !steal__driver_try_take(driver))
        return NULL;
    while (!task && w->last_maintenance < until && !linger_is_over(w)) {
        cpu_relax();
        n = steal__driver_turn(driver, 0);
        if (n)
            observe(w, OBSERVE_TURN, n);
        task = steal__take_from_others(w);
        w->last_maintenance = steal_now(); /* no poll has taken that time */
    }
    steal__driver_give(driver);
    linger_note(w, task && n <= LINGER_FEW);
    return task;
}

/* For a task; or it is a job that is found, *has_job. */
static struct steal_task *
search(struct worker *w, bool *has_job)
{
    struct team *team = w->runtime->team;
    struct steal_task *task = NULL;
    int rounds = steal__jobs_are_active(team) ? ROUNDS_OF_JOBS : ROUNDS;

    if (!w->searching)
        w->searching = steal__idle_search(&w->runtime->idle);
    if (!w->searching)
        return NULL;
    for (int i = 0; i < rounds; i++) {
        task = steal__take_from_others(w);
        *has_job = !task && steal__jobs_find(w);
        if (task || *has_job)
            return task;
        cpu_relax();
    }
    return linger(w);
}

/* The last of a stopping runtime's tasks is gone: nobody need sleep any more. */
static bool
is_over(struct worker *w)
{
    if (helm_is_wanted(&w->helm) ||
            (w->blocker && steal__blocker_is_done(w->blocker)))
        return true;
    return worker_is_closing(w) && steal__runtime_is_quiet(w->runtime);
}

static void
rest(struct worker *w)
{
    tally_idle(&w->tally, w->last_maintenance);
    steal__park(w);
}

/* NULL: the worker is to leave. */
static COLD struct steal_task *
find(struct worker *w)
{
    struct steal_task *task = NULL;

    while (!task && !is_over(w)) {
        bool has_job = false;

        task = maintain(w);
        if (!task)
            task = take_local(w);
        if (!task)
            task = steal__take_injected(w, RING_SLOTS / 2);
        if (!task)
            has_job = steal__jobs_find(w);
        if (!task && !has_job)
            task = search(w, &has_job);
        if (has_job)
            compute(w);
        else if (!task)
            rest(w);
    }
    found(w);
    return task;
}

static inline struct steal_task *
next(struct worker *w)
{
    struct steal_task *task = NULL;

    if (unlikely(--w->countdown == 0))
        task = maintain(w);
    if (!task)
        task = take_local(w);
    return likely(task != NULL) ? task : find(w);
}

/*
 * Running
 */

/* The monitor and the watchdog compare. */
static inline void
count_poll(struct worker *w)
{
    uint64_t polls = load_relaxed(&w->polls); /* the owner's */

    store_relaxed(&w->polls, polls + 1); /* a hint */
}

static COLD void
run_closing(struct worker *w, struct steal_task *task)
{
    store_relaxed(&w->polling, steal__task_ops(task)); /* hints */
    count_poll(w);
    if (steal__task_run_canceled(task, &w->cx) == RUN_LAST)
        steal__task_free(task);
    census_died(&w->census);
    if (steal__runtime_is_quiet(w->runtime))
        steal__runtime_unpark_all(w->runtime);
}

static enum run_outcome
settle(struct worker *w, struct steal_task *task, enum steal_poll poll)
{
    if (w->cx.lends)
        return steal__task_settle(task, &w->cx, poll, w->index);
    return steal__task_settle_counted(task, &w->cx, poll, w->index);
}

static enum run_outcome
poll_once(struct worker *w, struct steal_task *task)
{
    bool observed = worker_is_observed(w);
    uint64_t began = observed ? steal__observe_begin(w, task) : 0;
    enum steal_poll poll = steal__task_poll(task, &w->cx, w->budget);

    if (observed)
        steal__observe_end(w, task, poll, began);
    return settle(w, task, poll);
}

/* The same as run(), but one poll, and with a look before and after it. */
static COLD void
run_once(struct worker *w, struct steal_task *task)
{
    enum run_outcome outcome;

    store_relaxed(&w->polling, steal__task_ops(task)); /* hints */
    count_poll(w);
    if (steal__word_claim(&task->word) == CLAIM_CANCEL)
        outcome = steal__task_run_canceled(task, &w->cx);
    else
        outcome = poll_once(w, task);
    if (outcome == RUN_AGAIN && worker_is_observed(w))
        steal__observe_queued(w->runtime, task);
    if (outcome == RUN_AGAIN)
        worker_push_ring(w, task);
    if (outcome == RUN_LAST)
        steal__task_free(task);
    if (outcome == RUN_LAST || outcome == RUN_FINISHED)
        census_died(&w->census);
}

static COLD void
run_unusual(struct worker *w, struct steal_task *task)
{
    if (worker_is_closing(w))
        run_closing(w, task);
    else
        run_once(w, task);
}

/* True if a task that woke itself need not queue: there is nobody else. */
static inline bool
is_alone(struct worker *w)
{
    return w->countdown > 1 && slot_is_empty(&w->slot) &&
           steal__ring_is_empty(&w->ring);
}

static inline void
run(struct worker *w, struct steal_task *task)
{
    for (;;) {
        count_poll(w);
        switch (steal__task_run(task, &w->cx, w->index)) {
        case RUN_LAST:
            worker_free(w, task);
            census_died(&w->census);
            return;
        case RUN_FINISHED:
            census_died(&w->census);
            return;
        case RUN_PARKED:
            return;
        case RUN_AGAIN:
            if (!is_alone(w)) {
                worker_push_ring(w, task);
                return;
            }
            w->countdown--;
        }
    }
}

static void
run_tasks(struct worker *w, struct blocker *blocker)
{
    struct sitting sitting;
    struct steal_task *task;

    worker_sit(w, &sitting);
    w->blocker = blocker;
    while ((task = next(w))) {
        if (unlikely(w->mode)) {
            run_unusual(w, task);
        } else {
            store_relaxed(&w->polling, steal__task_ops(task)); /* a hint */
            run(w, task);
        }
        if (unlikely(helm_is_wanted(&w->helm)) ||
                unlikely(w->blocker && steal__blocker_is_done(w->blocker)))
            break;
    }
    store_relaxed(&w->polling, NULL);
    if (worker_is_closing(
                w)) /* it may have ended the last task without knowing */
        steal__runtime_unpark_all(w->runtime);
    worker_rise(w, &sitting);
}

void
steal__worker_run(struct worker *w, struct blocker *blocker)
{
    steal__helm_take(w);
    steal__helm_enlist(w);
    tally_busy(&w->tally, steal_now());
    run_tasks(w, blocker);
    while (helm_is_wanted(&w->helm)) {
        steal__helm_give(w);
        steal__helm_take(w);
        run_tasks(w, blocker);
    }
    if (worker_is_relief(w))
        steal__worker_leave_tasks(w);
    tally_idle(&w->tally, steal_now());
    steal__helm_retire(w);
}

/* The relief's worker may be without a thread for long, and so may one that has
 * lost its captain: others get its tasks. */
void
steal__worker_stand_in(struct worker *w)
{
    run_tasks(w, NULL);
    if (!w->helm.has_captain)
        steal__worker_leave_tasks(w);
    steal__helm_give(w);
}

/*
 * One thing at a time, for a simulation
 */

void
steal__worker_run_task(struct worker *w, struct steal_task *task)
{
    run_unusual(w, task);
    store_relaxed(&w->polling, NULL); /* a hint */
}

void
steal__worker_compute(struct worker *w)
{
    if (steal__jobs_find(w))
        compute(w);
}
