/*
 * tests/runtime.c - birth, options and death of a runtime.
 */
#include <steal/runtime.h>

#include "kit.h"

static struct record record;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
}

/*
 * Options
 */

START_TEST(defaults_give_the_default_number_of_workers)
{
    struct steal_runtime *runtime;

    ck_assert_int_eq(steal_runtime_new(&runtime, NULL), 0);
    ck_assert_uint_eq(steal_runtime_workers(runtime), steal_default_workers());
    runtime_end(runtime);
}
END_TEST

static int
try_options(const struct steal_options *options)
{
    struct steal_runtime *runtime = NULL;
    int error = steal_runtime_new(&runtime, options);

    if (error)
        ck_assert_ptr_null(runtime);
    else
        runtime_end(runtime);
    return error;
}

static void *
some_allocate(size_t size, void *data)
{
    (void)data;
    return malloc(size);
}

START_TEST(senseless_options_are_refused)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = STEAL_WORKERS_MAX + 1;
    ck_assert_int_eq(try_options(&options), -EINVAL);
    options.workers = 0;
    options.size = 0;
    ck_assert_int_eq(try_options(&options), -EINVAL);
    options.size = sizeof options;
    options.flags = 0x80000000u;
    ck_assert_int_eq(try_options(&options), -EINVAL);
    options.flags = STEAL_ON_CALLER;
    options.workers = 2;
    ck_assert_int_eq(try_options(&options), -EINVAL);
    options.workers = 1;
    options.flags = STEAL_ON_CALLER | STEAL_PIN_WORKERS;
    ck_assert_int_eq(try_options(&options), -EINVAL);
    options.flags = 0;
    options.allocator.allocate = some_allocate;
    ck_assert_int_eq(try_options(&options), -EINVAL);
    options.allocator.allocate = NULL;
    ck_assert_int_eq(try_options(&options), 0);
}
END_TEST

START_TEST(options_of_an_older_program_are_read_as_far_as_they_go)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = 3;
    options.allocator.allocate = some_allocate; /* beyond its size */
    options.size = offsetof(struct steal_options, hooks);
    ck_assert_int_eq(try_options(&options), 0);
    options.size = offsetof(struct steal_options, name);
    ck_assert_int_eq(try_options(&options), 0);
}
END_TEST

START_TEST(options_of_a_newer_program_are_read_as_far_as_we_know)
{
    struct {
        struct steal_options options;
        char unknown[64];
    } newer = { STEAL_OPTIONS_INIT, "" };

    newer.options.size = sizeof newer;
    newer.options.workers = 1;
    ck_assert_int_eq(try_options(&newer.options), 0);
}
END_TEST

static int
thread_name(void *arg)
{
    return pthread_getname_np(pthread_self(), arg, 16);
}

START_TEST(threads_are_named_and_the_name_is_copied)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime;
    char name[] = "a name that is too long";
    char seen[16];

    options.workers = 1;
    options.name = name;
    options.stack_size = 256 << 10;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    memset(name, 0, sizeof name);
    ck_assert_int_eq(call_inside(runtime, thread_name, seen), 0);
    ck_assert_int_eq(strncmp(seen, "a name that is too long", 8), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(most_workers_that_may_be_start)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = (unsigned)scaled(STEAL_WORKERS_MAX);
    options.stack_size = (size_t)sysconf(_SC_THREAD_STACK_MIN) + (48 << 10);
    ck_assert_int_eq(try_options(&options), 0);
}
END_TEST

static struct {
    _Atomic(int) starts;
    _Atomic(int) stops;
    _Atomic(int) asleep[4]; /* parks less unparks, by worker */
} calls;

static void
on_start(unsigned worker, void *data)
{
    require(worker < 4 && data == &calls);
    add_acq_rel(&calls.starts, 1);
}

static void
on_stop(unsigned worker, void *data)
{
    require(worker < 4 && data == &calls);
    require(load_acquire(&calls.asleep[worker]) == 0);
    add_acq_rel(&calls.stops, 1);
}

static void
on_park(unsigned worker, void *data)
{
    require(data == &calls);
    require(add_acq_rel(&calls.asleep[worker], 1) == 0);
}

static void
on_unpark(unsigned worker, void *data)
{
    require(data == &calls);
    require(sub_acq_rel(&calls.asleep[worker], 1) == 1);
}

START_TEST(hooks_are_called_and_paired)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime;
    struct steal_sleep sleep;

    memset(&calls, 0, sizeof calls);
    options.workers = 4;
    options.hooks = (struct steal_hooks){ on_start, on_stop, on_park, on_unpark,
        &calls };
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    for (int i = 0; i < 4; i++)
        wait_until(load_acquire(&calls.asleep[i]) == 1);
    for (int i = 0; i < 20; i++)
        steal_block_on(runtime, steal_sleep(&sleep, STEAL_US(300)));
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&calls.starts), 4);
    ck_assert_int_eq(load_acquire(&calls.stops), 4);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(load_acquire(&calls.asleep[i]), 0);
}
END_TEST

/*
 * Workers that are bound
 */

static struct {
    cpu_set_t whole; /* what the test may run on */
    _Atomic(int)
            seen[STEAL_WORKERS_MAX]; /* by processor; how many bound to it */
    _Atomic(int) bound;
    _Atomic(int) total;
} pins;

static int
processors(void)
{
    cpu_set_t mask;

    require(sched_getaffinity(0, sizeof mask, &mask) == 0);
    return CPU_COUNT(&mask);
}

static void
on_start_bound(unsigned worker, void *data)
{
    cpu_set_t mask;

    (void)worker;
    (void)data;
    require(sched_getaffinity(0, sizeof mask, &mask) == 0);
    for (int i = 0; i < STEAL_WORKERS_MAX; i++)
        if (CPU_ISSET(i, &mask) && CPU_COUNT(&mask) == 1)
            add_acq_rel(&pins.seen[i], 1);
    add_acq_rel(&pins.bound, CPU_COUNT(&mask) == 1);
    add_acq_rel(&pins.total, 1);
}

static struct steal_runtime *
start_bound(unsigned workers)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime;

    memset(&pins, 0, sizeof pins);
    options.workers = workers;
    options.flags = STEAL_PIN_WORKERS;
    options.hooks.start = on_start_bound;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    wait_until(load_acquire(&pins.total) == (int)workers);
    return runtime;
}

/* How many workers have the processor that most have. */
static int
crowd(void)
{
    int most = 0;

    for (int i = 0; i < STEAL_WORKERS_MAX; i++)
        if (load_acquire(&pins.seen[i]) > most)
            most = load_acquire(&pins.seen[i]);
    return most;
}

START_TEST(bound_workers_have_a_processor_each)
{
    int n = processors();
    int workers = n < 16 ? n : 16;
    struct steal_runtime *runtime = start_bound((unsigned)workers);

    ck_assert_int_eq(load_acquire(&pins.bound), workers);
    ck_assert_int_eq(crowd(), 1);
    ck_assert_int_eq(processors(), n); /* the caller is not */
    runtime_end(runtime);
}
END_TEST

/* Of the true processors of the test only two are left. */
static void *
start_too_many(void *arg)
{
    struct steal_runtime *runtime;
    cpu_set_t few;

    CPU_ZERO(&few);
    for (int i = 0; i < STEAL_WORKERS_MAX && CPU_COUNT(&few) < 2; i++)
        if (CPU_ISSET(i, (cpu_set_t *)arg))
            CPU_SET(i, &few);
    require(sched_setaffinity(0, sizeof few, &few) == 0);
    runtime = start_bound(6);
    require(load_acquire(&pins.bound) == 6);
    require(crowd() == 6 / CPU_COUNT(&few));
    runtime_end(runtime);
    return NULL;
}

START_TEST(bound_workers_share_processors_if_they_must)
{
    cpu_set_t whole;

    require(sched_getaffinity(0, sizeof whole, &whole) == 0);
    join_thread(start_thread(start_too_many, &whole));
}
END_TEST

static int
count_processors(void *arg)
{
    *(int *)arg = processors();
    return 0;
}

/* A blocking call that a task makes. */
struct caller {
    struct steal_async async;
    struct steal_blocking call;
    int inside;
    int outside;
};

static enum steal_poll
caller_poll(struct steal_future *future, struct steal_context *cx)
{
    struct caller *self = (struct caller *)future;

    STEAL_BEGIN(&self->async);
    self->inside = processors();
    STEAL_AWAIT(cx,
            steal_blocking(&self->call, count_processors, &self->outside));
    STEAL_END();
}

START_TEST(blocking_calls_of_bound_workers_are_not_bound)
{
    static const struct steal_future_ops ops = { .name = "caller",
        .poll = caller_poll };
    struct steal_runtime *runtime = start_bound(2);
    struct caller caller = { .async = STEAL_ASYNC(&ops) };

    ck_assert_int_eq(steal_block_on(runtime, &caller.async.future), 0);
    ck_assert_int_eq(caller.inside, 1);
    ck_assert_int_eq(caller.outside, processors());
    runtime_end(runtime);
}
END_TEST

START_TEST(bound_workers_run_all_tasks)
{
    enum {
        N = 200
    };
    struct steal_runtime *runtime = start_bound(5);
    struct steal_task *task[N];

    for (int i = 0; i < N; i++)
        task[i] = spawn_probe(runtime, &record, i % 7, i);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(join_task(runtime, task[i]), i);
    runtime_end(runtime);
}
END_TEST

/*
 * Allocator
 */

static struct {
    _Atomic(int) blocks;
    _Atomic(int64_t) bytes;
    _Atomic(int) total;
} heap;

static void *
heap_allocate(size_t size, void *data)
{
    require(data == &heap);
    add_acq_rel(&heap.blocks, 1);
    add_acq_rel(&heap.total, 1);
    add_acq_rel(&heap.bytes, (int64_t)size);
    return malloc(size);
}

static void
heap_release(void *block, size_t size, void *data)
{
    require(data == &heap);
    sub_acq_rel(&heap.blocks, 1);
    sub_acq_rel(&heap.bytes, (int64_t)size);
    free(block);
}

static struct steal_runtime *
start_with_heap(void)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime;

    memset(&heap, 0, sizeof heap);
    options.workers = 2;
    options.allocator = (struct steal_allocator){ heap_allocate, heap_release,
        &heap };
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    return runtime;
}

START_TEST(allocator_gets_all_back)
{
    struct steal_runtime *runtime = start_with_heap();

    for (int i = 0; i < scaled(2000); i++) {
        steal_task_detach(spawn_probe(runtime, &record, i % 3, 0));
        if (i % 10 == 0)
            join_task(runtime, spawn_probe(runtime, &record, 1, 0));
    }
    steal_task_detach(spawn_probe(runtime, &record, PROBE_WAITS, 0));
    runtime_end(runtime);
    ck_assert_int_gt(load_acquire(&heap.total), 0);
    ck_assert_int_eq(load_acquire(&heap.blocks), 0);
    ck_assert(load_acquire(&heap.bytes) == 0);
}
END_TEST

START_TEST(allocator_gets_back_what_outlives_the_runtime)
{
    struct steal_runtime *runtime = start_with_heap();
    struct steal_task *task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    struct steal_waker waker;
    int blocks;

    wait_until(record_polls(&record) == 1);
    waker = record_take_waker(&record);
    runtime_end(runtime);
    blocks = load_acquire(&heap.blocks);
    ck_assert_int_gt(blocks, 0); /* what is measured of it may be another */
    steal_task_detach(task);
    ck_assert_int_eq(load_acquire(&heap.blocks), blocks);
    steal_waker_drop(&waker);
    ck_assert_int_eq(load_acquire(&heap.blocks), 0);
}
END_TEST

static void *
fail_allocation(size_t size, void *data)
{
    (void)size;
    (void)data;
    return NULL;
}

START_TEST(allocator_without_memory_makes_errors)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct probe probe = probe_make(&record, 0, 3);
    struct steal_runtime *runtime;
    struct steal_task *task = NULL;

    options.allocator = (struct steal_allocator){ fail_allocation, heap_release,
        NULL };
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    ck_assert_int_eq(steal_spawn(runtime, &probe.future, sizeof probe, &task),
            -ENOMEM);
    ck_assert_int_eq(steal_task_new(runtime, sizeof probe, &task), -ENOMEM);
    ck_assert_int_eq(steal_block_on(runtime, &probe.future), -ENOMEM);
    ck_assert_int_eq(record_polls(&record), 0);
    runtime_end(runtime);
    ck_assert_int_eq(steal_run(NULL, &probe.future), 3);
}
END_TEST

/*
 * Death
 */

START_TEST(runtime_that_did_nothing_stops)
{
    for (unsigned workers = 1; workers <= 4; workers++)
        runtime_end(runtime_start(workers));
}
END_TEST

START_TEST(stop_drops_every_live_task_once)
{
    enum {
        N = 100
    };
    static struct record records[N];
    struct steal_runtime *runtime = runtime_start(2);

    for (int i = 0; i < N; i++) {
        records[i] = (struct record)RECORD_INIT;
        steal_task_detach(spawn_probe(runtime, &records[i],
                i % 2 ? PROBE_WAITS : 1 << 30, 0));
    }
    for (int i = 0; i < N; i += 7)
        wait_until(record_polls(&records[i]) > 0);
    runtime_end(runtime);
    for (int i = 0; i < N; i++)
        require(record_drops(&records[i]) == 1);
}
END_TEST

static int
stop_inside(void *arg)
{
    return steal_runtime_stop(arg, STEAL_FOREVER);
}

static int
begin_stop_inside(void *arg)
{
    steal_runtime_begin_stop(arg);
    return 5;
}

START_TEST(stop_from_inside_is_refused)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_runtime *other = runtime_start(1);

    ck_assert_int_eq(call_inside(runtime, stop_inside, runtime), -EDEADLK);
    ck_assert_int_eq(call_inside(runtime, stop_inside, other), -EDEADLK);
    runtime_end(runtime);
    runtime_end(other);
}
END_TEST

START_TEST(begin_stop_from_inside_lets_the_poll_end)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct probe probe = probe_make(&record, 0, 0);

    ck_assert_int_eq(call_inside(runtime, begin_stop_inside, runtime), 5);
    steal_runtime_begin_stop(runtime); /* once more does no harm */
    ck_assert_int_eq(steal_spawn(runtime, &probe.future, sizeof probe, NULL),
            -ECANCELED);
    ck_assert_int_eq(steal_block_on(runtime, &probe.future), -ECANCELED);
    runtime_end(runtime);
}
END_TEST

static _Atomic(bool) let_go;

static int
hold_on(void *arg)
{
    add_acq_rel((_Atomic(int) *)arg, 1);
    while (!load_acquire(&let_go))
        sched_yield();
    return 0;
}

START_TEST(stop_with_a_limit_names_who_is_stuck)
{
    struct steal_runtime *runtime = runtime_start(2);
    const char *names[2] = { NULL, NULL };
    _Atomic(int) holding = 0;

    store_release(&let_go, false);
    steal_task_detach(spawn_call(runtime, hold_on, &holding));
    steal_task_detach(spawn_probe(runtime, &record, PROBE_WAITS, 0));
    wait_until(load_acquire(&holding) == 1);
    wait_until(record_polls(&record) == 1);
    ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_MS(20)), -ETIMEDOUT);
    wait_until(record_drops(&record) == 1);
    wait_until(steal_runtime_stuck(runtime, names, 2) == 1);
    ck_assert_str_eq(names[0], "call");
    ck_assert_uint_eq(steal_runtime_stuck(runtime, NULL, 0), 1);
    store_release(&let_go, true);
    runtime_end(runtime);
    ck_assert_int_eq(record_drops(&record), 1);
}
END_TEST

START_TEST(nobody_is_stuck_in_an_idle_runtime)
{
    struct steal_runtime *runtime = runtime_start(2);
    const char *names[2];

    join_task(runtime, spawn_probe(runtime, &record, 0, 0));
    wait_until(steal_runtime_stuck(runtime, names, 2) == 0);
    runtime_end(runtime);
}
END_TEST

struct heir {
    struct steal_future future;
    struct steal_runtime *runtime;
    struct steal_waker waker;
};

static enum steal_poll
heir_poll(struct steal_future *future, struct steal_context *cx)
{
    struct heir *heir = (struct heir *)future;

    heir->waker = steal_waker_clone(steal_context_waker(cx));
    add_acq_rel(&record.polls, 1);
    return STEAL_PENDING;
}

/* What a drop function spawns in a stopping runtime is refused. */
static void
heir_drop(struct steal_future *future)
{
    struct probe probe = probe_make(&record, 0, 0);
    struct heir *heir = (struct heir *)future;

    require(steal_spawn(heir->runtime, &probe.future, sizeof probe, NULL) ==
            -ECANCELED);
    steal_waker_drop(&heir->waker);
    add_acq_rel(&record.drops, 1);
}

START_TEST(drop_functions_of_a_stopping_runtime_may_call_it)
{
    static const struct steal_future_ops ops = { .name = "heir",
        .poll = heir_poll,
        .drop = heir_drop };
    struct steal_runtime *runtime = runtime_start(2);
    struct heir heir = { STEAL_FUTURE(&ops), runtime, STEAL_WAKER_INIT };

    ck_assert_int_eq(steal_spawn(runtime, &heir.future, sizeof heir, NULL), 0);
    wait_until(record_polls(&record) == 1);
    runtime_end(runtime);
    ck_assert_int_eq(record_drops(&record), 1);
}
END_TEST

static _Atomic(int) nspawned;

static void *
spawn_until_refused(void *arg)
{
    for (;;) {
        struct probe probe = probe_make(&record, 0, 0);
        int error = steal_spawn(arg, &probe.future, sizeof probe, NULL);

        if (error) {
            require(error == -ECANCELED);
            return NULL;
        }
        add_acq_rel(&nspawned, 1);
    }
}

START_TEST(spawns_that_race_with_the_stop_are_dropped_or_refused)
{
    for (int i = 0; i < scaled(100); i++) {
        struct steal_runtime *runtime = runtime_start(2);
        pthread_t thread;

        reset();
        store_release(&nspawned, 0);
        thread = start_thread(spawn_until_refused, runtime);
        wait_until(record_drops(&record) > i);
        steal_runtime_begin_stop(runtime);
        join_thread(thread);
        runtime_end(runtime);
        ck_assert_int_eq(record_drops(&record), load_acquire(&nspawned));
    }
}
END_TEST

static int
current(void *arg)
{
    return steal_runtime_current() == arg;
}

START_TEST(runtimes_live_side_by_side)
{
    struct steal_runtime *a = runtime_start(1);
    struct steal_runtime *b = runtime_start(2);

    ck_assert_ptr_null(steal_runtime_current());
    ck_assert_int_eq(call_inside(a, current, a), 1);
    ck_assert_int_eq(call_inside(b, current, b), 1);
    ck_assert_int_eq(call_inside(a, current, b), 0);
    runtime_end(a);
    ck_assert_int_eq(call_inside(b, current, b), 1);
    runtime_end(b);
}
END_TEST

/* A task of one runtime spawns and joins in the other. */
struct visitor {
    struct steal_async async;
    struct steal_runtime *other;
    struct steal_join join;
};

static enum steal_poll
visitor_poll(struct steal_future *future, struct steal_context *cx)
{
    struct visitor *self = (struct visitor *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_join(&self->join,
                            spawn_call(self->other, current, self->other)));
    STEAL_RETURN(self->join.future.result);
    STEAL_END();
}

static const struct steal_future_ops visitor_ops = { .name = "visitor",
    .poll = visitor_poll };

START_TEST(tasks_of_one_runtime_join_those_of_another)
{
    struct steal_runtime *a = runtime_start(1);
    struct steal_runtime *b = runtime_start(1);

    for (int i = 0; i < scaled(200); i++) {
        struct visitor visitor = { .async = STEAL_ASYNC(&visitor_ops),
            .other = b };

        require(steal_block_on(a, &visitor.async.future) == 1);
    }
    runtime_end(a);
    runtime_end(b);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        defaults_give_the_default_number_of_workers,
        senseless_options_are_refused,
        options_of_an_older_program_are_read_as_far_as_they_go,
        options_of_a_newer_program_are_read_as_far_as_we_know,
        threads_are_named_and_the_name_is_copied,
        most_workers_that_may_be_start,
        hooks_are_called_and_paired,
        bound_workers_have_a_processor_each,
        bound_workers_share_processors_if_they_must,
        blocking_calls_of_bound_workers_are_not_bound,
        bound_workers_run_all_tasks,
        allocator_gets_all_back,
        allocator_gets_back_what_outlives_the_runtime,
        allocator_without_memory_makes_errors,
        runtime_that_did_nothing_stops,
        stop_drops_every_live_task_once,
        stop_from_inside_is_refused,
        begin_stop_from_inside_lets_the_poll_end,
        stop_with_a_limit_names_who_is_stuck,
        nobody_is_stuck_in_an_idle_runtime,
        drop_functions_of_a_stopping_runtime_may_call_it,
        spawns_that_race_with_the_stop_are_dropped_or_refused,
        runtimes_live_side_by_side,
        tasks_of_one_runtime_join_those_of_another,
    };

    return run_suite_with("runtime", reset, tests, LENGTH(tests));
}
