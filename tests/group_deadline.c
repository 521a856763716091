/*
 * tests/group_deadline.c - groups that have only so much time.
 */
#include <steal/group.h>

#include "kit.h"

#define SOON STEAL_MS(5)

static struct steal_runtime *runtime;
static struct steal_group group;
static struct record shielded;
static struct record other;

static void
reset(void)
{
    group = (struct steal_group){ NULL };
    shielded = (struct record)RECORD_INIT;
    other = (struct record)RECORD_INIT;
    runtime = runtime_start(2);
}

static void
begin(unsigned flags)
{
    ck_assert_int_eq(steal_group_init(&group, runtime, flags), 0);
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

static void
add_shielded(int turns, int result)
{
    struct probe probe = probe_make(&shielded, turns, result);

    require(steal_group_spawn_shielded(&group, &probe.future, sizeof probe) ==
            0);
}

/* One of each, both waiting. */
static void
add_both(void)
{
    add_shielded(PROBE_WAITS, 0);
    add(&other, PROBE_WAITS, 0);
    wait_until(record_polls(&shielded) == 1 && record_polls(&other) == 1);
}

static int
wait_for_all(void)
{
    struct steal_group_wait wait;

    return steal_block_on(runtime, steal_group_wait(&wait, &group));
}

START_TEST(deadline_aborts_the_group)
{
    uint64_t deadline = steal_now() + SOON;

    begin(0);
    add(&other, PROBE_WAITS, 0);
    steal_group_set_deadline(&group, deadline);
    ck_assert_int_eq(wait_for_all(), -ETIMEDOUT);
    ck_assert_uint_ge(steal_now(), deadline);
    ck_assert_int_eq(record_drops(&other), 1);
    ck_assert_int_eq(wait_for_all(), -ETIMEDOUT);
    end();
}
END_TEST

START_TEST(deadline_that_has_passed_aborts_with_the_next_wait)
{
    begin(0);
    add(&other, PROBE_WAITS, 0);
    steal_group_set_deadline(&group, 1);
    ck_assert_int_eq(record_drops(&other), 0);
    ck_assert_int_eq(wait_for_all(), -ETIMEDOUT);
    end();
}
END_TEST

START_TEST(deadline_that_is_met_is_no_failure)
{
    begin(0);
    add(&other, 3, 0);
    wait_until(record_drops(&other) == 1);
    wait_until(steal_group_live(&group) == 0);
    steal_group_set_deadline(&group, 1);
    ck_assert_int_eq(wait_for_all(), 0);
    end();
}
END_TEST

START_TEST(failure_before_the_deadline_is_the_result)
{
    begin(STEAL_GROUP_KEEP_GOING);
    add(&other, PROBE_WAITS, 0);
    add(&shielded, 0, -EIO);
    wait_until(record_drops(&shielded) == 1);
    wait_until(steal_group_live(&group) == 1);
    steal_group_set_deadline(&group, 1);
    ck_assert_int_eq(wait_for_all(), -EIO);
    ck_assert_int_eq(record_drops(&other), 1);
    end();
}
END_TEST

/* A task that waits for something of the group. */
struct waiting {
    struct steal_async async;
    struct steal_group_room room;
    struct steal_group_wait wait;
    bool for_room;
    _Atomic(int) *begun;
};

static enum steal_poll
waiting_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waiting *self = (struct waiting *)future;

    STEAL_BEGIN(&self->async);
    add_acq_rel(self->begun, 1);
    if (self->for_room) {
        STEAL_AWAIT(cx, steal_group_room(&self->room, &group));
        STEAL_RETURN(self->room.future.result);
    }
    STEAL_AWAIT(cx, steal_group_wait(&self->wait, &group));
    STEAL_RETURN(self->wait.future.result);
    STEAL_END();
}

static const struct steal_future_ops waiting_ops = { .name = "waiting",
    .poll = waiting_poll };

static struct steal_task *
spawn_waiting(bool for_room, _Atomic(int) *begun)
{
    struct waiting waiting = { .async = STEAL_ASYNC(&waiting_ops),
        .for_room = for_room,
        .begun = begun };
    struct steal_task *task;

    require(steal_spawn(runtime, &waiting.async.future, sizeof waiting,
                    &task) == 0);
    return task;
}

START_TEST(deadline_spares_the_shielded)
{
    _Atomic(int) begun = 0;
    struct steal_task *task;

    begin(0);
    add_both();
    steal_group_set_deadline(&group, steal_now());
    task = spawn_waiting(false, &begun);
    wait_until(record_drops(&other) == 1);
    ck_assert_int_eq(record_drops(&shielded), 0);
    record_open(&shielded);
    ck_assert_int_eq(join_task(runtime, task), -ETIMEDOUT);
    end();
}
END_TEST

START_TEST(next_sees_to_the_deadline)
{
    struct steal_group_next next;

    begin(0);
    add(&other, PROBE_WAITS, 0);
    steal_group_set_deadline(&group, steal_now() + SOON);
    ck_assert_int_eq(steal_block_on(runtime, steal_group_next(&next, &group)),
            -ECANCELED);
    ck_assert_ptr_nonnull(next.task_future);
    ck_assert_int_eq(wait_for_all(), -ETIMEDOUT);
    end();
}
END_TEST

START_TEST(who_waits_for_room_sees_to_the_deadline)
{
    struct steal_group_room room;

    begin(0);
    steal_group_set_limit(&group, 1);
    add(&other, PROBE_WAITS, 0);
    steal_group_set_deadline(&group, steal_now() + SOON);
    ck_assert_int_eq(steal_block_on(runtime, steal_group_room(&room, &group)),
            -ECANCELED);
    ck_assert_int_eq(wait_for_all(), -ETIMEDOUT);
    end();
}
END_TEST

START_TEST(deadline_may_change_while_a_task_waits)
{
    const uint64_t before[] = { STEAL_FOREVER, steal_now() + PATIENCE * 10 };

    for (size_t i = 0; i < LENGTH(before); i++) {
        _Atomic(int) begun = 0;
        struct steal_task *task;

        begin(0);
        add(&other, PROBE_WAITS, 0);
        steal_group_set_deadline(&group, before[i]);
        task = spawn_waiting(false, &begun);
        wait_until(load_acquire(&begun) == 1);
        steal_group_set_deadline(&group, STEAL_FOREVER);
        steal_group_set_deadline(&group, steal_now() + SOON);
        ck_assert_int_eq(join_task(runtime, task), -ETIMEDOUT);
        steal_group_fini(&group);
    }
    end();
}
END_TEST

START_TEST(deadline_that_is_put_off_does_not_abort)
{
    _Atomic(int) begun = 0;
    struct steal_task *task;
    uint64_t deadline = steal_now() + SOON;

    begin(0);
    add(&other, PROBE_WAITS, 0);
    steal_group_set_deadline(&group, deadline);
    task = spawn_waiting(false, &begun);
    wait_until(load_acquire(&begun) == 1);
    steal_group_set_deadline(&group, STEAL_FOREVER);
    if (steal_now() < deadline) { /* else this machine was too slow */
        wait_until(steal_now() > deadline + STEAL_MS(2));
        ck_assert_int_eq(record_drops(&other), 0);
        record_open(&other);
        ck_assert_int_eq(join_task(runtime, task), 0);
    } else {
        record_open(&other);
        join_task(runtime, task);
    }
    end();
}
END_TEST

/* Whoever of them is first in the row has the timer, and goes. */
START_TEST(deadline_holds_while_those_who_wait_for_room_are_dropped)
{
    _Atomic(int) begun = 0;
    struct steal_task *task[3];

    begin(0);
    steal_group_set_limit(&group, 1);
    add(&other, PROBE_WAITS, 0);
    for (int i = 0; i < 3; i++) {
        task[i] = spawn_waiting(true, &begun);
        wait_until(load_acquire(&begun) == i + 1);
    }
    steal_group_set_deadline(&group, steal_now() + SOON);
    for (int i = 0; i < 2; i++) {
        steal_task_abort(task[i]);
        ck_assert_int_eq(join_task(runtime, task[i]), -ECANCELED);
    }
    ck_assert_int_eq(join_task(runtime, task[2]), -ECANCELED);
    ck_assert_int_eq(wait_for_all(), -ETIMEDOUT);
    end();
}
END_TEST

START_TEST(change_of_the_deadline_is_told_to_who_waits_for_room)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_group_room room;
    struct steal_future *future;

    begin(0);
    steal_group_set_limit(&group, 1);
    add(&other, PROBE_WAITS, 0);
    future = steal_group_room(&room, &group);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_PENDING);
    steal_group_set_deadline(&group, steal_now() + PATIENCE);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -EINVAL); /* we are no worker */
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    end();
}
END_TEST

START_TEST(deadline_cannot_be_seen_to_outside_of_a_worker)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_group_wait wait;
    struct steal_future *future;

    begin(0);
    add(&other, PROBE_WAITS, 0);
    steal_group_set_deadline(&group, steal_now() + PATIENCE);
    future = steal_group_wait(&wait, &group);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -EINVAL);
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        deadline_aborts_the_group,
        deadline_that_has_passed_aborts_with_the_next_wait,
        deadline_that_is_met_is_no_failure,
        failure_before_the_deadline_is_the_result,
        deadline_spares_the_shielded,
        next_sees_to_the_deadline,
        who_waits_for_room_sees_to_the_deadline,
        deadline_may_change_while_a_task_waits,
        deadline_that_is_put_off_does_not_abort,
        deadline_holds_while_those_who_wait_for_room_are_dropped,
        change_of_the_deadline_is_told_to_who_waits_for_room,
        deadline_cannot_be_seen_to_outside_of_a_worker,
    };

    /* Several wait on one record here, which keeps one waker: the others are in fact
     * lost. */
    unsetenv("STEAL_DEBUG");
    return run_suite_with("group_deadline", reset, tests, LENGTH(tests));
}
