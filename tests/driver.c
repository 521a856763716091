/*
 * tests/driver.c - the seat, and what its holder sleeps through.
 */
#include "../src/driver/driver.h"

#include "../src/driver/call.h"
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
    ck_assert_int_eq(steal__driver_init(driver, TOY, 2, NULL), 0);
}

static void
teardown(void)
{
    steal__driver_fini(driver);
    steal__driver_forget(driver);
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
    steal__driver_give(driver);
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

/* A call that counts how it was made. */
struct counted {
    struct call call;
    _Atomic(int) made;
    bool had_loop;
};

static void
count(struct call *call, uv_loop_t *loop, struct wakeups *wakeups)
{
    struct counted *counted = container_of(call, struct counted, call);

    (void)wakeups;
    counted->had_loop = loop != NULL;
    add_acq_rel(&counted->made, 1);
}

START_TEST(call_is_made_at_once_if_the_seat_is_free)
{
    struct counted counted = { .call.run = count };

    setup();
    steal__driver_call(driver, &counted.call);
    ck_assert_int_eq(load_acquire(&counted.made), 1);
    ck_assert(counted.had_loop);
    teardown();
}
END_TEST

START_TEST(call_gets_the_holder_out_of_its_sleep)
{
    struct counted counted = { .call.run = count };
    pthread_t thread;

    setup();
    thread = start_thread(sleep_in_the_loop, NULL);
    wait_until(load_acquire(&driver->until) == STEAL_FOREVER);
    steal__driver_call(driver, &counted.call);
    join_thread(thread);
    steal__driver_turn(driver, 0); /* the next holder, if that one was late */
    ck_assert_int_eq(load_acquire(&counted.made), 1);
    teardown();
}
END_TEST

START_TEST(call_that_came_during_a_turn_is_made_when_the_seat_is_given)
{
    struct counted counted = { .call.run = count };

    setup();
    ck_assert(steal__driver_try_take(driver));
    steal__driver_call(driver, &counted.call);
    ck_assert_int_eq(load_acquire(&counted.made), 0);
    steal__driver_give(driver);
    ck_assert_int_eq(load_acquire(&counted.made), 1);
    teardown();
}
END_TEST

START_TEST(call_is_made_without_a_loop_at_the_end)
{
    struct counted before = { .call.run = count };
    struct counted after = { .call.run = count };

    setup();
    ck_assert(steal__driver_try_take(driver));
    steal__driver_call(driver, &before.call);
    lock_give(&driver->seat);
    steal__driver_fini(driver);
    ck_assert_int_eq(load_acquire(&before.made), 1);
    ck_assert(!before.had_loop);
    steal__driver_call(driver, &after.call);
    ck_assert_int_eq(load_acquire(&after.made), 1);
    ck_assert(!after.had_loop);
    steal__driver_forget(driver);
    toy_fini();
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
        call_is_made_at_once_if_the_seat_is_free,
        call_gets_the_holder_out_of_its_sleep,
        call_that_came_during_a_turn_is_made_when_the_seat_is_given,
        call_is_made_without_a_loop_at_the_end,
        woken_tasks_are_scheduled_in_one_chain,
    };

    return run_suite("driver", tests, LENGTH(tests));
}
