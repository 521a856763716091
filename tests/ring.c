/*
 * tests/ring.c - the run queue of a worker, built with four slots so that every
 * wrap is met.
 */
#include "../src/sched/ring.h"

#include "../src/task/chain.h"
#include "kit.h"

_Static_assert(RING_SLOTS == 4, "built with a small ring");

static struct ring mine;
static struct ring other;
static struct steal_task tasks[16];

static struct steal_task *
task(int i)
{
    return &tasks[i];
}

static void
setup(int n)
{
    steal__ring_init(&mine);
    steal__ring_init(&other);
    for (int i = 0; i < n; i++)
        ck_assert(steal__ring_push(&mine, task(i)));
}

/* Lets the indices stand anywhere in the array. */
static void
turn_round(struct ring *ring, int n)
{
    for (int i = 0; i < n; i++) {
        ck_assert(steal__ring_push(ring, task(15)));
        ck_assert_ptr_eq(steal__ring_pop(ring), task(15));
    }
}

START_TEST(empty_ring_has_nothing)
{
    setup(0);
    ck_assert(steal__ring_is_empty(&mine));
    ck_assert_ptr_null(steal__ring_pop(&mine));
    ck_assert_ptr_null(steal__ring_steal(&mine, &other));
}
END_TEST

START_TEST(first_in_is_first_out)
{
    setup(3);
    ck_assert(!steal__ring_is_empty(&mine));
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_eq(steal__ring_pop(&mine), task(i));
    ck_assert_ptr_null(steal__ring_pop(&mine));
}
END_TEST

START_TEST(full_ring_refuses_and_keeps_order)
{
    for (int turn = 0; turn < 9; turn++) {
        setup(0);
        turn_round(&mine, turn);
        for (int i = 0; i < RING_SLOTS; i++)
            ck_assert(steal__ring_push(&mine, task(i)));
        ck_assert(!steal__ring_push(&mine, task(9)));
        for (int i = 0; i < RING_SLOTS; i++)
            ck_assert_ptr_eq(steal__ring_pop(&mine), task(i));
    }
}
END_TEST

START_TEST(popped_slot_can_be_filled_again)
{
    setup(RING_SLOTS);
    ck_assert_ptr_eq(steal__ring_pop(&mine), task(0));
    ck_assert(steal__ring_push(&mine, task(4)));
    ck_assert(!steal__ring_push(&mine, task(5)));
    for (int i = 1; i <= RING_SLOTS; i++)
        ck_assert_ptr_eq(steal__ring_pop(&mine), task(i));
}
END_TEST

START_TEST(spill_takes_the_older_half)
{
    struct chain chain;

    for (int turn = 0; turn < 5; turn++) {
        setup(0);
        turn_round(&mine, turn);
        for (int i = 0; i < RING_SLOTS; i++)
            steal__ring_push(&mine, task(i));
        chain_init(&chain);
        steal__ring_spill(&mine, &chain);
        ck_assert_uint_eq(chain.n, 2);
        ck_assert_ptr_eq(chain.first, task(1)); /* the newest first */
        ck_assert_ptr_eq(chain.last, task(0));
        ck_assert_ptr_eq(steal__ring_pop(&mine), task(2));
        ck_assert_ptr_eq(steal__ring_pop(&mine), task(3));
        ck_assert_ptr_null(steal__ring_pop(&mine));
    }
}
END_TEST

START_TEST(thief_takes_the_only_task)
{
    setup(1);
    ck_assert_ptr_eq(steal__ring_steal(&mine, &other), task(0));
    ck_assert(steal__ring_is_empty(&mine));
    ck_assert(steal__ring_is_empty(&other));
}
END_TEST

START_TEST(thief_takes_half_rounded_up)
{
    for (int turn = 0; turn < 5; turn++) {
        setup(0);
        turn_round(&mine, turn);
        turn_round(&other, 2 * turn);
        for (int i = 0; i < 3; i++)
            steal__ring_push(&mine, task(i));
        ck_assert_ptr_eq(steal__ring_steal(&mine, &other), task(0));
        ck_assert_ptr_eq(steal__ring_pop(&other), task(1));
        ck_assert_ptr_null(steal__ring_pop(&other));
        ck_assert_ptr_eq(steal__ring_pop(&mine), task(2));
        ck_assert_ptr_null(steal__ring_pop(&mine));
    }
}
END_TEST

START_TEST(thief_takes_no_more_than_it_has_room_for)
{
    setup(RING_SLOTS);
    for (int i = 8; i < 11; i++)
        steal__ring_push(&other, task(i));
    ck_assert_ptr_eq(steal__ring_steal(&mine, &other), task(0));
    for (int i = 8; i < 11; i++)
        ck_assert_ptr_eq(steal__ring_pop(&other), task(i));
    ck_assert_ptr_eq(steal__ring_pop(&mine), task(1));
}
END_TEST

START_TEST(thief_with_a_full_ring_takes_nothing)
{
    setup(2);
    for (int i = 8; i < 12; i++)
        steal__ring_push(&other, task(i));
    ck_assert_ptr_null(steal__ring_steal(&mine, &other));
    ck_assert_ptr_eq(steal__ring_pop(&mine), task(0));
}
END_TEST

/*
 * Many thieves: each task that is pushed comes out once.
 */

#define ROUNDS scaled(1000000)

static _Atomic(int) taken[LENGTH(tasks)];
static _Atomic(int) ntaken;
static _Atomic(int) nthieves;
static _Atomic(bool) over;

/* A task is pushed again only after it was taken. */
static void
take(struct steal_task *got)
{
    require(add_acq_rel(&taken[got - tasks], 1) == 0);
    add_acq_rel(&ntaken, 1);
}

static void *
thieve(void *arg)
{
    struct ring loot;

    (void)arg;
    steal__ring_init(&loot);
    add_acq_rel(&nthieves, 1);
    while (!load_acquire(&over)) {
        struct steal_task *got = steal__ring_steal(&mine, &loot);

        while (got) {
            take(got);
            got = steal__ring_pop(&loot);
        }
    }
    return NULL;
}

static int
push_free_tasks(void)
{
    int pushed = 0;

    for (size_t i = 0; i < LENGTH(tasks); i++) {
        if (!load_acquire(&taken[i]))
            continue;
        store_release(&taken[i], 0);
        if (!steal__ring_push(&mine, &tasks[i])) {
            store_release(&taken[i], 1);
            break;
        }
        pushed++;
    }
    return pushed;
}

static void
spill(void)
{
    struct chain chain;
    struct steal_task *next;

    chain_init(&chain);
    steal__ring_spill(&mine, &chain);
    for (struct steal_task *got = chain.first; got; got = next) {
        next = got == chain.last ? NULL : got->next;
        take(got);
    }
}

START_TEST(each_task_is_taken_once)
{
    pthread_t thread[2];
    int pushed = 0;

    setup(0);
    for (size_t i = 0; i < LENGTH(tasks); i++)
        store_release(&taken[i], 1);
    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(thieve, NULL);
    wait_until(load_acquire(&nthieves) == (int)LENGTH(thread));
    for (int i = 0; i < ROUNDS; i++) {
        struct steal_task *got;

        pushed += push_free_tasks();
        spill();
        got = i % 2 ? steal__ring_pop(&mine) : NULL;
        if (got)
            take(got);
    }
    wait_until(steal__ring_is_empty(&mine));
    wait_until(load_acquire(&ntaken) == pushed);
    store_release(&over, true);
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        empty_ring_has_nothing,
        first_in_is_first_out,
        full_ring_refuses_and_keeps_order,
        popped_slot_can_be_filled_again,
        spill_takes_the_older_half,
        thief_takes_the_only_task,
        thief_takes_half_rounded_up,
        thief_takes_no_more_than_it_has_room_for,
        thief_with_a_full_ring_takes_nothing,
        each_task_is_taken_once,
    };

    return run_suite("ring", tests, LENGTH(tests));
}
