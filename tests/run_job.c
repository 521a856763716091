/*
 * tests/run_job.c - threads that compute with the workers of a runtime.
 */
#include <steal/blocking.h>

#include "jobs.h"

static struct steal_runtime *first;
static struct steal_runtime *second;

static int
add_one(void *arg)
{
    return ++*(int *)arg;
}

static struct steal_runtime *
start_on_caller(void)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime;

    options.flags = STEAL_ON_CALLER;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    return runtime;
}

START_TEST(job_is_over_when_it_returns)
{
    int depth = 10;
    int number = 0;

    first = runtime_start(2);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(call_in_job(first, add_one, &number), i + 1);
    ck_assert_int_eq(call_in_job(first, grow_tree, &depth), 1024);
    runtime_end(first);
}
END_TEST

START_TEST(without_a_runtime_it_is_refused)
{
    int number = 0;

    ck_assert_int_eq(call_in_job(NULL, add_one, &number), -EINVAL);
    ck_assert_int_eq(number, 0);
}
END_TEST

/*
 * Many at once
 */

struct party {
    struct meeting meeting;
    int n;
};

/* Who has no lane is inside, too. */
static int
meet_and_grow(void *arg)
{
    struct party *party = arg;
    int depth = 6;

    meet(&party->meeting, party->n);
    require(steal_runtime_stop(first, STEAL_FOREVER) == -EDEADLK);
    return call_in_job(NULL, grow_tree, &depth);
}

static void *
go_to_party(void *arg)
{
    require(call_in_job(first, meet_and_grow, arg) == 64);
    return NULL;
}

/* All are inside at the same time. */
static void
hold_party(int n)
{
    struct party party = { .n = n };
    pthread_t thread[64];

    for (int i = 0; i < n; i++)
        thread[i] = start_thread(go_to_party, &party);
    for (int i = 0; i < n; i++)
        join_thread(thread[i]);
}

START_TEST(several_threads_may_compute_at_once)
{
    for (unsigned workers = 1; workers <= 8; workers *= 2) {
        first = runtime_start(workers);
        for (int i = 0; i < 20; i++)
            hold_party(5);
        runtime_end(first);
    }
}
END_TEST

START_TEST(more_threads_than_there_are_lanes_may_compute_at_once)
{
    first = runtime_start(2);
    hold_party(48);
    ck_assert_int_eq(call_computing(first, meet_and_grow,
                             &(struct party){ .n = 1 }),
            64);
    runtime_end(first);
}
END_TEST

/*
 * One within another
 */

struct nesting {
    int depth;
    bool same; /* the same runtime */
};

static int nest(void *arg);

static int
nest_below(struct nesting *self)
{
    struct nesting below = { self->depth - 1, self->same };
    struct steal_runtime *runtime = self->depth % 2 ? first : second;
    struct tree_job job = { STEAL_JOB(run_tree), 4, 0 };
    int result;

    steal_fork(&job.job);
    result = call_in_job(self->same ? NULL : runtime, nest, &below);
    steal_join_and_run(&job.job);
    return result + job.leaves;
}

static int
nest(void *arg)
{
    struct nesting *self = arg;

    return self->depth ? nest_below(self) : grow(4);
}

START_TEST(job_may_run_a_job)
{
    struct nesting nesting = { 12, true };

    call_everywhere(nest, &nesting, 13 * 16);
}
END_TEST

START_TEST(job_may_run_a_job_with_another_runtime)
{
    struct nesting nesting = { 6, false };

    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        first = runtime_start(workers);
        second = runtime_start(workers);
        for (int turn = 0; turn < 20; turn++)
            for (size_t i = 0; i < LENGTH(ways); i++)
                ck_assert_int_eq(ways[i](turn % 2 ? first : second, nest,
                                         &nesting),
                        7 * 16);
        runtime_end(first);
        runtime_end(second);
    }
}
END_TEST

/* What is forked there stays with the thread's own runtime. */
static int
blocks_in_place(void *arg)
{
    (void)arg;
    return steal_block_in_place(grow_tree, &(int){ 6 });
}

START_TEST(job_may_block_in_place_and_fork_there)
{
    call_everywhere(blocks_in_place, NULL, 64);
}
END_TEST

static int
call_second(void *arg)
{
    return call_in_job(second, grow_tree, arg);
}

START_TEST(blocking_call_may_run_a_job)
{
    struct steal_blocking call;
    int depth = 8;

    first = runtime_start(1);
    second = runtime_start(2);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(steal_block_on(first,
                                 steal_blocking(&call, call_second, &depth)),
                256);
    runtime_end(first);
    runtime_end(second);
}
END_TEST

/*
 * STEAL_ON_CALLER
 */

START_TEST(on_the_caller_it_works_in_all_ways)
{
    int depth = 8;

    first = start_on_caller();
    for (size_t i = 0; i < LENGTH(ways); i++)
        ck_assert_int_eq(ways[i](first, grow_tree, &depth), 256);
    runtime_end(first);
}
END_TEST

static int
compute_through(void *arg)
{
    struct call_job call = job_of(grow_tree, arg);

    require(steal_run_job(first, &call.job) == 0);
    return call.result;
}

static void *
compute_as_guest(void *arg)
{
    for (int i = 0; i < scaled(200); i++)
        require(compute_through(arg) == 256);
    return NULL;
}

START_TEST(on_the_caller_others_may_compute_meanwhile)
{
    int depth = 8;
    pthread_t thread;

    first = start_on_caller();
    thread = start_thread(compute_as_guest, &depth);
    for (int i = 0; i < scaled(200); i++)
        ck_assert_int_eq(call_inside(first, grow_tree, &depth), 256);
    join_thread(thread);
    runtime_end(first);
}
END_TEST

/*
 * The end
 */

START_TEST(runtime_that_stops_refuses_it)
{
    int number = 0;

    first = runtime_start(2);
    steal_runtime_begin_stop(first);
    ck_assert_int_eq(call_in_job(first, add_one, &number), -ECANCELED);
    ck_assert_int_eq(number, 0);
    runtime_end(first);
}
END_TEST

static _Atomic(bool) inside;
static _Atomic(bool) may_leave;

static int
stay_inside(void *arg)
{
    (void)arg;
    store_release(&inside, true);
    wait_until(load_acquire(&may_leave));
    return grow(6);
}

static void *
stay_as_guest(void *arg)
{
    (void)arg;
    require(call_in_job(first, stay_inside, NULL) == 64);
    return NULL;
}

static pthread_t
start_guest(void)
{
    pthread_t thread;

    store_release(&inside, false);
    store_release(&may_leave, false);
    thread = start_thread(stay_as_guest, NULL);
    wait_until(load_acquire(&inside));
    return thread;
}

START_TEST(stop_waits_for_those_inside)
{
    pthread_t thread;

    first = runtime_start(2);
    thread = start_guest();
    ck_assert_int_eq(steal_runtime_stop(first, STEAL_MS(2)), -ETIMEDOUT);
    ck_assert_int_eq(steal_runtime_stop(first, 0), -ETIMEDOUT);
    store_release(&may_leave, true);
    runtime_end(first);
    join_thread(thread);
}
END_TEST

static int
stop_first(void *arg)
{
    (void)arg;
    return steal_runtime_stop(first, STEAL_FOREVER);
}

START_TEST(job_cannot_stop_the_runtime_that_it_computes_with)
{
    first = runtime_start(2);
    for (size_t i = 0; i < LENGTH(ways); i++)
        ck_assert_int_eq(ways[i](first, stop_first, NULL), -EDEADLK);
    runtime_end(first);
}
END_TEST

static int
stop_first_from_second(void *arg)
{
    return call_in_job(second, stop_first, arg);
}

START_TEST(nor_can_a_job_of_another_that_is_called_by_it)
{
    first = runtime_start(2);
    second = runtime_start(2);
    ck_assert_int_eq(call_in_job(first, stop_first_from_second, NULL),
            -EDEADLK);
    runtime_end(second);
    runtime_end(first);
}
END_TEST

/* The only place is given to who waits for it, though all sleep. */
START_TEST(who_leaves_makes_room_for_a_computation)
{
    for (int i = 0; i < 20; i++) {
        struct steal_task *task;
        struct steal_compute compute;
        struct steal_future *future;
        pthread_t thread;
        int depth = 3;

        first = start_sleepers(2, 1);
        thread = start_guest();
        future = steal_compute(&compute, grow_tree, &depth);
        ck_assert_int_eq(steal_spawn(first, future, sizeof compute, &task), 0);
        wait_until(count_polls(first) == 1);
        wait_for_sleepers(2);
        ck_assert(!steal_task_is_finished(task));
        store_release(&may_leave, true);
        ck_assert_int_eq(join_task(first, task), 8);
        join_thread(thread);
        runtime_end(first);
    }
}
END_TEST

/*
 * fork()
 */

static int
is_refused(void *arg)
{
    struct steal_compute compute;

    (void)arg;
    if (call_in_job(first, grow_tree, &(int){ 3 }) != -ECANCELED)
        return 1;
    if (steal_block_on(first, steal_compute(&compute, grow_tree, NULL)) !=
            -ECANCELED)
        return 2;
    return grow(6) == 64 ? 0 : 3;
}

/* The exit status of a child that is forked here. */
static int
fork_a_child(void *arg)
{
    int status;
    pid_t child = fork();

    require(child >= 0);
    if (child == 0) {
        alarm(30);
        _exit(is_refused(arg));
    }
    require(waitpid(child, &status, 0) == child);
    return status;
}

START_TEST(child_of_a_fork_is_refused)
{
    first = runtime_start(2);
    ck_assert_int_eq(fork_a_child(NULL), 0);
    ck_assert_int_eq(call_in_job(first, grow_tree, &(int){ 3 }), 8);
    runtime_end(first);
}
END_TEST

/* Who watches memory and threads finds fault with a child of another thread than
 * the first. */
static bool
forks_are_easy(void)
{
    return scaled(1000) == 1000;
}

START_TEST(so_is_one_that_is_forked_by_a_job)
{
    first = runtime_start(2);
    for (size_t i = 0; i < LENGTH(ways) && forks_are_easy(); i++)
        ck_assert_int_eq(ways[i](first, fork_a_child, NULL), 0);
    runtime_end(first);
}
END_TEST

/* It runs what its thread has forked by itself. */
static int
fork_with_a_job(void *arg)
{
    struct tree_job job = { STEAL_JOB(run_tree), 3, 0 };
    int status = 0;
    pid_t child;

    (void)arg;
    steal_fork(&job.job);
    child = fork();
    require(child >= 0);
    if (child == 0) {
        alarm(30);
        steal_join_and_run(&job.job);
        _exit(job.leaves);
    }
    steal_join_and_run(&job.job);
    require(waitpid(child, &status, 0) == child);
    return WEXITSTATUS(status);
}

START_TEST(child_of_a_fork_runs_the_jobs_of_its_thread)
{
    first = runtime_start(2);
    for (size_t i = 0; i < LENGTH(ways) && forks_are_easy(); i++)
        ck_assert_int_eq(ways[i](first, fork_with_a_job, NULL), 8);
    runtime_end(first);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        job_is_over_when_it_returns,
        without_a_runtime_it_is_refused,
        several_threads_may_compute_at_once,
        more_threads_than_there_are_lanes_may_compute_at_once,
        job_may_run_a_job,
        job_may_run_a_job_with_another_runtime,
        job_may_block_in_place_and_fork_there,
        blocking_call_may_run_a_job,
        on_the_caller_it_works_in_all_ways,
        on_the_caller_others_may_compute_meanwhile,
        runtime_that_stops_refuses_it,
        stop_waits_for_those_inside,
        job_cannot_stop_the_runtime_that_it_computes_with,
        nor_can_a_job_of_another_that_is_called_by_it,
        who_leaves_makes_room_for_a_computation,
        child_of_a_fork_is_refused,
        so_is_one_that_is_forked_by_a_job,
        child_of_a_fork_runs_the_jobs_of_its_thread,
    };

    return run_suite("run_job", tests, LENGTH(tests));
}
