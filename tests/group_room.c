/*
 * tests/group_room.c - who makes work for a group waits for room.
 */
#include <steal/group.h>

#include "kit.h"

static struct steal_runtime *runtime;
static struct steal_group group;
static struct record gate; /* of the task that takes the room */
static struct record rest; /* of others */

static void
reset(void)
{
    group = (struct steal_group){ NULL };
    gate = (struct record)RECORD_INIT;
    rest = (struct record)RECORD_INIT;
    runtime = runtime_start(2);
    ck_assert_int_eq(steal_group_init(&group, runtime, 0), 0);
}

static void
end(void)
{
    steal_group_fini(&group);
    runtime_end(runtime);
}

static void
add(struct record *record, int turns, int result)
{
    struct probe probe = probe_make(record, turns, result);

    require(steal_group_spawn(&group, &probe.future, sizeof probe) == 0);
}

/* The limit is one, and one runs until the gate opens. */
static void
fill(void)
{
    steal_group_set_limit(&group, 1);
    add(&gate, PROBE_WAITS, 0);
    wait_until(record_polls(&gate) == 1);
}

static int
wait_for_all(void)
{
    struct steal_group_wait wait;

    return steal_block_on(runtime, steal_group_wait(&wait, &group));
}

static enum steal_poll
poll_with(struct steal_future *future, struct meter *meter)
{
    struct steal_context cx = meter_context(meter);

    return steal_future_poll(future, &cx);
}

START_TEST(room_is_there_at_once_without_a_limit)
{
    struct meter meter = { 0 };
    struct steal_group_room room;
    struct steal_future *future = steal_group_room(&room, &group);

    add(&gate, PROBE_WAITS, 0);
    ck_assert_int_eq(poll_with(future, &meter), STEAL_READY);
    ck_assert_int_eq(future->result, 0);
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    end();
}
END_TEST

START_TEST(room_comes_when_fewer_are_live_than_may_run)
{
    struct meter meter = { 0 };
    struct steal_group_room room;
    struct steal_future *future = steal_group_room(&room, &group);

    fill();
    add(&rest, 0, 0);
    ck_assert_int_eq(poll_with(future, &meter), STEAL_PENDING);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
    record_open(&gate);
    wait_until(load_acquire(&meter.wakes) == 1);
    ck_assert_uint_eq(steal_group_live(&group), 0);
    ck_assert_int_eq(poll_with(future, &meter), STEAL_READY);
    ck_assert_int_eq(future->result, 0);
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    end();
}
END_TEST

/* Three that wait for room; returns how many were woken. */
static struct meter meter[3];
static struct steal_group_room rooms[3];

static int
wakes_of_all(void)
{
    return load_acquire(&meter[0].wakes) + load_acquire(&meter[1].wakes) +
           load_acquire(&meter[2].wakes);
}

static void
three_wait(void)
{
    memset(meter, 0, sizeof meter);
    fill();
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(poll_with(steal_group_room(&rooms[i], &group),
                                 &meter[i]),
                STEAL_PENDING);
}

static void
three_leave(void)
{
    for (int i = 0; i < 3; i++) {
        steal_future_drop(&rooms[i].future);
        ck_assert_int_eq(load_acquire(&meter[i].refs), 0);
    }
}

START_TEST(room_is_told_to_one_after_the_other)
{
    three_wait();
    record_open(&gate);
    wait_until(wakes_of_all() == 1);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(load_acquire(&meter[i].wakes), 1);
        ck_assert_int_eq(wakes_of_all(), i + 1);
        ck_assert_int_eq(poll_with(&rooms[i].future, &meter[i]), STEAL_READY);
    }
    three_leave();
    end();
}
END_TEST

START_TEST(room_that_somebody_else_has_taken_is_waited_for_in_front)
{
    three_wait();
    record_open(&gate);
    wait_until(wakes_of_all() == 1);
    wait_until(steal_group_live(&group) == 0);
    add(&rest, PROBE_WAITS, 0);
    ck_assert_int_eq(poll_with(&rooms[0].future, &meter[0]), STEAL_PENDING);
    ck_assert_int_eq(wakes_of_all(), 1);
    record_open(&rest);
    wait_until(wakes_of_all() == 2);
    ck_assert_int_eq(load_acquire(&meter[0].wakes), 2);
    ck_assert_int_eq(poll_with(&rooms[0].future, &meter[0]), STEAL_READY);
    three_leave();
    end();
}
END_TEST

START_TEST(who_is_dropped_hands_the_room_on)
{
    three_wait();
    steal_future_drop(&rooms[1].future);
    ck_assert_int_eq(wakes_of_all(), 0); /* there is none yet */
    record_open(&gate);
    wait_until(wakes_of_all() == 1);
    steal_future_drop(&rooms[0].future);
    ck_assert_int_eq(load_acquire(&meter[2].wakes), 1);
    ck_assert_int_eq(poll_with(&rooms[2].future, &meter[2]), STEAL_READY);
    three_leave();
    end();
}
END_TEST

START_TEST(abort_ends_all_waiting_for_room)
{
    three_wait();
    steal_group_abort(&group);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(load_acquire(&meter[i].wakes), 1);
        ck_assert_int_eq(poll_with(&rooms[i].future, &meter[i]), STEAL_READY);
        ck_assert_int_eq(rooms[i].future.result, -ECANCELED);
    }
    three_leave();
    end();
}
END_TEST

START_TEST(abort_is_told_while_the_shielded_go_on)
{
    struct probe probe = probe_make(&gate, PROBE_WAITS, 0);
    struct meter told = { 0 };
    struct steal_group_room room;
    struct steal_future *future = steal_group_room(&room, &group);

    steal_group_set_limit(&group, 1);
    ck_assert_int_eq(steal_group_spawn_shielded(&group, &probe.future,
                             sizeof probe),
            0);
    ck_assert_int_eq(poll_with(future, &told), STEAL_PENDING);
    steal_group_abort(&group);
    ck_assert_int_eq(load_acquire(&told.wakes), 1);
    ck_assert_int_eq(poll_with(future, &told), STEAL_READY);
    ck_assert_int_eq(future->result, -ECANCELED);
    steal_future_drop(future);
    ck_assert_int_eq(record_drops(&gate), 0);
    end();
}
END_TEST

START_TEST(group_may_end_while_some_wait_for_room)
{
    three_wait();
    steal_group_fini(&group);
    steal_future_drop(&rooms[0].future);
    for (int i = 1; i < 3; i++) {
        ck_assert_int_eq(load_acquire(&meter[i].wakes), 1);
        ck_assert_int_eq(poll_with(&rooms[i].future, &meter[i]), STEAL_READY);
        ck_assert_int_eq(rooms[i].future.result, -ECANCELED);
    }
    three_leave();
    runtime_end(runtime);
}
END_TEST

START_TEST(raising_the_limit_makes_room)
{
    three_wait();
    steal_group_set_limit(&group, 2);
    ck_assert_int_eq(load_acquire(&meter[0].wakes), 1);
    ck_assert_int_eq(poll_with(&rooms[0].future, &meter[0]), STEAL_READY);
    three_leave();
    end();
}
END_TEST

/* Makes tasks, no faster than they end. */
struct producer {
    struct steal_async async;
    struct steal_group_room room;
    int left;
    size_t most;
};

static void
produce(struct producer *self)
{
    size_t live;

    add(&rest, 2, 0);
    live = steal_group_live(&group);
    if (self->most < live)
        self->most = live;
}

static enum steal_poll
producer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct producer *self = (struct producer *)future;

    STEAL_BEGIN(&self->async);
    while (self->left-- > 0) {
        STEAL_AWAIT(cx, steal_group_room(&self->room, &group));
        if (self->room.future.result < 0)
            STEAL_RETURN(self->room.future.result);
        produce(self);
    }
    STEAL_END();
}

static const struct steal_future_ops producer_ops = { .name = "producer",
    .poll = producer_poll };

START_TEST(producer_that_waits_for_room_fills_no_queue)
{
    struct producer producer = { .async = STEAL_ASYNC(&producer_ops),
        .left = scaled(20000) };
    int n = producer.left;

    steal_group_set_limit(&group, 4);
    ck_assert_int_eq(steal_block_on(runtime, &producer.async.future), 0);
    ck_assert_uint_le(producer.most, 4);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(record_drops(&rest), n);
    end();
}
END_TEST

#define PRODUCERS 4

/* Two of four are dropped at any time; no wake-up is lost with them. */
START_TEST(producers_that_are_dropped_leave_room_to_the_others)
{
    struct steal_task *task[PRODUCERS];

    steal_group_set_limit(&group, 2);
    for (int round = 0; round < scaled(200); round++) {
        for (int i = 0; i < PRODUCERS; i++) {
            struct producer producer = { .async = STEAL_ASYNC(&producer_ops),
                .left = 50 };

            ck_assert_int_eq(steal_spawn(runtime, &producer.async.future,
                                     sizeof producer, &task[i]),
                    0);
        }
        for (int i = 0; i < round % 100; i++)
            sched_yield();
        steal_task_abort(task[0]);
        steal_task_abort(task[2]);
        for (int i = 0; i < PRODUCERS; i++) {
            int result = join_task(runtime, task[i]);

            ck_assert(result == 0 || (i % 2 == 0 && result == -ECANCELED));
        }
    }
    ck_assert_int_eq(wait_for_all(), 0);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        room_is_there_at_once_without_a_limit,
        room_comes_when_fewer_are_live_than_may_run,
        room_is_told_to_one_after_the_other,
        room_that_somebody_else_has_taken_is_waited_for_in_front,
        who_is_dropped_hands_the_room_on,
        abort_ends_all_waiting_for_room,
        abort_is_told_while_the_shielded_go_on,
        group_may_end_while_some_wait_for_room,
        raising_the_limit_makes_room,
        producer_that_waits_for_room_fills_no_queue,
        producers_that_are_dropped_leave_room_to_the_others,
    };

    /* Several wait on one record here, which keeps one waker: the others are in fact
     * lost. */
    unsetenv("STEAL_DEBUG");
    return run_suite_with("group_room", reset, tests, LENGTH(tests));
}
