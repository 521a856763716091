/*
 * tests/for_each.c - work for each item of a stream.
 */
#include <steal/stream.h>

#include "kit.h"

/*
 * The stream: numbers from 1 on, as many as are let through
 */

static struct steal_runtime *runtime;
static struct steal_stream_from from;
static int taken;
static int end_at;
static int end_error;

static int
next_number(void *arg, void **item)
{
    (void)arg;
    if (taken == end_at)
        return end_error;
    taken++;
    *item = &taken;
    return 1;
}

static int
number_of(struct steal_stream *stream)
{
    return *(int *)((struct steal_stream_from *)stream)->item;
}

/*
 * The work: some polls, or to wait until the gate opens; number `fails_at`
 * fails
 */

struct work {
    struct steal_future future;
    int number;
    int left;
    bool began;
};

static struct record gate;
static bool at_gate;
static int fails_at;
static _Atomic(int) running;
static _Atomic(int) most;
static _Atomic(int) done;
static _Atomic(int) dropped;
static int order[100];

static void
note_begin(struct work *work)
{
    int now = add_acq_rel(&running, 1) + 1;
    int before = load_acquire(&most);

    while (now > before && !cas_weak_acq_rel(&most, &before, now))
        ;
    work->began = true;
}

static enum steal_poll
work_poll(struct steal_future *future, struct steal_context *cx)
{
    struct work *work = (struct work *)future;
    int n;

    if (!work->began)
        note_begin(work);
    if (work->number == fails_at) {
        future->result = -EIO;
        return STEAL_READY;
    }
    if (at_gate && !record_wait(&gate, cx))
        return STEAL_PENDING;
    if (work->left-- > 0) {
        steal_context_wake(cx);
        return STEAL_PENDING;
    }
    n = add_acq_rel(&done, 1);
    if (n < (int)LENGTH(order))
        order[n] = work->number;
    return STEAL_READY;
}

static void
work_drop(struct steal_future *future)
{
    struct steal_waker waker = record_take_waker(&gate);

    steal_waker_drop(&waker);
    if (((struct work *)future)->began)
        sub_acq_rel(&running, 1);
    add_acq_rel(&dropped, 1);
}

static const struct steal_future_ops work_ops = { .name = "work",
    .poll = work_poll,
    .drop = work_drop };

static struct work
work_make(int number)
{
    return (struct work){ STEAL_FUTURE(&work_ops), number, 3, false };
}

static void
reset(void)
{
    runtime = runtime_start(2);
    steal_stream_from(&from, next_number, NULL);
    taken = 0;
    end_at = 10;
    end_error = 0;
    gate = (struct record)RECORD_INIT;
    at_gate = false;
    fails_at = 0;
    store_release(&running, 0);
    store_release(&most, 0);
    store_release(&done, 0);
    store_release(&dropped, 0);
}

static void
end(void)
{
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&running), 0);
}

/*
 * struct steal_for_each
 */

static struct work current;
static int fn_calls;

static struct steal_future *
one_work(struct steal_stream *stream, void *arg)
{
    require(arg == &fn_calls);
    fn_calls++;
    current = work_make(number_of(stream));
    return &current.future;
}

/* Odd numbers need no work. */
static struct steal_future *
work_for_even(struct steal_stream *stream, void *arg)
{
    return number_of(stream) % 2 ? NULL : one_work(stream, arg);
}

static int
run_each(steal_for_each_fn *fn)
{
    struct steal_for_each each;

    fn_calls = 0;
    return steal_block_on(runtime,
            steal_for_each(&each, &from.stream, fn, &fn_calls));
}

START_TEST(each_item_has_its_work_one_after_the_other)
{
    ck_assert_int_eq(run_each(one_work), 0);
    ck_assert_int_eq(load_acquire(&most), 1);
    ck_assert_int_eq(load_acquire(&dropped), 10);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(order[i], i + 1);
    end();
}
END_TEST

START_TEST(item_may_need_no_work)
{
    ck_assert_int_eq(run_each(work_for_even), 0);
    ck_assert_int_eq(load_acquire(&done), 5);
    ck_assert_int_eq(taken, 10);
    end();
}
END_TEST

START_TEST(work_that_fails_is_the_last)
{
    fails_at = 4;
    ck_assert_int_eq(run_each(one_work), -EIO);
    ck_assert_int_eq(load_acquire(&done), 3);
    ck_assert_int_eq(load_acquire(&dropped), 4);
    ck_assert_int_eq(taken, 4);
    end();
}
END_TEST

START_TEST(stream_that_fails_ends_it)
{
    end_error = -EPIPE;
    ck_assert_int_eq(run_each(one_work), -EPIPE);
    ck_assert_int_eq(load_acquire(&done), 10);
    end();
}
END_TEST

START_TEST(each_that_is_dropped_drops_the_work_and_no_other_item)
{
    struct steal_for_each each;
    struct steal_timeout timeout;

    at_gate = true;
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout(&timeout,
                                     steal_for_each(&each, &from.stream,
                                             one_work, &fn_calls),
                                     STEAL_MS(2))),
            -ETIMEDOUT);
    ck_assert_int_eq(load_acquire(&dropped), 1);
    ck_assert_int_eq(taken, 1);
    at_gate = false;
    ck_assert_int_eq(run_each(one_work), 0);
    ck_assert_int_eq(order[0], 2);
    end();
}
END_TEST

/*
 * struct steal_for_each_concurrent
 */

static int fn_fails_at;
static size_t most_live;

static int
spawn_work(struct steal_stream *stream, struct steal_group *group, void *arg)
{
    struct work work = work_make(number_of(stream));
    size_t live = steal_group_live(group);

    (void)arg;
    if (work.number == fn_fails_at)
        return -EDOM;
    if (most_live < live + 1)
        most_live = live + 1;
    return steal_group_spawn(group, &work.future, sizeof work);
}

static struct steal_for_each_concurrent many;

static struct steal_future *
for_many(size_t limit, unsigned flags)
{
    struct steal_future *future = steal_for_each_concurrent(&many, &from.stream,
            limit, spawn_work, NULL);

    fn_fails_at = 0;
    most_live = 0;
    many.flags = flags;
    return future;
}

static struct steal_task *
spawn_future(struct steal_future *future, struct steal_task_slot *slot)
{
    return steal_spawn_in(runtime, slot, future, NULL);
}

START_TEST(many_have_their_work_at_once_within_the_limit)
{
    end_at = 1000;
    ck_assert_int_eq(steal_block_on(runtime, for_many(5, 0)), 0);
    ck_assert_int_eq(load_acquire(&done), 1000);
    ck_assert_int_eq(load_acquire(&most), 5);
    ck_assert_uint_eq(most_live, 5);
    end();
}
END_TEST

START_TEST(no_item_is_taken_before_there_is_room)
{
    struct steal_task_slot slot;
    struct steal_task *task;

    at_gate = true;
    end_at = 1000;
    task = spawn_future(for_many(3, 0), &slot);
    wait_until(load_acquire(&running) == 3);
    /* It has come to rest: a task spawned now is polled after it. */
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_sleep(&(struct steal_sleep){ 0 },
                                     STEAL_MS(2))),
            0);
    ck_assert_int_eq(taken, 3);
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    end();
    ck_assert_int_eq(load_acquire(&dropped), 3);
}
END_TEST

START_TEST(without_a_limit_all_run)
{
    end_at = 100;
    ck_assert_int_eq(steal_block_on(runtime, for_many(0, 0)), 0);
    ck_assert_int_eq(load_acquire(&done), 100);
    end();
}
END_TEST

START_TEST(failure_of_a_task_ends_all)
{
    end_at = -1;
    fails_at = 50;
    ck_assert_int_eq(steal_block_on(runtime, for_many(4, 0)), -EIO);
    ck_assert_int_eq(load_acquire(&running), 0);
    ck_assert_int_ge(taken, 50); /* and it has come to an end */
    end();
}
END_TEST

START_TEST(failure_of_a_task_ends_the_rest_at_the_end_of_the_stream)
{
    struct steal_task_slot slot;
    struct steal_task *task;

    at_gate = true;
    end_at = 3;
    fails_at = 3;
    task = spawn_future(for_many(0, 0), &slot);
    ck_assert_int_eq(join_task(runtime, task), -EIO);
    ck_assert_int_eq(load_acquire(&dropped), 3);
    end();
}
END_TEST

START_TEST(failure_is_told_at_the_end_if_it_keeps_going)
{
    fails_at = 3;
    ck_assert_int_eq(steal_block_on(runtime,
                             for_many(2, STEAL_GROUP_KEEP_GOING)),
            -EIO);
    ck_assert_int_eq(load_acquire(&done), 9);
    end();
}
END_TEST

START_TEST(failure_of_the_function_ends_all)
{
    struct steal_future *future = for_many(2, 0);

    fn_fails_at = 5;
    ck_assert_int_eq(steal_block_on(runtime, future), -EDOM);
    ck_assert_int_eq(taken, 5);
    end();
}
END_TEST

START_TEST(failure_of_the_function_is_told_at_the_end_if_it_keeps_going)
{
    struct steal_future *future = for_many(2, STEAL_GROUP_KEEP_GOING);

    fn_fails_at = 5;
    fails_at = 8;
    ck_assert_int_eq(steal_block_on(runtime, future), -EDOM);
    ck_assert_int_eq(taken, 10);
    ck_assert_int_eq(load_acquire(&done), 8);
    end();
}
END_TEST

START_TEST(failure_of_the_stream_aborts_the_tasks)
{
    at_gate = true;
    end_error = -EPIPE;
    ck_assert_int_eq(steal_block_on(runtime, for_many(0, 0)), -EPIPE);
    ck_assert_int_eq(load_acquire(&done), 0);
    ck_assert_int_eq(load_acquire(&dropped), 10);
    end();
}
END_TEST

START_TEST(failure_of_the_stream_ends_no_task_if_it_keeps_going)
{
    end_error = -EPIPE;
    ck_assert_int_eq(steal_block_on(runtime,
                             for_many(0, STEAL_GROUP_KEEP_GOING)),
            -EPIPE);
    ck_assert_int_eq(load_acquire(&done), 10);
    end();
}
END_TEST

/* A stream with one item, for which nothing ever comes. */
static enum steal_poll
lonely_poll(struct steal_stream *stream, struct steal_context *cx)
{
    (void)cx;
    stream->result = 1;
    return taken++ == 0 ? STEAL_READY : STEAL_PENDING;
}

static const struct steal_stream_ops lonely_ops = { .name = "lonely",
    .poll = lonely_poll };

static int
spawn_failure(struct steal_stream *stream, struct steal_group *group, void *arg)
{
    struct work work = work_make(fails_at);

    (void)stream;
    (void)arg;
    return steal_group_spawn(group, &work.future, sizeof work);
}

START_TEST(failure_of_a_task_is_seen_while_no_item_comes)
{
    struct steal_stream lonely = STEAL_STREAM(&lonely_ops);

    fails_at = 1;
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_for_each_concurrent(&many, &lonely, 4,
                                     spawn_failure, NULL)),
            -EIO);
    end();
}
END_TEST

START_TEST(all_is_aborted_if_it_is_dropped)
{
    struct steal_timeout timeout;

    at_gate = true;
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout(&timeout, for_many(4, 0),
                                     STEAL_MS(2))),
            -ETIMEDOUT);
    wait_until(load_acquire(&dropped) == 4);
    ck_assert_int_eq(taken, 4);
    end();
}
END_TEST

START_TEST(there_is_no_group_outside_of_a_worker)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_future *future = for_many(4, 0);

    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -EINVAL);
    steal_future_drop(future);
    ck_assert_int_eq(taken, 0);
    end();
}
END_TEST

START_TEST(it_may_be_dropped_at_any_time)
{
    end_at = -1;
    for (int i = 0; i < scaled(300); i++) {
        struct steal_task_slot slot;
        struct steal_task *task = spawn_future(for_many(3, 0), &slot);

        for (int k = 0; k < i % 50; k++)
            sched_yield();
        steal_task_abort(task);
        ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    }
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        each_item_has_its_work_one_after_the_other,
        item_may_need_no_work,
        work_that_fails_is_the_last,
        stream_that_fails_ends_it,
        each_that_is_dropped_drops_the_work_and_no_other_item,
        many_have_their_work_at_once_within_the_limit,
        no_item_is_taken_before_there_is_room,
        without_a_limit_all_run,
        failure_of_a_task_ends_all,
        failure_of_a_task_ends_the_rest_at_the_end_of_the_stream,
        failure_is_told_at_the_end_if_it_keeps_going,
        failure_of_the_function_ends_all,
        failure_of_the_function_is_told_at_the_end_if_it_keeps_going,
        failure_of_the_stream_aborts_the_tasks,
        failure_of_the_stream_ends_no_task_if_it_keeps_going,
        failure_of_a_task_is_seen_while_no_item_comes,
        all_is_aborted_if_it_is_dropped,
        there_is_no_group_outside_of_a_worker,
        it_may_be_dropped_at_any_time,
    };

    /* Several wait at one gate here, which keeps one waker: the others are in fact
     * lost. */
    unsetenv("STEAL_DEBUG");
    return run_suite_with("for_each", reset, tests, LENGTH(tests));
}
