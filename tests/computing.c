/*
 * tests/computing.c - what computations and tasks are to each other, on the same
 * workers.
 */
#include <steal/blocking.h>
#include <steal/channel.h>

#include "jobs.h"

static struct steal_runtime *runtime;
static struct record record;
static _Atomic(int) begun;
static _Atomic(int) computing;
static _Atomic(bool) over;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
    store_release(&begun, 0);
    store_release(&computing, 0);
    store_release(&over, false);
}

/*
 * Tasks go on
 */

/* A computation that sees tasks being polled meanwhile. */
static int
watch_tasks(void *arg)
{
    int n = *(int *)arg;
    int seen = record_polls(&record);

    for (int i = 0; i < n; i++) {
        wait_until(record_polls(&record) > seen);
        seen = record_polls(&record);
    }
    return n;
}

START_TEST(tasks_are_polled_while_a_computation_runs)
{
    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        struct steal_task *task;
        int n = scaled(200);

        runtime = runtime_start(workers);
        task = spawn_probe(runtime, &record, INT32_MAX, 0);
        ck_assert_int_eq(call_in_job(runtime, watch_tasks, &n), n);
        ck_assert_int_eq(call_computing(runtime, watch_tasks, &n), n);
        steal_task_abort(task);
        join_task(runtime, task);
        runtime_end(runtime);
    }
}
END_TEST

static int
watch_together(void *arg)
{
    add_acq_rel(&computing, 1);
    wait_until(load_acquire(&computing) >= 4);
    return watch_tasks(arg);
}

static int
compute_until_over(void *arg)
{
    (void)arg;
    add_acq_rel(&computing, 1);
    wait_until(load_acquire(&over));
    return 0;
}

static int
note_that_it_has_begun(void *arg)
{
    (void)arg;
    add_acq_rel(&begun, 1);
    return 0;
}

/* Polled by the relief, since all others compute. */
static int
end_that_and_fork(void *arg)
{
    struct call_job call = job_of(note_that_it_has_begun, NULL);

    (void)arg;
    store_release(&over, true);
    steal_fork(&call.job);
    steal_share();
    wait_until(load_acquire(&begun));
    require(!steal_join_job(&call.job));
    return 7;
}

START_TEST(what_is_forked_in_a_poll_while_all_workers_compute_is_shared)
{
    struct steal_task *task[2];

    runtime = runtime_start(2);
    for (int i = 0; i < 2; i++) {
        struct steal_compute compute;

        ck_assert_int_eq(steal_spawn(runtime,
                                 steal_compute(&compute, compute_until_over,
                                         NULL),
                                 sizeof compute, &task[i]),
                0);
    }
    wait_until(load_acquire(&computing) == 2);
    ck_assert_int_eq(call_inside(runtime, end_that_and_fork, NULL), 7);
    for (int i = 0; i < 2; i++)
        join_task(runtime, task[i]);
    runtime_end(runtime);
}
END_TEST

/* Also if all workers compute: tasks, timers and calls. */
START_TEST(tasks_are_polled_while_all_workers_compute)
{
    struct steal_compute compute[4];
    struct steal_future *child[4];
    struct steal_join_all all;
    struct steal_sleep sleep;
    struct steal_task *task;
    int n = scaled(100);

    runtime = runtime_start(4);
    task = spawn_probe(runtime, &record, INT32_MAX, 0);
    for (int i = 0; i < 4; i++)
        child[i] = steal_compute(&compute[i], watch_together, &n);
    ck_assert_int_eq(steal_block_on(runtime, steal_join_all(&all, child, 4)),
            0);
    steal_task_abort(task);
    join_task(runtime, task);
    ck_assert_int_eq(steal_block_on(runtime, steal_sleep(&sleep, STEAL_MS(1))),
            0);
    runtime_end(runtime);
}
END_TEST

/* Tasks that never end do not keep computations from their beginning. */
START_TEST(computations_begin_while_tasks_keep_all_workers_busy)
{
    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        struct steal_task *task[16];
        int depth = 8;

        runtime = runtime_start(workers);
        for (size_t i = 0; i < LENGTH(task); i++)
            task[i] = spawn_probe(runtime, &record, INT32_MAX, 0);
        for (int i = 0; i < 5; i++)
            ck_assert_int_eq(call_computing(runtime, grow_tree, &depth), 256);
        for (size_t i = 0; i < LENGTH(task); i++) {
            steal_task_abort(task[i]);
            join_task(runtime, task[i]);
        }
        runtime_end(runtime);
    }
}
END_TEST

/*
 * What a job does to tasks
 */

static void
spawn_and_see(void)
{
    struct record child = RECORD_INIT;
    struct steal_task *task = spawn_probe(runtime, &child, 2, 5);

    wait_until(record_polls(&child) == 3);
    wait_until(record_drops(&child) == 1);
    steal_task_detach(task);
}

static void
wake_and_see(void)
{
    struct record child = RECORD_INIT;
    struct steal_task *task = spawn_probe(runtime, &child, PROBE_WAITS, 5);

    wait_until(record_polls(&child) >= 1);
    record_open(&child);
    wait_until(record_drops(&child) == 1);
    steal_task_detach(task);
}

struct receiver {
    struct steal_async async;
    struct steal_channel *channel;
    struct steal_channel_receive receive;
    _Atomic(int) *sum;
    int number;
};

static enum steal_poll
receiver_poll(struct steal_future *future, struct steal_context *cx)
{
    struct receiver *self = (struct receiver *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_channel_receive(&self->receive, self->channel,
                                &self->number));
        if (self->receive.future.result)
            break;
        add_acq_rel(self->sum, self->number);
    }
    STEAL_RETURN(0);
    STEAL_END();
}

static const struct steal_future_ops receiver_ops = { .name = "receiver",
    .poll = receiver_poll };

static void
send_and_see(void)
{
    int slots[4];
    struct steal_channel channel = STEAL_CHANNEL_INIT(slots);
    _Atomic(int) sum = 0;
    struct receiver receiver = { .async = STEAL_ASYNC(&receiver_ops),
        .channel = &channel,
        .sum = &sum };
    struct steal_task *task;

    require(steal_spawn(runtime, &receiver.async.future, sizeof receiver,
                    &task) == 0);
    for (int i = 1; i <= 6; i++) {
        require(steal_channel_try_send(&channel, &i) == 0);
        wait_until(load_acquire(&sum) == i * (i + 1) / 2);
    }
    steal_channel_close(&channel);
    wait_until(steal_task_is_finished(task));
    steal_task_detach(task);
    steal_channel_fini(&channel);
}

static int
deal_with_tasks(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        spawn_and_see();
        wake_and_see();
        send_and_see();
    }
    return 7;
}

START_TEST(what_a_job_spawns_and_wakes_goes_on_while_it_runs)
{
    for (unsigned workers = 2; workers <= 8; workers *= 2) {
        runtime = runtime_start(workers);
        for (size_t i = 0; i < LENGTH(ways); i++)
            ck_assert_int_eq(ways[i](runtime, deal_with_tasks, NULL), 7);
        runtime_end(runtime);
    }
}
END_TEST

/* A job that was taken, while its owner waits in the join. */
static int
fork_one_that_deals(void *arg)
{
    struct call_job call = job_of(deal_with_tasks, NULL);

    (void)arg;
    steal_fork(&call.job);
    require(grow(2) == 4);
    steal_join_and_run(&call.job);
    return call.result;
}

START_TEST(so_does_what_a_stolen_job_spawns_and_wakes)
{
    for (unsigned workers = 3; workers <= 8; workers++) {
        runtime = runtime_start(workers);
        for (size_t i = 0; i < LENGTH(ways); i++)
            ck_assert_int_eq(ways[i](runtime, fork_one_that_deals, NULL), 7);
        runtime_end(runtime);
    }
}
END_TEST

START_TEST(with_one_worker_too_if_it_computes_for_a_task)
{
    runtime = runtime_start(1);
    ck_assert_int_eq(call_computing(runtime, deal_with_tasks, NULL), 7);
    ck_assert_int_eq(call_in_job(runtime, deal_with_tasks, NULL), 7);
    runtime_end(runtime);
}
END_TEST

static int
in_place(void *arg)
{
    return steal_block_in_place(deal_with_tasks, arg);
}

START_TEST(job_may_block_in_place_until_tasks_have_run)
{
    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        runtime = runtime_start(workers);
        for (size_t i = 0; i < LENGTH(ways); i++)
            ck_assert_int_eq(ways[i](runtime, in_place, NULL), 7);
        runtime_end(runtime);
    }
}
END_TEST

/* A worker that blocks in place does not compute meanwhile: its place is free. */
static int
compute_through(void *arg)
{
    return call_computing(runtime, grow_tree, arg);
}

static int
compute_in_place(void *arg)
{
    return steal_block_in_place(compute_through, arg);
}

START_TEST(job_may_block_in_place_until_a_computation_is_over)
{
    int depth = 6;

    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        runtime = start_sleepers(workers, 1);
        for (int i = 0; i < 20; i++)
            ck_assert_int_eq(call_computing(runtime, compute_in_place, &depth),
                    64);
        runtime_end(runtime);
    }
}
END_TEST

/* The stand-in waits for the end of the very computation that it stands in for. */
struct dropped {
    struct steal_future future;
    struct steal_compute compute;
    _Atomic(bool) dropping;
    bool polled;
};

static int
wait_for_drop(void *arg)
{
    struct dropped *self = arg;

    add_acq_rel(&begun, 1);
    wait_until(load_acquire(&self->dropping));
    return 0;
}

static int
block_until_dropped(void *arg)
{
    return steal_block_in_place(wait_for_drop, arg);
}

static enum steal_poll
dropped_poll(struct steal_future *future, struct steal_context *cx)
{
    struct dropped *self = (struct dropped *)future;

    if (!self->polled)
        steal_compute(&self->compute, block_until_dropped, self);
    self->polled = true;
    return steal_future_poll(&self->compute.future, cx);
}

static void
dropped_drop(struct steal_future *future)
{
    struct dropped *self = (struct dropped *)future;

    store_release(&self->dropping, true);
    steal_future_drop(&self->compute.future);
}

static const struct steal_future_ops dropped_ops = { .name = "dropped",
    .poll = dropped_poll,
    .drop = dropped_drop };

START_TEST(stand_in_may_wait_for_the_end_of_what_has_lent_its_worker)
{
    for (int i = 0; i < 50; i++) {
        struct dropped dropped = { .future = STEAL_FUTURE(&dropped_ops) };
        struct steal_task *task;

        reset();
        runtime = runtime_start(1);
        ck_assert_int_eq(steal_spawn(runtime, &dropped.future, sizeof dropped,
                                 &task),
                0);
        wait_until(load_acquire(&begun) == 1);
        steal_task_abort(task);
        ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
        runtime_end(runtime);
    }
}
END_TEST

/* A thread joins a job that its own stand-in has taken, and that blocks too. */
struct pair {
    _Atomic(bool) taken;
    _Atomic(bool) joins;
};

static int
wait_until_taken(void *arg)
{
    wait_until(load_acquire(&((struct pair *)arg)->taken));
    return 0;
}

static int
wait_until_joins(void *arg)
{
    wait_until(load_acquire(&((struct pair *)arg)->joins));
    return 0;
}

static int
block_as_taken(void *arg)
{
    store_release(&((struct pair *)arg)->taken, true);
    return steal_block_in_place(wait_until_joins, arg);
}

static int
block_and_join(void *arg)
{
    struct pair pair = { false, false };
    struct call_job call = job_of(block_as_taken, &pair);

    (void)arg;
    steal_fork(&call.job);
    steal_share();
    require(steal_block_in_place(wait_until_taken, &pair) == 0);
    store_release(&pair.joins, true);
    require(!steal_join_job(&call.job));
    return deal_with_tasks(NULL);
}

START_TEST(jobs_of_one_worker_may_block_in_place_and_wait_for_each_other)
{
    runtime = runtime_start(1);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(call_computing(runtime, block_and_join, NULL), 7);
    runtime_end(runtime);
}
END_TEST

/* What NULL means does not change. */
static int
nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int
spawn_after_blocking(void *arg)
{
    struct record child = RECORD_INIT;
    struct steal_task *task;

    (void)arg;
    require(steal_block_in_place(nothing, NULL) == 0);
    task = spawn_probe(NULL, &child, 2, 5);
    wait_until(record_drops(&child) == 1);
    steal_task_detach(task);
    return 7;
}

START_TEST(job_that_has_blocked_still_has_a_runtime)
{
    runtime = runtime_start(2);
    for (size_t i = 0; i < LENGTH(ways); i++)
        ck_assert_int_eq(ways[i](runtime, spawn_after_blocking, NULL), 7);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        tasks_are_polled_while_a_computation_runs,
        tasks_are_polled_while_all_workers_compute,
        what_is_forked_in_a_poll_while_all_workers_compute_is_shared,
        computations_begin_while_tasks_keep_all_workers_busy,
        what_a_job_spawns_and_wakes_goes_on_while_it_runs,
        so_does_what_a_stolen_job_spawns_and_wakes,
        with_one_worker_too_if_it_computes_for_a_task,
        job_may_block_in_place_until_tasks_have_run,
        job_may_block_in_place_until_a_computation_is_over,
        stand_in_may_wait_for_the_end_of_what_has_lent_its_worker,
        jobs_of_one_worker_may_block_in_place_and_wait_for_each_other,
        job_that_has_blocked_still_has_a_runtime,
    };

    return run_suite_with("computing", reset, tests, LENGTH(tests));
}
