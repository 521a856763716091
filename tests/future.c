/*
 * tests/future.c - polling, pinning and dropping, by hand.
 */
#include <steal/future.h>

#include "kit.h"

static struct record record;
static struct meter meter;
static struct steal_context cx;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
    meter = (struct meter){ 0 };
    cx = meter_context(&meter);
}

START_TEST(making_a_future_does_nothing)
{
    struct probe probe = probe_make(&record, 0, 0);

    (void)probe;
    ck_assert_int_eq(record_polls(&record), 0);
    ck_assert_int_eq(record_drops(&record), 0);
}
END_TEST

START_TEST(poll_goes_on_until_ready)
{
    struct probe probe = probe_make(&record, 1, 5);

    ck_assert_int_eq(steal_future_poll(&probe.future, &cx), STEAL_PENDING);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    ck_assert_int_eq(steal_future_poll(&probe.future, &cx), STEAL_READY);
    ck_assert_int_eq(probe.future.result, 5);
}
END_TEST

START_TEST(unpolled_future_is_forgotten_without_a_call)
{
    struct probe probe = probe_make(&record, 0, 0);

    steal_future_drop(&probe.future);
    ck_assert_int_eq(record_drops(&record), 0);
}
END_TEST

START_TEST(drop_runs_once_and_leaves_the_output)
{
    struct probe probe = probe_make(&record, 0, 5);

    steal_future_poll(&probe.future, &cx);
    steal_future_drop(&probe.future);
    steal_future_drop(&probe.future);
    ck_assert_int_eq(record_drops(&record), 1);
    ck_assert_int_eq(probe.future.result, 5);
}
END_TEST

START_TEST(pending_future_can_be_dropped)
{
    struct probe probe = probe_make(&record, PROBE_WAITS, 0);

    steal_future_poll(&probe.future, &cx);
    ck_assert_int_eq(load_acquire(&meter.refs), 1);
    steal_future_drop(&probe.future);
    ck_assert_int_eq(record_drops(&record), 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(unpolled_future_may_be_copied)
{
    struct probe probe = probe_make(&record, 0, 5);
    struct probe copy = probe;

    ck_assert_int_eq(steal_future_poll(&copy.future, &cx), STEAL_READY);
    steal_future_drop(&copy.future);
    ck_assert_int_eq(record_drops(&record), 1);
}
END_TEST

static void
poll_moved(void *arg)
{
    struct probe *probe = arg;
    struct probe moved;

    steal_future_poll(&probe->future, &cx);
    moved = *probe;
    steal_future_poll(&moved.future, &cx);
}

static void
drop_moved(void *arg)
{
    struct probe *probe = arg;
    struct probe moved;

    steal_future_poll(&probe->future, &cx);
    moved = *probe;
    steal_future_drop(&moved.future);
}

static void
poll_dropped(void *arg)
{
    struct probe *probe = arg;

    steal_future_poll(&probe->future, &cx);
    steal_future_drop(&probe->future);
    steal_future_poll(&probe->future, &cx);
}

START_TEST(polling_a_moved_future_aborts)
{
    struct probe probe = probe_make(&record, 3, 0);

    ck_assert(aborts(poll_moved, &probe));
}
END_TEST

START_TEST(dropping_a_moved_future_aborts)
{
    struct probe probe = probe_make(&record, 3, 0);

    ck_assert(aborts(drop_moved, &probe));
}
END_TEST

START_TEST(polling_a_dropped_future_aborts)
{
    struct probe probe = probe_make(&record, 3, 0);

    ck_assert(aborts(poll_dropped, &probe));
}
END_TEST

START_TEST(name_is_never_null)
{
    static const struct steal_future_ops nameless = { .poll = probe_poll };
    struct probe probe = probe_make(&record, 0, 0);
    struct steal_future future;

    ck_assert_str_eq(steal_future_name(&probe.future), "probe");
    steal_future_init(&future, &nameless);
    ck_assert_ptr_nonnull(steal_future_name(&future));
}
END_TEST

static enum steal_poll
ready_poll(struct steal_future *future, struct steal_context *context)
{
    (void)future;
    (void)context;
    return STEAL_READY;
}

START_TEST(drop_function_may_be_null)
{
    static const struct steal_future_ops ops = { .poll = ready_poll };
    struct steal_future future = STEAL_FUTURE(&ops);

    ck_assert_int_eq(steal_future_poll(&future, &cx), STEAL_READY);
    steal_future_drop(&future);
    ck_assert_int_eq(future.result, 0);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        making_a_future_does_nothing,
        poll_goes_on_until_ready,
        unpolled_future_is_forgotten_without_a_call,
        drop_runs_once_and_leaves_the_output,
        pending_future_can_be_dropped,
        unpolled_future_may_be_copied,
        polling_a_moved_future_aborts,
        dropping_a_moved_future_aborts,
        polling_a_dropped_future_aborts,
        name_is_never_null,
        drop_function_may_be_null,
    };

    return run_suite_with("future", reset, tests, LENGTH(tests));
}
