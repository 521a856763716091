/*
 * tests/job.c - forks and joins: each job is run once, by whom the join tells.
 */
#include "../src/fork/job.h"

#include "jobs.h"

static int
add_one(void *arg)
{
    return ++*(int *)arg;
}

START_TEST(thread_without_a_runtime_runs_its_jobs_itself)
{
    int number = 0;
    struct call_job call = job_of(add_one, &number);

    steal_fork(&call.job);
    ck_assert(steal_join_job(&call.job));
    ck_assert_int_eq(number, 0);
    steal_fork(&call.job);
    steal_share();
    steal_join_and_run(&call.job);
    ck_assert_int_eq(number, 1);
    ck_assert_int_eq(grow(10), 1024);
}
END_TEST

/* By everybody who begins it. */
static int
adds_up(void *arg)
{
    int depth = scaled(12) > 10 ? 12 : 6;

    (void)arg;
    for (int i = 0; i < 20; i++)
        require(grow(depth) == 1 << depth);
    return depth;
}

START_TEST(tree_adds_up_everywhere)
{
    int expected = adds_up(NULL);

    call_everywhere(adds_up, NULL, expected);
}
END_TEST

/*
 * Who has run it
 */

struct once_job {
    struct steal_job job;
    _Atomic(int) runs;
    pthread_t runner;
};

static void
run_once(struct steal_job *job)
{
    struct once_job *self = (struct once_job *)job;

    self->runner = pthread_self();
    add_acq_rel(&self->runs, 1);
}

static void
join_once(struct once_job *job)
{
    bool ours = steal_join_job(&job->job);

    require(load_acquire(&job->runs) == !ours);
    if (ours)
        run_once(&job->job);
    require(!ours == !pthread_equal(job->runner, pthread_self()));
}

static int
runs_each_once(void *arg)
{
    struct once_job job[20];

    for (int turn = 0; turn < *(int *)arg; turn++) {
        for (size_t i = 0; i < LENGTH(job); i++) {
            job[i] = (struct once_job){ STEAL_JOB(run_once), 0,
                pthread_self() };
            steal_fork(&job[i].job);
        }
        if (turn % 3 == 0)
            steal_share();
        for (size_t i = LENGTH(job); i--;)
            join_once(&job[i]);
    }
    return 7;
}

START_TEST(join_tells_who_has_run_it)
{
    int turns = scaled(2000);

    call_everywhere(runs_each_once, &turns, 7);
}
END_TEST

static int
forks_it_again(void *arg)
{
    struct once_job job = { STEAL_JOB(run_once), 0, pthread_self() };

    for (int turn = 0; turn < *(int *)arg; turn++) {
        steal_fork(&job.job);
        if (turn % 2 == 0)
            steal_share();
        join_once(&job);
        require(job.job.word == JOB_PRIVATE);
        store_release(&job.runs, 0);
    }
    return 7;
}

START_TEST(job_may_be_forked_again_after_its_join)
{
    int turns = scaled(20000);

    call_everywhere(forks_it_again, &turns, 7);
}
END_TEST

/*
 * Depth
 */

static int
forks_many_first(void *arg)
{
    int n = *(int *)arg;
    struct once_job *job = malloc((size_t)n * sizeof *job);

    require(job);
    for (int i = 0; i < n; i++) {
        job[i] = (struct once_job){ STEAL_JOB(run_once), 0, pthread_self() };
        steal_fork(&job[i].job);
    }
    for (int i = n; i--;)
        join_once(&job[i]);
    free(job);
    return 7;
}

START_TEST(million_jobs_may_wait_for_their_joins)
{
    int n = scaled(1000000);

    ck_assert_int_eq(forks_many_first(&n), 7);
    call_everywhere(forks_many_first, &n, 7);
}
END_TEST

/* The recursion is as deep as its argument says, and each level forks. */
static int
descend(int depth)
{
    struct tree_job leaf = { STEAL_JOB(run_tree), 0, 0 };
    int below;

    if (depth == 0)
        return 0;
    steal_fork(&leaf.job);
    below = descend(depth - 1);
    steal_join_and_run(&leaf.job);
    return below + leaf.leaves;
}

static int
go_deep(void *arg)
{
    return descend(*(int *)arg);
}

static void *
go_deep_as_guest(void *arg)
{
    struct steal_runtime *runtime = runtime_start(4);
    int depth = scaled(1000000);

    *(bool *)arg = call_in_job(runtime, go_deep, &depth) == depth;
    runtime_end(runtime);
    return NULL;
}

START_TEST(recursion_may_be_as_deep_as_the_stack)
{
    pthread_attr_t attr;
    pthread_t thread;
    bool done = false;

    ck_assert_int_eq(pthread_attr_init(&attr), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&attr, (size_t)1 << 29), 0);
    ck_assert_int_eq(pthread_create(&thread, &attr, go_deep_as_guest, &done),
            0);
    join_thread(thread);
    ck_assert(done);
    pthread_attr_destroy(&attr);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        thread_without_a_runtime_runs_its_jobs_itself,
        tree_adds_up_everywhere,
        join_tells_who_has_run_it,
        job_may_be_forked_again_after_its_join,
        million_jobs_may_wait_for_their_joins,
        recursion_may_be_as_deep_as_the_stack,
    };

    return run_suite("job", tests, LENGTH(tests));
}
