/*
 * tests/interval.c - ticks.
 */
#include <steal/time.h>

#include "kit.h"

#define PERIOD STEAL_MS(10)

static uint64_t
wait_for(uint64_t time)
{
    wait_until(steal_now() >= time);
    return steal_now();
}

START_TEST(ticks_come_one_a_period_and_never_early)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_interval interval;
    uint64_t first = steal_now() + STEAL_MS(3);

    steal_interval_init(&interval, STEAL_MS(2), first);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t due = first + i * STEAL_MS(2);

        ck_assert_uint_eq(interval.deadline, due);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_interval_next(&interval)),
                0);
        ck_assert_uint_ge(steal_now(), due);
        ck_assert_uint_lt(steal_now(), due + PATIENCE);
    }
    runtime_end(runtime);
}
END_TEST

/* A tick that comes when at least three more are due. */
static int
late_tick(struct steal_runtime *runtime, struct steal_interval *interval,
        enum steal_late late)
{
    uint64_t first = steal_now();

    steal_interval_init(interval, PERIOD, first);
    interval->late = late;
    wait_for(first + 3 * PERIOD);
    return steal_block_on(runtime, steal_interval_next(interval));
}

START_TEST(missed_ticks_come_in_a_burst)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_interval interval;
    uint64_t first;

    ck_assert_int_eq(late_tick(runtime, &interval, STEAL_BURST), 0);
    ck_assert_uint_ge(interval.missed, 3);
    first = interval.deadline - PERIOD;
    for (unsigned i = 1; i < 4; i++) {
        ck_assert_uint_eq(interval.deadline, first + i * PERIOD);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_interval_next(&interval)),
                0);
    }
    ck_assert_uint_eq(interval.deadline, first + 4 * PERIOD);
    runtime_end(runtime);
}
END_TEST

START_TEST(after_a_delay_the_next_tick_is_a_period_away)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_interval interval;
    uint64_t before = steal_now();

    ck_assert_int_eq(late_tick(runtime, &interval, STEAL_DELAY), 0);
    ck_assert_uint_ge(interval.missed, 3);
    ck_assert_uint_ge(interval.deadline, before + 4 * PERIOD);
    ck_assert_uint_le(interval.deadline, steal_now() + PERIOD);
    runtime_end(runtime);
}
END_TEST

START_TEST(skipped_ticks_leave_the_others_in_step)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_interval interval;
    uint64_t before = steal_now();
    uint64_t first;

    ck_assert_int_eq(late_tick(runtime, &interval, STEAL_SKIP), 0);
    ck_assert_uint_ge(interval.missed, 3);
    first = interval.deadline - (interval.missed + 1) * PERIOD;
    ck_assert_uint_ge(first, before);
    ck_assert_uint_lt(first, before + PATIENCE);
    ck_assert_uint_le(interval.deadline, steal_now() + PERIOD);
    runtime_end(runtime);
}
END_TEST

START_TEST(tick_that_is_late_by_less_than_a_period_changes_nothing)
{
    static const enum steal_late all[] = { STEAL_BURST, STEAL_DELAY,
        STEAL_SKIP };
    struct steal_runtime *runtime = runtime_start(1);

    for (size_t i = 0; i < LENGTH(all); i++) {
        struct steal_interval interval;
        uint64_t first = steal_now();

        steal_interval_init(&interval, STEAL_SECONDS(1000), first);
        interval.late = all[i];
        wait_for(first + STEAL_MS(2));
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_interval_next(&interval)),
                0);
        ck_assert_uint_eq(interval.missed, 0);
        ck_assert_uint_eq(interval.deadline, first + STEAL_SECONDS(1000));
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(dropping_a_wait_loses_no_tick)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_interval interval;
    struct steal_timeout timeout;
    uint64_t now = steal_now();
    uint64_t first = now + STEAL_SECONDS(1000);

    steal_interval_init(&interval, PERIOD, first);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout_at(&timeout,
                                     steal_interval_next(&interval), 1)),
            -ETIMEDOUT);
    ck_assert_uint_eq(interval.deadline, first);
    interval.deadline = now;
    ck_assert_int_eq(steal_block_on(runtime, steal_interval_next(&interval)),
            0);
    ck_assert_uint_eq(interval.deadline, now + PERIOD);
    runtime_end(runtime);
}
END_TEST

START_TEST(outside_of_workers_an_interval_is_refused)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_interval interval;
    struct steal_future *future;

    steal_interval_init(&interval, PERIOD, steal_now() + PERIOD);
    future = steal_interval_next(&interval);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -EINVAL);
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(times_do_not_wrap)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_interval interval;

    steal_interval_init(&interval, STEAL_FOREVER, steal_now());
    ck_assert_int_eq(steal_block_on(runtime, steal_interval_next(&interval)),
            0);
    ck_assert_uint_eq(interval.deadline, STEAL_FOREVER);
    steal_interval_init(&interval, 0, 1);
    interval.late = STEAL_SKIP;
    ck_assert_int_eq(steal_block_on(runtime, steal_interval_next(&interval)),
            0);
    ck_assert_uint_le(interval.deadline, steal_now() + 1);
    runtime_end(runtime);
}
END_TEST

/* Ticks for ever, since a burst of them never catches up. */
struct clock {
    struct steal_async async;
    struct steal_interval interval;
};

static enum steal_poll
clock_poll(struct steal_future *future, struct steal_context *cx)
{
    struct clock *self = (struct clock *)future;

    STEAL_BEGIN(&self->async);
    for (;;)
        STEAL_AWAIT(cx, steal_interval_next(&self->interval));
    STEAL_END();
}

static const struct steal_future_ops clock_ops = { .name = "clock",
    .poll = clock_poll };

START_TEST(endless_burst_gives_way_to_other_tasks)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct clock clock = { .async = STEAL_ASYNC(&clock_ops) };
    struct record record = RECORD_INIT;
    struct steal_task *task;

    steal_interval_init(&clock.interval, 1, 1);
    ck_assert_int_eq(steal_spawn(runtime, &clock.async.future, sizeof clock,
                             &task),
            0);
    ck_assert_int_eq(join_task(runtime, spawn_probe(runtime, &record, 3, 7)),
            7);
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        ticks_come_one_a_period_and_never_early,
        missed_ticks_come_in_a_burst,
        after_a_delay_the_next_tick_is_a_period_away,
        skipped_ticks_leave_the_others_in_step,
        tick_that_is_late_by_less_than_a_period_changes_nothing,
        dropping_a_wait_loses_no_tick,
        outside_of_workers_an_interval_is_refused,
        times_do_not_wrap,
        endless_burst_gives_way_to_other_tasks,
    };

    return run_suite("interval", tests, LENGTH(tests));
}
