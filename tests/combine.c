/*
 * tests/combine.c - several children in one future.
 */
#include <steal/combine.h>

#include "kit.h"

static struct record record[3];
static struct probe probe[3];
static struct steal_future *child[3];
static struct meter meter;
static struct steal_context cx;

/* Children that wait, with the results 10, 11 and 12. */
static void
reset(void)
{
    for (int i = 0; i < 3; i++) {
        record[i] = (struct record)RECORD_INIT;
        probe[i] = probe_make(&record[i], PROBE_WAITS, 10 + i);
        child[i] = &probe[i].future;
    }
    meter = (struct meter){ 0 };
    cx = meter_context(&meter);
}

static void
assert_drops(int a, int b, int c)
{
    ck_assert_int_eq(record_drops(&record[0]), a);
    ck_assert_int_eq(record_drops(&record[1]), b);
    ck_assert_int_eq(record_drops(&record[2]), c);
}

#define assert_poll(f, state) \
 ck_assert_int_eq(steal_future_poll(f, &cx), STEAL_##state)

START_TEST(join_all_waits_for_the_last)
{
    struct steal_join_all all;
    struct steal_future *future = steal_join_all(&all, child, 3);

    ck_assert_int_eq(record_polls(&record[0]), 0);
    assert_poll(future, PENDING);
    record_open(&record[1]);
    assert_poll(future, PENDING);
    assert_drops(0, 1, 0);
    record_open(&record[0]);
    record_open(&record[2]);
    ck_assert_int_eq(load_acquire(&meter.wakes), 3);
    assert_poll(future, READY);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(future->result, 0);
    ck_assert_int_eq(probe[2].future.result, 12);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(join_all_does_not_poll_what_is_ready)
{
    struct steal_join_all all;
    struct steal_future *future = steal_join_all(&all, child, 3);

    record_open(&record[0]);
    for (int i = 0; i < 3; i++)
        assert_poll(future, PENDING);
    ck_assert_int_eq(record_polls(&record[0]), 1);
    ck_assert_int_eq(record_polls(&record[1]), 3);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(join_all_tells_the_first_error_by_position)
{
    struct steal_join_all all;
    struct steal_future *future = steal_join_all(&all, child, 3);

    probe[1].end = -EIO;
    probe[2].end = -EPIPE;
    record_open(&record[2]);
    assert_poll(future, PENDING);
    record_open(&record[0]);
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, -EIO);
    steal_future_drop(future);
}
END_TEST

START_TEST(join_all_of_none_is_ready)
{
    struct steal_join_all all;
    struct steal_future *future = steal_join_all(&all, NULL, 0);

    assert_poll(future, READY);
    ck_assert_int_eq(future->result, 0);
}
END_TEST

START_TEST(join_all_dropped_unpolled_drops_no_child)
{
    struct steal_join_all all;

    steal_future_drop(steal_join_all(&all, child, 3));
    assert_drops(0, 0, 0);
}
END_TEST

START_TEST(select_takes_the_first_that_is_ready)
{
    struct steal_select select;
    struct steal_future *future = steal_select(&select, child, 3);

    assert_poll(future, PENDING);
    record_open(&record[1]);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    assert_poll(future, READY);
    ck_assert_uint_eq(select.index, 1);
    ck_assert_int_eq(future->result, 11);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(select_prefers_the_lower_position)
{
    struct steal_select select;
    struct steal_future *future = steal_select(&select, child, 3);

    record_open(&record[2]);
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_uint_eq(select.index, 1);
    ck_assert_int_eq(record_polls(&record[2]), 0);
    assert_drops(1, 1, 0); /* the last was never polled */
    steal_future_drop(future);
}
END_TEST

START_TEST(select_dropped_half_way_drops_its_children)
{
    struct steal_select select;
    struct steal_future *future = steal_select(&select, child, 3);

    assert_poll(future, PENDING);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(select_of_none_is_refused)
{
    struct steal_select select;
    struct steal_future *future = steal_select(&select, NULL, 0);

    assert_poll(future, READY);
    ck_assert_int_eq(future->result, -EINVAL);
}
END_TEST

START_TEST(select_of_sleeps_takes_the_shortest)
{
    struct steal_sleep nap[3];
    struct steal_future *naps[3] = { steal_sleep(&nap[0], STEAL_SECONDS(3600)),
        steal_sleep(&nap[1], STEAL_MS(1)),
        steal_sleep(&nap[2], STEAL_FOREVER) };
    struct steal_select select;

    ck_assert_int_eq(steal_run(NULL, steal_select(&select, naps, 3)), 0);
    ck_assert_uint_eq(select.index, 1);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        join_all_waits_for_the_last,
        join_all_does_not_poll_what_is_ready,
        join_all_tells_the_first_error_by_position,
        join_all_of_none_is_ready,
        join_all_dropped_unpolled_drops_no_child,
        select_takes_the_first_that_is_ready,
        select_prefers_the_lower_position,
        select_dropped_half_way_drops_its_children,
        select_of_none_is_refused,
        select_of_sleeps_takes_the_shortest,
    };

    return run_suite_with("combine", reset, tests, LENGTH(tests));
}
