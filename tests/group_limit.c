/*
 * tests/group_limit.c - tasks of a group that wait for their turn.
 */
#include <steal/group.h>

#include "kit.h"

static struct steal_runtime *runtime;
static struct steal_group group;
static struct record gate; /* of the task that has the first turn */
static struct record rest; /* of those behind it */

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

/* One that runs until the gate opens, and `n` that wait for their turn. */
static void
add_behind_gate(int n)
{
    steal_group_set_limit(&group, 1);
    add(&gate, PROBE_WAITS, 0);
    wait_until(record_polls(&gate) == 1);
    for (int i = 0; i < n; i++)
        add(&rest, 0, 0);
}

static int
wait_for_all(void)
{
    struct steal_group_wait wait;

    return steal_block_on(runtime, steal_group_wait(&wait, &group));
}

/*
 * The limit
 */

/* A task that counts how many there are, for some polls, and until there have been
 * as many as there may be. */
struct counted {
    struct steal_future future;
    int left;
    int number;
};

static _Atomic(int) running;
static _Atomic(int) most;
static _Atomic(int) ended;
static int limit; /* of those that run at once */
static int order[1000];

static enum steal_poll
counted_poll(struct steal_future *future, struct steal_context *cx)
{
    struct counted *self = (struct counted *)future;

    if (self->left == 4) {
        int now = add_acq_rel(&running, 1) + 1;
        int before = load_acquire(&most);

        while (now > before && !cas_weak_acq_rel(&most, &before, now))
            ;
    }
    if (self->left-- > 0 || load_acquire(&most) < limit) {
        steal_context_wake(cx);
        return STEAL_PENDING;
    }
    order[add_acq_rel(&ended, 1)] = self->number;
    sub_acq_rel(&running, 1);
    return STEAL_READY;
}

static const struct steal_future_ops counted_ops = { .name = "counted",
    .poll = counted_poll };

static void
add_counted(int n, int at_once)
{
    limit = at_once;
    steal_group_set_limit(&group, (size_t)at_once);
    store_release(&running, 0);
    store_release(&most, 0);
    store_release(&ended, 0);
    for (int i = 0; i < n; i++) {
        struct counted task = { STEAL_FUTURE(&counted_ops), 4, i };

        require(steal_group_spawn(&group, &task.future, sizeof task) == 0);
    }
}

START_TEST(limit_is_reached_and_never_exceeded)
{
    add_counted(1000, 3);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(load_acquire(&ended), 1000);
    ck_assert_int_eq(load_acquire(&most), 3);
    end();
}
END_TEST

START_TEST(turns_come_in_order_of_spawn)
{
    add_counted(1000, 1);
    ck_assert_int_eq(wait_for_all(), 0);
    for (int i = 0; i < 1000; i++)
        require(order[i] == i);
    end();
}
END_TEST

START_TEST(who_waits_for_a_turn_is_live_and_not_polled)
{
    add_behind_gate(10);
    ck_assert_uint_eq(steal_group_live(&group), 11);
    ck_assert_int_eq(record_polls(&rest), 0);
    record_open(&gate);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(record_drops(&rest), 10);
    ck_assert_uint_eq(steal_group_live(&group), 0);
    end();
}
END_TEST

START_TEST(raising_the_limit_starts_as_many_more)
{
    steal_group_set_limit(&group, 2);
    for (int i = 0; i < 10; i++)
        add(&rest, PROBE_WAITS, 0);
    wait_until(record_polls(&rest) == 2);
    steal_group_set_limit(&group, 5);
    wait_until(record_polls(&rest) == 5);
    steal_group_set_limit(&group, 0);
    wait_until(record_polls(&rest) == 10);
    end();
}
END_TEST

START_TEST(lowering_the_limit_stops_nobody)
{
    steal_group_set_limit(&group, 3);
    for (int i = 0; i < 3; i++)
        add(&gate, PROBE_WAITS, 0);
    wait_until(record_polls(&gate) == 3);
    steal_group_set_limit(&group, 1);
    add(&rest, 0, 0);
    ck_assert_int_eq(record_drops(&gate), 0);
    steal_group_abort(&group);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(record_drops(&gate), 3);
    ck_assert_int_eq(record_polls(&rest), 0);
    end();
}
END_TEST

START_TEST(abort_drops_who_waits_for_a_turn_without_a_poll)
{
    struct steal_group_next next;

    add_behind_gate(100);
    steal_group_abort(&group);
    for (int i = 0; i < 101; i++) {
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_group_next(&next, &group)),
                -ECANCELED);
        ck_assert_ptr_nonnull(next.task_future);
    }
    ck_assert_uint_eq(steal_group_live(&group), 0);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(record_drops(&gate), 1);
    ck_assert_int_eq(record_drops(&rest), 100);
    ck_assert_int_eq(record_polls(&rest), 0);
    end();
}
END_TEST

START_TEST(failure_aborts_who_waits_for_a_turn)
{
    add_behind_gate(0);
    add(&rest, 0, -EIO);
    for (int i = 0; i < 10; i++)
        add(&rest, 0, 0);
    record_open(&gate);
    ck_assert_int_eq(wait_for_all(), -EIO);
    ck_assert_int_eq(record_drops(&rest), 11);
    ck_assert_int_eq(record_polls(&rest), 1);
    end();
}
END_TEST

START_TEST(end_of_the_group_drops_who_waits_for_a_turn)
{
    add_behind_gate(100);
    steal_group_fini(&group);
    wait_until(record_drops(&rest) == 100);
    ck_assert_int_eq(record_polls(&rest), 0);
    runtime_end(runtime);
    ck_assert_int_eq(record_drops(&gate), 1);
}
END_TEST

/* Each that is canceled gives a turn to the next: not one inside the other. */
START_TEST(stop_of_the_runtime_drops_who_waits_for_a_turn)
{
    int n = scaled(100000);

    add_behind_gate(n);
    runtime_end(runtime);
    ck_assert_int_eq(record_drops(&gate), 1);
    ck_assert_int_eq(record_drops(&rest), n);
    ck_assert_uint_eq(steal_group_live(&group), 0);
    steal_group_fini(&group);
}
END_TEST

static _Atomic(bool) held;
static _Atomic(bool) go_on;

static int
hold_worker(void *arg)
{
    (void)arg;
    store_release(&held, true);
    wait_until(load_acquire(&go_on));
    return 0;
}

/* Each is canceled where it is started, in this thread, and gives its turn to the
 * next: not one inside the other.  It keeps going, or the first to be canceled
 * would abort them all. */
START_TEST(turns_in_a_runtime_that_stops_do_not_nest)
{
    struct calling call = call_make(hold_worker, NULL);
    int n = scaled(100000);

    steal_group_fini(&group);
    ck_assert_int_eq(steal_group_init(&group, runtime, STEAL_GROUP_KEEP_GOING),
            0);
    store_release(&held, false);
    store_release(&go_on, false);
    steal_group_set_limit(&group, 1);
    ck_assert_int_eq(steal_group_spawn(&group, &call.future, sizeof call), 0);
    wait_until(load_acquire(&held));
    for (int i = 0; i < n; i++)
        add(&rest, 0, 0);
    steal_runtime_begin_stop(runtime);
    steal_group_set_limit(&group, 2);
    ck_assert_int_eq(record_drops(&rest), n);
    ck_assert_int_eq(record_polls(&rest), 0);
    store_release(&go_on, true);
    runtime_end(runtime);
    steal_group_fini(&group);
}
END_TEST

static int
leave_behind(void *arg)
{
    (void)arg;
    steal_group_fini(&group);
    return 0;
}

START_TEST(task_may_end_a_group_that_has_a_queue)
{
    add_behind_gate(1000);
    ck_assert_int_eq(call_inside(runtime, leave_behind, NULL), 0);
    runtime_end(runtime);
    ck_assert_int_eq(record_drops(&rest), 1000);
}
END_TEST

/*
 * Many at once
 */

static void *
spawn_many(void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        struct probe probe = probe_make(&rest, i % 3, 0);
        int error = steal_group_spawn(&group, &probe.future, sizeof probe);

        require(!error || error == -ECANCELED);
        if (i % 16 == 0)
            steal_group_set_limit(&group, (size_t)(i / 16 % 4));
    }
    return NULL;
}

START_TEST(threads_may_spawn_and_change_the_limit)
{
    int n = scaled(5000);
    pthread_t thread[2];

    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(spawn_many, &n);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(wait_for_all(), 0);
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(record_drops(&rest), 2 * n);
    end();
}
END_TEST

START_TEST(threads_may_spawn_while_a_group_with_a_limit_is_aborted)
{
    int n = scaled(2000);

    for (int i = 0; i < scaled(20); i++) {
        pthread_t thread = start_thread(spawn_many, &n);

        for (int k = 0; k < i * 10; k++)
            sched_yield();
        steal_group_abort(&group);
        ck_assert_int_eq(wait_for_all(), 0);
        join_thread(thread);
        ck_assert_int_eq(wait_for_all(), 0);
        steal_group_fini(&group);
        ck_assert_int_eq(steal_group_init(&group, runtime, 0), 0);
    }
    end();
}
END_TEST

static void *
stop_runtime(void *arg)
{
    runtime_end(arg);
    return NULL;
}

START_TEST(runtime_may_stop_while_threads_spawn)
{
    for (int i = 0; i < scaled(40); i++) {
        int n = scaled(2000);
        pthread_t spawner = start_thread(spawn_many, &n);
        pthread_t stopper;

        for (int k = 0; k < i * 5; k++)
            sched_yield();
        stopper = start_thread(stop_runtime, runtime);
        join_thread(spawner);
        join_thread(stopper);
        ck_assert_uint_eq(steal_group_live(&group), 0);
        steal_group_fini(&group);
        runtime = runtime_start(2);
        ck_assert_int_eq(steal_group_init(&group, runtime, 0), 0);
    }
    end();
}
END_TEST

START_TEST(task_of_another_runtime_may_wait)
{
    struct steal_runtime *other = runtime_start(1);

    for (int i = 0; i < scaled(500); i++) {
        struct steal_group_wait wait;

        add(&rest, i % 5, 0);
        ck_assert_int_eq(steal_block_on(other, steal_group_wait(&wait, &group)),
                0);
    }
    runtime_end(other);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        limit_is_reached_and_never_exceeded,
        turns_come_in_order_of_spawn,
        who_waits_for_a_turn_is_live_and_not_polled,
        raising_the_limit_starts_as_many_more,
        lowering_the_limit_stops_nobody,
        abort_drops_who_waits_for_a_turn_without_a_poll,
        failure_aborts_who_waits_for_a_turn,
        end_of_the_group_drops_who_waits_for_a_turn,
        stop_of_the_runtime_drops_who_waits_for_a_turn,
        turns_in_a_runtime_that_stops_do_not_nest,
        task_may_end_a_group_that_has_a_queue,
        threads_may_spawn_and_change_the_limit,
        threads_may_spawn_while_a_group_with_a_limit_is_aborted,
        runtime_may_stop_while_threads_spawn,
        task_of_another_runtime_may_wait,
    };

    /* Several wait on one record here, which keeps one waker: the others are in fact
     * lost. */
    unsetenv("STEAL_DEBUG");
    return run_suite_with("group_limit", reset, tests, LENGTH(tests));
}
