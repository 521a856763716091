/*
 * tests/owned.c - the register of parked tasks.
 */
#include "../src/task/owned.h"

#include "toy.h"

static struct owned owned;
static struct steal_task task[3];

/* Tasks that are parked, but for the first, which is BUSY. */
static void
setup(void)
{
    toy_init();
    memset(task, 0, sizeof task);
    for (size_t i = 0; i < LENGTH(task); i++)
        store_release(&task[i].word, TASK_LIVE | TASK_REF);
    store_release(&task[0].word, TASK_LIVE | TASK_BUSY | TASK_REF);
    steal__owned_init(&owned);
}

static bool
is_aborted(struct steal_task *t)
{
    return load_acquire(&t->word) & TASK_ABRT;
}

START_TEST(open_register_takes_tasks_and_lets_them_go)
{
    setup();
    ck_assert(steal__owned_add(&owned, &task[0]));
    ck_assert(steal__owned_add(&owned, &task[1]));
    steal__owned_remove(&owned, &task[0]);
    steal__owned_remove(&owned, &task[1]);
    ck_assert(list_is_empty(&owned.tasks));
}
END_TEST

START_TEST(close_aborts_all_and_queues_the_parked)
{
    setup();
    for (size_t i = 0; i < LENGTH(task); i++)
        ck_assert(steal__owned_add(&owned, &task[i]));
    steal__owned_close(&owned);
    for (size_t i = 0; i < LENGTH(task); i++)
        ck_assert(is_aborted(&task[i]));
    ck_assert_int_eq(toy.nqueued, 2); /* the first is in a queue already */
    for (int i = 0; i < toy.nqueued; i++)
        ck_assert_ptr_ne(toy.queue[i], &task[0]);
}
END_TEST

START_TEST(closed_register_refuses)
{
    setup();
    steal__owned_close(&owned);
    ck_assert(!steal__owned_add(&owned, &task[1]));
    ck_assert(!is_aborted(&task[1]));
    ck_assert_int_eq(toy.nqueued, 0);
}
END_TEST

START_TEST(closing_twice_queues_nothing_twice)
{
    setup();
    ck_assert(steal__owned_add(&owned, &task[1]));
    steal__owned_close(&owned);
    steal__owned_close(&owned);
    ck_assert_int_eq(toy.nqueued, 1);
}
END_TEST

START_TEST(removed_task_is_not_aborted)
{
    setup();
    ck_assert(steal__owned_add(&owned, &task[1]));
    steal__owned_remove(&owned, &task[1]);
    steal__owned_close(&owned);
    ck_assert(!is_aborted(&task[1]));
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        open_register_takes_tasks_and_lets_them_go,
        close_aborts_all_and_queues_the_parked,
        closed_register_refuses,
        closing_twice_queues_nothing_twice,
        removed_task_is_not_aborted,
    };

    return run_suite("owned", tests, LENGTH(tests));
}
