/*
 * tests/census.c - births and deaths are counted, and none is seen before its
 * cause.
 */
#include "../src/sched/census.h"

#include "kit.h"

static struct census census;

START_TEST(new_census_is_empty)
{
    census_init(&census);
    ck_assert_uint_eq(load_acquire(&census.born), 0);
    ck_assert_uint_eq(load_acquire(&census.died), 0);
}
END_TEST

START_TEST(owner_and_others_count_alike)
{
    census_init(&census);
    census_born(&census);
    census_born_shared(&census);
    census_died_shared(&census);
    ck_assert_uint_eq(load_acquire(&census.born), 2);
    ck_assert_uint_eq(load_acquire(&census.died), 1);
    census_died(&census);
    ck_assert_uint_eq(load_acquire(&census.died), 2);
}
END_TEST

static void *
live_many(void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        census_born_shared(&census);
        census_died_shared(&census);
    }
    return NULL;
}

START_TEST(shared_census_loses_no_count)
{
    pthread_t thread[3];
    int n = scaled(50000);

    census_init(&census);
    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(live_many, &n);
    for (int i = 0; i < n; i++) {
        uint64_t died = load_acquire(&census.died);

        require(died <= load_acquire(&census.born)); /* O1 */
    }
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
    ck_assert_uint_eq(load_acquire(&census.born), 3 * (uint64_t)n);
    ck_assert_uint_eq(load_acquire(&census.died), 3 * (uint64_t)n);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        new_census_is_empty,
        owner_and_others_count_alike,
        shared_census_loses_no_count,
    };

    return run_suite("census", tests, LENGTH(tests));
}
