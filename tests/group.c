/*
 * tests/group.c - tasks that end together.
 */
#include <steal/group.h>

#include "kit.h"

#define N 3

static struct record record[N];
static struct steal_runtime *runtime;
static struct steal_group group;

static _Atomic(int) blocks; /* of the runtime's memory, out */

static void *
allocate(size_t size, void *data)
{
    add_acq_rel((_Atomic(int) *)data, 1);
    return malloc(size);
}

static void
release(void *block, size_t size, void *data)
{
    (void)size;
    sub_acq_rel((_Atomic(int) *)data, 1);
    free(block);
}

static void
reset(void)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    for (int i = 0; i < N; i++)
        record[i] = (struct record)RECORD_INIT;
    group = (struct steal_group){ NULL };
    options.workers = 2;
    options.allocator = (struct steal_allocator){ allocate, release, &blocks };
    store_release(&blocks, 0);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
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
    ck_assert_int_eq(load_acquire(&blocks), 0);
}

static int
add(int i, int turns, int result)
{
    struct probe probe = probe_make(&record[i], turns, result);

    return steal_group_spawn(&group, &probe.future, sizeof probe);
}

static void
add_waiting(void)
{
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(add(i, PROBE_WAITS, 10 + i), 0);
    for (int i = 0; i < N; i++)
        wait_until(record_polls(&record[i]) == 1);
}

static int
wait_for_all(void)
{
    struct steal_group_wait wait;

    return steal_block_on(runtime, steal_group_wait(&wait, &group));
}

static void
assert_drops(int a, int b, int c)
{
    ck_assert_int_eq(record_drops(&record[0]), a);
    ck_assert_int_eq(record_drops(&record[1]), b);
    ck_assert_int_eq(record_drops(&record[2]), c);
}

START_TEST(empty_group_does_not_wait)
{
    struct steal_group_next next;

    begin(0);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(steal_block_on(runtime, steal_group_next(&next, &group)),
            0);
    ck_assert_ptr_null(next.task_future);
    ck_assert_uint_eq(steal_group_live(&group), 0);
    end();
}
END_TEST

START_TEST(group_of_zeros_can_be_ended)
{
    steal_group_fini(&group);
    begin(0);
    steal_group_fini(&group);
    end(); /* twice */
}
END_TEST

START_TEST(senseless_arguments_are_refused)
{
    struct steal_future tiny = STEAL_FUTURE(&probe_ops);

    ck_assert_int_eq(steal_group_init(&group, NULL, 0), -EINVAL);
    ck_assert_int_eq(steal_group_init(&group, runtime, 0x100), -EINVAL);
    begin(0);
    ck_assert_int_eq(steal_group_spawn(&group, &tiny, 1), -EINVAL);
    ck_assert_int_eq(steal_group_spawn(&group, &tiny, SIZE_MAX), -ENOMEM);
    end();
}
END_TEST

START_TEST(wait_is_for_the_last_of_all)
{
    begin(0);
    add_waiting();
    ck_assert_uint_eq(steal_group_live(&group), N);
    for (int i = 0; i < N; i++)
        record_open(&record[i]);
    ck_assert_int_eq(wait_for_all(), 0);
    assert_drops(1, 1, 1);
    ck_assert_uint_eq(steal_group_live(&group), 0);
    end();
    assert_drops(1, 1, 1);
}
END_TEST

static int
fail_with_eio(void *arg)
{
    (void)arg;
    return -EIO;
}

/* Not on a record that another is on: that one's waker would go with it. */
START_TEST(failure_aborts_the_others)
{
    struct calling failing = call_make(fail_with_eio, NULL);

    begin(0);
    add_waiting();
    ck_assert_int_eq(steal_group_spawn(&group, &failing.future, sizeof failing),
            0);
    ck_assert_int_eq(wait_for_all(), -EIO);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(add(0, 0, 0), -ECANCELED);
    end();
}
END_TEST

START_TEST(failure_aborts_nobody_if_the_group_keeps_going)
{
    begin(STEAL_GROUP_KEEP_GOING);
    ck_assert_int_eq(add(0, 0, -EIO), 0);
    wait_until(steal_group_live(&group) == 0);
    ck_assert_int_eq(add(1, 0, -EPIPE), 0);
    wait_until(steal_group_live(&group) == 0);
    ck_assert_int_eq(add(2, 3, 0), 0);
    ck_assert_int_eq(wait_for_all(), -EIO);
    ck_assert_int_eq(record_polls(&record[2]), 4);
    end();
}
END_TEST

START_TEST(abort_of_the_group_is_no_failure)
{
    begin(0);
    add_waiting();
    steal_group_abort(&group);
    ck_assert_int_eq(wait_for_all(), 0);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(add(0, 0, 0), -ECANCELED);
    end();
}
END_TEST

START_TEST(end_of_the_group_aborts_what_runs)
{
    begin(0);
    add_waiting();
    steal_group_fini(&group);
    for (int i = 0; i < N; i++)
        wait_until(record_drops(&record[i]) == 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(next_gives_one_after_the_other_in_order_of_time)
{
    const int order[N] = { 2, 0, 1 };
    struct steal_group_next next;

    begin(0);
    add_waiting();
    for (int i = 0; i < N; i++) {
        struct probe *probe;

        record_open(&record[order[i]]);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_group_next(&next, &group)),
                10 + order[i]);
        probe = (struct probe *)next.task_future;
        ck_assert_ptr_nonnull(probe);
        ck_assert_ptr_eq(probe->record, &record[order[i]]);
        ck_assert_int_eq(probe->future.result, 10 + order[i]);
        ck_assert_int_eq(record_drops(&record[order[i]]), 1);
    }
    ck_assert_int_eq(steal_block_on(runtime, steal_group_next(&next, &group)),
            0);
    ck_assert_ptr_null(next.task_future);
    end();
}
END_TEST

START_TEST(next_tells_of_the_aborted_too)
{
    struct steal_group_next next;

    begin(0);
    add_waiting();
    steal_group_abort(&group);
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_group_next(&next, &group)),
                -ECANCELED);
        ck_assert_ptr_nonnull(next.task_future);
    }
    end();
}
END_TEST

START_TEST(wait_after_next_lets_go_of_what_that_gave)
{
    struct steal_group_next next;

    begin(0);
    add_waiting();
    record_open(&record[1]);
    ck_assert_int_eq(steal_block_on(runtime, steal_group_next(&next, &group)),
            11);
    record_open(&record[0]);
    record_open(&record[2]);
    ck_assert_int_eq(wait_for_all(), 0);
    assert_drops(1, 1, 1);
    end();
}
END_TEST

/* A waiter of somebody else's is let go of, too, whichever goes first. */
START_TEST(group_may_end_before_the_wait_is_dropped)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_group_wait wait;
    struct steal_future *future;

    begin(0);
    add_waiting();
    future = steal_group_wait(&wait, &group);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_PENDING);
    ck_assert_int_eq(load_acquire(&meter.refs), 1);
    steal_group_fini(&group);
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    end();
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(wait_given_up_leaves_the_group)
{
    struct steal_group_wait wait;
    struct steal_timeout timeout;

    begin(0);
    add_waiting();
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout(&timeout,
                                     steal_group_wait(&wait, &group),
                                     STEAL_MS(1))),
            -ETIMEDOUT);
    assert_drops(0, 0, 0);
    for (int i = 0; i < N; i++)
        record_open(&record[i]);
    ck_assert_int_eq(wait_for_all(), 0);
    end();
}
END_TEST

/* A task that keeps a group inside itself, as in the head of group.h. */
struct master {
    struct steal_async async;
    struct steal_group group;
    struct steal_group_wait wait;
    int error;
};

static enum steal_poll
master_poll(struct steal_future *future, struct steal_context *cx)
{
    struct master *self = (struct master *)future;

    STEAL_BEGIN(&self->async);
    self->error = steal_group_init(&self->group, NULL, 0);
    for (int i = 0; i < N && !self->error; i++) {
        struct probe probe = probe_make(&record[i], PROBE_WAITS, 0);

        self->error = steal_group_spawn(&self->group, &probe.future,
                sizeof probe);
    }
    STEAL_AWAIT(cx, steal_group_wait(&self->wait, &self->group));
    STEAL_RETURN(self->error);
    STEAL_END();
}

static void
master_drop(struct steal_future *future)
{
    steal_group_fini(&((struct master *)future)->group);
}

static const struct steal_future_ops master_ops = { .name = "master",
    .poll = master_poll,
    .drop = master_drop };

START_TEST(task_waits_for_a_group_of_its_own)
{
    struct master master = { .async = STEAL_ASYNC(&master_ops) };
    struct steal_task_slot slot;
    struct steal_task *task = steal_spawn_in(runtime, &slot,
            &master.async.future, NULL);

    for (int i = 0; i < N; i++) {
        wait_until(record_polls(&record[i]) == 1);
        record_open(&record[i]);
    }
    ck_assert_int_eq(join_task(runtime, task), 0);
    assert_drops(1, 1, 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(abort_of_a_task_ends_its_group)
{
    struct master master = { .async = STEAL_ASYNC(&master_ops) };
    struct steal_task_slot slot;
    struct steal_task *task = steal_spawn_in(runtime, &slot,
            &master.async.future, NULL);

    for (int i = 0; i < N; i++)
        wait_until(record_polls(&record[i]) == 1);
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    for (int i = 0; i < N; i++)
        wait_until(record_drops(&record[i]) == 1);
    runtime_end(runtime);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(group_outlives_its_runtime)
{
    begin(0);
    add_waiting();
    runtime_end(runtime);
    assert_drops(1, 1, 1);
    ck_assert_uint_eq(steal_group_live(&group), 0);
    ck_assert_int_eq(add(0, 0, 0), -ECANCELED);
    steal_group_abort(&group);
    steal_group_fini(&group);
}
END_TEST

static void *
add_many(void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        int error = add(0, i % 3, 0);

        require(!error || error == -ECANCELED);
    }
    return NULL;
}

START_TEST(threads_may_add_while_a_task_waits)
{
    int n = scaled(5000);
    pthread_t thread[2];

    begin(0);
    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(add_many, &n);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(wait_for_all(), 0);
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(record_drops(&record[0]), 2 * n);
    end();
}
END_TEST

START_TEST(threads_may_add_while_the_group_is_aborted)
{
    int n = scaled(2000);

    for (int i = 0; i < scaled(20); i++) {
        pthread_t thread;

        begin(0);
        thread = start_thread(add_many, &n);
        for (int k = 0; k < i * 10; k++)
            sched_yield();
        steal_group_abort(&group);
        ck_assert_int_eq(wait_for_all(), 0);
        join_thread(thread);
        ck_assert_int_eq(wait_for_all(), 0);
        steal_group_fini(&group);
    }
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        empty_group_does_not_wait,
        group_of_zeros_can_be_ended,
        senseless_arguments_are_refused,
        wait_is_for_the_last_of_all,
        failure_aborts_the_others,
        failure_aborts_nobody_if_the_group_keeps_going,
        abort_of_the_group_is_no_failure,
        end_of_the_group_aborts_what_runs,
        next_gives_one_after_the_other_in_order_of_time,
        next_tells_of_the_aborted_too,
        wait_after_next_lets_go_of_what_that_gave,
        group_may_end_before_the_wait_is_dropped,
        wait_given_up_leaves_the_group,
        task_waits_for_a_group_of_its_own,
        abort_of_a_task_ends_its_group,
        group_outlives_its_runtime,
        threads_may_add_while_a_task_waits,
        threads_may_add_while_the_group_is_aborted,
    };

    return run_suite_with("group", reset, tests, LENGTH(tests));
}
