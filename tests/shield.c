/*
 * tests/shield.c - work that goes on when nobody waits for it any more.
 */
#include <steal/group.h>

#include "kit.h"

static struct steal_runtime *runtime;
static struct record shielded;

static void
reset(void)
{
    shielded = (struct record)RECORD_INIT;
    runtime = runtime_start(2);
}

static int
run_shield(struct probe *probe)
{
    struct steal_shield shield;

    return steal_block_on(runtime,
            steal_shield(&shield, &probe->future, sizeof *probe));
}

START_TEST(shield_gives_the_result_and_the_output_of_the_work)
{
    struct probe probe = probe_make(&shielded, 3, 42);

    ck_assert_int_eq(run_shield(&probe), 42);
    ck_assert_int_eq(probe.future.result, 42);
    ck_assert_int_eq(probe.turns, -1); /* moved back */
    ck_assert_int_eq(record_polls(&shielded), 4);
    ck_assert_int_eq(record_drops(&shielded), 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(work_goes_on_without_its_shield)
{
    struct probe probe = probe_make(&shielded, PROBE_WAITS, 0);
    struct steal_shield shield;
    struct steal_timeout timeout;

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout(&timeout,
                                     steal_shield(&shield, &probe.future,
                                             sizeof probe),
                                     STEAL_MS(5))),
            -ETIMEDOUT);
    wait_until(record_polls(&shielded) == 1);
    ck_assert_int_eq(record_drops(&shielded), 0);
    record_open(&shielded);
    wait_until(record_drops(&shielded) == 1);
    ck_assert_int_eq(record_polls(&shielded), 2);
    runtime_end(runtime);
}
END_TEST

START_TEST(shield_that_is_not_polled_begins_nothing)
{
    struct probe probe = probe_make(&shielded, 0, 0);
    struct steal_shield shield;

    steal_future_drop(steal_shield(&shield, &probe.future, sizeof probe));
    runtime_end(runtime);
    ck_assert_int_eq(record_polls(&shielded), 0);
    ck_assert_int_eq(record_drops(&shielded), 0);
}
END_TEST

START_TEST(shield_outside_of_a_worker_leaves_the_future_where_it_is)
{
    struct probe probe = probe_make(&shielded, 0, 0);
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_shield shield;
    struct steal_future *future = steal_shield(&shield, &probe.future,
            sizeof probe);

    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -EINVAL);
    steal_future_drop(future);
    runtime_end(runtime);
    ck_assert_int_eq(record_drops(&shielded), 0);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        shield_gives_the_result_and_the_output_of_the_work,
        work_goes_on_without_its_shield,
        shield_that_is_not_polled_begins_nothing,
        shield_outside_of_a_worker_leaves_the_future_where_it_is,
    };

    return run_suite_with("shield", reset, tests, LENGTH(tests));
}
