/*
 * tests/idle.c - who searches, who sleeps, who watches.
 */
#include "../src/sched/idle.h"

#include "kit.h"

static struct idle idle;

static void
setup(unsigned workers)
{
    steal__idle_init(&idle, workers);
}

static void
sleep_all(unsigned workers)
{
    setup(workers);
    for (unsigned i = 0; i < workers; i++)
        steal__idle_sleep(&idle, i, false);
}

START_TEST(at_first_all_are_awake)
{
    setup(3);
    ck_assert_uint_eq(idle.workers - idle.sleeping, 3);
    ck_assert(!steal__idle_has_sleepers(&idle));
    ck_assert(!steal__idle_wants_notify(&idle));
    ck_assert(!steal__idle_lacks_monitor(&idle));
}
END_TEST

START_TEST(half_of_the_workers_may_search)
{
    setup(4);
    ck_assert(steal__idle_search(&idle));
    ck_assert(steal__idle_search(&idle));
    ck_assert(!steal__idle_search(&idle));
    ck_assert(!steal__idle_found(&idle));
    ck_assert(steal__idle_search(&idle));
}
END_TEST

START_TEST(only_worker_may_search)
{
    setup(1);
    ck_assert(steal__idle_search(&idle));
    ck_assert(!steal__idle_search(&idle));
}
END_TEST

START_TEST(last_searcher_that_finds_is_told)
{
    setup(4);
    ck_assert(steal__idle_search(&idle));
    ck_assert(steal__idle_search(&idle));
    ck_assert(!steal__idle_found(&idle));
    ck_assert(steal__idle_found(&idle));
}
END_TEST

START_TEST(sleeper_is_wanted_unless_somebody_searches)
{
    setup(4);
    steal__idle_sleep(&idle, 2, false);
    ck_assert(steal__idle_has_sleepers(&idle));
    ck_assert(steal__idle_wants_notify(&idle));
    ck_assert(steal__idle_search(&idle));
    ck_assert(!steal__idle_wants_notify(&idle));
    ck_assert_int_eq(steal__idle_notify(&idle).worker, IDLE_NOBODY);
}
END_TEST

START_TEST(notify_picks_a_sleeper_that_then_searches)
{
    int heir;

    setup(4);
    steal__idle_sleep(&idle, 2, false);
    ck_assert(steal__idle_is_asleep(&idle, 2));
    ck_assert_int_eq(steal__idle_notify(&idle).worker, 2);
    ck_assert(!steal__idle_is_asleep(&idle, 2));
    ck_assert(!steal__idle_wants_notify(&idle));
    ck_assert(steal__idle_rise(&idle, 2, &heir));
    ck_assert(steal__idle_found(&idle)); /* it was counted */
}
END_TEST

START_TEST(searcher_that_sleeps_searches_no_more)
{
    setup(2);
    ck_assert(steal__idle_search(&idle));
    steal__idle_sleep(&idle, 0, true);
    ck_assert(steal__idle_wants_notify(&idle));
    ck_assert(steal__idle_search(&idle));
}
END_TEST

START_TEST(sleeper_may_rise_by_itself)
{
    int heir;

    setup(2);
    steal__idle_sleep(&idle, 1, false);
    ck_assert(!steal__idle_rise(&idle, 1, &heir));
    ck_assert(!steal__idle_has_sleepers(&idle));
    ck_assert_int_eq(heir, IDLE_NOBODY);
}
END_TEST

START_TEST(first_sleeper_watches_those_awake)
{
    setup(2);
    steal__idle_sleep(&idle, 1, false);
    ck_assert(steal__idle_is_monitor(&idle, 1));
    ck_assert(!steal__idle_is_monitor(&idle, 0));
    ck_assert(!steal__idle_lacks_monitor(&idle));
}
END_TEST

START_TEST(monitor_that_rises_leaves_an_heir)
{
    int heir;

    setup(3);
    steal__idle_sleep(&idle, 0, false);
    steal__idle_sleep(&idle, 1, false);
    ck_assert(steal__idle_is_monitor(&idle, 0));
    steal__idle_rise(&idle, 0, &heir);
    ck_assert_int_eq(heir, 1);
    ck_assert(steal__idle_is_monitor(&idle, 1));
}
END_TEST

START_TEST(monitor_is_picked_last_and_leaves_an_heir)
{
    struct idle_calls calls;

    sleep_all(3);
    ck_assert_int_eq(steal__idle_appoint(&idle), IDLE_NOBODY);
    ck_assert(steal__idle_is_monitor(&idle, 0));
    for (unsigned i = 1; i < 3; i++) {
        calls = steal__idle_notify(&idle);
        ck_assert_int_ne(calls.worker, 0);
        ck_assert_int_eq(calls.monitor, IDLE_NOBODY);
        steal__idle_found(&idle);
    }
    calls = steal__idle_notify(&idle);
    ck_assert_int_eq(calls.worker, 0);
    ck_assert_int_eq(calls.monitor, IDLE_NOBODY);
}
END_TEST

START_TEST(who_sleeps_in_the_driver_is_picked_after_the_others)
{
    setup(4);
    for (unsigned i = 0; i < 3; i++)
        steal__idle_sleep(&idle, i, false);
    store_relaxed(&idle.driver, 1); /* 0 is the monitor */
    ck_assert_int_eq(steal__idle_notify(&idle).worker, 2);
    steal__idle_found(&idle);
    ck_assert_int_eq(steal__idle_notify(&idle).worker, 1);
}
END_TEST

START_TEST(monitor_resigns_only_if_all_sleep)
{
    setup(2);
    steal__idle_sleep(&idle, 0, false);
    ck_assert(!steal__idle_resign(&idle, 0));
    steal__idle_sleep(&idle, 1, false);
    ck_assert(!steal__idle_resign(&idle, 1)); /* is none */
    ck_assert(steal__idle_resign(&idle, 0));
    ck_assert(steal__idle_lacks_monitor(&idle));
    ck_assert_int_ne(steal__idle_appoint(&idle), IDLE_NOBODY);
    ck_assert(!steal__idle_lacks_monitor(&idle));
}
END_TEST

START_TEST(last_worker_to_sleep_is_not_the_monitor)
{
    setup(1);
    steal__idle_sleep(&idle, 0, false);
    ck_assert(!steal__idle_is_monitor(&idle, 0));
}
END_TEST

START_TEST(all_workers_of_the_largest_runtime_are_found)
{
    bool seen[STEAL_WORKERS_MAX] = { false };

    sleep_all(STEAL_WORKERS_MAX);
    ck_assert_uint_eq(idle.workers - idle.sleeping, 0);
    for (unsigned i = 0; i < STEAL_WORKERS_MAX; i++) {
        int worker = steal__idle_notify(&idle).worker;

        ck_assert_int_ne(worker, IDLE_NOBODY);
        ck_assert(!seen[worker]);
        seen[worker] = true;
        steal__idle_found(&idle);
    }
    ck_assert_int_eq(steal__idle_notify(&idle).worker, IDLE_NOBODY);
    ck_assert_uint_eq(idle.workers - idle.sleeping, STEAL_WORKERS_MAX);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        at_first_all_are_awake,
        half_of_the_workers_may_search,
        only_worker_may_search,
        last_searcher_that_finds_is_told,
        sleeper_is_wanted_unless_somebody_searches,
        notify_picks_a_sleeper_that_then_searches,
        searcher_that_sleeps_searches_no_more,
        sleeper_may_rise_by_itself,
        first_sleeper_watches_those_awake,
        monitor_that_rises_leaves_an_heir,
        monitor_is_picked_last_and_leaves_an_heir,
        who_sleeps_in_the_driver_is_picked_after_the_others,
        monitor_resigns_only_if_all_sleep,
        last_worker_to_sleep_is_not_the_monitor,
        all_workers_of_the_largest_runtime_are_found,
    };

    return run_suite("idle", tests, LENGTH(tests));
}
