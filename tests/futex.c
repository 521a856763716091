/*
 * tests/futex.c - sleeping on a word.
 */
#include "../src/base/futex.h"

#include "kit.h"

static _Atomic(uint32_t) word;
static _Atomic(int) asleep;
static _Atomic(int) awake;

START_TEST(other_value_does_not_sleep)
{
    store_release(&word, 1);
    ck_assert(steal__futex_wait(&word, 0, UINT64_MAX));
}
END_TEST

START_TEST(deadline_in_the_past_has_expired)
{
    store_release(&word, 0);
    ck_assert(!steal__futex_wait(&word, 0, 1));
}
END_TEST

START_TEST(sleep_does_not_end_before_the_deadline)
{
    uint64_t deadline = steal_now() + STEAL_MS(20);

    store_release(&word, 0);
    while (steal__futex_wait(&word, 0, deadline))
        ck_assert_uint_lt(steal_now(), deadline + PATIENCE);
    ck_assert_uint_ge(steal_now(), deadline);
}
END_TEST

START_TEST(wake_without_sleepers_is_harmless)
{
    steal__futex_wake(&word, 1);
    steal__futex_wake(&word, INT32_MAX);
}
END_TEST

START_TEST(errno_is_left_alone)
{
    errno = EDOM;
    store_release(&word, 0);
    steal__futex_wait(&word, 1, UINT64_MAX);
    steal__futex_wait(&word, 0, 1);
    steal__futex_wake(&word, 1);
    ck_assert_int_eq(errno, EDOM);
}
END_TEST

static void *
sleep_until_changed(void *arg)
{
    (void)arg;
    add_acq_rel(&asleep, 1);
    while (load_acquire(&word) == 0)
        steal__futex_wait(&word, 0, UINT64_MAX);
    add_acq_rel(&awake, 1);
    return NULL;
}

START_TEST(who_changes_the_word_and_wakes_ends_the_sleep)
{
    pthread_t thread;

    store_release(&word, 0);
    thread = start_thread(sleep_until_changed, NULL);
    wait_until(load_acquire(&asleep) == 1);
    store_release(&word, 1);
    steal__futex_wake(&word, 1);
    join_thread(thread);
    ck_assert_int_eq(load_acquire(&awake), 1);
}
END_TEST

START_TEST(many_sleepers_are_woken_together)
{
    pthread_t thread[3];

    store_release(&word, 0);
    store_release(&asleep, 0);
    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(sleep_until_changed, NULL);
    wait_until(load_acquire(&asleep) == (int)LENGTH(thread));
    store_release(&word, 1);
    steal__futex_wake(&word, (int)LENGTH(thread));
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        other_value_does_not_sleep,
        deadline_in_the_past_has_expired,
        sleep_does_not_end_before_the_deadline,
        wake_without_sleepers_is_harmless,
        errno_is_left_alone,
        who_changes_the_word_and_wakes_ends_the_sleep,
        many_sleepers_are_woken_together,
    };

    return run_suite("futex", tests, LENGTH(tests));
}
