/*
 * tests/spawn.c - how tasks are born, by move, in place and in storage of the
 * caller's; and what one may ask of them.
 */
#include <steal/task.h>

#include "kit.h"

static struct record record;
static struct steal_runtime *runtime;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
    runtime = runtime_start(2);
}

START_TEST(spawn_moves_the_future)
{
    struct probe probe = probe_make(&record, 0, 42);
    struct steal_task *task;

    ck_assert_int_eq(steal_spawn(runtime, &probe.future, sizeof probe, &task),
            0);
    memset(&probe, 0xff, sizeof probe);
    ck_assert_int_eq(join_task(runtime, task), 42);
    ck_assert_int_eq(record_polls(&record), 1);
    ck_assert_int_eq(record_drops(&record), 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(join_into_moves_it_back)
{
    struct probe probe = probe_make(&record, 3, 42);
    struct steal_join join;
    struct steal_task *task;

    ck_assert_int_eq(steal_spawn(runtime, &probe.future, sizeof probe, &task),
            0);
    memset(&probe, 0xff, sizeof probe);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_join_into(&join, task, &probe.future,
                                     sizeof probe)),
            42);
    ck_assert_int_eq(probe.future.result, 42);
    ck_assert_ptr_eq(probe.record, &record);
    ck_assert_int_eq(probe.turns, -1);
    runtime_end(runtime);
}
END_TEST

START_TEST(detached_task_runs_to_its_end)
{
    struct probe probe = probe_make(&record, 3, 0);

    ck_assert_int_eq(steal_spawn(runtime, &probe.future, sizeof probe, NULL),
            0);
    steal_task_detach(spawn_probe(runtime, &record, 3, 0));
    wait_until(record_drops(&record) == 2);
    ck_assert_int_eq(record_polls(&record), 8);
    runtime_end(runtime);
}
END_TEST

START_TEST(task_built_in_place_is_aligned_and_waits_for_its_start)
{
    struct steal_task *task;
    struct probe *probe;

    ck_assert_int_eq(steal_task_new(runtime, sizeof *probe, &task), 0);
    probe = (struct probe *)steal_task_memory(task);
    ck_assert_uint_eq((uintptr_t)probe % 16, 0);
    *probe = probe_make(&record, 1, 6);
    ck_assert_int_eq(record_polls(&record), 0);
    steal_task_start(task);
    ck_assert_int_eq(join_task(runtime, task), 6);
    ck_assert_int_eq(record_drops(&record), 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(discarded_task_drops_nothing)
{
    struct steal_task *task;

    ck_assert_int_eq(steal_task_new(runtime, sizeof(struct probe), &task), 0);
    *(struct probe *)steal_task_memory(task) = probe_make(&record, 0, 0);
    steal_task_discard(task);
    ck_assert_int_eq(record_drops(&record), 0);
    runtime_end(runtime);
}
END_TEST

struct lent {
    struct steal_task_slot slot;
    struct probe probe;
    _Atomic(int) releases;
    _Atomic(int) drops_at_release;
};

static void
release_lent(struct steal_task_slot *slot)
{
    struct lent *lent = container_of(slot, struct lent, slot);

    store_release(&lent->drops_at_release, record_drops(lent->probe.record));
    add_acq_rel(&lent->releases, 1);
}

START_TEST(lent_storage_is_released_once_and_last)
{
    struct lent lent = { .probe = probe_make(&record, PROBE_WAITS, 3) };
    struct steal_task *task;
    struct steal_waker waker;

    task = steal_spawn_in(runtime, &lent.slot, &lent.probe.future,
            release_lent);
    ck_assert_ptr_eq(steal_task_memory(task), &lent.probe.future);
    wait_until(record_polls(&record) == 1);
    waker = record_take_waker(&record);
    store_release(&record.open, true);
    steal_waker_wake_by_ref(&waker);
    wait_until(steal_task_is_finished(task));
    ck_assert_int_eq(lent.probe.future.result, 3);
    steal_task_detach(task);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&lent.releases), 0);
    steal_waker_drop(&waker);
    ck_assert_int_eq(load_acquire(&lent.releases), 1);
    ck_assert_int_eq(load_acquire(&lent.drops_at_release), 1);
}
END_TEST

START_TEST(lent_storage_may_live_for_ever)
{
    struct lent lent = { .probe = probe_make(&record, 2, 3) };

    ck_assert_int_eq(join_task(runtime, steal_spawn_in(runtime, &lent.slot,
                                                &lent.probe.future, NULL)),
            3);
    ck_assert_int_eq(record_drops(&record), 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(lent_output_can_be_moved_out)
{
    struct lent lent = { .probe = probe_make(&record, 0, 9) };
    struct probe output = probe_make(&record, 0, 0);
    struct steal_join join;
    struct steal_task *task = steal_spawn_in(runtime, &lent.slot,
            &lent.probe.future, release_lent);

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_join_into(&join, task, &output.future,
                                     sizeof output)),
            9);
    ck_assert_int_eq(output.end, 9);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&lent.releases), 1);
}
END_TEST

START_TEST(lent_future_in_a_stopping_runtime_is_canceled)
{
    struct lent lent = { .probe = probe_make(&record, 0, 9) };
    struct steal_task *task;

    steal_runtime_begin_stop(runtime);
    task = steal_spawn_in(runtime, &lent.slot, &lent.probe.future,
            release_lent);
    wait_until(steal_task_is_finished(task));
    ck_assert_int_eq(record_polls(&record), 0);
    ck_assert_int_eq(record_drops(&record), 1);
    runtime_end(runtime);
    steal_task_detach(task);
    ck_assert_int_eq(load_acquire(&lent.releases), 1);
}
END_TEST

START_TEST(handle_of_a_lent_task_outlives_the_runtime)
{
    struct lent lent = { .probe = probe_make(&record, PROBE_WAITS, 3) };
    struct steal_task *task = steal_spawn_in(runtime, &lent.slot,
            &lent.probe.future, release_lent);

    runtime_end(runtime);
    ck_assert(steal_task_is_finished(task));
    ck_assert_int_eq(steal_task_set_name(task, "ghost"), 0);
    ck_assert_str_eq(steal_task_name(task), "ghost");
    steal_task_abort(task);
    steal_task_detach(task);
    ck_assert_int_eq(load_acquire(&lent.releases), 1);
}
END_TEST

START_TEST(handle_outlives_the_runtime)
{
    struct steal_task *task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_join join;

    runtime_end(runtime);
    ck_assert(steal_task_is_finished(task));
    ck_assert_str_eq(steal_task_name(task), "probe");
    ck_assert_uint_ne(steal_task_id(task), 0);
    steal_task_abort(task);
    ck_assert_int_eq(steal_future_poll(steal_join(&join, task), &cx),
            STEAL_READY);
    ck_assert_int_eq(join.future.result, -ECANCELED);
}
END_TEST

START_TEST(waker_outlives_task_and_runtime)
{
    struct steal_task *task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    struct steal_waker waker;
    struct steal_waker clone;

    wait_until(record_polls(&record) == 1);
    waker = record_take_waker(&record);
    steal_task_detach(task);
    runtime_end(runtime);
    ck_assert_int_eq(record_drops(&record), 1);
    clone = steal_waker_clone(&waker);
    steal_waker_wake_by_ref(&waker);
    steal_waker_wake(&clone);
    steal_waker_drop(&waker);
}
END_TEST

static int
spawn_inside(void *arg)
{
    struct probe probe = probe_make(&record, 1, 0);

    (void)arg;
    return steal_spawn(NULL, &probe.future, sizeof probe, NULL);
}

START_TEST(inside_a_task_the_runtime_may_be_null)
{
    ck_assert_int_eq(call_inside(runtime, spawn_inside, NULL), 0);
    wait_until(record_drops(&record) == 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(errors_leave_the_future_to_the_caller)
{
    struct probe probe = probe_make(&record, 0, 0);
    struct steal_task *task = NULL;

    ck_assert_int_eq(steal_spawn(NULL, &probe.future, sizeof probe, &task),
            -EINVAL);
    ck_assert_int_eq(steal_task_new(NULL, sizeof probe, &task), -EINVAL);
    ck_assert_int_eq(steal_task_new(runtime, SIZE_MAX, &task), -ENOMEM);
    steal_runtime_begin_stop(runtime);
    ck_assert_int_eq(steal_spawn(runtime, &probe.future, sizeof probe, &task),
            -ECANCELED);
    ck_assert_int_eq(steal_task_new(runtime, sizeof probe, &task), -ECANCELED);
    ck_assert_ptr_null(task);
    ck_assert_int_eq(record_drops(&record), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(task_started_too_late_is_canceled)
{
    struct steal_task *task;

    ck_assert_int_eq(steal_task_new(runtime, sizeof(struct probe), &task), 0);
    *(struct probe *)steal_task_memory(task) = probe_make(&record, 0, 0);
    steal_runtime_begin_stop(runtime);
    steal_task_start(task);
    wait_until(steal_task_is_finished(task));
    ck_assert_int_eq(record_polls(&record), 0);
    ck_assert_int_eq(record_drops(&record), 1);
    steal_task_detach(task);
    runtime_end(runtime);
}
END_TEST

static void
spawn_polled(void *arg)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct probe *probe = arg;

    steal_future_poll(&probe->future, &cx);
    if (steal_spawn(NULL, &probe->future, sizeof *probe, NULL))
        abort();
}

START_TEST(moving_a_polled_future_into_a_task_aborts)
{
    struct probe probe = probe_make(&record, 2, 0);

    runtime_end(runtime);
    ck_assert(aborts(spawn_polled, &probe));
}
END_TEST

static int
collect_ids(void *arg)
{
    uint64_t *ids = arg;

    for (int i = 0; i < 100; i++) {
        struct steal_task *task = spawn_probe(NULL, &record, 0, 0);

        ids[i] = steal_task_id(task);
        steal_task_detach(task);
    }
    return 0;
}

START_TEST(ids_are_unique_across_runtimes)
{
    static uint64_t ids[300];
    struct steal_runtime *other = runtime_start(1);

    call_inside(runtime, collect_ids, ids);
    call_inside(other, collect_ids, ids + 100);
    for (int i = 200; i < 300; i++) {
        struct steal_task *task = spawn_probe(runtime, &record, 0, 0);

        ids[i] = steal_task_id(task);
        steal_task_detach(task);
    }
    for (int i = 0; i < 300; i++) {
        require(ids[i] != 0);
        for (int j = 0; j < i; j++)
            require(ids[i] != ids[j]);
    }
    runtime_end(runtime);
    runtime_end(other);
}
END_TEST

static int
name_self(void *arg)
{
    require(steal_task_set_name(steal_task_current(), arg) == 0);
    require(steal_task_name(steal_task_current()) == arg);
    return 0;
}

START_TEST(task_may_name_itself)
{
    char name[] = "self";
    struct steal_task *task = spawn_call(runtime, name_self, name);

    wait_until(steal_task_is_finished(task));
    ck_assert_str_eq(steal_task_name(task), "self");
    steal_task_detach(task);
    ck_assert_ptr_null(steal_task_current());
    runtime_end(runtime);
}
END_TEST

START_TEST(lent_task_is_named_after_the_callers_future)
{
    struct lent lent = { .probe = probe_make(&record, 0, 0) };
    struct steal_task *task = steal_spawn_in(runtime, &lent.slot,
            &lent.probe.future, NULL);

    ck_assert_str_eq(steal_task_name(task), "probe");
    join_task(runtime, task);
    runtime_end(runtime);
}
END_TEST

static void *
wake_foreign(void *arg)
{
    (void)arg;
    for (int i = 0; i < 100; i++) {
        struct steal_waker waker = record_take_waker(&record);

        steal_waker_wake(&waker);
        sched_yield();
    }
    return NULL;
}

START_TEST(foreign_threads_wake_tasks)
{
    for (int i = 0; i < scaled(100); i++) {
        struct steal_task *task;
        pthread_t thread[2];

        record = (struct record)RECORD_INIT;
        task = spawn_probe(runtime, &record, PROBE_WAITS, 8);
        for (size_t k = 0; k < LENGTH(thread); k++)
            thread[k] = start_thread(wake_foreign, NULL);
        record_open(&record);
        ck_assert_int_eq(join_task(runtime, task), 8);
        for (size_t k = 0; k < LENGTH(thread); k++)
            join_thread(thread[k]);
        ck_assert_int_eq(record_drops(&record), 1);
    }
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        spawn_moves_the_future,
        join_into_moves_it_back,
        detached_task_runs_to_its_end,
        task_built_in_place_is_aligned_and_waits_for_its_start,
        discarded_task_drops_nothing,
        lent_storage_is_released_once_and_last,
        lent_storage_may_live_for_ever,
        lent_output_can_be_moved_out,
        lent_future_in_a_stopping_runtime_is_canceled,
        handle_of_a_lent_task_outlives_the_runtime,
        handle_outlives_the_runtime,
        waker_outlives_task_and_runtime,
        inside_a_task_the_runtime_may_be_null,
        errors_leave_the_future_to_the_caller,
        task_started_too_late_is_canceled,
        moving_a_polled_future_into_a_task_aborts,
        ids_are_unique_across_runtimes,
        task_may_name_itself,
        lent_task_is_named_after_the_callers_future,
        foreign_threads_wake_tasks,
    };

    return run_suite_with("spawn", reset, tests, LENGTH(tests));
}
