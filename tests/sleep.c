/*
 * tests/sleep.c - waiting for a point in time.
 */
#include <steal/time.h>

#include "kit.h"

#define MANY 1000000

START_TEST(sleep_does_not_end_early)
{
    struct steal_runtime *runtime = runtime_start(1);

    for (int us = 100; us < 20000; us += 1900) {
        struct steal_sleep sleep;
        uint64_t start = steal_now();

        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_sleep(&sleep, STEAL_US(us))),
                0);
        ck_assert_uint_ge(steal_now(), start + STEAL_US(us));
        ck_assert_uint_lt(steal_now(), start + PATIENCE);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(sleep_counts_from_the_call)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_sleep sleep;
    uint64_t before = steal_now();
    struct steal_future *future = steal_sleep(&sleep, STEAL_MS(2));

    ck_assert_uint_ge(sleep.deadline, before + STEAL_MS(2));
    ck_assert_uint_le(sleep.deadline, steal_now() + STEAL_MS(2));
    wait_until(steal_now() > sleep.deadline);
    ck_assert_int_eq(steal_block_on(runtime, future), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(sleep_until_the_past_is_ready_at_once)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_sleep sleep;

    ck_assert_int_eq(steal_block_on(runtime, steal_sleep_until(&sleep, 1)), 0);
    ck_assert_int_eq(steal_block_on(runtime, steal_sleep(&sleep, 0)), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(outside_of_workers_sleep_is_refused)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_sleep sleep;
    struct steal_future *future = steal_sleep(&sleep, STEAL_MS(1));

    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -EINVAL);
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(time_does_not_wrap)
{
    ck_assert_uint_eq(steal_time_add(5, 6), 11);
    ck_assert_uint_eq(steal_time_add(5, STEAL_FOREVER), STEAL_FOREVER);
    ck_assert_uint_eq(steal_time_add(STEAL_FOREVER, 1), STEAL_FOREVER);
}
END_TEST

START_TEST(clock_does_not_go_back)
{
    uint64_t last = steal_now();

    for (int i = 0; i < 1000; i++) {
        uint64_t now = steal_now();

        require(now >= last);
        last = now;
    }
}
END_TEST

/* Sleeps, and tells whether that was too short. */
struct napper {
    struct steal_async async;
    struct steal_sleep sleep;
    uint64_t duration;
    _Atomic(int) *ended;
    _Atomic(int) *early;
};

static enum steal_poll
napper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct napper *self = (struct napper *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_sleep(&self->sleep, self->duration));
    if (steal_now() < self->sleep.deadline)
        add_acq_rel(self->early, 1);
    add_acq_rel(self->ended, 1);
    STEAL_END();
}

static const struct steal_future_ops napper_ops = { .name = "napper",
    .poll = napper_poll };

START_TEST(a_million_sleeps_at_once_all_end)
{
    struct steal_runtime *runtime = runtime_start(2);
    int n = scaled(MANY);
    _Atomic(int) ended = 0;
    _Atomic(int) early = 0;

    for (int i = 0; i < n; i++) {
        struct napper napper = { .async = STEAL_ASYNC(&napper_ops),
            .duration = STEAL_US(i * 7919L % 500000),
            .ended = &ended,
            .early = &early };

        require(steal_spawn(runtime, &napper.async.future, sizeof napper,
                        NULL) == 0);
    }
    wait_until(load_acquire(&ended) == n);
    ck_assert_int_eq(load_acquire(&early), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(aborted_sleeps_leave_no_timer)
{
    struct steal_runtime *runtime = runtime_start(2);
    _Atomic(int) ended = 0;
    _Atomic(int) early = 0;

    for (int i = 0; i < scaled(10000); i++) {
        struct napper napper = { .async = STEAL_ASYNC(&napper_ops),
            .duration = STEAL_US(i % 3000),
            .ended = &ended,
            .early = &early };
        struct steal_task *task;
        int result;

        require(steal_spawn(runtime, &napper.async.future, sizeof napper,
                        &task) == 0);
        steal_task_abort(task);
        result = join_task(runtime, task);
        ck_assert(result == 0 || result == -ECANCELED);
    }
    ck_assert_int_eq(load_acquire(&early), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(pending_sleeps_do_not_keep_a_runtime)
{
    struct steal_runtime *runtime = runtime_start(2);
    _Atomic(int) ended = 0;
    _Atomic(int) early = 0;

    for (int i = 0; i < 100; i++) {
        struct napper napper = { .async = STEAL_ASYNC(&napper_ops),
            .duration = STEAL_SECONDS(3600),
            .ended = &ended,
            .early = &early };

        require(steal_spawn(runtime, &napper.async.future, sizeof napper,
                        NULL) == 0);
    }
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&ended), 0);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        sleep_does_not_end_early,
        sleep_counts_from_the_call,
        sleep_until_the_past_is_ready_at_once,
        outside_of_workers_sleep_is_refused,
        time_does_not_wrap,
        clock_does_not_go_back,
        a_million_sleeps_at_once_all_end,
        aborted_sleeps_leave_no_timer,
        pending_sleeps_do_not_keep_a_runtime,
    };

    return run_suite("sleep", tests, LENGTH(tests));
}
