/*
 * tests/lost_wake.c - tasks that nobody can wake are told of.
 */
#include <steal/debug.h>

#include <stdio.h>

#include "kit.h"

static struct steal_runtime *runtime;

/* What was told last, and how often. */
static struct steal_stuck_task told;
static _Atomic(int) tellings;
static char text[4096];

static void
tell(const struct steal_stuck *stuck, void *data)
{
    FILE *file = fmemopen(text, sizeof text, "w");

    require(data == &told && file);
    require(stuck->kind == STEAL_LOST_WAKE && stuck->ntasks == 1);
    require(stuck->runtime == runtime);
    told = stuck->tasks[0];
    steal_stuck_print(stuck, file);
    fclose(file);
    add_acq_rel(&tellings, 1);
}

static int
call_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void
start(unsigned workers, unsigned policy)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = workers;
    options.detect_lost_wakes = policy;
    options.on_stuck = tell;
    options.hooks.data = &told;
    store_release(&tellings, 0);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
}

static void
expect_tellings(int n)
{
    wait_until(load_acquire(&tellings) >= n);
    ck_assert_int_eq(load_acquire(&tellings), n);
}

/* A countdown that has forgotten to be woken, awaited by a function. */

static struct record record;

static enum steal_poll
countdown_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)cx;
    add_acq_rel(&record.polls, 1);
    return --future->result > 0 ? STEAL_PENDING : STEAL_READY;
}

static void
countdown_drop(struct steal_future *future)
{
    (void)future;
    add_acq_rel(&record.drops, 1);
}

static const struct steal_future_ops countdown_ops = { .name = "countdown",
    .poll = countdown_poll,
    .drop = countdown_drop };

struct launch {
    struct steal_async async;
    struct steal_future countdown;
};

static int launch_line;

static enum steal_poll
launch_poll(struct steal_future *future, struct steal_context *cx)
{
    struct launch *self = (struct launch *)future;

    STEAL_BEGIN(&self->async);
    launch_line = __LINE__ + 1;
    STEAL_AWAIT(cx, &self->countdown);
    STEAL_END();
}

static const struct steal_future_ops launch_ops = { .name = "launch",
    .poll = launch_poll };

static struct steal_task *
spawn_launch(void)
{
    struct launch launch = { .async = STEAL_ASYNC(&launch_ops),
        .countdown = STEAL_FUTURE(&countdown_ops) };
    struct steal_task *task;

    launch.countdown.result = 3;
    require(steal_spawn(runtime, &launch.async.future, sizeof launch, &task) ==
            0);
    return task;
}

START_TEST(countdown_without_its_wake_is_told_of_with_its_awaits)
{
    struct steal_task *task;

    start(2, STEAL_STUCK_REPORT);
    task = spawn_launch();
    expect_tellings(1);
    ck_assert_uint_eq(told.task, steal_task_id(task));
    ck_assert_str_eq(told.name, "launch");
    ck_assert_uint_gt(told.age, 0);
    ck_assert_uint_eq(told.nawaits, 2);
    ck_assert_str_eq(told.awaits[0].name, "launch");
    ck_assert_int_eq(told.awaits[0].line, launch_line);
    ck_assert_ptr_nonnull(strstr(told.awaits[0].file, "lost_wake.c"));
    ck_assert_str_eq(told.awaits[1].name, "countdown");
    ck_assert(!steal_task_is_finished(task)); /* it is only told of */
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    runtime_end(runtime);
    ck_assert_int_eq(record_polls(&record), 1);
    ck_assert_int_eq(record_drops(&record), 1);
}
END_TEST

START_TEST(text_has_name_and_place)
{
    char place[100];

    start(1, STEAL_STUCK_REPORT);
    steal_task_detach(spawn_launch());
    expect_tellings(1);
    runtime_end(runtime);
    snprintf(place, sizeof place, "launch at ");
    ck_assert_ptr_nonnull(strstr(text, "nobody can wake this task"));
    ck_assert_ptr_nonnull(strstr(text, place));
    snprintf(place, sizeof place, "lost_wake.c:%d\n", launch_line);
    ck_assert_ptr_nonnull(strstr(text, place));
    ck_assert_ptr_nonnull(strstr(text, "countdown\n"));
}
END_TEST

START_TEST(joiner_of_a_task_that_is_canceled_for_it_gets_edeadlk)
{
    struct steal_task *task;

    start(2, STEAL_STUCK_ABORT);
    task = spawn_launch();
    ck_assert_int_eq(join_task(runtime, task), -EDEADLK);
    expect_tellings(1);
    ck_assert_int_eq(record_drops(&record), 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(who_blocks_on_such_a_task_gets_it_too)
{
    struct steal_future countdown = STEAL_FUTURE(&countdown_ops);

    countdown.result = 3;
    start(1, STEAL_STUCK_ABORT);
    ck_assert_int_eq(steal_block_on(runtime, &countdown), -EDEADLK);
    expect_tellings(1);
    runtime_end(runtime);
}
END_TEST

static void
run_into_the_stop(void *arg)
{
    (void)arg;
    start(1, STEAL_STUCK_STOP);
    join_task(runtime, spawn_launch());
}

START_TEST(program_ends_if_it_is_to)
{
    ck_assert(aborts(run_into_the_stop, NULL));
}
END_TEST

/*
 * Wakers that are lost later
 */

START_TEST(who_drops_the_last_waker_of_a_parked_task_is_told)
{
    struct steal_task *task;
    struct steal_waker waker, other;

    start(1, STEAL_STUCK_REPORT);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 7);
    wait_until(record_polls(&record) == 1);
    ck_assert_int_eq(call_inside(runtime, call_nothing, NULL), 0);
    waker = record_take_waker(&record);
    other = steal_waker_clone(&waker);
    steal_waker_drop(&waker);
    ck_assert_int_eq(load_acquire(&tellings), 0);
    steal_waker_drop(&other);
    ck_assert_int_eq(load_acquire(&tellings), 1);
    ck_assert_uint_eq(told.task, steal_task_id(task));
    ck_assert_str_eq(told.awaits[0].name, "probe");
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    runtime_end(runtime);
}
END_TEST

START_TEST(task_whose_last_waker_is_dropped_is_canceled_if_it_is_to)
{
    struct steal_task *task;
    struct steal_waker waker;

    start(2, STEAL_STUCK_ABORT);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 7);
    wait_until(record_polls(&record) == 1);
    waker = record_take_waker(&record);
    steal_waker_drop(&waker);
    ck_assert_int_eq(join_task(runtime, task), -EDEADLK);
    expect_tellings(1);
    runtime_end(runtime);
}
END_TEST

START_TEST(waker_that_is_woken_is_not_lost)
{
    struct steal_task *task;

    start(2, STEAL_STUCK_REPORT);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 7);
    wait_until(record_polls(&record) == 1);
    record_open(&record);
    ck_assert_int_eq(join_task(runtime, task), 7);
    runtime_end(runtime);
    expect_tellings(0);
}
END_TEST

START_TEST(handle_is_no_waker)
{
    struct steal_task *task;

    start(1, STEAL_STUCK_REPORT);
    task = spawn_launch();
    expect_tellings(1);
    steal_task_detach(task);
    steal_task_detach(spawn_launch());
    expect_tellings(2);
    runtime_end(runtime);
}
END_TEST

/* Whoever drops the waker holds the task, for whose end a stop would wait. */

static _Atomic(int) refusal;

static void
stop_it(const struct steal_stuck *stuck, void *data)
{
    (void)data;
    store_release(&refusal, steal_runtime_stop(stuck->runtime, STEAL_FOREVER));
}

START_TEST(who_is_told_cannot_stop_the_runtime)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_waker waker;

    options.workers = 1;
    options.detect_lost_wakes = STEAL_STUCK_REPORT;
    options.on_stuck = stop_it;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    steal_task_detach(spawn_probe(runtime, &record, PROBE_WAITS, 7));
    wait_until(record_polls(&record) == 1);
    ck_assert_int_eq(call_inside(runtime, call_nothing, NULL), 0);
    waker = record_take_waker(&record);
    steal_waker_drop(&waker);
    ck_assert_int_eq(load_acquire(&refusal), -EDEADLK);
    runtime_end(runtime);
}
END_TEST

/*
 * No false alarm
 */

START_TEST(task_that_starts_after_the_stop_is_not_looked_at)
{
    struct probe probe = probe_make(&record, PROBE_WAITS, 7);
    struct steal_task *task;

    start(1, STEAL_STUCK_REPORT);
    ck_assert_int_eq(steal_task_new(runtime, sizeof probe, &task), 0);
    memcpy(steal_task_memory(task), &probe, sizeof probe);
    runtime_end(runtime);
    steal_task_start(task);
    ck_assert(steal_task_is_finished(task));
    steal_task_detach(task);
    expect_tellings(0);
}
END_TEST

/* Waits for one of everything that the library's queues wake. */
struct waits {
    struct steal_async async;
    struct steal_sleep sleep;
    struct steal_mutex *mutex;
    struct steal_mutex_lock lock;
    struct steal_join join;
    struct steal_task *task;
    struct steal_yield yield;
    int i;
};

static enum steal_poll
waits_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waits *self = (struct waits *)future;

    STEAL_BEGIN(&self->async);
    for (self->i = 0; self->i < 20; self->i++) {
        STEAL_AWAIT(cx, steal_mutex_lock(&self->lock, self->mutex));
        STEAL_AWAIT(cx, steal_yield(&self->yield));
        STEAL_AWAIT(cx, steal_sleep(&self->sleep, STEAL_US(50)));
        steal_mutex_unlock(self->mutex);
        self->task = spawn_call(runtime, call_nothing, NULL);
        STEAL_AWAIT(cx, steal_join(&self->join, self->task));
    }
    STEAL_END();
}

static const struct steal_future_ops waits_ops = { .name = "waits",
    .poll = waits_poll };

START_TEST(waits_of_the_library_are_never_told_of)
{
    struct steal_mutex mutex = STEAL_MUTEX_INIT;
    struct steal_task *task[8];

    start(4, STEAL_STUCK_REPORT);
    for (size_t i = 0; i < LENGTH(task); i++) {
        struct waits waits = { .async = STEAL_ASYNC(&waits_ops),
            .mutex = &mutex };

        require(steal_spawn(runtime, &waits.async.future, sizeof waits,
                        &task[i]) == 0);
    }
    for (size_t i = 0; i < LENGTH(task); i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    runtime_end(runtime);
    expect_tellings(0);
}
END_TEST

START_TEST(environment_turns_it_on)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.on_stuck = tell;
    options.hooks.data = &told;
    store_release(&tellings, 0);
    ck_assert_int_eq(setenv("STEAL_DEBUG", "times,lostwake=abort", 1), 0);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    ck_assert_int_eq(unsetenv("STEAL_DEBUG"), 0);
    ck_assert_int_eq(join_task(runtime, spawn_launch()), -EDEADLK);
    runtime_end(runtime);
    expect_tellings(1);
}
END_TEST

START_TEST(policy_that_there_is_not_is_refused)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.detect_lost_wakes = STEAL_STUCK_STOP + 1;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), -EINVAL);
}
END_TEST

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
    unsetenv("STEAL_DEBUG");
}

int
main(void)
{
    const TTest *const tests[] = {
        countdown_without_its_wake_is_told_of_with_its_awaits,
        text_has_name_and_place,
        joiner_of_a_task_that_is_canceled_for_it_gets_edeadlk,
        who_blocks_on_such_a_task_gets_it_too,
        program_ends_if_it_is_to,
        who_drops_the_last_waker_of_a_parked_task_is_told,
        task_whose_last_waker_is_dropped_is_canceled_if_it_is_to,
        waker_that_is_woken_is_not_lost,
        handle_is_no_waker,
        who_is_told_cannot_stop_the_runtime,
        task_that_starts_after_the_stop_is_not_looked_at,
        waits_of_the_library_are_never_told_of,
        environment_turns_it_on,
        policy_that_there_is_not_is_refused,
    };

    return run_suite_with("lost_wake", reset, tests, LENGTH(tests));
}
