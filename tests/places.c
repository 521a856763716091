/*
 * tests/places.c - how many threads computations occupy: as many as may, and none
 * that has nothing to do.
 */
#include <steal/fork.h>

#include <time.h>

#include "jobs.h"

static struct steal_runtime *runtime;
static _Atomic(int) begun;
static _Atomic(bool) over;

static void
reset(void)
{
    store_release(&begun, 0);
    store_release(&over, false);
}

/* Computes until it is told to end. */
static int
go_on(void *arg)
{
    (void)arg;
    add_acq_rel(&begun, 1);
    wait_until(load_acquire(&over));
    return 7;
}

/*
 * The limit
 */

static _Atomic(int) now;
static _Atomic(int) most;

struct counted {
    struct steal_job job;
    int depth;
};

static void
count_in(void)
{
    int n = add_acq_rel(&now, 1) + 1;
    int seen = load_relaxed(&most);

    while (n > seen && !cas_weak_acq_rel(&most, &seen, n))
        ;
}

/* Only leaves are counted, so that no thread is counted twice. */
static void
run_counted(struct steal_job *job)
{
    struct counted *self = (struct counted *)job;
    struct counted part[2];

    if (self->depth == 0) {
        count_in();
        for (int i = 0; i < 100; i++)
            cpu_relax();
        sub_acq_rel(&now, 1);
        return;
    }
    for (int i = 0; i < 2; i++) {
        part[i] = (struct counted){ STEAL_JOB(run_counted), self->depth - 1 };
        steal_fork(&part[i].job);
    }
    steal_join_and_run(&part[1].job);
    steal_join_and_run(&part[0].job);
}

static int
compute_counted(void *arg)
{
    struct counted job = { STEAL_JOB(run_counted), *(int *)arg };

    run_counted(&job.job);
    return 0;
}

START_TEST(no_more_threads_compute_than_may)
{
    for (unsigned limit = 1; limit <= 3; limit++) {
        struct steal_compute compute[20];
        struct steal_future *child[20];
        struct steal_join_all all;
        int depth = 8;

        store_release(&most, 0);
        runtime = start_sleepers(8, limit);
        for (int turn = 0; turn < scaled(20); turn++) {
            for (size_t i = 0; i < LENGTH(child); i++)
                child[i] = steal_compute(&compute[i], compute_counted, &depth);
            ck_assert_int_eq(steal_block_on(runtime, steal_join_all(&all, child,
                                                             LENGTH(child))),
                    0);
        }
        ck_assert_int_le(load_acquire(&most), limit);
        ck_assert_int_ge(load_acquire(&most), 1);
        runtime_end(runtime);
    }
}
END_TEST

static int
come_and_wait(void *arg)
{
    meet(arg, 3);
    return 0;
}

START_TEST(as_many_compute_as_may)
{
    for (int turn = 0; turn < 20; turn++) {
        struct meeting meeting = { 0 };
        struct steal_compute compute[3];
        struct steal_future *child[3];
        struct steal_join_all all;

        runtime = start_sleepers(8, 3);
        wait_for_sleepers(8);
        for (size_t i = 0; i < LENGTH(child); i++)
            child[i] = steal_compute(&compute[i], come_and_wait, &meeting);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_join_all(&all, child, LENGTH(child))),
                0);
        runtime_end(runtime);
    }
}
END_TEST

/*
 * Nothing to do
 */

static uint64_t
cpu_time(void)
{
    struct rusage usage;

    require(getrusage(RUSAGE_SELF, &usage) == 0);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
                   STEAL_SECONDS(1) +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) *
                   STEAL_US(1);
}

/* Time is what is measured here. */
static uint64_t
cpu_time_of(uint64_t ns)
{
    const struct timespec span = { 0, (long)ns };
    uint64_t before = cpu_time();

    nanosleep(&span, NULL);
    return cpu_time() - before;
}

START_TEST(nobody_is_awake_after_a_computation)
{
    int depth = 12;

    for (unsigned workers = 2; workers <= 8; workers *= 2) {
        runtime = start_sleepers(workers, 0);
        for (size_t i = 0; i < LENGTH(ways); i++)
            ck_assert_int_eq(ways[i](runtime, grow_tree, &depth), 1 << depth);
        wait_for_sleepers((int)workers);
        cpu_time_of(STEAL_MS(100)); /* who is about to sleep does */
        ck_assert_uint_lt(cpu_time_of(STEAL_MS(400)), STEAL_MS(4));
        runtime_end(runtime);
    }
}
END_TEST

/* Who computes alone does not keep the others awake. */
static int
be_alone(void *arg)
{
    struct tree_job job = { STEAL_JOB(run_tree), 3, 0 };
    int workers = *(int *)arg;
    uint64_t used;

    wait_for_sleepers(workers - 1);
    used = cpu_time_of(STEAL_MS(400));
    require(used < STEAL_MS(scaled(20) > 10 ? 20 : 100));
    steal_fork(&job.job);
    steal_join_and_run(&job.job);
    return 0;
}

START_TEST(nobody_spins_beside_a_long_computation)
{
    int workers = 4;

    runtime = start_sleepers((unsigned)workers, 0);
    ck_assert_int_eq(call_computing(runtime, be_alone, &workers), 0);
    ck_assert_int_eq(call_inside(runtime, be_alone, &workers), 0);
    runtime_end(runtime);
}
END_TEST

/* A thread that waits for a job that another has sleeps, in the end. */
static int
nap_for_long(void *arg)
{
    (void)arg;
    add_acq_rel(&begun, 1);
    return cpu_time_of(STEAL_MS(400)) < STEAL_MS(40);
}

static int
wait_for_a_napper(void *arg)
{
    struct call_job call = job_of(nap_for_long, NULL);

    (void)arg;
    steal_fork(&call.job);
    steal_share();
    wait_until(load_acquire(&begun));
    require(!steal_join_job(&call.job));
    return call.result;
}

START_TEST(who_waits_in_a_join_sleeps)
{
    runtime = runtime_start(2);
    for (size_t i = 0; i < LENGTH(ways); i++) {
        reset();
        ck_assert_int_eq(ways[i](runtime, wait_for_a_napper, NULL), 1);
    }
    runtime_end(runtime);
}
END_TEST

/*
 * Stop
 */

struct awaiter {
    struct steal_async async;
    struct steal_compute compute;
};

static enum steal_poll
awaiter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct awaiter *self = (struct awaiter *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_compute(&self->compute, go_on, NULL));
    STEAL_RETURN(self->compute.future.result);
    STEAL_END();
}

static const struct steal_future_ops awaiter_ops = { .name = "awaiter",
    .poll = awaiter_poll };

static bool
is_stuck_in_a_computation(void)
{
    const char *names[8] = { NULL };
    size_t n = steal_runtime_stuck(runtime, names, LENGTH(names));

    for (size_t i = 0; i < n && i < LENGTH(names); i++)
        if (strcmp(names[i], "computation") == 0)
            return true;
    return false;
}

START_TEST(stop_that_waits_in_vain_tells_of_the_computation)
{
    struct awaiter awaiter = { .async = STEAL_ASYNC(&awaiter_ops) };

    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        struct steal_task *task;

        reset();
        runtime = runtime_start(workers);
        ck_assert_int_eq(steal_spawn(runtime, &awaiter.async.future,
                                 sizeof awaiter, &task),
                0);
        wait_until(load_acquire(&begun) == 1);
        ck_assert(is_stuck_in_a_computation());
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_MS(1)),
                    -ETIMEDOUT);
            ck_assert(is_stuck_in_a_computation());
        }
        store_release(&over, true);
        runtime_end(runtime);
        steal_task_detach(task);
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        no_more_threads_compute_than_may,
        as_many_compute_as_may,
        nobody_is_awake_after_a_computation,
        nobody_spins_beside_a_long_computation,
        who_waits_in_a_join_sleeps,
        stop_that_waits_in_vain_tells_of_the_computation,
    };

    return run_suite_with("places", reset, tests, LENGTH(tests));
}
