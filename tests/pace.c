/*
 * tests/pace.c - what a thread remembers of the bodies of its loops.
 */
#include "../src/loop/pace.h"

#include "kit.h"

static void
some_body(void)
{
}

static void
another_body(void)
{
}

static void
reset(void)
{
    steal__paces = (struct paces){ 0 };
}

START_TEST(what_was_never_met_is_not_known)
{
    ck_assert_uint_eq(pace_small(some_body), 0);
}
END_TEST

START_TEST(as_many_indices_are_small_as_fit)
{
    steal__pace_learn(some_body, 1000, PACE_SMALL);
    ck_assert_uint_ge(pace_small(some_body), 990);
    ck_assert_uint_le(pace_small(some_body), 1000);
    steal__pace_learn(another_body, 1, 10 * PACE_SMALL);
    ck_assert_uint_eq(pace_small(another_body), 0);
    steal__pace_learn(another_body, SIZE_MAX, 0);
    ck_assert_uint_gt(pace_small(another_body), 0);
}
END_TEST

START_TEST(what_takes_longer_counts_at_once_and_what_takes_less_by_and_by)
{
    steal__pace_learn(some_body, 1000, PACE_SMALL);
    steal__pace_learn(some_body, 100, PACE_SMALL);
    ck_assert_uint_le(pace_small(some_body), 100);
    steal__pace_learn(some_body, 1000, PACE_SMALL);
    ck_assert_uint_gt(pace_small(some_body), 100);
    ck_assert_uint_le(pace_small(some_body), 400);
    for (int i = 0; i < 50; i++)
        steal__pace_learn(some_body, 1000, PACE_SMALL);
    ck_assert_uint_ge(pace_small(some_body), 990);
}
END_TEST

/*
 * Small loops: calls are recorded, and take as long as is told.
 */

static struct {
    int n;
    size_t begin[8];
    size_t end[8];
    uint64_t takes[8]; /* ticks */
    int fails;         /* the call that does, from 1 on */
} calls;

static int
call(size_t begin, size_t end, void *context)
{
    uint64_t since = ticks_now();
    int i = calls.n++;

    (void)context;
    calls.begin[i] = begin;
    calls.end[i] = end;
    while (ticks_now() - since < calls.takes[i])
        ;
    return calls.n == calls.fails ? -EIO : 0;
}

static struct small small;

static bool
run(int *error)
{
    small = (struct small){ .body = some_body, .begin = 100, .end = 180 };
    calls.n = 0;
    return small_run(&small, call, NULL, error);
}

static void
assert_call(int i, size_t begin, size_t end)
{
    ck_assert_uint_eq(calls.begin[i], begin);
    ck_assert_uint_eq(calls.end[i], end);
}

START_TEST(a_small_loop_is_an_eighth_and_the_rest)
{
    int error;

    /* Nothing that delays this thread is a failure. */
    do
        steal__paces.looked = ticks_now();
    while (!run(&error) || calls.n != 2);
    ck_assert_int_eq(error, 0);
    assert_call(0, 100, 110);
    assert_call(1, 110, 180);
}
END_TEST

START_TEST(it_is_measured_if_the_last_look_is_long_ago)
{
    int error;

    do
        steal__paces.looked = 0;
    while (!run(&error) || !pace_small(some_body));
    ck_assert_int_eq(error, 0);
    ck_assert_int_eq(calls.n, 3);
    assert_call(0, 100, 110);
    assert_call(1, 110, 118);
    assert_call(2, 118, 180);
    ck_assert_uint_gt(pace_small(some_body), 0);
}
END_TEST

START_TEST(after_a_long_while_two_loops_are_measured)
{
    int error;

    steal__paces.looked = 1;
    run(&error);
    ck_assert(steal__paces.looked == 0);
    run(&error);
    ck_assert(steal__paces.looked != 0);
}
END_TEST

START_TEST(what_is_left_of_a_slow_one_is_not_run)
{
    int error;

    steal__pace_learn(some_body, 1000, 1);
    calls.takes[0] = 2 * PACE_EIGHTH;
    calls.takes[1] = 2 * PACE_EIGHTH;
    steal__paces.looked = ticks_now();
    ck_assert(!run(&error));
    ck_assert_int_eq(calls.n, 2);
    ck_assert_uint_eq(small.begin, 118);
    ck_assert_uint_eq(small.end, 180);
    ck_assert_uint_lt(pace_small(some_body), 80);
    calls.takes[0] = 0;
    calls.takes[1] = 0;
}
END_TEST

START_TEST(a_slow_end_is_remembered)
{
    int error;

    calls.takes[2] = 20 * PACE_SMALL;
    do
        steal__paces.looked = 0;
    while (!run(&error));
    ck_assert_uint_lt(pace_small(some_body), 80);
    calls.takes[2] = 0;
}
END_TEST

START_TEST(an_error_ends_it)
{
    int error;

    for (calls.fails = 1; calls.fails <= 3; calls.fails++) {
        do
            steal__paces.looked = 0;
        while (!run(&error));
        ck_assert_int_eq(error, -EIO);
        ck_assert_int_eq(calls.n, calls.fails);
    }
    calls.fails = 0;
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        what_was_never_met_is_not_known,
        as_many_indices_are_small_as_fit,
        what_takes_longer_counts_at_once_and_what_takes_less_by_and_by,
        a_small_loop_is_an_eighth_and_the_rest,
        it_is_measured_if_the_last_look_is_long_ago,
        after_a_long_while_two_loops_are_measured,
        what_is_left_of_a_slow_one_is_not_run,
        a_slow_end_is_remembered,
        an_error_ends_it,
    };

    return run_suite_with("pace", reset, tests, LENGTH(tests));
}
