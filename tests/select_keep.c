/*
 * tests/select_keep.c - a select whose losers wait for the next round.
 */
#include <steal/combine.h>

#include "probes.h"

START_TEST(losers_stay_as_they_are)
{
    struct steal_select select;
    struct steal_future *future = steal_select_with(&select, child, 3,
            STEAL_SELECT_KEEP);

    assert_poll(future, PENDING);
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_uint_eq(select.index, 1);
    assert_drops(0, 1, 0);
    steal_future_drop(future);
    assert_drops(0, 1, 0);
    ck_assert_int_eq(load_acquire(&meter.refs), 2);
    steal_future_drop(child[0]);
    steal_future_drop(child[2]);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(rounds_go_on_until_nobody_is_left)
{
    struct steal_select select;
    struct steal_future *future;

    for (int round = 0; round < 3; round++) {
        future = steal_select_with(&select, child, 3, STEAL_SELECT_KEEP);
        assert_poll(future, PENDING);
        record_open(&record[2 - round]);
        assert_poll(future, READY);
        ck_assert_uint_eq(select.index, 2 - round);
        ck_assert_int_eq(future->result, 12 - round);
        steal_future_drop(future);
    }
    assert_drops(1, 1, 1);
    future = steal_select_with(&select, child, 3, STEAL_SELECT_KEEP);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, -EINVAL);
    steal_future_drop(future);
    assert_all_gone();
}
END_TEST

START_TEST(dropped_half_way_it_drops_its_children)
{
    struct steal_select select;
    struct steal_future *future = steal_select_with(&select, child, 3,
            STEAL_SELECT_KEEP);

    assert_poll(future, PENDING);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

/*
 * A function that is dropped somewhere
 */

/* Three rounds over three probes; a fourth is awaited after the first round. */
struct keeper {
    struct steal_async async;
    struct steal_select round;
    int i;
};

static enum steal_poll
keeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct keeper *self = (struct keeper *)future;

    STEAL_BEGIN(&self->async);
    for (self->i = 0; self->i < 3; self->i++) {
        STEAL_AWAIT(cx,
                steal_select_with(&self->round, child, 3, STEAL_SELECT_KEEP));
        if (self->i == 0)
            STEAL_AWAIT(cx, child[3]);
    }
    STEAL_END();
}

static void
keeper_drop(struct steal_future *future)
{
    (void)future;
    for (int i = 0; i < 3; i++)
        steal_future_drop(child[i]);
}

static const struct steal_future_ops keeper_ops = { .name = "keeper",
    .poll = keeper_poll,
    .drop = keeper_drop };

START_TEST(function_that_is_dropped_anywhere_drops_each_child_once)
{
    static const int order[] = { 1, 3, 0, 2 };

    for (int steps = 0; steps <= 4; steps++) {
        struct keeper keeper = { .async = STEAL_ASYNC(&keeper_ops) };

        probes_reset();
        assert_poll(&keeper.async.future, PENDING);
        for (int i = 0; i < steps; i++) {
            record_open(&record[order[i]]);
            ck_assert_int_eq(steal_future_poll(&keeper.async.future, &by_hand),
                    i == 3 ? STEAL_READY : STEAL_PENDING);
        }
        steal_future_drop(&keeper.async.future);
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(record_drops(&record[i]), 1);
        assert_all_gone();
    }
}
END_TEST

/*
 * A box of numbers that are handed to whoever waits: a receive that is dropped
 * with a number in its hand has lost it.
 */

struct receive {
    struct steal_future future;
    struct box *box;
    int number; /* -1 until there is one */
};

struct box {
    pthread_mutex_t mutex;
    struct receive *waits;
    struct steal_waker waker;
    int sent;
    int taken;
    int lost;
};

static void
box_hand_over(struct box *box)
{
    if (box->waits && box->taken < box->sent) {
        box->waits->number = box->taken++;
        box->waits = NULL;
    }
}

static void
box_send(struct box *box)
{
    struct steal_waker waker;

    pthread_mutex_lock(&box->mutex);
    box->sent++;
    box_hand_over(box);
    waker = box->waker;
    box->waker = steal_waker_noop();
    pthread_mutex_unlock(&box->mutex);
    steal_waker_wake(&waker);
}

static enum steal_poll
receive_poll(struct steal_future *future, struct steal_context *cx)
{
    struct receive *self = (struct receive *)future;
    struct box *box = self->box;
    bool ready;

    pthread_mutex_lock(&box->mutex);
    if (self->number < 0) {
        box->waits = self;
        box_hand_over(box);
    }
    ready = self->number >= 0;
    if (!ready) {
        steal_waker_drop(&box->waker);
        box->waker = steal_waker_clone(steal_context_waker(cx));
    }
    pthread_mutex_unlock(&box->mutex);
    if (!ready)
        return STEAL_PENDING;
    future->result = self->number;
    self->number = -1;
    return STEAL_READY;
}

static void
receive_drop(struct steal_future *future)
{
    struct receive *self = (struct receive *)future;
    struct box *box = self->box;
    struct steal_waker waker;

    pthread_mutex_lock(&box->mutex);
    if (box->waits == self)
        box->waits = NULL;
    if (self->number >= 0)
        box->lost++;
    waker = box->waker;
    box->waker = steal_waker_noop();
    pthread_mutex_unlock(&box->mutex);
    steal_waker_drop(&waker);
}

static const struct steal_future_ops receive_ops = { .name = "receive",
    .poll = receive_poll,
    .drop = receive_drop };

static struct steal_future *
receive(struct receive *self, struct box *box)
{
    steal_future_init(&self->future, &receive_ops);
    self->box = box;
    self->number = -1;
    return &self->future;
}

#define MESSAGES 2000
#define TICKS    20
#define PERIOD   STEAL_MS(1)

/* Receives numbers and counts ticks; pauses between rounds, now and then. */
struct listener {
    struct steal_async async;
    struct box *box;
    struct steal_interval interval;
    struct receive receive;
    struct steal_future *branch[2];
    struct steal_select round;
    struct steal_yield pause;
    uint64_t first;
    int received;
    int ticks;
};

static void
listener_take(struct listener *self)
{
    if (self->round.index == 0) {
        self->ticks++;
        require(self->interval.deadline ==
                self->first + (unsigned)self->ticks * PERIOD);
        self->branch[0] = steal_interval_next(&self->interval);
    } else {
        require(self->round.future.result == self->received);
        self->received++;
        self->branch[1] = receive(&self->receive, self->box);
    }
}

static enum steal_poll
listener_poll(struct steal_future *future, struct steal_context *cx)
{
    struct listener *self = (struct listener *)future;

    STEAL_BEGIN(&self->async);
    self->first = steal_now();
    steal_interval_init(&self->interval, PERIOD, self->first);
    self->branch[0] = steal_interval_next(&self->interval);
    self->branch[1] = receive(&self->receive, self->box);
    while (self->received < scaled(MESSAGES) || self->ticks < TICKS) {
        STEAL_AWAIT(cx, steal_select_with(&self->round, self->branch, 2,
                                STEAL_SELECT_KEEP | STEAL_SELECT_RANDOM));
        listener_take(self);
        if (self->received % 3 == 0)
            STEAL_AWAIT(cx, steal_yield(&self->pause));
    }
    STEAL_END();
}

static void
listener_drop(struct steal_future *future)
{
    struct listener *self = (struct listener *)future;

    steal_future_drop(&self->interval.future);
    steal_future_drop(&self->receive.future);
}

static const struct steal_future_ops listener_ops = { .name = "listener",
    .poll = listener_poll,
    .drop = listener_drop };

static void *
send_all(void *arg)
{
    for (int i = 0; i < scaled(MESSAGES); i++) {
        box_send(arg);
        if (i % 7 == 0)
            sched_yield();
    }
    return NULL;
}

START_TEST(loop_over_ticks_and_messages_loses_nothing)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct box box = { .mutex = PTHREAD_MUTEX_INITIALIZER };
    struct listener listener = { .async = STEAL_ASYNC(&listener_ops),
        .box = &box };
    pthread_t thread = start_thread(send_all, &box);

    ck_assert_int_eq(steal_block_on(runtime, &listener.async.future), 0);
    join_thread(thread);
    ck_assert_int_eq(listener.received, scaled(MESSAGES));
    ck_assert_int_eq(box.taken, scaled(MESSAGES));
    ck_assert_int_eq(box.lost, 0);
    ck_assert_ptr_null(box.waits);
    runtime_end(runtime);
}
END_TEST

START_TEST(loop_is_aborted_at_any_time)
{
    struct steal_runtime *runtime = runtime_start(2);

    for (int i = 0; i < scaled(300); i++) {
        struct box box = { .mutex = PTHREAD_MUTEX_INITIALIZER };
        struct listener listener = { .async = STEAL_ASYNC(&listener_ops),
            .box = &box };
        struct steal_task *task;

        ck_assert_int_eq(steal_spawn(runtime, &listener.async.future,
                                 sizeof listener, &task),
                0);
        for (int k = 0; k < i % 10; k++)
            box_send(&box);
        steal_task_abort(task);
        ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
        ck_assert_ptr_null(box.waits);
        ck_assert_ptr_null(box.waker.vtable);
    }
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        losers_stay_as_they_are,
        rounds_go_on_until_nobody_is_left,
        dropped_half_way_it_drops_its_children,
        function_that_is_dropped_anywhere_drops_each_child_once,
        loop_over_ticks_and_messages_loses_nothing,
        loop_is_aborted_at_any_time,
    };

    return run_suite_with("select_keep", probes_reset, tests, LENGTH(tests));
}
