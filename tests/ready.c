/*
 * tests/ready.c - futures without a child.
 */
#include <steal/combine.h>

#include "kit.h"

static struct meter meter;
static struct steal_context cx;

static void
reset(void)
{
    meter = (struct meter){ 0 };
    cx = meter_context(&meter);
}

START_TEST(ready_is_ready_with_its_result)
{
    struct steal_future ready;
    struct steal_future copy;

    copy = *steal_ready(&ready, -7);
    ck_assert_int_eq(steal_future_poll(&copy, &cx), STEAL_READY);
    ck_assert_int_eq(copy.result, -7);
    steal_future_drop(&copy);
    ck_assert_int_eq(steal_run(NULL, steal_ready(&ready, 42)), 42);
}
END_TEST

START_TEST(pending_is_never_ready_and_keeps_no_waker)
{
    struct steal_future pending;

    steal_pending(&pending);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(steal_future_poll(&pending, &cx), STEAL_PENDING);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    steal_future_drop(&pending);
}
END_TEST

START_TEST(pending_can_be_given_up)
{
    struct steal_future pending;
    struct steal_timeout timeout;

    ck_assert_int_eq(steal_run(NULL,
                             steal_timeout(&timeout, steal_pending(&pending),
                                     STEAL_MS(1))),
            -ETIMEDOUT);
}
END_TEST

/* Ready at the third call. */
static enum steal_poll
third(void *arg, struct steal_context *context, int *result)
{
    int *calls = arg;

    if (++*calls < 3) {
        steal_context_wake(context);
        return STEAL_PENDING;
    }
    *result = 10 * *calls;
    return STEAL_READY;
}

static enum steal_poll
at_once(void *arg, struct steal_context *context, int *result)
{
    (void)arg;
    (void)context;
    (void)result;
    return STEAL_READY;
}

START_TEST(function_is_polled_like_a_future)
{
    struct steal_poll_fn made;
    struct steal_poll_fn f;
    int calls = 0;

    steal_poll_fn(&made, third, &calls);
    f = made;
    ck_assert_int_eq(steal_future_poll(&f.future, &cx), STEAL_PENDING);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    ck_assert_int_eq(steal_future_poll(&f.future, &cx), STEAL_PENDING);
    ck_assert_int_eq(steal_future_poll(&f.future, &cx), STEAL_READY);
    ck_assert_int_eq(f.future.result, 30);
    steal_future_drop(&f.future);
    ck_assert_int_eq(calls, 3);
}
END_TEST

START_TEST(function_without_a_result_has_that_of_zero)
{
    struct steal_poll_fn f;
    int calls = 0;

    ck_assert_int_eq(steal_run(NULL, steal_poll_fn(&f, at_once, NULL)), 0);
    ck_assert_int_eq(steal_run(NULL, steal_poll_fn(&f, third, &calls)), 30);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        ready_is_ready_with_its_result,
        pending_is_never_ready_and_keeps_no_waker,
        pending_can_be_given_up,
        function_is_polled_like_a_future,
        function_without_a_result_has_that_of_zero,
    };

    return run_suite_with("ready", reset, tests, LENGTH(tests));
}
