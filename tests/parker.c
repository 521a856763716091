/*
 * tests/parker.c - the sleep token of a thread.
 */
#include "../src/sched/parker.h"

#include "kit.h"

static struct parker parker;
static int message; /* passed on by the permit */

START_TEST(permit_that_is_there_ends_the_park_at_once)
{
    steal__parker_init(&parker);
    ck_assert(!steal__parker_unpark(&parker));
    ck_assert(steal__parker_park(&parker, UINT64_MAX));
}
END_TEST

START_TEST(permits_do_not_add_up)
{
    steal__parker_init(&parker);
    steal__parker_unpark(&parker);
    steal__parker_unpark(&parker);
    ck_assert(steal__parker_park(&parker, UINT64_MAX));
    ck_assert(!steal__parker_park(&parker, steal_now()));
}
END_TEST

START_TEST(deadline_ends_the_park_and_not_too_early)
{
    uint64_t deadline = steal_now() + STEAL_MS(10);

    steal__parker_init(&parker);
    ck_assert(!steal__parker_park(&parker, deadline));
    ck_assert_uint_ge(steal_now(), deadline);
    steal__parker_unpark(&parker); /* it is as new */
    ck_assert(steal__parker_park(&parker, UINT64_MAX));
}
END_TEST

static void *
park_and_read(void *arg)
{
    require(steal__parker_park(&parker, UINT64_MAX));
    *(int *)arg = message;
    return NULL;
}

START_TEST(park_sees_what_precedes_the_unpark)
{
    for (int i = 1; i <= scaled(2000); i++) {
        int got = 0;
        pthread_t thread;

        steal__parker_init(&parker);
        thread = start_thread(park_and_read, &got);
        message = i;
        ck_assert(!steal__parker_unpark(&parker));
        join_thread(thread);
        ck_assert_int_eq(got, i);
    }
}
END_TEST

START_TEST(unpark_of_a_driving_owner_asks_for_a_kick)
{
    steal__parker_init(&parker);
    ck_assert(steal__parker_begin_drive(&parker));
    ck_assert(steal__parker_unpark(&parker));
    ck_assert(!steal__parker_unpark(&parker)); /* one kick will do */
    steal__parker_end_drive(&parker);
    ck_assert(!steal__parker_park(&parker, steal_now()));
}
END_TEST

START_TEST(permit_keeps_the_owner_from_driving)
{
    steal__parker_init(&parker);
    steal__parker_unpark(&parker);
    ck_assert(!steal__parker_begin_drive(&parker));
    ck_assert(steal__parker_begin_drive(&parker)); /* it was taken */
    steal__parker_end_drive(&parker);
}
END_TEST

static struct parker pong;

static void *
answer(void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        require(steal__parker_park(&parker, UINT64_MAX));
        steal__parker_unpark(&pong);
    }
    return NULL;
}

START_TEST(no_permit_is_lost_between_two_threads)
{
    int n = scaled(20000);
    pthread_t thread;

    steal__parker_init(&parker);
    steal__parker_init(&pong);
    thread = start_thread(answer, &n);
    for (int i = 0; i < n; i++) {
        steal__parker_unpark(&parker);
        require(steal__parker_park(&pong, steal_now() + PATIENCE));
    }
    join_thread(thread);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        permit_that_is_there_ends_the_park_at_once,
        permits_do_not_add_up,
        deadline_ends_the_park_and_not_too_early,
        park_sees_what_precedes_the_unpark,
        unpark_of_a_driving_owner_asks_for_a_kick,
        permit_keeps_the_owner_from_driving,
        no_permit_is_lost_between_two_threads,
    };

    return run_suite("parker", tests, LENGTH(tests));
}
