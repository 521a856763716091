/*
 * tests/then.c - a function, or another future, after a child.
 */
#include <steal/combine.h>

#include "probes.h"

static int calls;

static void
reset(void)
{
    probes_reset();
    calls = 0;
}

/*
 * map
 */

static int
doubled(struct steal_future *future, void *arg)
{
    ck_assert_ptr_eq(arg, &calls);
    ck_assert_int_eq(record_drops(((struct probe *)future)->record), 1);
    calls++;
    return 2 * future->result;
}

START_TEST(map_has_the_result_that_its_function_makes)
{
    struct steal_map map;
    struct steal_future *future = steal_map(&map, child[0], doubled, &calls);

    assert_poll(future, PENDING);
    ck_assert_int_eq(calls, 0);
    record_open(&record[0]);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, 20);
    ck_assert_int_eq(calls, 1);
    steal_future_drop(future);
    ck_assert_int_eq(calls, 1);
    assert_drops(1, 0, 0);
}
END_TEST

START_TEST(map_that_is_dropped_half_way_calls_nothing)
{
    struct steal_map map;
    struct steal_future *future = steal_map(&map, child[0], doubled, &calls);

    assert_poll(future, PENDING);
    steal_future_drop(future);
    ck_assert_int_eq(calls, 0);
    assert_drops(1, 0, 0);
}
END_TEST

START_TEST(map_may_be_copied_before_its_first_poll)
{
    struct steal_map made;
    struct steal_map map;

    steal_map(&made, child[0], doubled, &calls);
    map = made;
    memset(&made, 0xff, sizeof made);
    record_open(&record[0]);
    assert_poll(&map.future, READY);
    ck_assert_int_eq(map.future.result, 20);
    steal_future_drop(&map.future);
    assert_drops(1, 0, 0);
}
END_TEST

/*
 * then
 */

/* The next child, or the end. */
static struct steal_future *
next_child(struct steal_future *future, void *arg, int *result)
{
    ck_assert_int_eq(*result, future->result);
    ck_assert_int_eq(record_drops(((struct probe *)future)->record), 1);
    calls++;
    if (!arg)
        *result = 77;
    return arg;
}

static struct steal_future *
nothing(struct steal_future *future, void *arg, int *result)
{
    (void)future;
    (void)arg;
    (void)result;
    return NULL;
}

/* Waits again for what is ready, in the same memory. */
static struct steal_future *
again(struct steal_future *future, void *arg, int *result)
{
    struct probe *self = (struct probe *)future;

    (void)arg;
    (void)result;
    *self = probe_make(&record[1], PROBE_WAITS, 55);
    return &self->future;
}

START_TEST(then_goes_on_with_the_next)
{
    struct steal_then then;
    struct steal_future *future = steal_then(&then, child[0], next_child,
            child[1]);

    assert_poll(future, PENDING);
    record_open(&record[0]);
    assert_poll(future, PENDING);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(record_polls(&record[1]), 1); /* it has our waker */
    assert_drops(1, 0, 0);
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, 11);
    ck_assert_int_eq(calls, 1);
    assert_drops(1, 1, 0);
    steal_future_drop(future);
    assert_drops(1, 1, 0);
}
END_TEST

START_TEST(then_of_two_that_are_ready_is_ready_at_once)
{
    struct steal_then then;
    struct steal_future *future = steal_then(&then, child[0], next_child,
            child[1]);

    record_open(&record[0]);
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, 11);
    steal_future_drop(future);
    assert_drops(1, 1, 0);
}
END_TEST

START_TEST(then_ends_where_no_future_follows)
{
    struct steal_then then;

    record_open(&record[0]);
    record_open(&record[1]);
    assert_poll(steal_then(&then, child[0], next_child, NULL), READY);
    ck_assert_int_eq(then.future.result, 77);
    steal_future_drop(&then.future);
    assert_poll(steal_then(&then, child[1], nothing, NULL), READY);
    ck_assert_int_eq(then.future.result, 11);
    steal_future_drop(&then.future);
    assert_drops(1, 1, 0);
}
END_TEST

START_TEST(next_future_may_be_where_the_child_was)
{
    struct steal_then then;
    struct steal_future *future = steal_then(&then, child[0], again, NULL);

    record_open(&record[0]);
    assert_poll(future, PENDING);
    assert_drops(1, 0, 0);
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, 55);
    steal_future_drop(future);
    assert_drops(1, 1, 0);
}
END_TEST

START_TEST(then_dropped_half_way_drops_the_one_it_waits_for)
{
    struct steal_then then;
    struct steal_future *future = steal_then(&then, child[0], next_child,
            child[1]);

    assert_poll(future, PENDING);
    steal_future_drop(future);
    ck_assert_int_eq(calls, 0);
    assert_drops(1, 0, 0);

    reset();
    future = steal_then(&then, child[0], next_child, child[1]);
    record_open(&record[0]);
    assert_poll(future, PENDING);
    steal_future_drop(future);
    assert_drops(1, 1, 0);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(then_may_be_copied_before_its_first_poll)
{
    struct steal_then made;
    struct steal_then then;

    steal_then(&made, child[0], next_child, child[1]);
    then = made;
    memset(&made, 0xff, sizeof made);
    assert_poll(&then.future, PENDING);
    steal_future_drop(&then.future);
    assert_drops(1, 0, 0);
}
END_TEST

static void
poll_it(void *future)
{
    steal_future_poll(future, &by_hand);
}

START_TEST(one_child_that_was_dropped_is_misuse)
{
    struct steal_map map;

    record_open(&record[0]);
    assert_poll(child[0], READY);
    steal_future_drop(child[0]);
    steal_map(&map, child[0], doubled, &calls);
    ck_assert(aborts(poll_it, &map.future));
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        map_has_the_result_that_its_function_makes,
        map_that_is_dropped_half_way_calls_nothing,
        map_may_be_copied_before_its_first_poll,
        then_goes_on_with_the_next,
        then_of_two_that_are_ready_is_ready_at_once,
        then_ends_where_no_future_follows,
        next_future_may_be_where_the_child_was,
        then_dropped_half_way_drops_the_one_it_waits_for,
        then_may_be_copied_before_its_first_poll,
        one_child_that_was_dropped_is_misuse,
    };

    return run_suite_with("then", reset, tests, LENGTH(tests));
}
