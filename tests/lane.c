/*
 * tests/lane.c - how jobs come to those who have nothing to do, and what those who
 * wait in a join do meanwhile.
 */
#include "../src/fork/lane.h"

#include "jobs.h"

/*
 * Sharing
 */

struct meeting_job {
    struct steal_job job;
    struct meeting *meeting;
    int n;
};

static void
run_meeting(struct steal_job *job)
{
    struct meeting_job *self = (struct meeting_job *)job;

    meet(self->meeting, self->n);
}

/* None of the first few comes to an end before all workers have one. */
static int
forks_a_flat_list(void *arg)
{
    struct meeting meeting = { 0 };
    struct meeting_job job[100];

    for (size_t i = 0; i < LENGTH(job); i++) {
        job[i] = (struct meeting_job){ STEAL_JOB(run_meeting), &meeting,
            *(int *)arg };
        steal_fork(&job[i].job);
    }
    for (size_t i = LENGTH(job); i--;)
        steal_join_and_run(&job[i].job);
    return load_acquire(&meeting.come);
}

START_TEST(flat_list_spreads_over_all_workers)
{
    for (int workers = 1; workers <= 8; workers *= 2) {
        struct steal_runtime *runtime = start_sleepers((unsigned)workers, 0);

        for (size_t i = 0; i < LENGTH(ways); i++) {
            wait_for_sleepers(workers);
            ck_assert_int_eq(ways[i](runtime, forks_a_flat_list, &workers),
                    100);
        }
        runtime_end(runtime);
    }
}
END_TEST

static int
begin(void *arg)
{
    store_release((_Atomic(bool) *)arg, true);
    return 0;
}

/* Joins nothing until others have begun what it has forked. */
static int
forks_and_goes_on(void *arg)
{
    _Atomic(bool) begun = false;
    struct call_job call = job_of(begin, (void *)&begun);

    (void)arg;
    steal_fork(&call.job);
    wait_until(load_acquire(&begun));
    require(!steal_join_job(&call.job));
    return 7;
}

START_TEST(what_goes_on_without_a_join_is_shared)
{
    for (unsigned workers = 2; workers <= 8; workers *= 2) {
        struct steal_runtime *runtime = runtime_start(workers);

        for (int i = 0; i < 40; i++) {
            ck_assert_int_eq(call_in_job(runtime, forks_and_goes_on, NULL), 7);
            ck_assert_int_eq(call_computing(runtime, forks_and_goes_on, NULL),
                    7);
        }
        runtime_end(runtime);
    }
}
END_TEST

/* How many sleep beside somebody who was called in one of the ways: there is the
 * caller and there are two workers, of whom one computes. */
static int
others(call_fn *way)
{
    return way == call_in_job ? 2 : 1;
}

/* Those who sleep find it, too. */
static int
waits_forks_and_goes_on(void *arg)
{
    wait_for_sleepers(*(int *)arg);
    return forks_and_goes_on(NULL);
}

START_TEST(what_goes_on_without_a_join_is_shared_with_sleepers)
{
    struct steal_runtime *runtime = start_sleepers(2, 0);
    int one = 1;
    int two = 2;

    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(call_in_job(runtime, waits_forks_and_goes_on, &two),
                7);
        ck_assert_int_eq(call_computing(runtime, waits_forks_and_goes_on, &one),
                7);
    }
    runtime_end(runtime);
}
END_TEST

static int
waits_forks_and_shares(void *arg)
{
    _Atomic(bool) begun = false;
    struct call_job call = job_of(begin, (void *)&begun);

    wait_for_sleepers(*(int *)arg);
    steal_fork(&call.job);
    steal_share();
    wait_until(load_acquire(&begun));
    require(!steal_join_job(&call.job));
    return 7;
}

START_TEST(share_calls_those_who_sleep)
{
    struct steal_runtime *runtime = start_sleepers(2, 0);

    for (size_t i = 0; i < 40; i++) {
        call_fn *way = ways[i % LENGTH(ways)];
        int n = others(way);

        ck_assert_int_eq(way(runtime, waits_forks_and_shares, &n), 7);
    }
    runtime_end(runtime);
}
END_TEST

/* What was forked before the question is shared by the next join. */
static int
joins_something_small(void *arg)
{
    _Atomic(bool) begun = false;
    struct call_job call = job_of(begin, (void *)&begun);

    wait_for_sleepers(*(int *)arg);
    steal_fork(&call.job);
    require(grow(1) == 2);
    wait_until(load_acquire(&begun));
    require(!steal_join_job(&call.job));
    return 7;
}

START_TEST(join_calls_those_who_sleep)
{
    struct steal_runtime *runtime = start_sleepers(2, 0);

    for (size_t i = 0; i < 40; i++) {
        call_fn *way = ways[i % LENGTH(ways)];
        int n = others(way);

        ck_assert_int_eq(way(runtime, joins_something_small, &n), 7);
    }
    runtime_end(runtime);
}
END_TEST

/*
 * Helping
 */

#define BUSY_DEPTH 9

static _Thread_local int root_here; /* the computation on this thread's stack */
static _Thread_local int level_here;
static _Atomic(int) levels; /* the highest of all threads */

struct busy_job {
    struct steal_job job;
    int root;
    int depth;
};

static void
note_level(void)
{
    int seen = load_relaxed(&levels);

    while (level_here > seen && !cas_weak_acq_rel(&levels, &seen, level_here))
        ;
}

static void
work_a_bit(void)
{
    for (int i = 0; i < 50; i++)
        cpu_relax();
}

static void
run_busy(struct steal_job *job)
{
    struct busy_job *self = (struct busy_job *)job;
    struct busy_job part[3];
    int outer = root_here;

    require(!outer || outer == self->root);
    require(!steal__lane || steal__lane->helping <= STEAL_HELP_MOST);
    root_here = self->root;
    level_here++;
    note_level();
    work_a_bit();
    for (int i = 0; self->depth && i < 3; i++) {
        part[i] = (struct busy_job){ STEAL_JOB(run_busy), self->root,
            self->depth - 1 };
        steal_fork(&part[i].job);
    }
    for (int i = 3; self->depth && i--;)
        steal_join_and_run(&part[i].job);
    level_here--;
    root_here = outer;
}

static int
keep_busy(void *arg)
{
    struct busy_job job = { STEAL_JOB(run_busy), *(int *)arg,
        scaled(12) > 10 ? BUSY_DEPTH : 5 };

    run_busy(&job.job);
    return *(int *)arg;
}

/* A task in between: never polled by a thread that is inside a computation. */
static enum steal_poll
bystander_poll(struct steal_future *future, struct steal_context *cx)
{
    require(root_here == 0);
    if (future->result-- == 0)
        return STEAL_READY;
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static const struct steal_future_ops bystander_ops = { .name = "bystander",
    .poll = bystander_poll };

struct several {
    struct steal_runtime *runtime;
    int root;
    call_fn *way;
};

static void *
begin_one(void *arg)
{
    struct several *self = arg;

    require(self->way(self->runtime, keep_busy, &self->root) == self->root);
    return NULL;
}

START_TEST(who_waits_helps_its_own_computation_only_and_not_too_deep)
{
    for (unsigned workers = 1; workers <= 8; workers *= 2) {
        struct steal_runtime *runtime = runtime_start(workers);
        struct several several[4];
        pthread_t thread[4];
        struct steal_task *task;
        struct steal_future bystander = STEAL_FUTURE(&bystander_ops);

        bystander.result = scaled(1000);
        require(steal_spawn(runtime, &bystander, sizeof bystander, &task) == 0);
        for (int i = 0; i < 4; i++) {
            several[i] = (struct several){ runtime, i + 1, ways[i] };
            thread[i] = start_thread(begin_one, &several[i]);
        }
        for (int i = 0; i < 4; i++)
            join_thread(thread[i]);
        join_task(runtime, task);
        runtime_end(runtime);
    }
    ck_assert_int_ge(load_acquire(&levels), 6);
    ck_assert_int_le(load_acquire(&levels),
            (1 + STEAL_HELP_MOST) * (BUSY_DEPTH + 1));
}
END_TEST

/*
 * Lanes
 */

static int
is_empty(void *arg)
{
    int depth = 5;

    require(steal__lane_is_shared());
    require(steal_here.top == &steal__lane->bottom);
    require(grow(depth) == 32);
    require(steal_here.top == &steal__lane->bottom);
    return *(int *)arg;
}

START_TEST(all_that_was_forked_is_gone_after_the_joins)
{
    int number = 7;

    ck_assert(!steal__lane_is_shared());
    call_everywhere(is_empty, &number, 7);
    ck_assert(!steal__lane_is_shared());
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        flat_list_spreads_over_all_workers,
        what_goes_on_without_a_join_is_shared,
        what_goes_on_without_a_join_is_shared_with_sleepers,
        share_calls_those_who_sleep,
        join_calls_those_who_sleep,
        who_waits_helps_its_own_computation_only_and_not_too_deep,
        all_that_was_forked_is_gone_after_the_joins,
    };

    return run_suite("lane", tests, LENGTH(tests));
}
