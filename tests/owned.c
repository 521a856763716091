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

/*
 * Walks
 */

static const struct steal_task *glanced;

static void
glance(const struct steal_task *t, void *data)
{
    (void)data;
    glanced = t;
}

static enum owned_step
walk_on(struct owned_walk *walk, struct steal_task **t)
{
    *t = NULL;
    glanced = NULL;
    return steal__owned_walk_next(&owned, walk, glance, NULL, t);
}

static void
add_all(void)
{
    setup();
    for (size_t i = 0; i < LENGTH(task); i++)
        ck_assert(steal__owned_add(&owned, &task[i]));
    ck_assert_uint_eq(steal__owned_count(&owned), LENGTH(task));
}

static void
leave(struct steal_task *t)
{
    ck_assert(load_acquire(&t->word) & TASK_BUSY);
    steal__owned_leave(t, false);
}

START_TEST(walk_visits_the_parked_and_glances_at_the_others)
{
    struct owned_walk walk;
    struct steal_task *t;

    add_all();
    steal__owned_walk_begin(&owned, &walk);
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_BUSY);
    ck_assert_ptr_eq(glanced, &task[0]);
    for (int i = 1; i <= 2; i++) {
        ck_assert_int_eq(walk_on(&walk, &t), OWNED_VISITED);
        ck_assert_ptr_eq(t, &task[i]);
        ck_assert_ptr_null(glanced);
        leave(t);
        ck_assert(!(load_acquire(&t->word) & TASK_BUSY));
    }
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_END);
    steal__owned_walk_end(&owned, &walk);
    ck_assert(list_is_empty(&owned.walks));
    ck_assert_int_eq(toy.nqueued, 0);
}
END_TEST

START_TEST(walk_goes_on_where_tasks_are_removed_and_added)
{
    struct owned_walk walk;
    struct steal_task *t;

    setup();
    ck_assert(steal__owned_add(&owned, &task[1]));
    steal__owned_walk_begin(&owned, &walk);
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_VISITED);
    leave(t);
    steal__owned_remove(&owned, &task[1]);
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_END);
    ck_assert(steal__owned_add(&owned, &task[2]));
    ck_assert(steal__owned_add(&owned, &task[1]));
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_VISITED);
    ck_assert_ptr_eq(t, &task[2]);
    leave(t);
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_VISITED);
    ck_assert_ptr_eq(t, &task[1]);
    leave(t);
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_END);
    steal__owned_walk_end(&owned, &walk);
}
END_TEST

START_TEST(place_of_a_task_is_known_until_it_is_removed)
{
    struct owned_walk walk;
    struct owned_walk mark;
    struct steal_task *t;

    add_all();
    steal__owned_walk_begin(&owned, &walk);
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_BUSY);
    steal__owned_walk_fork(&owned, &mark, &walk);
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_VISITED);
    leave(t);
    ck_assert_int_eq(steal__owned_walk_again(&owned, &mark, &t), OWNED_BUSY);
    store_release(&task[0].word, TASK_LIVE | TASK_REF);
    ck_assert_int_eq(steal__owned_walk_again(&owned, &mark, &t), OWNED_VISITED);
    ck_assert_ptr_eq(t, &task[0]);
    leave(t);
    steal__owned_remove(&owned, &task[0]);
    ck_assert_int_eq(steal__owned_walk_again(&owned, &mark, &t), OWNED_END);
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_VISITED);
    ck_assert_ptr_eq(t, &task[2]);
    leave(t);
    steal__owned_walk_end(&owned, &mark);
    steal__owned_walk_end(&owned, &walk);
}
END_TEST

START_TEST(task_that_is_woken_during_a_visit_is_queued_after_it)
{
    struct owned_walk walk;
    struct steal_task *t;

    setup();
    ck_assert(steal__owned_add(&owned, &task[1]));
    steal__owned_walk_begin(&owned, &walk);
    ck_assert_int_eq(walk_on(&walk, &t), OWNED_VISITED);
    ck_assert_int_eq(steal__word_wake(&t->word), WAKE_NONE);
    ck_assert_int_eq(toy.nqueued, 0);
    leave(t);
    ck_assert_int_eq(toy.nqueued, 1);
    ck_assert(load_acquire(&t->word) & TASK_BUSY);
    steal__owned_walk_end(&owned, &walk);
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
        walk_visits_the_parked_and_glances_at_the_others,
        walk_goes_on_where_tasks_are_removed_and_added,
        place_of_a_task_is_known_until_it_is_removed,
        task_that_is_woken_during_a_visit_is_queued_after_it,
        closed_register_refuses,
        closing_twice_queues_nothing_twice,
        removed_task_is_not_aborted,
    };

    return run_suite("owned", tests, LENGTH(tests));
}
