/*
 * tests/mutex.c - one at a time, in the order of coming or nearly so.
 */
#include <steal/mutex.h>

#include "../src/task/budget.h"
#include "hands.h"

/* Others may pass the first in line so often, and not much more. */
#define PASSED_MOST 3

static struct steal_mutex mutex;
static struct steal_mutex_lock lock[HANDS];

static void
reset(void)
{
    hands_reset();
    steal_mutex_init(&mutex);
}

static struct steal_future *
want(int i)
{
    return steal_mutex_lock(&lock[i], &mutex);
}

static void
line_up(int i)
{
    assert_poll(i, want(i), PENDING);
    assert_woken(i, 0);
}

static void
take(void)
{
    ck_assert(steal_mutex_try_lock(&mutex));
}

static void
unlock(void)
{
    steal_mutex_unlock(&mutex);
}

static void
drop(int i)
{
    steal_future_drop(&lock[i].future);
}

static void
assert_gets(int i)
{
    assert_ready(i, &lock[i].future, 0);
}

/* Still has to wait, though it was woken. */
static void
assert_fails(int i)
{
    assert_poll(i, &lock[i].future, PENDING);
}

/* Nobody has it, nobody is in line. */
static void
assert_free(void)
{
    assert_hands_free();
    ck_assert_uint_eq(mutex.word, 0); /* the quick way is open again */
    take();
    ck_assert(!steal_mutex_try_lock(&mutex));
    unlock();
    take();
    unlock();
    ck_assert_uint_eq(mutex.word, 0);
}

/* Lets others pass the first in line, `i`, until it is handed over, and returns
 * how often. */
static int
pass_until_handed_over(int i)
{
    int passed = 0;

    for (;;) {
        int before = woken(i);

        unlock();
        ck_assert_int_eq(woken(i), before + 1);
        if (!steal_mutex_try_lock(&mutex))
            return passed;
        passed++;
        ck_assert_int_le(passed, PASSED_MOST);
        assert_fails(i);
    }
}

START_TEST(mutex_is_had_by_one_at_a_time)
{
    static struct steal_mutex fixed = STEAL_MUTEX_INIT;
    static struct steal_mutex zero;

    ck_assert(steal_mutex_try_lock(&fixed));
    ck_assert(!steal_mutex_try_lock(&fixed));
    steal_mutex_unlock(&fixed);
    ck_assert(steal_mutex_try_lock(&fixed));
    steal_mutex_unlock(&fixed);
    ck_assert_int_eq(memcmp(&fixed, &zero, sizeof zero), 0);
    assert_free();
}
END_TEST

START_TEST(free_mutex_is_had_at_once)
{
    assert_ready(0, want(0), 0);
    ck_assert(!steal_mutex_try_lock(&mutex));
    drop(0);
    ck_assert(!steal_mutex_try_lock(&mutex));
    unlock();
    assert_free();
}
END_TEST

START_TEST(unlock_wakes_who_waits)
{
    take();
    line_up(0);
    assert_fails(0);
    unlock();
    assert_woken(0, 1);
    assert_gets(0);
    ck_assert(!steal_mutex_try_lock(&mutex));
    unlock();
    assert_free();
}
END_TEST

START_TEST(first_come_is_first_served)
{
    take();
    for (int i = 0; i < HANDS; i++)
        line_up(i);
    for (int i = 0; i < HANDS; i++) {
        unlock();
        if (i + 1 < HANDS)
            assert_woken(i + 1, 0);
        assert_woken(i, 1);
        assert_gets(i);
    }
    unlock();
    assert_free();
}
END_TEST

START_TEST(only_the_first_is_woken)
{
    take();
    line_up(0);
    line_up(1);
    unlock();
    take(); /* quicker than the one that was woken */
    unlock();
    take();
    unlock();
    assert_woken(0, 1);
    assert_woken(1, 0);
    assert_gets(0);
    unlock();
    assert_woken(1, 1);
    assert_gets(1);
    unlock();
    assert_free();
}
END_TEST

START_TEST(others_pass_a_few_times_then_it_is_handed_over)
{
    take();
    line_up(0);
    ck_assert_int_ge(pass_until_handed_over(0), 1);
    assert_gets(0);
    unlock();
    assert_free();
}
END_TEST

START_TEST(who_was_passed_stays_the_first)
{
    take();
    line_up(0);
    line_up(1);
    unlock();
    take();
    assert_fails(0);
    unlock();
    assert_woken(0, 2);
    assert_woken(1, 0);
    assert_gets(0);
    unlock();
    assert_gets(1);
    unlock();
    assert_free();
}
END_TEST

START_TEST(each_in_line_is_handed_it_in_turn)
{
    take();
    for (int i = 0; i < 4; i++)
        line_up(i);
    for (int i = 0; i < 4; i++) {
        pass_until_handed_over(i);
        if (i + 1 < 4)
            assert_woken(i + 1, 0);
        assert_gets(i);
    }
    unlock();
    assert_free();
}
END_TEST

/* The holder is asked for its turn again without having seen the wake. */
START_TEST(poll_that_nobody_asked_for_changes_nothing)
{
    take();
    line_up(0);
    for (int i = 0; i < 10; i++)
        assert_fails(0);
    ck_assert_int_ge(pass_until_handed_over(0), 1);
    assert_gets(0);
    unlock();
    assert_free();
}
END_TEST

START_TEST(last_waker_is_the_one_that_counts)
{
    take();
    line_up(0);
    assert_poll(1, &lock[0].future, PENDING);
    ck_assert_int_eq(load_acquire(&hand_meter[0].refs), 0);
    unlock();
    assert_woken(0, 0);
    assert_woken(1, 1);
    take();
    assert_poll(2, &lock[0].future, PENDING); /* woken, and too late */
    unlock();
    assert_woken(2, 1);
    assert_ready(2, &lock[0].future, 0);
    unlock();
    assert_free();
}
END_TEST

/*
 * Drop
 */

START_TEST(lock_that_is_not_polled_takes_nothing)
{
    want(0);
    drop(0);
    assert_free();
}
END_TEST

START_TEST(dropped_waiter_is_out_of_the_line)
{
    take();
    line_up(0);
    line_up(1);
    line_up(2);
    drop(1);
    unlock();
    assert_gets(0);
    unlock();
    assert_woken(1, 0);
    assert_gets(2);
    unlock();
    assert_free();
}
END_TEST

START_TEST(only_waiter_may_be_dropped)
{
    take();
    line_up(0);
    drop(0);
    ck_assert(!steal_mutex_try_lock(&mutex));
    unlock();
    assert_woken(0, 0);
    assert_free();
}
END_TEST

START_TEST(woken_one_that_is_dropped_wakes_the_next)
{
    take();
    line_up(0);
    line_up(1);
    unlock();
    assert_woken(0, 1);
    drop(0);
    assert_woken(1, 1);
    assert_gets(1);
    unlock();
    assert_free();
}
END_TEST

START_TEST(woken_one_that_is_dropped_leaves_a_free_mutex)
{
    take();
    line_up(0);
    unlock();
    drop(0);
    assert_free();
}
END_TEST

/* The woken one is dropped while another has been quicker: that one's unlock has
 * to wake the next. */
START_TEST(dropped_after_it_was_passed_it_leaves_the_next_to_the_owner)
{
    take();
    line_up(0);
    line_up(1);
    unlock();
    take();
    drop(0);
    assert_woken(1, 0);
    unlock();
    assert_woken(1, 1);
    assert_gets(1);
    unlock();
    assert_free();
}
END_TEST

START_TEST(one_that_was_passed_and_waits_may_be_dropped)
{
    take();
    line_up(0);
    line_up(1);
    unlock();
    take();
    assert_fails(0);
    drop(0);
    assert_woken(1, 0);
    unlock();
    assert_gets(1);
    unlock();
    assert_free();
}
END_TEST

START_TEST(dropped_after_the_handover_it_goes_to_the_next)
{
    take();
    line_up(0);
    line_up(1);
    pass_until_handed_over(0);
    drop(0);
    assert_woken(1, 1);
    assert_gets(1);
    unlock();
    assert_free();
}
END_TEST

START_TEST(dropped_after_the_handover_it_is_free)
{
    take();
    line_up(0);
    pass_until_handed_over(0);
    drop(0);
    assert_free();
}
END_TEST

START_TEST(handover_may_be_dropped_by_one_after_the_other)
{
    take();
    line_up(0);
    line_up(1);
    pass_until_handed_over(0);
    drop(0);
    take();
    assert_fails(1);
    pass_until_handed_over(1);
    drop(1);
    assert_free();
}
END_TEST

static void
unlock_free_mutex(void *arg)
{
    steal_mutex_init(arg);
    steal_mutex_unlock(arg);
}

START_TEST(unlock_of_a_free_mutex_is_misuse)
{
    ck_assert(aborts(unlock_free_mutex, &mutex));
}
END_TEST

START_TEST(drop_after_the_end_does_not_unlock)
{
    take();
    line_up(0);
    unlock();
    assert_gets(0);
    drop(0);
    ck_assert(!steal_mutex_try_lock(&mutex));
    unlock();
    assert_free();
}
END_TEST

/*
 * In tasks
 */

struct greedy {
    struct steal_async async;
    struct steal_mutex_lock lock;
    int n;
    int polls;
};

static enum steal_poll
greedy_poll(struct steal_future *future, struct steal_context *cx)
{
    struct greedy *self = (struct greedy *)future;

    self->polls++;
    STEAL_BEGIN(&self->async);
    for (; self->n > 0; self->n--) {
        STEAL_AWAIT(cx, steal_mutex_lock(&self->lock, &mutex));
        unlock();
    }
    STEAL_END();
}

static const struct steal_future_ops greedy_ops = { .name = "greedy",
    .poll = greedy_poll };

START_TEST(task_gives_way_though_the_mutex_is_free)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct greedy greedy = { .async = STEAL_ASYNC(&greedy_ops),
        .n = 10 * TASK_BUDGET };

    ck_assert_int_eq(steal_block_on(runtime, &greedy.async.future), 0);
    ck_assert_int_ge(greedy.polls, 10);
    runtime_end(runtime);
    assert_free();
}
END_TEST

START_TEST(timeout_leaves_the_line)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_timeout timeout;

    take();
    steal_timeout(&timeout, want(0), STEAL_MS(2));
    ck_assert_int_eq(steal_block_on(runtime, &timeout.future), -ETIMEDOUT);
    unlock();
    runtime_end(runtime);
    assert_free();
}
END_TEST

START_TEST(loser_of_a_select_leaves_the_line)
{
    struct record record = RECORD_INIT;
    struct probe probe = probe_make(&record, PROBE_WAITS, 7);
    struct steal_select select;

    take();
    steal_select2(&select, &probe.future, want(0));
    assert_poll(0, &select.future, PENDING);
    line_up(1);
    unlock(); /* both children are ready, and the first of them wins */
    record_open(&record);
    assert_woken(1, 0);
    assert_ready(0, &select.future, 7);
    assert_woken(1, 1);
    assert_gets(1);
    unlock();
    assert_free();
}
END_TEST

/*
 * Many at once
 */

#define VISITORS 6

static long sum; /* guarded by the mutex, and by nothing else */
static _Atomic(int) entered;

struct visitor {
    struct steal_async async;
    struct steal_mutex_lock lock;
    struct steal_timeout timeout;
    struct steal_yield yield;
    int rounds;
};

static enum steal_poll
visitor_poll(struct steal_future *future, struct steal_context *cx)
{
    struct visitor *self = (struct visitor *)future;

    STEAL_BEGIN(&self->async);
    for (; self->rounds > 0; self->rounds--) {
        steal_mutex_lock(&self->lock, &mutex);
        STEAL_AWAIT(cx,
                steal_timeout(&self->timeout, &self->lock.future,
                        self->rounds % 4 ? STEAL_SECONDS(100) : STEAL_US(50)));
        if (self->timeout.future.result == -ETIMEDOUT)
            continue;
        add_relaxed(&entered, 1);
        sum++;
        if (self->rounds % 3 == 0)
            STEAL_AWAIT(cx, steal_yield(&self->yield));
        unlock();
    }
    STEAL_END();
}

static const struct steal_future_ops visitor_ops = { .name = "visitor",
    .poll = visitor_poll };

static struct steal_runtime *runtime;

/* A thread that takes it when it is free, and waits now and then. */
static void *
visit_in_thread(void *arg)
{
    struct steal_mutex_lock mine;

    for (int i = *(int *)arg; i > 0; i--) {
        if (i % 64 == 0)
            require(steal_block_on(i % 128 ? runtime : NULL,
                            steal_mutex_lock(&mine, &mutex)) == 0);
        else if (!steal_mutex_try_lock(&mutex))
            continue;
        add_relaxed(&entered, 1);
        sum++;
        unlock();
    }
    return NULL;
}

START_TEST(many_visitors_keep_each_other_out)
{
    struct steal_task *task[VISITORS];
    int rounds = scaled(20000);
    pthread_t thread;

    sum = 0;
    store_relaxed(&entered, 0);
    runtime = runtime_start(2);
    thread = start_thread(visit_in_thread, &rounds);
    for (int i = 0; i < VISITORS; i++) {
        struct visitor visitor = { .async = STEAL_ASYNC(&visitor_ops),
            .rounds = rounds };

        require(steal_spawn(runtime, &visitor.async.future, sizeof visitor,
                        &task[i]) == 0);
    }
    for (int i = 0; i < VISITORS; i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    join_thread(thread);
    runtime_end(runtime);
    ck_assert_int_eq(sum, load_relaxed(&entered));
    assert_free();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        mutex_is_had_by_one_at_a_time,
        free_mutex_is_had_at_once,
        unlock_wakes_who_waits,
        first_come_is_first_served,
        only_the_first_is_woken,
        others_pass_a_few_times_then_it_is_handed_over,
        who_was_passed_stays_the_first,
        each_in_line_is_handed_it_in_turn,
        poll_that_nobody_asked_for_changes_nothing,
        last_waker_is_the_one_that_counts,
        lock_that_is_not_polled_takes_nothing,
        dropped_waiter_is_out_of_the_line,
        only_waiter_may_be_dropped,
        woken_one_that_is_dropped_wakes_the_next,
        woken_one_that_is_dropped_leaves_a_free_mutex,
        dropped_after_it_was_passed_it_leaves_the_next_to_the_owner,
        one_that_was_passed_and_waits_may_be_dropped,
        dropped_after_the_handover_it_goes_to_the_next,
        dropped_after_the_handover_it_is_free,
        handover_may_be_dropped_by_one_after_the_other,
        unlock_of_a_free_mutex_is_misuse,
        drop_after_the_end_does_not_unlock,
        task_gives_way_though_the_mutex_is_free,
        timeout_leaves_the_line,
        loser_of_a_select_leaves_the_line,
        many_visitors_keep_each_other_out,
    };

    return run_suite_with("mutex", reset, tests, LENGTH(tests));
}
