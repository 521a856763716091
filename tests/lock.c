/*
 * tests/lock.c - the lock of one word.
 */
#include "../src/base/lock.h"

#include "kit.h"

#define THREADS 3

static struct lock lock;
static long shared; /* what the lock guards */
static _Atomic(int) stage;

START_TEST(free_lock_is_taken_at_once)
{
    lock_init(&lock);
    ck_assert(lock_try(&lock));
}
END_TEST

START_TEST(taken_lock_refuses)
{
    lock_init(&lock);
    lock_take(&lock);
    ck_assert(!lock_try(&lock));
    ck_assert(!lock_try(&lock));
}
END_TEST

START_TEST(given_lock_can_be_taken_again)
{
    lock_init(&lock);
    for (int i = 0; i < 3; i++) {
        lock_take(&lock);
        lock_give(&lock);
    }
    ck_assert(lock_try(&lock));
}
END_TEST

static void *
take_late(void *arg)
{
    (void)arg;
    store_release(&stage, 1);
    lock_take(&lock);
    shared *= 2;
    lock_give(&lock);
    return NULL;
}

START_TEST(taker_waits_for_the_owner)
{
    pthread_t thread;

    lock_init(&lock);
    store_release(&stage, 0);
    lock_take(&lock);
    thread = start_thread(take_late, NULL);
    wait_until(load_acquire(&stage) == 1);
    shared = 0;
    for (int i = 0; i < 100; i++) {
        shared++;
        sched_yield();
    }
    lock_give(&lock);
    join_thread(thread);
    ck_assert_int_eq(shared, 200);
}
END_TEST

static void *
add_many(void *arg)
{
    add_acq_rel(&stage, 1);
    while (load_acquire(&stage) < THREADS)
        sched_yield();
    for (int i = 0; i < *(int *)arg; i++) {
        lock_take(&lock);
        shared++;
        lock_give(&lock);
    }
    return NULL;
}

START_TEST(sections_of_many_threads_exclude_each_other)
{
    pthread_t thread[THREADS];
    int n = scaled(500000);

    lock_init(&lock);
    shared = 0;
    store_release(&stage, 0);
    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(add_many, &n);
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
    ck_assert_int_eq(shared, (long)THREADS * n);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        free_lock_is_taken_at_once,
        taken_lock_refuses,
        given_lock_can_be_taken_again,
        taker_waits_for_the_owner,
        sections_of_many_threads_exclude_each_other,
    };

    return run_suite("lock", tests, LENGTH(tests));
}
