/*
 * tests/metrics.c - the numbers agree with what was done.
 */
#include <steal/metrics.h>

#include "../src/sched/ring.h"

#include "kit.h"

static struct steal_runtime *runtime;
static struct record record;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
}

static struct steal_metrics
metrics(void)
{
    struct steal_metrics m;

    steal_metrics(runtime, &m, sizeof m);
    return m;
}

static struct steal_worker_metrics
of_worker(uint32_t worker)
{
    struct steal_worker_metrics m;

    ck_assert_int_eq(steal_metrics_worker(runtime, worker, &m, sizeof m), 0);
    return m;
}

static struct steal_worker_metrics
of_all(void)
{
    return of_worker(STEAL_ALL_WORKERS);
}

/* A call that keeps a worker, or a thread of the pool, until it may go on. */
static _Atomic(bool) held;
static _Atomic(bool) go_on;

static int
hold(void *arg)
{
    (void)arg;
    store_release(&held, true);
    wait_until(load_acquire(&go_on));
    return 0;
}

static struct steal_task *
hold_worker(void)
{
    struct steal_task *task;

    store_release(&held, false);
    store_release(&go_on, false);
    task = spawn_call(runtime, hold, NULL);
    wait_until(load_acquire(&held));
    return task;
}

static void
release(struct steal_task *task)
{
    store_release(&go_on, true);
    ck_assert_int_eq(join_task(runtime, task), 0);
}

/*
 * Tasks
 */

START_TEST(polls_are_counted_and_tasks_from_birth_to_death)
{
    struct steal_worker_metrics all;

    runtime = runtime_start(2);
    for (int i = 0; i < 100; i++)
        steal_task_detach(spawn_probe(runtime, &record, 3, 0));
    wait_until(of_all().ended == 100);
    all = of_all();
    ck_assert_uint_eq(all.polls, 100 * (3 + 1));
    ck_assert_uint_eq(all.spawned, 0);
    ck_assert_uint_eq(all.injected, 100);
    ck_assert_uint_eq(all.queued, 0);
    ck_assert_uint_eq(metrics().spawned_outside, 100);
    ck_assert_uint_eq(metrics().ended_outside, 0);
    ck_assert_uint_eq(metrics().injected, 100);
    ck_assert_uint_eq(metrics().injector_depth, 0);
    ck_assert_uint_eq(metrics().live, 0);
    runtime_end(runtime);
}
END_TEST

static int
spawn_ten(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++)
        steal_task_detach(spawn_probe(NULL, &record, 0, 0));
    return 0;
}

START_TEST(what_tasks_spawn_counts_for_their_worker)
{
    runtime = runtime_start(1);
    ck_assert_int_eq(call_inside(runtime, spawn_ten, NULL), 0);
    wait_until(of_worker(0).ended == 11);
    ck_assert_uint_eq(of_worker(0).spawned, 10);
    ck_assert_uint_eq(of_worker(0).polls, 11);
    ck_assert_uint_eq(metrics().spawned_outside, 1);
    ck_assert_uint_eq(of_worker(0).steal_tries, 0);
    ck_assert_uint_eq(of_worker(0).overflows, 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(tasks_that_wait_are_live)
{
    struct steal_task *task;

    runtime = runtime_start(1);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    wait_until(record_polls(&record) == 1);
    ck_assert_uint_eq(metrics().live, 1);
    record_open(&record);
    join_task(runtime, task);
    wait_until(metrics().live == 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(tasks_from_outside_queue_in_the_injector)
{
    struct steal_task *holder;

    runtime = runtime_start(1);
    holder = hold_worker();
    for (int i = 0; i < 10; i++)
        steal_task_detach(spawn_probe(runtime, &record, 0, 0));
    ck_assert_uint_eq(metrics().injector_depth, 10);
    ck_assert_uint_eq(metrics().live, 11);
    release(holder);
    wait_until(metrics().live == 0);
    ck_assert_uint_eq(metrics().injector_depth, 0);
    runtime_end(runtime);
}
END_TEST

/*
 * Queues of workers
 */

static struct steal_worker_metrics seen;

static int
fill_queue(void *arg)
{
    int n = *(int *)arg;

    for (int i = 0; i < n; i++)
        steal_task_detach(spawn_probe(NULL, &record, 0, 0));
    seen = of_worker(0);
    return 0;
}

START_TEST(queued_tasks_are_those_of_slot_and_ring)
{
    int n = 10;

    runtime = runtime_start(1);
    ck_assert_int_eq(call_inside(runtime, fill_queue, &n), 0);
    ck_assert_uint_eq(seen.queued, 10);
    wait_until(of_worker(0).ended == 11);
    ck_assert_uint_eq(of_worker(0).queued, 0);
    runtime_end(runtime);
}
END_TEST

/* One is in the slot, and the ring is full; the next makes room. */
START_TEST(full_queue_overflows_into_the_injector)
{
    int n = RING_SLOTS + 2;

    runtime = runtime_start(1);
    ck_assert_int_eq(call_inside(runtime, fill_queue, &n), 0);
    ck_assert_uint_eq(seen.overflows, 1);
    ck_assert_uint_eq(metrics().injected, 1 + RING_SLOTS / 2 + 1);
    wait_until(of_worker(0).ended == (uint64_t)n + 1);
    ck_assert_uint_eq(of_worker(0).injected, metrics().injected);
    runtime_end(runtime);
}
END_TEST

static int
fill_queue_and_wait(void *arg)
{
    fill_queue(arg);
    wait_until(record_drops(&record) == *(int *)arg);
    return 0;
}

START_TEST(tasks_that_another_worker_runs_were_stolen)
{
    int n = 100;
    struct steal_worker_metrics all;

    runtime = runtime_start(2);
    ck_assert_int_eq(call_inside(runtime, fill_queue_and_wait, &n), 0);
    all = of_all();
    ck_assert_uint_ge(all.stolen, (unsigned)n - 1); /* the slot is not stolen */
    ck_assert_uint_ge(all.stolen, all.steals);
    ck_assert_uint_ge(all.steal_tries, all.steals);
    ck_assert_uint_gt(all.steals, 0);
    runtime_end(runtime);
}
END_TEST

/*
 * Time
 */

START_TEST(worker_that_is_held_is_busy_and_one_without_tasks_is_not)
{
    struct steal_task *holder;
    uint64_t before;
    uint64_t busy;

    runtime = runtime_start(1);
    wait_until(of_worker(0).parks == 1);
    busy = of_worker(0).busy;
    wait_until(metrics().age > STEAL_MS(50));
    ck_assert_uint_eq(of_worker(0).busy, busy);
    holder = hold_worker();
    before = of_worker(0).busy;
    wait_until(of_worker(0).busy > before + STEAL_MS(20));
    ck_assert_uint_lt(of_worker(0).busy, metrics().age);
    release(holder);
    wait_until(of_worker(0).parks >= 2);
    runtime_end(runtime);
}
END_TEST

static int
compute_and_look(void *arg)
{
    uint64_t *computing = arg;
    uint64_t before = of_all().busy;

    *computing = metrics().computing;
    wait_until(of_all().busy > before + STEAL_MS(5));
    return 0;
}

START_TEST(computations_are_counted_and_keep_workers_busy)
{
    struct steal_compute compute;
    uint64_t computing = 0;

    runtime = runtime_start(1);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_compute(&compute, compute_and_look,
                                     &computing)),
            0);
    ck_assert_uint_eq(computing, 1);
    wait_until(metrics().computing == 0);
    runtime_end(runtime);
}
END_TEST

/* Nobody is the worker between two calls of block_on(). */
START_TEST(runtime_on_its_caller_is_idle_without_it)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_yield yield;
    uint64_t age;
    uint64_t busy;

    options.flags = STEAL_ON_CALLER;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    ck_assert_int_eq(steal_block_on(runtime, steal_yield(&yield)), 0);
    ck_assert_uint_ge(of_worker(0).polls, 2);
    busy = of_worker(0).busy;
    ck_assert_uint_gt(busy, 0);
    age = metrics().age;
    wait_until(metrics().age > age + STEAL_MS(2));
    ck_assert_uint_eq(of_worker(0).busy, busy);
    runtime_end(runtime);
}
END_TEST

/*
 * The outside world
 */

struct sleeper {
    struct steal_future future;
    struct steal_sleep sleep;
};

static enum steal_poll
sleeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sleeper *self = (struct sleeper *)future;

    return steal_future_poll(&self->sleep.future, cx);
}

static void
sleeper_drop(struct steal_future *future)
{
    steal_future_drop(&((struct sleeper *)future)->sleep.future);
}

static const struct steal_future_ops sleeper_ops = { .name = "sleeper",
    .poll = sleeper_poll,
    .drop = sleeper_drop };

static struct steal_task *
spawn_sleeper(uint64_t time)
{
    struct sleeper sleeper = { .future = STEAL_FUTURE(&sleeper_ops) };
    struct steal_task *task = NULL;

    steal_sleep(&sleeper.sleep, time);
    require(steal_spawn(runtime, &sleeper.future, sizeof sleeper, &task) == 0);
    return task;
}

START_TEST(timers_are_counted_when_set_fired_and_canceled)
{
    struct steal_task *task[3];
    uint64_t turns;

    runtime = runtime_start(2);
    for (int i = 0; i < 3; i++)
        task[i] = spawn_sleeper(STEAL_SECONDS(1000));
    wait_until(metrics().timers == 3);
    for (int i = 0; i < 3; i++) {
        steal_task_abort(task[i]);
        join_task(runtime, task[i]);
    }
    wait_until(metrics().timers == 0);
    ck_assert_uint_eq(metrics().timers_fired, 0);
    turns = metrics().turns;
    join_task(runtime, spawn_sleeper(STEAL_MS(1)));
    ck_assert_uint_eq(metrics().timers, 0);
    ck_assert_uint_eq(metrics().timers_fired, 1);
    ck_assert_uint_gt(metrics().turns, turns);
    ck_assert_uint_ge(metrics().events, 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(blocking_calls_queue_run_and_are_counted)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_blocking call[3];
    struct steal_task *task[3];

    options.workers = 1;
    options.blocking_threads = 1;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    store_release(&held, false);
    store_release(&go_on, false);
    for (int i = 0; i < 3; i++) {
        struct steal_future *future = steal_blocking(&call[i], hold, NULL);

        require(steal_spawn(runtime, future, sizeof call[i], &task[i]) == 0);
    }
    wait_until(metrics().blocking_queued == 2 && load_acquire(&held));
    ck_assert_uint_eq(metrics().blocking_threads, 1);
    ck_assert_uint_eq(metrics().blocking_busy, 1);
    ck_assert_uint_eq(metrics().blocking_calls, 1);
    store_release(&go_on, true);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    ck_assert_uint_eq(metrics().blocking_calls, 3);
    ck_assert_uint_eq(metrics().blocking_queued, 0);
    wait_until(metrics().blocking_busy == 0);
    runtime_end(runtime);
}
END_TEST

/*
 * Reading
 */

START_TEST(program_may_be_older_or_newer_than_the_library)
{
    struct {
        struct steal_metrics known;
        uint64_t unknown;
    } m;
    uint64_t first[2] = { 7, 7 };

    runtime = runtime_start(2);
    memset(&m, 0xff, sizeof m);
    steal_metrics(runtime, &m.known, sizeof m);
    ck_assert_uint_eq(m.known.workers, 2);
    ck_assert_uint_eq(m.unknown, 0);
    ck_assert_int_eq(steal_metrics_worker(runtime, 0,
                             (struct steal_worker_metrics *)first,
                             sizeof first[0]),
            0);
    ck_assert_uint_eq(first[1], 7);
    runtime_end(runtime);
}
END_TEST

START_TEST(workers_that_are_not_there_are_refused)
{
    struct steal_worker_metrics m;

    runtime = runtime_start(2);
    ck_assert_int_eq(steal_metrics_worker(runtime, 3, &m, sizeof m), -EINVAL);
    ck_assert_uint_eq(of_worker(2).polls, 0); /* in place of the others */
    runtime_end(runtime);
}
END_TEST

static _Atomic(bool) over;

/* What grows does, and what has gone has come. */
static void *
read_again_and_again(void *arg)
{
    struct steal_worker_metrics last = of_all();
    uint64_t injected = 0;

    (void)arg;
    while (!load_acquire(&over)) {
        struct steal_worker_metrics all = of_all();
        struct steal_metrics m = metrics();

        require(all.polls >= last.polls && all.ended >= last.ended);
        require(all.stolen >= last.stolen && all.parks >= last.parks);
        require(all.injected >= last.injected && m.injected >= injected);
        require(m.live <= (uint64_t)scaled(20000));
        require(all.busy <= 3 * m.age);
        last = all;
        injected = m.injected;
    }
    return NULL;
}

START_TEST(numbers_may_be_read_while_tasks_are_born_and_die)
{
    int n = scaled(20000);
    pthread_t thread;

    runtime = runtime_start(2);
    store_release(&over, false);
    thread = start_thread(read_again_and_again, NULL);
    for (int i = 0; i < n; i++)
        steal_task_detach(spawn_probe(runtime, &record, i % 3, 0));
    wait_until(of_all().ended == (uint64_t)n);
    store_release(&over, true);
    join_thread(thread);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        polls_are_counted_and_tasks_from_birth_to_death,
        what_tasks_spawn_counts_for_their_worker,
        tasks_that_wait_are_live,
        tasks_from_outside_queue_in_the_injector,
        queued_tasks_are_those_of_slot_and_ring,
        full_queue_overflows_into_the_injector,
        tasks_that_another_worker_runs_were_stolen,
        worker_that_is_held_is_busy_and_one_without_tasks_is_not,
        computations_are_counted_and_keep_workers_busy,
        runtime_on_its_caller_is_idle_without_it,
        timers_are_counted_when_set_fired_and_canceled,
        blocking_calls_queue_run_and_are_counted,
        program_may_be_older_or_newer_than_the_library,
        workers_that_are_not_there_are_refused,
        numbers_may_be_read_while_tasks_are_born_and_die,
    };

    return run_suite_with("metrics", reset, tests, LENGTH(tests));
}
