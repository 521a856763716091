/*
 * tests/task.c - the life of one task, step by step.
 */
#include "../src/task/task.h"

#include "toy.h"

static struct record record;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
}

START_TEST(queued_task_is_not_polled_yet)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, 0, 0);
    ck_assert_int_eq(record_polls(&record), 0);
    ck_assert_int_eq(toy.nqueued, 1);
    ck_assert(!steal_task_is_finished(task));
    toy_run_all();
    ck_assert(steal_task_is_finished(task));
    steal_task_detach(task);
    toy_fini();
}
END_TEST

START_TEST(ready_task_is_dropped_once)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, 0, 0);
    ck_assert_int_eq(toy_run(), RUN_FINISHED);
    ck_assert_int_eq(record_drops(&record), 1);
    steal_task_detach(task);
    ck_assert_int_eq(record_drops(&record), 1);
    toy_fini();
}
END_TEST

START_TEST(self_wake_queues_again_without_parking)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, 2, 0);
    ck_assert_int_eq(toy_run(), RUN_AGAIN);
    ck_assert(list_is_empty(&toy.owned.tasks));
    ck_assert_int_eq(toy_run(), RUN_AGAIN);
    ck_assert_int_eq(toy_run(), RUN_FINISHED);
    ck_assert_int_eq(record_polls(&record), 3);
    steal_task_detach(task);
    toy_fini();
}
END_TEST

START_TEST(parked_task_is_registered_until_it_ends)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, PROBE_WAITS, 0);
    ck_assert_int_eq(toy_run(), RUN_PARKED);
    ck_assert_ptr_eq(list_first(&toy.owned.tasks), &task->links);
    record_open(&record);
    ck_assert_int_eq(toy.nqueued, 1);
    ck_assert_int_eq(toy_run(), RUN_FINISHED);
    ck_assert(list_is_empty(&toy.owned.tasks));
    steal_task_detach(task);
    toy_fini();
}
END_TEST

START_TEST(task_that_parks_in_a_closed_register_is_canceled)
{
    struct steal_task *task;

    toy_init();
    steal__owned_close(&toy.owned);
    task = toy_spawn_probe(&record, PROBE_WAITS, 0);
    ck_assert_int_eq(toy_run(), RUN_FINISHED);
    ck_assert_int_eq(record_drops(&record), 1);
    steal_task_detach(task);
    toy_fini();
}
END_TEST

START_TEST(task_aborted_before_its_first_poll_is_dropped_unpolled)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, 0, 0);
    steal_task_abort(task);
    ck_assert_int_eq(toy.nqueued, 1);
    ck_assert_int_eq(toy_run(), RUN_FINISHED);
    ck_assert_int_eq(record_polls(&record), 0);
    ck_assert_int_eq(record_drops(&record), 1);
    steal_task_detach(task);
    toy_fini();
}
END_TEST

START_TEST(parked_task_that_is_aborted_is_dropped)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, PROBE_WAITS, 0);
    toy_run();
    steal_task_abort(task);
    steal_task_abort(task);
    ck_assert_int_eq(toy.nqueued, 1);
    ck_assert_int_eq(record_drops(&record), 0);
    toy_run_all();
    ck_assert_int_eq(record_polls(&record), 1);
    ck_assert_int_eq(record_drops(&record), 1);
    steal_task_detach(task);
    toy_fini();
}
END_TEST

START_TEST(queued_task_that_is_aborted_is_dropped)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, 5, 0);
    ck_assert_int_eq(toy_run(), RUN_AGAIN);
    steal_task_abort(task);
    ck_assert_int_eq(toy_run(), RUN_FINISHED);
    ck_assert_int_eq(record_polls(&record), 1);
    ck_assert_int_eq(record_drops(&record), 1);
    steal_task_detach(task);
    toy_fini();
}
END_TEST

START_TEST(abort_of_a_finished_task_is_harmless)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, 0, 0);
    toy_run();
    steal_task_abort(task);
    ck_assert_int_eq(toy.nqueued, 0);
    ck_assert_int_eq(record_drops(&record), 1);
    steal_task_detach(task);
    toy_fini();
}
END_TEST

struct suicide {
    struct steal_future future;
    bool ready;
};

static enum steal_poll
suicide_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)cx;
    steal_task_abort(steal_task_current());
    return ((struct suicide *)future)->ready ? STEAL_READY : STEAL_PENDING;
}

static void
suicide_drop(struct steal_future *future)
{
    (void)future;
    add_acq_rel(&record.drops, 1);
}

static const struct steal_future_ops suicide_ops = { .name = "suicide",
    .poll = suicide_poll,
    .drop = suicide_drop };

START_TEST(task_that_aborts_itself_ends_after_the_poll)
{
    struct suicide suicide = { STEAL_FUTURE(&suicide_ops), false };

    toy_init();
    toy_spawn(&suicide.future, sizeof suicide, 0);
    toy_run_all();
    ck_assert_int_eq(record_drops(&record), 1);
    toy_fini();
}
END_TEST

START_TEST(task_that_is_ready_in_spite_of_an_abort_is_ready)
{
    struct suicide suicide = { STEAL_FUTURE(&suicide_ops), true };
    struct steal_task *task;
    struct steal_join join;

    toy_init();
    task = toy_spawn(&suicide.future, sizeof suicide, 1);
    toy_run_all();
    ck_assert_int_eq(record_drops(&record), 1);
    ck_assert_int_eq(steal_future_poll(steal_join(&join, task), &toy.cx),
            STEAL_READY);
    ck_assert_int_eq(join.future.result, 0);
    toy_fini();
}
END_TEST

START_TEST(detached_task_frees_itself)
{
    struct probe probe = probe_make(&record, 0, 0);

    toy_init();
    toy_spawn(&probe.future, sizeof probe, 0);
    ck_assert_int_eq(toy.blocks, 1);
    ck_assert_int_eq(toy_run(), RUN_LAST);
    ck_assert_int_eq(record_drops(&record), 1);
    toy_fini();
}
END_TEST

static int
check_current(void *arg)
{
    return steal_task_current() == *(struct steal_task **)arg;
}

START_TEST(current_task_is_the_one_that_is_polled)
{
    struct steal_task *task;

    toy_init();
    ck_assert_ptr_null(steal_task_current());
    task = toy_spawn_call(check_current, &task);
    toy_run_all();
    ck_assert_int_eq(steal__task_root(task)->result, 1);
    ck_assert_ptr_null(steal_task_current());
    steal_task_detach(task);
    toy_fini();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        queued_task_is_not_polled_yet,
        ready_task_is_dropped_once,
        self_wake_queues_again_without_parking,
        parked_task_is_registered_until_it_ends,
        task_that_parks_in_a_closed_register_is_canceled,
        task_aborted_before_its_first_poll_is_dropped_unpolled,
        parked_task_that_is_aborted_is_dropped,
        queued_task_that_is_aborted_is_dropped,
        abort_of_a_finished_task_is_harmless,
        task_that_aborts_itself_ends_after_the_poll,
        task_that_is_ready_in_spite_of_an_abort_is_ready,
        detached_task_frees_itself,
        current_task_is_the_one_that_is_polled,
    };

    return run_suite_with("task", reset, tests, LENGTH(tests));
}
