/*
 * jobs.h - what the tests of jobs share: functions called in all the places where
 * one may fork, threads that meet, a tree of jobs, and workers that sleep.
 */
#ifndef STEAL_TESTS_JOBS_H
#define STEAL_TESTS_JOBS_H

#include <steal/fork.h>
#include <steal/metrics.h>

#include "kit.h"

/*
 * Calls
 */

struct call_job {
    struct steal_job job;
    int (*fn)(void *arg);
    void *arg;
    int result;
};

static inline void
run_call(struct steal_job *job)
{
    struct call_job *self = (struct call_job *)job;

    self->result = self->fn(self->arg);
}

static inline struct call_job
job_of(int (*fn)(void *arg), void *arg)
{
    return (struct call_job){ STEAL_JOB(run_call), fn, arg, -1 };
}

static inline int
call_in_job(struct steal_runtime *runtime, int (*fn)(void *arg), void *arg)
{
    struct call_job call = job_of(fn, arg);
    int error = steal_run_job(runtime, &call.job);

    return error ? error : call.result;
}

static inline int
call_computing(struct steal_runtime *runtime, int (*fn)(void *arg), void *arg)
{
    struct steal_compute compute;

    return steal_block_on(runtime, steal_compute(&compute, fn, arg));
}

static inline int
call_job_in_poll(void *arg)
{
    struct call_job *call = arg;

    require(steal_run_job(NULL, &call->job) == 0);
    return call->result;
}

/* The ways to call something where jobs are shared. */
typedef int call_fn(struct steal_runtime *, int (*)(void *), void *);

static inline int
call_in_job_in_poll(struct steal_runtime *runtime, int (*fn)(void *arg),
        void *arg)
{
    struct call_job call = job_of(fn, arg);

    return call_inside(runtime, call_job_in_poll, &call);
}

static call_fn *const ways[] = { call_inside, call_in_job, call_computing,
    call_in_job_in_poll };

/* In each of these ways, with few workers and many. */
static inline void
call_everywhere(int (*fn)(void *arg), void *arg, int expected)
{
    for (unsigned workers = 1; workers <= 8; workers *= 2) {
        struct steal_runtime *runtime = runtime_start(workers);

        for (size_t i = 0; i < LENGTH(ways); i++)
            ck_assert_int_eq(ways[i](runtime, fn, arg), expected);
        runtime_end(runtime);
    }
}

/*
 * Meetings
 */

struct meeting {
    _Atomic(int) come;
};

/* Returns once `n` have come. */
static inline void
meet(struct meeting *meeting, int n)
{
    add_acq_rel(&meeting->come, 1);
    wait_until(load_acquire(&meeting->come) >= n);
}

/*
 * A tree of jobs, which adds up its leaves
 */

struct tree_job {
    struct steal_job job;
    int depth;
    int leaves;
};

static inline int grow(int depth);

static inline void
run_tree(struct steal_job *job)
{
    struct tree_job *self = (struct tree_job *)job;

    self->leaves = grow(self->depth);
}

static inline int
grow(int depth)
{
    struct tree_job right = { STEAL_JOB(run_tree), depth - 1, 0 };
    int left;

    if (depth == 0)
        return 1;
    steal_fork(&right.job);
    left = grow(depth - 1);
    steal_join_and_run(&right.job);
    return left + right.leaves;
}

static inline int
grow_tree(void *arg)
{
    return grow(*(int *)arg);
}

/* How often tasks were polled. */
static inline uint64_t
count_polls(struct steal_runtime *runtime)
{
    struct steal_worker_metrics m;

    require(steal_metrics_worker(runtime, STEAL_ALL_WORKERS, &m, sizeof m) ==
            0);
    return m.polls;
}

/*
 * Workers that sleep
 */

static _Atomic(int) asleep;

static inline void
count_sleeper(unsigned worker, void *data)
{
    (void)worker;
    (void)data;
    add_acq_rel(&asleep, 1);
}

static inline void
count_riser(unsigned worker, void *data)
{
    (void)worker;
    (void)data;
    sub_acq_rel(&asleep, 1);
}

/* So many workers, of whom so many compute at a time; 0: all. */
static inline struct steal_runtime *
start_sleepers(unsigned workers, unsigned compute_workers)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime;

    store_release(&asleep, 0);
    options.workers = workers;
    options.compute_workers = compute_workers;
    options.hooks = (struct steal_hooks){ .park = count_sleeper,
        .unpark = count_riser };
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    return runtime;
}

static inline void
wait_for_sleepers(int n)
{
    wait_until(load_acquire(&asleep) == n);
}

#endif
