/*
 * tests/join.c - waiting for a task, in all orders of what may happen.
 */
#include "toy.h"

static struct record record;
static struct meter meter;
static struct steal_task *task;
static struct steal_join join;
static struct steal_context cx;

/* A joiner outside of tasks, and a task that waits. */
static void
setup(void)
{
    toy_init();
    record = (struct record)RECORD_INIT;
    memset(&meter, 0, sizeof meter);
    cx = meter_context(&meter);
    task = toy_spawn_probe(&record, PROBE_WAITS, 7);
    steal_join(&join, task);
}

static void
teardown(void)
{
    toy_run_all();
    ck_assert_int_eq(record_drops(&record), 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    toy_fini();
}

static void
finish(void)
{
    record_open(&record);
    toy_run_all();
}

#define assert_poll(state) \
 ck_assert_int_eq(steal_future_poll(&join.future, &cx), STEAL_##state)

START_TEST(join_of_a_finished_task_is_ready_at_once)
{
    setup();
    finish();
    assert_poll(READY);
    ck_assert_int_eq(join.future.result, 7);
    steal_future_drop(&join.future);
    teardown();
}
END_TEST

START_TEST(join_is_woken_when_the_task_ends)
{
    setup();
    assert_poll(PENDING);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
    finish();
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    assert_poll(READY);
    ck_assert_int_eq(join.future.result, 7);
    steal_future_drop(&join.future);
    teardown();
}
END_TEST

START_TEST(join_that_is_polled_too_often_waits_on)
{
    setup();
    for (int i = 0; i < 3; i++)
        assert_poll(PENDING);
    ck_assert_int_eq(load_acquire(&meter.refs), 1);
    finish();
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    assert_poll(READY);
    teardown();
}
END_TEST

START_TEST(last_poll_tells_whom_to_wake)
{
    struct meter other = { 0 };

    setup();
    assert_poll(PENDING);
    cx = meter_context(&other);
    assert_poll(PENDING);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    finish();
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
    ck_assert_int_eq(load_acquire(&other.wakes), 1);
    assert_poll(READY);
    ck_assert_int_eq(load_acquire(&other.refs), 0);
    teardown();
}
END_TEST

START_TEST(join_of_an_aborted_task_tells_so)
{
    setup();
    toy_run_all();
    assert_poll(PENDING);
    steal_task_abort(task);
    toy_run_all();
    assert_poll(READY);
    ck_assert_int_eq(join.future.result, -ECANCELED);
    teardown();
}
END_TEST

START_TEST(join_into_moves_the_output)
{
    struct probe output = probe_make(&record, 0, 0);

    setup();
    steal_join_into(&join, task, &output.future, sizeof output);
    finish();
    assert_poll(READY);
    ck_assert_int_eq(join.future.result, 7);
    ck_assert_int_eq(output.future.result, 7);
    ck_assert_int_eq(output.end, 7);
    teardown();
}
END_TEST

START_TEST(join_into_of_an_aborted_task_touches_nothing)
{
    struct probe output = probe_make(&record, 0, 0);

    setup();
    steal_join_into(&join, task, &output.future, sizeof output);
    steal_task_abort(task);
    toy_run_all();
    assert_poll(READY);
    ck_assert_int_eq(join.future.result, -ECANCELED);
    ck_assert_int_eq(output.end, 0);
    teardown();
}
END_TEST

START_TEST(join_dropped_half_way_leaves_the_handle)
{
    setup();
    assert_poll(PENDING);
    steal_future_drop(&join.future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    finish();
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
    ck_assert(steal_task_is_finished(task));
    steal_join(&join, task);
    assert_poll(READY);
    ck_assert_int_eq(join.future.result, 7);
    teardown();
}
END_TEST

START_TEST(join_dropped_after_the_wake_leaves_the_handle)
{
    setup();
    assert_poll(PENDING);
    finish();
    steal_future_drop(&join.future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    steal_task_detach(task);
    teardown();
}
END_TEST

/*
 * All orders of four events: the joiner polls, the task ends, the task is
 * aborted, the join is dropped.
 */

enum event {
    POLL,
    END,
    ABORT,
    DROP
};

struct story {
    bool joined;
    bool dropped;
    bool over; /* for the task */
    int result;
};

static void
happen(enum event event, struct story *story)
{
    bool active = !story->joined && !story->dropped;

    switch (event) {
    case POLL:
        if (active)
            story->joined = steal_future_poll(&join.future, &cx);
        break;
    case END:
        finish();
        story->over = true;
        break;
    case ABORT:
        if (!story->joined) /* who has joined has no handle */
            steal_task_abort(task);
        if (!story->over)
            story->result = -ECANCELED;
        story->over = true;
        break;
    case DROP:
        steal_future_drop(&join.future);
        story->dropped = true;
        break;
    }
}

static void
play(const enum event *order, bool run_between)
{
    struct story story = { .result = 7 };

    setup();
    for (int i = 0; i < 4; i++) {
        happen(order[i], &story);
        if (run_between)
            toy_run_all();
    }
    toy_run_all();
    if (!story.over)
        finish();
    if (story.joined) {
        ck_assert_int_eq(join.future.result, story.result);
    } else {
        ck_assert(steal_task_is_finished(task));
        steal_join(&join, task);
        assert_poll(READY);
        ck_assert_int_eq(join.future.result, story.result);
    }
    teardown();
}

START_TEST(every_order_of_events_ends_well)
{
    for (int code = 0; code < 4 * 4 * 4 * 4; code++) {
        enum event order[4] = { (unsigned)code & 3, (unsigned)code >> 2 & 3,
            (unsigned)code >> 4 & 3, (unsigned)code >> 6 & 3 };

        play(order, false);
        play(order, true);
    }
}
END_TEST

/*
 * The joiner goes while the task ends in another thread (T4).
 */

static _Atomic(int) ready_to_go;

static void *
finish_elsewhere(void *arg)
{
    struct steal_waker waker = { &steal__task_waker_vtable, NULL };
    struct steal_context own;

    steal_context_init(&own, &waker);
    steal__poll = &own;
    add_acq_rel(&ready_to_go, 1);
    while (load_acquire(&ready_to_go) < 2)
        sched_yield();
    if (steal__task_run(arg, &own, 0) == RUN_LAST)
        steal__task_free(arg);
    steal__poll = NULL;
    return NULL;
}

START_TEST(joiner_that_leaves_while_the_task_ends_is_not_used_after)
{
    for (int i = 0; i < scaled(1000); i++) {
        pthread_t thread;

        setup();
        store_release(&record.open, true);
        store_release(&ready_to_go, 0);
        assert_poll(PENDING);
        toy.nqueued = 0; /* the other thread has it */
        thread = start_thread(finish_elsewhere, task);
        add_acq_rel(&ready_to_go, 1);
        while (load_acquire(&ready_to_go) < 2)
            sched_yield();
        for (int spin = 0; spin < i % 200; spin++)
            cpu_relax();
        steal_future_drop(&join.future);
        memset(&join, 0xff, sizeof join);
        ck_assert_int_eq(load_acquire(&meter.refs), 0);
        steal_task_detach(task);
        join_thread(thread);
        teardown();
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        join_of_a_finished_task_is_ready_at_once,
        join_is_woken_when_the_task_ends,
        join_that_is_polled_too_often_waits_on,
        last_poll_tells_whom_to_wake,
        join_of_an_aborted_task_tells_so,
        join_into_moves_the_output,
        join_into_of_an_aborted_task_touches_nothing,
        join_dropped_half_way_leaves_the_handle,
        join_dropped_after_the_wake_leaves_the_handle,
        every_order_of_events_ends_well,
        joiner_that_leaves_while_the_task_ends_is_not_used_after,
    };

    return run_suite("join", tests, LENGTH(tests));
}
