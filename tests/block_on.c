/*
 * tests/block_on.c - threads that wait for a future, and STEAL_ON_CALLER.
 */
#include <steal/runtime.h>

#include "kit.h"

static struct record record[2];

static void
reset(void)
{
    for (size_t i = 0; i < LENGTH(record); i++)
        record[i] = (struct record)RECORD_INIT;
}

static struct steal_runtime *
on_caller(void)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime;

    options.flags = STEAL_ON_CALLER;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    ck_assert_uint_eq(steal_runtime_workers(runtime), 1);
    return runtime;
}

START_TEST(result_is_that_of_the_future)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct probe probe = probe_make(&record[0], 2, -EPIPE);

    ck_assert_int_eq(steal_block_on(runtime, &probe.future), -EPIPE);
    ck_assert_int_eq(record_polls(&record[0]), 3);
    ck_assert_int_eq(record_drops(&record[0]), 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(future_stays_the_callers)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct probe probe = probe_make(&record[0], 0, 4);

    steal_block_on(runtime, &probe.future);
    ck_assert_int_eq(probe.future.result, 4);
    steal_future_drop(&probe.future); /* harmless: it was dropped */
    ck_assert_int_eq(record_drops(&record[0]), 1);
    runtime_end(runtime);
}
END_TEST

static int
block_inside(void *arg)
{
    struct steal_yield yield;
    struct steal_runtime *runtime = arg;

    return steal_block_on(runtime, steal_yield(&yield));
}

static int
run_inside(void *arg)
{
    struct steal_yield yield;

    (void)arg;
    return steal_run(NULL, steal_yield(&yield));
}

START_TEST(inside_a_worker_of_any_runtime_it_is_refused)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_runtime *other = runtime_start(1);

    ck_assert_int_eq(call_inside(runtime, block_inside, runtime), -EDEADLK);
    ck_assert_int_eq(call_inside(runtime, block_inside, other), -EDEADLK);
    ck_assert_int_eq(call_inside(runtime, run_inside, NULL), -EDEADLK);
    runtime_end(runtime);
    runtime_end(other);
}
END_TEST

START_TEST(without_a_runtime_the_caller_polls)
{
    struct probe probe = probe_make(&record[0], 2, 7);

    ck_assert_int_eq(steal_block_on(NULL, &probe.future), 7);
    ck_assert_int_eq(record_polls(&record[0]), 3);
    ck_assert_int_eq(record_drops(&record[0]), 1);
}
END_TEST

START_TEST(without_a_runtime_the_caller_sleeps_until_it_is_woken)
{
    struct steal_runtime *runtime = runtime_start(1);

    for (int i = 0; i < scaled(200); i++) {
        struct probe probe = probe_make(&record[0], i % 5, i);
        struct steal_join join;
        struct steal_task *task;

        require(steal_spawn(runtime, &probe.future, sizeof probe, &task) == 0);
        require(steal_block_on(NULL, steal_join(&join, task)) == i);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(stopped_runtime_refuses_and_leaves_the_future)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct probe probe = probe_make(&record[0], 0, 6);

    steal_runtime_begin_stop(runtime);
    ck_assert_int_eq(steal_block_on(runtime, &probe.future), -ECANCELED);
    ck_assert_int_eq(record_polls(&record[0]), 0);
    runtime_end(runtime);
    ck_assert_int_eq(steal_run(NULL, &probe.future), 6);
}
END_TEST

struct waiter {
    struct steal_runtime *runtime;
    struct record *record;
    int result;
};

static void *
wait_for_record(void *arg)
{
    struct waiter *waiter = arg;
    struct probe probe = probe_make(waiter->record, PROBE_WAITS, 9);

    waiter->result = steal_block_on(waiter->runtime, &probe.future);
    require(record_drops(waiter->record) == 1);
    return NULL;
}

START_TEST(begin_stop_cancels_who_waits)
{
    struct waiter waiter = { runtime_start(1), &record[0], 0 };
    pthread_t thread = start_thread(wait_for_record, &waiter);

    wait_until(record_polls(&record[0]) == 1);
    steal_runtime_begin_stop(waiter.runtime);
    join_thread(thread);
    ck_assert_int_eq(waiter.result, -ECANCELED);
    runtime_end(waiter.runtime);
}
END_TEST

START_TEST(many_threads_wait_at_once)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct waiter waiter[2] = { { runtime, &record[0], 0 },
        { runtime, &record[1], 0 } };
    pthread_t thread[2];

    for (int i = 0; i < 2; i++)
        thread[i] = start_thread(wait_for_record, &waiter[i]);
    for (int i = 1; i >= 0; i--) {
        wait_until(record_polls(&record[i]) == 1);
        record_open(&record[i]);
        join_thread(thread[i]);
        ck_assert_int_eq(waiter[i].result, 9);
    }
    runtime_end(runtime);
}
END_TEST

static int
is_thread(void *arg)
{
    return pthread_equal(*(pthread_t *)arg, pthread_self());
}

START_TEST(on_caller_the_caller_is_the_worker)
{
    struct steal_runtime *runtime = on_caller();
    pthread_t self = pthread_self();
    struct steal_task *task;

    ck_assert_int_eq(call_inside(runtime, is_thread, &self), 1);
    task = spawn_call(runtime, is_thread, &self);
    ck_assert(!steal_task_is_finished(task));
    ck_assert_int_eq(join_task(runtime, task), 1);
    ck_assert_ptr_null(steal_runtime_current());
    runtime_end(runtime);
}
END_TEST

START_TEST(on_caller_sleeps_and_foreign_wakes_work)
{
    struct waiter waiter = { on_caller(), &record[0], 0 };
    pthread_t thread = start_thread(wait_for_record, &waiter);
    struct steal_sleep sleep;

    wait_until(record_polls(&record[0]) == 1);
    record_open(&record[0]);
    join_thread(thread);
    ck_assert_int_eq(waiter.result, 9);
    ck_assert_int_eq(steal_block_on(waiter.runtime,
                             steal_sleep(&sleep, 1000000)),
            0);
    runtime_end(waiter.runtime);
}
END_TEST

/* Whoever ends first, the other goes on. */
START_TEST(on_caller_two_threads_wait_at_once)
{
    for (int first = 0; first < 2; first++) {
        struct steal_runtime *runtime = on_caller();
        struct waiter waiter[2] = { { runtime, &record[0], 0 },
            { runtime, &record[1], 0 } };
        pthread_t thread[2];

        reset();
        for (int i = 0; i < 2; i++) {
            thread[i] = start_thread(wait_for_record, &waiter[i]);
            wait_until(record_polls(&record[i]) == 1);
        }
        for (int i = 0; i < 2; i++) {
            record_open(&record[i ^ first]);
            join_thread(thread[i ^ first]);
            ck_assert_int_eq(waiter[i ^ first].result, 9);
        }
        runtime_end(runtime);
    }
}
END_TEST

START_TEST(on_caller_many_threads_take_turns)
{
    struct steal_runtime *runtime = on_caller();

    for (int i = 0; i < scaled(300); i++) {
        struct waiter waiter[2] = { { runtime, &record[0], 0 },
            { runtime, &record[1], 0 } };
        pthread_t thread[2];

        reset();
        for (int k = 0; k < 2; k++)
            thread[k] = start_thread(wait_for_record, &waiter[k]);
        record_open(&record[i & 1]);
        record_open(&record[~i & 1]);
        for (int k = 0; k < 2; k++) {
            join_thread(thread[k]);
            ck_assert_int_eq(waiter[k].result, 9);
        }
    }
    runtime_end(runtime);
}
END_TEST

static void *
stop(void *arg)
{
    runtime_end(arg);
    return NULL;
}

START_TEST(on_caller_stop_by_another_thread_waits_for_the_worker)
{
    struct waiter waiter = { on_caller(), &record[0], 0 };
    pthread_t thread = start_thread(wait_for_record, &waiter);
    pthread_t stopper;

    wait_until(record_polls(&record[0]) == 1);
    stopper = start_thread(stop, waiter.runtime);
    join_thread(thread);
    join_thread(stopper);
    ck_assert_int_eq(waiter.result, -ECANCELED);
}
END_TEST

START_TEST(on_caller_stop_drops_what_was_never_run)
{
    struct steal_runtime *runtime = on_caller();
    struct steal_task *task = spawn_probe(runtime, &record[0], 0, 0);

    runtime_end(runtime);
    ck_assert_int_eq(record_polls(&record[0]), 0);
    ck_assert_int_eq(record_drops(&record[0]), 1);
    steal_task_detach(task);
}
END_TEST

START_TEST(run_is_all_in_one)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct probe probe = probe_make(&record[0], 2, 7);

    ck_assert_int_eq(steal_run(NULL, &probe.future), 7);
    options.flags = STEAL_ON_CALLER;
    probe = probe_make(&record[0], 2, 8);
    ck_assert_int_eq(steal_run(&options, &probe.future), 8);
    options.workers = STEAL_WORKERS_MAX + 1;
    probe = probe_make(&record[0], 2, 8);
    ck_assert_int_eq(steal_run(&options, &probe.future), -EINVAL);
    ck_assert_int_eq(record_drops(&record[0]), 2);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        result_is_that_of_the_future,
        future_stays_the_callers,
        inside_a_worker_of_any_runtime_it_is_refused,
        without_a_runtime_the_caller_polls,
        without_a_runtime_the_caller_sleeps_until_it_is_woken,
        stopped_runtime_refuses_and_leaves_the_future,
        begin_stop_cancels_who_waits,
        many_threads_wait_at_once,
        on_caller_the_caller_is_the_worker,
        on_caller_sleeps_and_foreign_wakes_work,
        on_caller_two_threads_wait_at_once,
        on_caller_many_threads_take_turns,
        on_caller_stop_by_another_thread_waits_for_the_worker,
        on_caller_stop_drops_what_was_never_run,
        run_is_all_in_one,
    };

    return run_suite_with("block_on", reset, tests, LENGTH(tests));
}
