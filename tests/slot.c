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

/*
 * An owner and a thief: who gets a task is the only one.
 */

#define BURST 8

static struct steal_task many[64];
static _Atomic(int) inside[LENGTH(many)]; /* the slot */
static _Atomic(int) taking;
static _Atomic(bool) over;

static void
get(struct steal_task *task)
{
    if (task)
        require(sub_acq_rel(&inside[task - many], 1) == 1);
}

static void *
take_many(void *arg)
{
    (void)arg;
    store_release(&taking, 1);
    while (!load_acquire(&over))
        get(slot_take(&slot));
    return NULL;
}

/* Puts come close upon each other, so that they meet the thief in the middle of
 * taking. */
static void
put_burst(size_t first)
{
    struct steal_task *displaced[BURST];

    for (size_t i = 0; i < BURST; i++) {
        if (load_acquire(&inside[first + i])) /* none is lost */
            wait_until(!load_acquire(&inside[first + i]));
        store_release(&inside[first + i], 1);
    }
    for (size_t i = 0; i < BURST; i++)
        displaced[i] = slot_put(&slot, &many[first + i]);
    for (size_t i = 0; i < BURST; i++)
        get(displaced[i]);
    get(slot_take(&slot));
}

START_TEST(owner_and_thief_never_get_the_same_task)
{
    pthread_t thread;
    int n = scaled(1000000);

    slot_init(&slot);
    thread = start_thread(take_many, NULL);
    wait_until(load_acquire(&taking));
    for (int i = 0; i < n; i += BURST)
        put_burst((size_t)i % LENGTH(many));
    wait_until(slot_is_empty(&slot));
    store_release(&over, true);
    join_thread(thread);
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
