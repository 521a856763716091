/*
 * tests/lend.c - what blocks in place, while the worker goes on elsewhere.
 */
#include "gate.h"

/* A task that blocks in place. */
struct placer {
    struct steal_future future;
    int (*fn)(void *arg);
    void *arg;
    int polls;
};

static enum steal_poll
placer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct placer *self = (struct placer *)future;
    struct steal_task *task = steal_task_current();

    future->result = steal_block_in_place(self->fn, self->arg);
    require(steal_task_current() == task);
    require(steal_runtime_current() == runtime);
    if (self->polls-- == 0)
        return STEAL_READY;
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static const struct steal_future_ops placer_ops = { .name = "placer",
    .poll = placer_poll };

static struct steal_task *
spawn_placer(int (*fn)(void *arg), void *arg, int polls)
{
    struct placer placer = { STEAL_FUTURE(&placer_ops), fn, arg, polls };
    struct steal_task *task;

    require(steal_spawn(runtime, &placer.future, sizeof placer, &task) == 0);
    return task;
}

/* The others go on: tasks, calls and timers. */
static void
others_go_on(void)
{
    struct steal_sleep sleep;
    int number = 0;

    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(call_inside(runtime, add_one, &number), i + 1);
        ck_assert_int_eq(await_call(add_one, &number), i + 2);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_sleep(&sleep, STEAL_US(100))),
                0);
        number--;
    }
}

START_TEST(other_tasks_of_the_worker_go_on)
{
    struct steal_task *task;

    start(1);
    task = spawn_placer(pass_gate, NULL, 0);
    wait_until(arrived() == 1);
    others_go_on();
    ck_assert(!steal_task_is_finished(task));
    open_gate();
    ck_assert_int_eq(join_task(runtime, task), 7);
    others_go_on();
    runtime_end(runtime);
}
END_TEST

/* One worker is lent by one task after the other. */
START_TEST(worker_is_lent_many_times_over)
{
    struct steal_task *task[8];

    start(1);
    for (size_t i = 0; i < LENGTH(task); i++)
        task[i] = spawn_placer(pass_gate, NULL, 2);
    wait_until(arrived() == LENGTH(task));
    others_go_on();
    open_gate();
    for (size_t i = 0; i < LENGTH(task); i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 7);
    ck_assert_int_eq(passed(), 3 * LENGTH(task));
    runtime_end(runtime);
}
END_TEST

/* More often than there are lanes: it does without. */
START_TEST(worker_that_is_lent_still_computes)
{
    struct steal_task *task[40];
    struct steal_compute compute;
    int number = 0;

    start(1);
    for (size_t i = 0; i < LENGTH(task); i++)
        task[i] = spawn_placer(pass_gate, NULL, 0);
    wait_until(arrived() == LENGTH(task));
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_compute(&compute, add_one, &number)),
            1);
    open_gate();
    for (size_t i = 0; i < LENGTH(task); i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 7);
    runtime_end(runtime);
}
END_TEST

/* The limit is for calls: one of them waits for another, in two ways. */
START_TEST(stand_ins_do_not_count)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *task;

    options.workers = 1;
    options.blocking_threads = 1;
    start_with(options);
    task = spawn_placer(pass_gate, NULL, 0);
    wait_until(arrived() == 1);
    others_go_on();
    open_gate();
    ck_assert_int_eq(join_task(runtime, task), 7);
    runtime_end(runtime);
}
END_TEST

static int
block_twice(void *arg)
{
    require(!steal_runtime_current() && !steal_task_current());
    return steal_block_in_place(add_one, arg);
}

START_TEST(nested_it_just_calls)
{
    int number = 0;

    start(1);
    ck_assert_int_eq(join_task(runtime, spawn_placer(block_twice, &number, 0)),
            1);
    ck_assert_int_eq(steal_block_in_place(add_one, &number), 2);
    ck_assert_int_eq(await_call(block_twice, &number), 3);
    runtime_end(runtime);
}
END_TEST

static int
use_runtime(void *arg)
{
    int number = 0;

    require(steal_runtime_stop(runtime, 0) == -EDEADLK);
    others_go_on();
    require(call_inside(runtime, add_one, &number) == 1);
    return join_task(runtime, spawn_call(runtime, add_one, arg));
}

START_TEST(what_blocks_in_place_may_block_on_its_runtime)
{
    int number = 0;

    start(1);
    ck_assert_int_eq(join_task(runtime, spawn_placer(use_runtime, &number, 0)),
            1);
    runtime_end(runtime);
}
END_TEST

static int
wake_self(void *arg)
{
    steal_waker_wake_by_ref(arg);
    return 0;
}

struct self_waker {
    struct steal_future future;
    int polls;
};

static enum steal_poll
self_waker_poll(struct steal_future *future, struct steal_context *cx)
{
    struct self_waker *self = (struct self_waker *)future;
    struct steal_waker waker = steal_waker_clone(steal_context_waker(cx));

    if (self->polls % 2)
        steal_context_wake(cx); /* before, and not in it */
    require(steal_block_in_place(wake_self, &waker) == 0);
    steal_waker_drop(&waker);
    return self->polls-- ? STEAL_PENDING : STEAL_READY;
}

static const struct steal_future_ops self_waker_ops = { .name = "self_waker",
    .poll = self_waker_poll };

START_TEST(wakes_of_the_lender_are_not_lost)
{
    struct self_waker future = { STEAL_FUTURE(&self_waker_ops), scaled(2000) };

    start(1);
    ck_assert_int_eq(steal_block_on(runtime, &future.future), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(on_the_caller_other_tasks_go_on)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct placer placer = { STEAL_FUTURE(&placer_ops), use_runtime, NULL, 3 };
    int number = 0;

    options.flags = STEAL_ON_CALLER;
    start_with(options);
    placer.arg = &number;
    ck_assert_int_eq(steal_block_on(runtime, &placer.future), 4);
    others_go_on();
    ck_assert_int_eq(await_call(add_one, &number), 5);
    runtime_end(runtime);
}
END_TEST

/* The future that the caller waits for ends on the stand-in. */
START_TEST(on_the_caller_the_root_may_end_meanwhile)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *task;
    int number = 0;

    options.flags = STEAL_ON_CALLER;
    start_with(options);
    for (int i = 0; i < 20; i++) {
        task = spawn_placer(count_call, NULL, 2);
        ck_assert_int_eq(await_call(add_one, &number), i + 1);
        steal_task_detach(task);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(without_a_thread_it_calls_in_place)
{
    int number = 0;

    start(2);
    store_release(&refusing, true);
    ck_assert_int_eq(join_task(runtime, spawn_placer(add_one, &number, 3)), 4);
    store_release(&refusing, false);
    runtime_end(runtime);
}
END_TEST

/* Leaves a task in the slot and some in the ring, and blocks until they ran. */
static int
wait_for_calls(void *arg)
{
    int n = *(int *)arg;

    while (load_acquire(&calls) < n)
        nap();
    return n;
}

struct leaver {
    struct steal_future future;
    int n;
};

static enum steal_poll
leaver_poll(struct steal_future *future, struct steal_context *cx)
{
    struct leaver *self = (struct leaver *)future;

    (void)cx;
    for (int i = 0; i < self->n; i++) {
        struct calling call = call_make(count_call, NULL);

        require(steal_spawn(NULL, &call.future, sizeof call, NULL) == 0);
    }
    future->result = steal_block_in_place(wait_for_calls, &self->n);
    return STEAL_READY;
}

static const struct steal_future_ops leaver_ops = { .name = "leaver",
    .poll = leaver_poll };

START_TEST(without_a_thread_the_other_workers_get_the_tasks)
{
    struct leaver leaver = { STEAL_FUTURE(&leaver_ops), 50 };

    store_release(&calls, 0);
    start(2);
    store_release(&refusing, true);
    ck_assert_int_eq(steal_block_on(runtime, &leaver.future), 50);
    store_release(&refusing, false);
    runtime_end(runtime);
}
END_TEST

START_TEST(with_a_thread_the_worker_keeps_its_tasks)
{
    struct leaver leaver = { STEAL_FUTURE(&leaver_ops), 50 };

    store_release(&calls, 0);
    start(1);
    ck_assert_int_eq(steal_block_on(runtime, &leaver.future), 50);
    runtime_end(runtime);
}
END_TEST

START_TEST(stop_waits_for_what_blocks_in_place)
{
    struct steal_task *task;

    start(2);
    task = spawn_placer(pass_gate, NULL, 0);
    wait_until(arrived() == 1);
    ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_MS(2)), -ETIMEDOUT);
    open_gate();
    runtime_end(runtime);
    ck_assert_int_eq(passed(), 1);
    steal_task_detach(task);
}
END_TEST

/* One waits for the other's end, which has lent it the worker. */
static struct steal_task *lender;

static int
begin_second(void *arg)
{
    while (load_acquire(&calls) == 0)
        nap();
    (void)arg;
    return 7;
}

static int
wait_for_lender(void *arg)
{
    count_call(arg);
    while (!steal_task_is_finished(lender))
        nap();
    return 8;
}

START_TEST(stand_in_may_wait_for_the_end_of_who_has_lent_its_worker)
{
    for (int i = 0; i < 20; i++) {
        struct steal_task *second;

        store_release(&calls, 0);
        start(1);
        lender = spawn_placer(begin_second, NULL, 0);
        second = spawn_placer(wait_for_lender, NULL, 0);
        ck_assert_int_eq(join_task(runtime, second), 8);
        ck_assert_int_eq(join_task(runtime, lender), 7);
        runtime_end(runtime);
    }
}
END_TEST

static void
mark_run(struct steal_job *job)
{
    (void)job;
    count_call(NULL);
}

static int
run_job_of_none(void *arg)
{
    struct steal_job job = STEAL_JOB(mark_run);

    (void)arg;
    ck_assert_int_eq(steal_run_job(NULL, &job), 0);
    return 7;
}

/* The thread that runs tasks while all workers compute has no lane, and lends as
 * they do: it is still in its runtime. */
START_TEST(who_lends_while_all_compute_is_in_its_runtime)
{
    struct steal_compute compute;
    struct steal_future *future = steal_compute(&compute, pass_gate, NULL);
    struct steal_task *computing;

    start(1);
    store_release(&calls, 0);
    ck_assert_int_eq(steal_spawn(runtime, future, sizeof compute, &computing),
            0);
    wait_until(arrived() == 1);
    ck_assert_int_eq(join_task(runtime, spawn_placer(run_job_of_none, NULL, 0)),
            7);
    ck_assert_int_eq(load_acquire(&calls), 1);
    open_gate();
    ck_assert_int_eq(join_task(runtime, computing), 7);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        other_tasks_of_the_worker_go_on,
        worker_is_lent_many_times_over,
        worker_that_is_lent_still_computes,
        stand_ins_do_not_count,
        nested_it_just_calls,
        what_blocks_in_place_may_block_on_its_runtime,
        wakes_of_the_lender_are_not_lost,
        on_the_caller_other_tasks_go_on,
        on_the_caller_the_root_may_end_meanwhile,
        without_a_thread_it_calls_in_place,
        without_a_thread_the_other_workers_get_the_tasks,
        with_a_thread_the_worker_keeps_its_tasks,
        stop_waits_for_what_blocks_in_place,
        stand_in_may_wait_for_the_end_of_who_has_lent_its_worker,
        who_lends_while_all_compute_is_in_its_runtime,
    };

    return run_suite_with("lend", reset, tests, LENGTH(tests));
}
