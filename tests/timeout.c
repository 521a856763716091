/*
 * tests/timeout.c - giving up after a while.
 */
#include <steal/time.h>

#include "kit.h"

static struct record record;
static struct probe probe;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
    probe = probe_make(&record, PROBE_WAITS, 5);
}

START_TEST(child_that_is_ready_in_time_gives_its_result)
{
    struct steal_timeout timeout;

    probe.turns = 3;
    ck_assert_int_eq(steal_run(NULL, steal_timeout(&timeout, &probe.future,
                                             STEAL_SECONDS(100))),
            5);
    ck_assert_int_eq(record_drops(&record), 1);
}
END_TEST

START_TEST(child_that_takes_too_long_is_dropped)
{
    struct steal_timeout timeout;
    uint64_t start = steal_now();

    ck_assert_int_eq(steal_run(NULL, steal_timeout(&timeout, &probe.future,
                                             STEAL_MS(5))),
            -ETIMEDOUT);
    ck_assert_uint_ge(steal_now(), start + STEAL_MS(5));
    ck_assert_int_eq(record_drops(&record), 1);
}
END_TEST

START_TEST(child_that_is_ready_wins_over_a_past_deadline)
{
    struct steal_timeout timeout;

    probe.turns = 0;
    ck_assert_int_eq(steal_run(NULL,
                             steal_timeout_at(&timeout, &probe.future, 1)),
            5);
}
END_TEST

START_TEST(pending_child_is_polled_once_before_a_past_deadline)
{
    struct steal_timeout timeout;

    ck_assert_int_eq(steal_run(NULL,
                             steal_timeout_at(&timeout, &probe.future, 1)),
            -ETIMEDOUT);
    ck_assert_int_eq(record_polls(&record), 1);
    ck_assert_int_eq(record_drops(&record), 1);
}
END_TEST

START_TEST(timeouts_nest_and_the_shorter_wins)
{
    struct steal_timeout inner;
    struct steal_timeout outer;

    ck_assert_int_eq(steal_run(NULL,
                             steal_timeout(&outer,
                                     steal_timeout(&inner, &probe.future,
                                             STEAL_SECONDS(1000)),
                                     STEAL_MS(3))),
            -ETIMEDOUT);
    ck_assert_int_eq(record_drops(&record), 1);
    reset();
    ck_assert_int_eq(steal_run(NULL,
                             steal_timeout(&outer,
                                     steal_timeout(&inner, &probe.future,
                                             STEAL_MS(3)),
                                     STEAL_SECONDS(1000))),
            -ETIMEDOUT);
    ck_assert_int_eq(record_drops(&record), 1);
}
END_TEST

START_TEST(timeout_aborted_half_way_drops_the_child)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_timeout timeout;
    struct steal_task_slot slot;
    struct steal_task *task = steal_spawn_in(runtime, &slot,
            steal_timeout(&timeout, &probe.future, STEAL_SECONDS(1000)), NULL);

    wait_until(record_polls(&record) == 1);
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    ck_assert_int_eq(record_drops(&record), 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(unpolled_timeout_drops_no_child)
{
    struct steal_timeout timeout;

    steal_future_drop(steal_timeout(&timeout, &probe.future, 1));
    ck_assert_int_eq(record_drops(&record), 0);
}
END_TEST

START_TEST(outside_of_workers_a_pending_child_is_refused)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_timeout timeout;
    struct steal_future *future = steal_timeout(&timeout, &probe.future, 1000);

    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -EINVAL);
    steal_future_drop(future);
    ck_assert_int_eq(record_drops(&record), 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        child_that_is_ready_in_time_gives_its_result,
        child_that_takes_too_long_is_dropped,
        child_that_is_ready_wins_over_a_past_deadline,
        pending_child_is_polled_once_before_a_past_deadline,
        timeouts_nest_and_the_shorter_wins,
        timeout_aborted_half_way_drops_the_child,
        unpolled_timeout_drops_no_child,
        outside_of_workers_a_pending_child_is_refused,
    };

    return run_suite_with("timeout", reset, tests, LENGTH(tests));
}
