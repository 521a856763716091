/*
 * tests/semaphore.c - permits, and the line of those who wait for some.
 */
#include <steal/semaphore.h>

#include "../src/task/budget.h"
#include "hands.h"

static struct steal_semaphore semaphore;
static struct steal_semaphore_acquire acquire[HANDS];

static void
reset(void)
{
    hands_reset();
    steal_semaphore_init(&semaphore, 0);
}

static struct steal_future *
want(int i, uint32_t n)
{
    return steal_semaphore_acquire(&acquire[i], &semaphore, n);
}

/* Asks for permits that are not there: is in line from now on. */
static void
line_up(int i, uint32_t n)
{
    assert_poll(i, want(i, n), PENDING);
    assert_woken(i, 0);
}

static void
assert_has(int i)
{
    assert_woken(i, 1);
    assert_ready(i, &acquire[i].future, 0);
}

static void
drop(int i)
{
    steal_future_drop(&acquire[i].future);
}

/* Nobody is in line, and so many permits are free. */
static void
assert_left(uint32_t n)
{
    ck_assert_uint_eq(steal_semaphore_available(&semaphore), n);
    ck_assert_int_eq(steal_semaphore_try_acquire(&semaphore, n), 0);
    steal_semaphore_release(&semaphore, n);
    assert_hands_free();
}

START_TEST(permits_are_taken_and_given_back)
{
    static struct steal_semaphore fixed = STEAL_SEMAPHORE_INIT(3);

    ck_assert_uint_eq(steal_semaphore_available(&fixed), 3);
    ck_assert_int_eq(steal_semaphore_try_acquire(&fixed, 2), 0);
    ck_assert_int_eq(steal_semaphore_try_acquire(&fixed, 2), -EAGAIN);
    ck_assert_int_eq(steal_semaphore_try_acquire(&fixed, 1), 0);
    ck_assert_int_eq(steal_semaphore_try_acquire(&fixed, 1), -EAGAIN);
    ck_assert_int_eq(steal_semaphore_try_acquire(&fixed, 0), 0);
    steal_semaphore_release(&fixed, 3);
    ck_assert_uint_eq(steal_semaphore_available(&fixed), 3);
}
END_TEST

START_TEST(free_permits_are_had_at_once)
{
    steal_semaphore_init(&semaphore, STEAL_PERMITS_MAX);
    assert_ready(0, want(0, STEAL_PERMITS_MAX), 0);
    assert_ready(1, want(1, 0), 0);
    ck_assert_uint_eq(steal_semaphore_available(&semaphore), 0);
    drop(0);
    ck_assert_uint_eq(steal_semaphore_available(&semaphore), 0);
    steal_semaphore_release(&semaphore, STEAL_PERMITS_MAX);
    assert_left(STEAL_PERMITS_MAX);
}
END_TEST

START_TEST(release_wakes_who_waits)
{
    line_up(0, 1);
    assert_poll(0, &acquire[0].future, PENDING);
    steal_semaphore_release(&semaphore, 1);
    assert_has(0);
    ck_assert_uint_eq(steal_semaphore_available(&semaphore), 0);
    steal_semaphore_release(&semaphore, 1);
    assert_left(1);
}
END_TEST

START_TEST(first_come_is_first_served)
{
    for (int i = 0; i < 5; i++)
        line_up(i, 1);
    for (int i = 0; i < 5; i++) {
        steal_semaphore_release(&semaphore, 1);
        for (int other = i + 1; other < 5; other++)
            assert_woken(other, 0);
        assert_has(i);
    }
    assert_left(0);
}
END_TEST

START_TEST(nobody_passes_a_large_request)
{
    steal_semaphore_init(&semaphore, 2);
    line_up(0, 3);
    line_up(1, 1);
    ck_assert_int_eq(steal_semaphore_try_acquire(&semaphore, 1), -EAGAIN);
    ck_assert_int_eq(steal_semaphore_try_acquire(&semaphore, 0), -EAGAIN);
    steal_semaphore_release(&semaphore, 1);
    assert_woken(1, 0);
    assert_has(0);
    steal_semaphore_release(&semaphore, 3);
    assert_has(1);
    assert_left(2);
}
END_TEST

/* Small requests come all the time, and each gives back what it got: the large
 * one waits for those that were there before, and for no other. */
START_TEST(large_request_is_not_starved_by_small_ones)
{
    steal_semaphore_init(&semaphore, 4);
    for (int i = 0; i < 4; i++)
        assert_ready(i, want(i, 1), 0);
    line_up(4, 4);
    for (int i = 0; i < 4; i++) {
        line_up(5 + i, 1);
        assert_woken(4, 0);
        steal_semaphore_release(&semaphore, 1);
        assert_woken(5 + i, 0);
    }
    assert_has(4);
    steal_semaphore_release(&semaphore, 4);
    for (int i = 0; i < 4; i++)
        assert_has(5 + i);
    assert_left(0);
}
END_TEST

START_TEST(one_release_serves_as_many_as_it_can)
{
    line_up(0, 2);
    line_up(1, 3);
    line_up(2, 2);
    steal_semaphore_release(&semaphore, 6);
    assert_has(0);
    assert_has(1);
    assert_woken(2, 0);
    ck_assert_uint_eq(steal_semaphore_available(&semaphore), 1);
    steal_semaphore_release(&semaphore, 1);
    assert_has(2);
    assert_left(0);
}
END_TEST

START_TEST(release_serves_more_than_are_woken_at_once)
{
    for (int i = 0; i < HANDS; i++)
        line_up(i, 1);
    steal_semaphore_release(&semaphore, HANDS + 1);
    for (int i = 0; i < HANDS; i++)
        assert_has(i);
    assert_left(1);
}
END_TEST

START_TEST(last_waker_is_the_one_that_counts)
{
    line_up(0, 1);
    assert_poll(1, &acquire[0].future, PENDING);
    ck_assert_int_eq(load_acquire(&hand_meter[0].refs), 0);
    steal_semaphore_release(&semaphore, 1);
    assert_woken(0, 0);
    assert_woken(1, 1);
    assert_ready(1, &acquire[0].future, 0);
    assert_left(0);
}
END_TEST

/*
 * Drop
 */

START_TEST(acquire_that_is_not_polled_takes_nothing)
{
    steal_semaphore_init(&semaphore, 1);
    want(0, 1);
    drop(0);
    assert_left(1);
}
END_TEST

START_TEST(dropped_waiter_is_out_of_the_line)
{
    line_up(0, 1);
    line_up(1, 1);
    line_up(2, 1);
    drop(1);
    steal_semaphore_release(&semaphore, 2);
    assert_has(0);
    assert_woken(1, 0);
    assert_has(2);
    assert_left(0);
}
END_TEST

START_TEST(line_is_empty_when_the_last_has_left)
{
    steal_semaphore_init(&semaphore, 1);
    line_up(0, 2);
    ck_assert_int_eq(steal_semaphore_try_acquire(&semaphore, 1), -EAGAIN);
    drop(0);
    assert_left(1);
}
END_TEST

START_TEST(those_behind_a_dropped_one_may_need_less)
{
    steal_semaphore_init(&semaphore, 3);
    line_up(0, 4);
    line_up(1, 2);
    line_up(2, 1);
    line_up(3, 1);
    drop(0);
    assert_has(1);
    assert_has(2);
    assert_woken(3, 0);
    steal_semaphore_release(&semaphore, 1);
    assert_has(3);
    assert_left(0);
}
END_TEST

START_TEST(what_a_dropped_one_was_given_goes_to_the_others)
{
    line_up(0, 2);
    line_up(1, 1);
    line_up(2, 1);
    steal_semaphore_release(&semaphore, 2);
    assert_woken(0, 1);
    assert_woken(1, 0);
    drop(0);
    assert_has(1);
    assert_has(2);
    assert_left(0);
}
END_TEST

START_TEST(what_a_dropped_one_was_given_is_free_if_nobody_waits)
{
    line_up(0, 2);
    steal_semaphore_release(&semaphore, 2);
    drop(0);
    assert_left(2);
}
END_TEST

START_TEST(drop_after_the_end_gives_nothing_back)
{
    line_up(0, 1);
    steal_semaphore_release(&semaphore, 1);
    assert_has(0);
    drop(0);
    assert_left(0);
}
END_TEST

/*
 * Forget and close
 */

START_TEST(forget_takes_no_more_than_is_free)
{
    steal_semaphore_init(&semaphore, 5);
    ck_assert_uint_eq(steal_semaphore_forget(&semaphore, 2), 2);
    ck_assert_uint_eq(steal_semaphore_available(&semaphore), 3);
    ck_assert_uint_eq(steal_semaphore_forget(&semaphore, UINT32_MAX), 3);
    ck_assert_uint_eq(steal_semaphore_forget(&semaphore, 1), 0);
    assert_left(0);
}
END_TEST

START_TEST(forget_takes_what_is_kept_for_the_first)
{
    steal_semaphore_init(&semaphore, 2);
    line_up(0, 3);
    ck_assert_uint_eq(steal_semaphore_forget(&semaphore, 3), 2);
    steal_semaphore_release(&semaphore, 2);
    assert_woken(0, 0);
    steal_semaphore_release(&semaphore, 1);
    assert_has(0);
    assert_left(0);
}
END_TEST

START_TEST(close_ends_all_waits_and_refuses_the_others)
{
    steal_semaphore_init(&semaphore, 1);
    for (int i = 0; i < HANDS; i++)
        line_up(i, 2);
    ck_assert(!steal_semaphore_is_closed(&semaphore));
    steal_semaphore_close(&semaphore);
    ck_assert(steal_semaphore_is_closed(&semaphore));
    for (int i = 0; i < HANDS; i++) {
        assert_woken(i, 1);
        assert_ready(i, &acquire[i].future, -ECANCELED);
    }
    assert_ready(0, want(0, 1), -ECANCELED);
    ck_assert_int_eq(steal_semaphore_try_acquire(&semaphore, 1), -ECANCELED);
    steal_semaphore_close(&semaphore);
    assert_hands_free();
}
END_TEST

START_TEST(closed_semaphore_still_counts)
{
    steal_semaphore_init(&semaphore, 2);
    ck_assert_int_eq(steal_semaphore_try_acquire(&semaphore, 2), 0);
    line_up(0, 1);
    steal_semaphore_close(&semaphore);
    drop(0);
    ck_assert_uint_eq(steal_semaphore_available(&semaphore), 0);
    steal_semaphore_release(&semaphore, 2);
    ck_assert_uint_eq(steal_semaphore_available(&semaphore), 2);
    ck_assert_uint_eq(steal_semaphore_forget(&semaphore, 2), 2);
    ck_assert(steal_semaphore_is_closed(&semaphore));
    assert_hands_free();
}
END_TEST

START_TEST(what_was_given_before_the_close_is_kept)
{
    line_up(0, 1);
    line_up(1, 1);
    steal_semaphore_release(&semaphore, 2);
    steal_semaphore_close(&semaphore);
    assert_has(0);
    drop(1);
    ck_assert_uint_eq(steal_semaphore_available(&semaphore), 1);
    assert_hands_free();
}
END_TEST

static void
release_too_many(void *arg)
{
    steal_semaphore_init(arg, STEAL_PERMITS_MAX);
    steal_semaphore_release(arg, 1);
}

START_TEST(more_permits_than_fit_are_misuse)
{
    ck_assert(aborts(release_too_many, &semaphore));
}
END_TEST

/*
 * In tasks
 */

/* Takes a permit again and again, and counts its polls. */
struct greedy {
    struct steal_async async;
    struct steal_semaphore_acquire acquire;
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
        STEAL_AWAIT(cx, steal_semaphore_acquire(&self->acquire, &semaphore, 1));
        steal_semaphore_release(&semaphore, 1);
    }
    STEAL_END();
}

static const struct steal_future_ops greedy_ops = { .name = "greedy",
    .poll = greedy_poll };

START_TEST(task_gives_way_though_permits_are_free)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct greedy greedy = { .async = STEAL_ASYNC(&greedy_ops),
        .n = 10 * TASK_BUDGET };

    steal_semaphore_init(&semaphore, 1);
    ck_assert_int_eq(steal_block_on(runtime, &greedy.async.future), 0);
    ck_assert_int_ge(greedy.polls, 10);
    runtime_end(runtime);
    assert_left(1);
}
END_TEST

START_TEST(timeout_leaves_the_line)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_timeout timeout;

    steal_semaphore_init(&semaphore, 1);
    steal_timeout(&timeout, want(0, 2), STEAL_MS(2));
    ck_assert_int_eq(steal_block_on(runtime, &timeout.future), -ETIMEDOUT);
    assert_left(1);
    runtime_end(runtime);
}
END_TEST

START_TEST(loser_of_a_select_leaves_the_line)
{
    struct steal_select select;

    line_up(0, 1);
    want(1, 1);
    want(2, 1);
    steal_select2(&select, &acquire[1].future, &acquire[2].future);
    assert_poll(1, &select.future, PENDING);
    steal_semaphore_release(&semaphore, 3);
    assert_has(0);
    assert_ready(1, &select.future, 0);
    ck_assert_uint_eq(select.index, 0);
    assert_left(1);
}
END_TEST

static void *
wait_in_thread(void *arg)
{
    struct steal_semaphore_acquire mine;

    require(steal_block_on(arg,
                    steal_semaphore_acquire(&mine, &semaphore, 1)) == 0);
    return NULL;
}

/* One release serves tasks of two runtimes, and threads without one. */
START_TEST(tasks_of_several_runtimes_share_it)
{
    struct steal_runtime *runtime[3] = { runtime_start(2), runtime_start(1) };
    pthread_t thread[20];

    for (int i = 0; i < 20; i++)
        thread[i] = start_thread(wait_in_thread, runtime[i % 3]);
    steal_semaphore_release(&semaphore, 5);
    steal_semaphore_release(&semaphore, 15);
    for (int i = 0; i < 20; i++)
        join_thread(thread[i]);
    runtime_end(runtime[0]);
    runtime_end(runtime[1]);
    assert_left(0);
}
END_TEST

/*
 * Many at once: never more inside than there are permits, and none is lost.
 */

#define PERMITS  5
#define VISITORS 8

static _Atomic(int) inside;

struct visitor {
    struct steal_async async;
    struct steal_semaphore_acquire acquire;
    struct steal_timeout timeout;
    struct steal_yield yield;
    uint32_t n;
    int rounds;
};

static enum steal_poll
visitor_poll(struct steal_future *future, struct steal_context *cx)
{
    struct visitor *self = (struct visitor *)future;

    STEAL_BEGIN(&self->async);
    for (; self->rounds > 0; self->rounds--) {
        self->n = 1 + (uint32_t)self->rounds % 3;
        steal_semaphore_acquire(&self->acquire, &semaphore, self->n);
        STEAL_AWAIT(cx,
                steal_timeout(&self->timeout, &self->acquire.future,
                        self->rounds % 4 ? STEAL_SECONDS(100) : STEAL_US(50)));
        if (self->timeout.future.result == -ETIMEDOUT)
            continue;
        require(self->timeout.future.result == 0);
        require(add_acq_rel(&inside, (int)self->n) + (int)self->n <= PERMITS);
        STEAL_AWAIT(cx, steal_yield(&self->yield));
        sub_acq_rel(&inside, (int)self->n);
        steal_semaphore_release(&semaphore, self->n);
    }
    STEAL_END();
}

static const struct steal_future_ops visitor_ops = { .name = "visitor",
    .poll = visitor_poll };

/* A thread that does not wait, and gives back to those who do. */
static void *
try_in_thread(void *arg)
{
    for (int i = *(int *)arg; i > 0; i--) {
        if (steal_semaphore_try_acquire(&semaphore, 1))
            continue;
        require(add_acq_rel(&inside, 1) < PERMITS);
        sub_acq_rel(&inside, 1);
        steal_semaphore_release(&semaphore, 1);
    }
    return NULL;
}

START_TEST(many_visitors_lose_no_permit)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct steal_task *task[VISITORS];
    int rounds = scaled(20000);
    pthread_t thread;

    steal_semaphore_init(&semaphore, PERMITS);
    thread = start_thread(try_in_thread, &rounds);
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
    assert_left(PERMITS);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        permits_are_taken_and_given_back,
        free_permits_are_had_at_once,
        release_wakes_who_waits,
        first_come_is_first_served,
        nobody_passes_a_large_request,
        large_request_is_not_starved_by_small_ones,
        one_release_serves_as_many_as_it_can,
        release_serves_more_than_are_woken_at_once,
        last_waker_is_the_one_that_counts,
        acquire_that_is_not_polled_takes_nothing,
        dropped_waiter_is_out_of_the_line,
        line_is_empty_when_the_last_has_left,
        those_behind_a_dropped_one_may_need_less,
        what_a_dropped_one_was_given_goes_to_the_others,
        what_a_dropped_one_was_given_is_free_if_nobody_waits,
        drop_after_the_end_gives_nothing_back,
        forget_takes_no_more_than_is_free,
        forget_takes_what_is_kept_for_the_first,
        close_ends_all_waits_and_refuses_the_others,
        closed_semaphore_still_counts,
        what_was_given_before_the_close_is_kept,
        more_permits_than_fit_are_misuse,
        task_gives_way_though_permits_are_free,
        timeout_leaves_the_line,
        loser_of_a_select_leaves_the_line,
        tasks_of_several_runtimes_share_it,
        many_visitors_lose_no_permit,
    };

    return run_suite_with("semaphore", reset, tests, LENGTH(tests));
}
