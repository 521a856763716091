/*
 * tests/driver.c - the seat, and what its holder sleeps through.
 */
#include "../src/driver/driver.h"

#include "../src/driver/wheel.h"
#include "toy.h"

static struct driver *const driver = &toy.driver;
static struct steal_sleep sleeper;
static struct meter meter;

static void
setup(void)
{
    toy_init();
    meter = (struct meter){ 0 };
    ck_assert_int_eq(steal__driver_init(driver, TOY, 2), 0);
}

static void
teardown(void)
{
    steal__driver_fini(driver);
    toy_fini();
}

/* As the first poll of a sleep, on the worker of that wheel. */
static void
add_timer(unsigned wheel, uint64_t deadline)
{
    struct steal_context cx = meter_context(&meter);
    bool earlier;

    steal_sleep_until(&sleeper, deadline);
    ck_assert(steal__wheel_insert(steal__driver_wheel(driver, wheel),
            (struct timer *)(void *)&sleeper.timer, deadline, &cx, &earlier));
    if (earlier)
        steal__driver_tell(driver, deadline);
}

START_TEST(seat_has_one_holder)
{
    setup();
    ck_assert(steal__driver_try_take(driver));
    ck_assert(!steal__driver_try_take(driver));
    steal__driver_give(driver);
    ck_assert(steal__driver_try_take(driver));
    teardown();
}
END_TEST

START_TEST(turn_without_sleep_returns_at_once)
{
    setup();
    ck_assert_uint_eq(steal__driver_turn(driver, 0), 0);
    ck_assert(!steal__driver_is_due(driver, steal_now()));
    teardown();
}
END_TEST

START_TEST(turn_sleeps_until_its_deadline)
{
    uint64_t deadline;

    setup();
    deadline = steal_now() + STEAL_MS(5);
    while (steal_now() < deadline) /* it may come back early */
        steal__driver_turn(driver, deadline);
    ck_assert_uint_lt(steal_now(), deadline + PATIENCE);
    teardown();
}
END_TEST

START_TEST(turn_wakes_what_is_due_on_any_wheel)
{
    for (unsigned wheel = 0; wheel < 2; wheel++) {
        uint64_t deadline;

        setup();
        deadline = steal_now() + STEAL_MS(3);
        add_timer(wheel, deadline);
        while (!load_acquire(&meter.wakes))
            steal__driver_turn(driver, STEAL_FOREVER);
        ck_assert_uint_ge(steal_now(), deadline);
        teardown();
    }
}
END_TEST

START_TEST(driver_is_due_when_a_timer_is)
{
    uint64_t deadline;

    setup();
    deadline = steal_now() + STEAL_SECONDS(100);
    add_timer(0, deadline);
    ck_assert(!steal__driver_is_due(driver, deadline - STEAL_SECONDS(50)));
    ck_assert(steal__driver_is_due(driver, deadline + STEAL_MS(1)));
    steal__wheel_cancel((struct timer *)(void *)&sleeper.timer);
    teardown();
}
END_TEST

static _Atomic(int) turns;

static void *
sleep_in_the_loop(void *arg)
{
    (void)arg;
    while (!steal__driver_try_take(driver))
        sched_yield();
    steal__driver_turn(driver, STEAL_FOREVER);
    add_acq_rel(&turns, 1);
    steal__driver_give(driver);
    return NULL;
}

START_TEST(kick_ends_the_sleep)
{
    pthread_t thread;

    setup();
    thread = start_thread(sleep_in_the_loop, NULL);
    wait_until(load_acquire(&driver->until) == STEAL_FOREVER);
    steal__driver_kick(driver);
    join_thread(thread);
    ck_assert_uint_eq(load_acquire(&driver->until), 0);
    teardown();
}
END_TEST

START_TEST(kick_before_the_sleep_ends_it_too)
{
    setup();
    steal__driver_kick(driver);
    steal__driver_turn(driver, STEAL_FOREVER);
    teardown();
}
END_TEST

START_TEST(earlier_timer_ends_the_sleep)
{
    pthread_t thread;

    setup();
    thread = start_thread(sleep_in_the_loop, NULL);
    wait_until(load_acquire(&driver->until) == STEAL_FOREVER);
    add_timer(1, steal_now() + STEAL_MS(1));
    join_thread(thread);
    while (!load_acquire(&meter.wakes))
        steal__driver_turn(driver, steal_now() + STEAL_MS(1));
    teardown();
}
END_TEST

START_TEST(later_timer_does_not_end_the_sleep)
{
    pthread_t thread;

    setup();
    store_release(&turns, 0);
    add_timer(0, steal_now() + STEAL_SECONDS(3600));
    thread = start_thread(sleep_in_the_loop, NULL);
    wait_until(load_acquire(&driver->until) - 1 < STEAL_FOREVER - 1);
    steal__driver_tell(driver, steal_now() + STEAL_SECONDS(7200));
    for (int i = 0; i < 1000; i++)
        sched_yield();
    ck_assert_int_eq(load_acquire(&turns), 0);
    steal__driver_kick(driver);
    join_thread(thread);
    steal__wheel_cancel((struct timer *)(void *)&sleeper.timer);
    teardown();
}
END_TEST

START_TEST(nudge_turns_a_free_driver_and_kicks_a_taken_one)
{
    pthread_t thread;

    setup();
    add_timer(0, steal_now() + STEAL_MS(1));
    while (!load_acquire(&meter.wakes))
        steal__driver_nudge(driver);
    thread = start_thread(sleep_in_the_loop, NULL);
    wait_until(load_acquire(&driver->until) == STEAL_FOREVER);
    steal__driver_nudge(driver);
    join_thread(thread);
    teardown();
}
END_TEST

START_TEST(woken_tasks_are_scheduled_in_one_chain)
{
    struct steal_sleep nap;
    struct steal_future *future;
    struct steal_task *task;

    setup();
    future = steal_sleep(&nap, STEAL_MS(1));
    task = toy_spawn(future, sizeof nap, 1);
    ck_assert_int_eq(toy_run(), RUN_PARKED);
    while (!steal__driver_turn(driver, STEAL_FOREVER))
        ck_assert_int_eq(toy.nqueued, 0);
    ck_assert_int_eq(toy.nqueued, 1);
    ck_assert_int_eq(toy_run(), RUN_FINISHED);
    steal_task_detach(task);
    teardown();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        seat_has_one_holder,
        turn_without_sleep_returns_at_once,
        turn_sleeps_until_its_deadline,
        turn_wakes_what_is_due_on_any_wheel,
        driver_is_due_when_a_timer_is,
        kick_ends_the_sleep,
        kick_before_the_sleep_ends_it_too,
        earlier_timer_ends_the_sleep,
        later_timer_does_not_end_the_sleep,
        nudge_turns_a_free_driver_and_kicks_a_taken_one,
        woken_tasks_are_scheduled_in_one_chain,
    };

    return run_suite("driver", tests, LENGTH(tests));
}
