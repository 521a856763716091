/*
 * tests/slot.c - the next slot of a worker.
 */
#include "../src/sched/slot.h"

#include "../src/task/task.h"
#include "kit.h"

static struct slot slot;
static struct steal_task a;
static struct steal_task b;

START_TEST(new_slot_is_empty)
{
    slot_init(&slot);
    ck_assert(slot_is_empty(&slot));
    ck_assert_ptr_null(slot_take(&slot));
}
END_TEST

START_TEST(what_is_put_is_taken_once)
{
    slot_init(&slot);
    ck_assert_ptr_null(slot_put(&slot, &a));
    ck_assert(!slot_is_empty(&slot));
    ck_assert_ptr_eq(slot_take(&slot), &a);
    ck_assert_ptr_null(slot_take(&slot));
}
END_TEST

START_TEST(newer_task_displaces_the_older)
{
    slot_init(&slot);
    ck_assert_ptr_null(slot_put(&slot, &a));
    ck_assert_ptr_eq(slot_put(&slot, &b), &a);
    ck_assert_ptr_eq(slot_take(&slot), &b);
}
END_TEST

static _Atomic(int) ntaken;
static _Atomic(bool) over;

static void *
take_many(void *arg)
{
    (void)arg;
    while (!load_acquire(&over)) {
        if (slot_take(&slot))
            add_acq_rel(&ntaken, 1);
    }
    return NULL;
}

START_TEST(owner_and_thief_never_get_the_same_task)
{
    pthread_t thread;
    int n = scaled(200000);
    int back = 0;

    slot_init(&slot);
    thread = start_thread(take_many, NULL);
    for (int i = 0; i < n; i++)
        back += slot_put(&slot, i % 2 ? &a : &b) != NULL;
    wait_until(slot_is_empty(&slot));
    store_release(&over, true);
    join_thread(thread);
    ck_assert_int_eq(back + load_acquire(&ntaken), n);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        new_slot_is_empty,
        what_is_put_is_taken_once,
        newer_task_displaces_the_older,
        owner_and_thief_never_get_the_same_task,
    };

    return run_suite("slot", tests, LENGTH(tests));
}
