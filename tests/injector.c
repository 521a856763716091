/*
 * tests/injector.c - the global queue.
 */
#include "../src/sched/injector.h"

#include "../src/task/chain.h"
#include "kit.h"

static struct injector injector;
static struct steal_task tasks[64];

static void
push(int first, int n)
{
    struct chain chain;

    chain_init(&chain);
    for (int i = first; i < first + n; i++)
        chain_add(&chain, &tasks[i]);
    steal__injector_push(&injector, &chain);
    require(chain.n == 0);
}

/* Takes up to `max` and expects these. */
static void
assert_takes(unsigned max, int first, unsigned n)
{
    unsigned got;
    struct steal_task *task = steal__injector_take(&injector, max, &got);

    ck_assert_uint_eq(got, n);
    for (unsigned i = 0; i < n; i++, task = task->next)
        ck_assert_ptr_eq(task, &tasks[first + (int)i]);
    ck_assert_ptr_null(task);
}

START_TEST(new_injector_is_empty)
{
    steal__injector_init(&injector);
    ck_assert(steal__injector_is_empty(&injector));
    assert_takes(8, 0, 0);
}
END_TEST

START_TEST(chain_comes_out_oldest_first)
{
    steal__injector_init(&injector);
    push(0, 3);
    ck_assert(!steal__injector_is_empty(&injector));
    assert_takes(8, 0, 3);
    ck_assert(steal__injector_is_empty(&injector));
}
END_TEST

START_TEST(chains_come_out_in_the_order_of_their_pushes)
{
    steal__injector_init(&injector);
    push(0, 2);
    push(2, 1);
    push(3, 4);
    assert_takes(8, 0, 7);
}
END_TEST

START_TEST(what_is_not_taken_stays_for_the_next)
{
    steal__injector_init(&injector);
    push(0, 7);
    assert_takes(3, 0, 3);
    ck_assert(!steal__injector_is_empty(&injector));
    assert_takes(1, 3, 1);
    assert_takes(8, 4, 3);
    ck_assert(steal__injector_is_empty(&injector));
}
END_TEST

START_TEST(backlog_goes_before_what_was_pushed_later)
{
    steal__injector_init(&injector);
    push(0, 4);
    assert_takes(2, 0, 2);
    push(4, 2);
    assert_takes(8, 2, 2);
    assert_takes(8, 4, 2);
}
END_TEST

static _Atomic(int) taken[LENGTH(tasks)];
static _Atomic(int) ntaken;
static int payload[LENGTH(tasks)]; /* published by the push */

static void *
push_own(void *arg)
{
    int first = *(int *)arg;

    for (int i = first; i < first + (int)LENGTH(tasks) / 2; i++) {
        payload[i] = i;
        push(i, 1);
    }
    return NULL;
}

static void *
take_until_all(void *arg)
{
    unsigned n;

    (void)arg;
    while (load_acquire(&ntaken) < (int)LENGTH(tasks)) {
        struct steal_task *task = steal__injector_take(&injector, 5, &n);

        for (; task; task = task->next) {
            long i = task - tasks;

            require(payload[i] == i);
            require(add_acq_rel(&taken[i], 1) == 0);
        }
        add_acq_rel(&ntaken, (int)n);
    }
    return NULL;
}

START_TEST(each_task_of_many_pushers_is_taken_once)
{
    int first[] = { 0, LENGTH(tasks) / 2 };

    for (int round = 0; round < scaled(500); round++) {
        pthread_t thread[4];

        steal__injector_init(&injector);
        store_release(&ntaken, 0);
        for (size_t i = 0; i < LENGTH(tasks); i++)
            store_release(&taken[i], 0);
        thread[0] = start_thread(push_own, &first[0]);
        thread[1] = start_thread(push_own, &first[1]);
        thread[2] = start_thread(take_until_all, NULL);
        thread[3] = start_thread(take_until_all, NULL);
        for (size_t i = 0; i < LENGTH(thread); i++)
            join_thread(thread[i]);
        ck_assert(steal__injector_is_empty(&injector));
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        new_injector_is_empty,
        chain_comes_out_oldest_first,
        chains_come_out_in_the_order_of_their_pushes,
        what_is_not_taken_stays_for_the_next,
        backlog_goes_before_what_was_pushed_later,
        each_task_of_many_pushers_is_taken_once,
    };

    return run_suite("injector", tests, LENGTH(tests));
}
