/*
 * tests/blocking.c - calls that block, on the threads of the pool.
 */
#include "gate.h"

#include <dirent.h>
#include <stdio.h>

/* Threads of this process whose name ends in -b and a number. */
static int
count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;
    int n = 0;

    require(tasks);
    while ((entry = readdir(tasks))) {
        char path[300];
        char name[32] = "";
        FILE *file;

        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        file = fopen(path, "r");
        if (file && fgets(name, sizeof name, file) && strstr(name, "-b"))
            n++;
        if (file)
            fclose(file);
    }
    closedir(tasks);
    return n;
}

/*
 * Calls
 */

START_TEST(call_gives_its_result)
{
    int number = 41;

    start(2);
    ck_assert_int_eq(await_call(add_one, &number), 42);
    ck_assert_int_eq(number, 42);
    ck_assert_int_eq(await_call(add_one, &number), 43);
    runtime_end(runtime);
}
END_TEST

static int
tell_thread(void *arg)
{
    *(pthread_t *)arg = pthread_self();
    return steal_runtime_current() == NULL && steal_task_current() == NULL;
}

START_TEST(call_is_made_on_a_thread_that_is_no_worker)
{
    pthread_t thread = pthread_self();

    start(1);
    ck_assert_int_eq(await_call(tell_thread, &thread), 1);
    ck_assert(!pthread_equal(thread, pthread_self()));
    runtime_end(runtime);
}
END_TEST

START_TEST(outside_of_a_task_a_call_is_refused)
{
    struct steal_waker waker = steal_waker_noop();
    struct steal_blocking call;
    struct steal_context cx;
    int number = 0;

    steal_context_init(&cx, &waker);
    steal_blocking(&call, add_one, &number);
    ck_assert_int_eq(steal_future_poll(&call.future, &cx), STEAL_READY);
    ck_assert_int_eq(call.future.result, -EINVAL);
    steal_future_drop(&call.future);
    ck_assert_int_eq(number, 0);
}
END_TEST

START_TEST(crowd_of_calls_is_made_by_few_threads)
{
    int n = scaled(50000);
    struct steal_task **task = calloc((size_t)n, sizeof *task);

    store_release(&calls, 0);
    start(2);
    for (int i = 0; i < n; i++)
        task[i] = spawn_caller(count_call, NULL);
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    ck_assert_int_eq(load_acquire(&calls), n);
    ck_assert_int_lt(load_acquire(&made), 100);
    runtime_end(runtime);
    free(task);
}
END_TEST

START_TEST(calls_that_block_do_not_hold_up_others)
{
    struct steal_task *task[40];
    int number = 0;

    start(2);
    for (size_t i = 0; i < LENGTH(task); i++)
        task[i] = spawn_caller(pass_gate, NULL);
    wait_until(arrived() == LENGTH(task));
    ck_assert_int_eq(await_call(add_one, &number), 1);
    open_gate();
    for (size_t i = 0; i < LENGTH(task); i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 7);
    runtime_end(runtime);
}
END_TEST

START_TEST(threads_without_work_leave)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *task[8];
    int number = 0;

    options.workers = 1;
    options.name = "shrink";
    options.blocking_keep = STEAL_MS(5);
    start_with(options);
    for (int round = 0; round < 3; round++) {
        reset();
        for (size_t i = 0; i < LENGTH(task); i++)
            task[i] = spawn_caller(pass_gate, NULL);
        wait_until(arrived() == LENGTH(task));
        ck_assert_int_ge(count_threads(), (int)LENGTH(task));
        open_gate();
        for (size_t i = 0; i < LENGTH(task); i++)
            ck_assert_int_eq(join_task(runtime, task[i]), 7);
        wait_until(count_threads() == 0);
    }
    ck_assert_int_eq(await_call(add_one, &number), 1);
    runtime_end(runtime);
}
END_TEST

/* Writes down the order in which calls begin. */
struct order {
    int n;
    int seen[100];
};

struct entry {
    struct order *order;
    int number;
};

static int
enter(void *arg)
{
    struct entry *entry = arg;

    entry->order->seen[entry->order->n++] = entry->number;
    return 0;
}

struct queuer {
    struct steal_future future;
    struct steal_blocking call[100];
    struct entry entry[100];
    bool queued;
    size_t i;
};

static enum steal_poll
queuer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct queuer *self = (struct queuer *)future;

    for (size_t i = 0; !self->queued && i < LENGTH(self->call); i++) {
        steal_blocking(&self->call[i], enter, &self->entry[i]);
        require(steal_future_poll(&self->call[i].future, cx) == STEAL_PENDING);
    }
    self->queued = true;
    for (; self->i < LENGTH(self->call); self->i++) {
        struct steal_future *call = &self->call[self->i].future;

        if (steal_future_poll(call, cx) == STEAL_PENDING)
            return STEAL_PENDING;
        steal_future_drop(call);
    }
    return STEAL_READY;
}

static const struct steal_future_ops queuer_ops = { .name = "queuer",
    .poll = queuer_poll };

START_TEST(one_thread_makes_calls_in_order)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct queuer queuer = { .future = STEAL_FUTURE(&queuer_ops) };
    struct order order = { 0 };

    options.workers = 2;
    options.blocking_threads = 1;
    start_with(options);
    for (int i = 0; i < (int)LENGTH(queuer.entry); i++)
        queuer.entry[i] = (struct entry){ &order, i };
    ck_assert_int_eq(steal_block_on(runtime, &queuer.future), 0);
    ck_assert_int_eq(order.n, LENGTH(queuer.entry));
    for (int i = 0; i < order.n; i++)
        ck_assert_int_eq(order.seen[i], i);
    ck_assert_int_eq(load_acquire(&made), 1);
    runtime_end(runtime);
}
END_TEST

/*
 * Dropping
 */

static uint64_t
calls_queued(void)
{
    struct steal_metrics m;

    steal_metrics(runtime, &m, sizeof m);
    return m.blocking_queued;
}

START_TEST(call_dropped_before_it_begins_is_not_made)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *first;
    struct steal_task *second;
    int number = 0;

    options.workers = 2;
    options.blocking_threads = 1;
    start_with(options);
    first = spawn_caller(pass_gate, NULL);
    wait_until(arrived() == 1);
    second = spawn_caller(add_one, &number);
    wait_until(calls_queued() == 1);
    steal_task_abort(second);
    ck_assert_int_eq(join_task(runtime, second), -ECANCELED);
    open_gate();
    ck_assert_int_eq(join_task(runtime, first), 7);
    ck_assert_int_eq(number, 0);
    runtime_end(runtime);
}
END_TEST

/* One worker: while it waits in the drop, its other tasks go on. */
START_TEST(drop_waits_for_a_call_that_runs)
{
    struct steal_task *task;
    struct steal_sleep sleep;
    int number = 0;

    start(1);
    task = spawn_caller(pass_gate, NULL);
    wait_until(arrived() == 1);
    steal_task_abort(task);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(call_inside(runtime, add_one, &number), i + 1);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_sleep(&sleep, STEAL_US(100))),
                0);
        ck_assert_int_eq(await_call(add_one, &number), i + 2);
        number--;
    }
    ck_assert(!steal_task_is_finished(task));
    ck_assert_int_eq(passed(), 0);
    open_gate();
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    ck_assert_int_eq(passed(), 1);
    runtime_end(runtime);
}
END_TEST

/*
 * Arguments that belong to the call
 */

static _Atomic(int) destroyed;

static void
destroy(void *arg)
{
    free(arg);
    add_acq_rel(&destroyed, 1);
}

struct owner {
    struct steal_async async;
    struct steal_blocking call;
    int (*fn)(void *arg);
};

static enum steal_poll
owner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct owner *self = (struct owner *)future;
    int *arg;

    STEAL_BEGIN(&self->async);
    arg = malloc(sizeof *arg);
    *arg = 5;
    STEAL_AWAIT(cx, steal_blocking_owned(&self->call, self->fn, arg, destroy));
    STEAL_RETURN(self->call.future.result);
    STEAL_END();
}

static const struct steal_future_ops owner_ops = { .name = "owner",
    .poll = owner_poll };

static struct steal_task *
spawn_owner(int (*fn)(void *arg))
{
    struct owner owner = { .async = STEAL_ASYNC(&owner_ops), .fn = fn };
    struct steal_task *task;

    require(steal_spawn(runtime, &owner.async.future, sizeof owner, &task) ==
            0);
    return task;
}

START_TEST(owned_argument_is_destroyed_after_the_call)
{
    store_release(&destroyed, 0);
    start(2);
    ck_assert_int_eq(join_task(runtime, spawn_owner(add_one)), 6);
    ck_assert_int_eq(load_acquire(&destroyed), 1);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&destroyed), 1);
}
END_TEST

START_TEST(owned_call_goes_on_after_the_drop)
{
    struct steal_task *task;

    store_release(&destroyed, 0);
    start(1);
    task = spawn_owner(pass_gate);
    wait_until(arrived() == 1);
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    ck_assert_int_eq(load_acquire(&destroyed), 0);
    open_gate();
    wait_until(load_acquire(&destroyed) == 1);
    ck_assert_int_eq(passed(), 1);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&destroyed), 1);
}
END_TEST

START_TEST(owned_argument_of_a_call_not_begun_is_destroyed_by_the_drop)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *first;
    struct steal_task *second;

    store_release(&destroyed, 0);
    options.workers = 1;
    options.blocking_threads = 1;
    start_with(options);
    first = spawn_caller(pass_gate, NULL);
    wait_until(arrived() == 1);
    second = spawn_owner(pass_gate);
    call_inside(runtime, count_call, NULL); /* it has been polled by then */
    ck_assert_int_eq(load_acquire(&destroyed), 0);
    steal_task_abort(second);
    ck_assert_int_eq(join_task(runtime, second), -ECANCELED);
    ck_assert_int_eq(load_acquire(&destroyed), 1);
    open_gate();
    join_task(runtime, first);
    ck_assert_int_eq(passed(), 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(owned_argument_of_a_refused_call_is_destroyed)
{
    struct steal_waker waker = steal_waker_noop();
    struct steal_blocking call;
    struct steal_context cx;

    store_release(&destroyed, 0);
    steal_context_init(&cx, &waker);
    steal_blocking_owned(&call, add_one, malloc(1), destroy);
    ck_assert_int_eq(steal_future_poll(&call.future, &cx), STEAL_READY);
    ck_assert_int_eq(call.future.result, -EINVAL);
    steal_future_drop(&call.future);
    ck_assert_int_eq(load_acquire(&destroyed), 1);
}
END_TEST

/*
 * Want of threads
 */

START_TEST(without_any_thread_a_call_is_refused)
{
    int number = 0;

    start(2);
    store_release(&refusing, true);
    ck_assert_int_eq(await_call(add_one, &number), -EAGAIN);
    ck_assert_int_eq(await_call(add_one, &number), -EAGAIN);
    store_release(&refusing, false);
    ck_assert_int_eq(await_call(add_one, &number), 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(threads_that_are_there_make_the_calls)
{
    struct steal_task *task[10];
    struct steal_task *first;

    start(2);
    first = spawn_caller(pass_gate, NULL);
    wait_until(arrived() == 1);
    store_release(&refusing, true);
    for (size_t i = 0; i < LENGTH(task); i++)
        task[i] = spawn_caller(count_call, NULL);
    call_inside(runtime, count_call, NULL);
    open_gate();
    for (size_t i = 0; i < LENGTH(task); i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    ck_assert_int_eq(join_task(runtime, first), 7);
    store_release(&refusing, false);
    runtime_end(runtime);
}
END_TEST

/*
 * Stopping
 */

START_TEST(stop_drops_queued_calls_and_waits_for_those_that_run)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *task[2];
    int number = 0;

    options.workers = 2;
    options.blocking_threads = 1;
    start_with(options);
    task[0] = spawn_caller(pass_gate, NULL);
    wait_until(arrived() == 1);
    task[1] = spawn_caller(add_one, &number);
    wait_until(calls_queued() == 1);
    ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_MS(1)), -ETIMEDOUT);
    ck_assert_int_eq(steal_runtime_stop(runtime, 0), -ETIMEDOUT);
    wait_until(steal_task_is_finished(task[1]));
    open_gate();
    runtime_end(runtime);
    ck_assert_int_eq(passed(), 1);
    ck_assert_int_eq(number, 0);
    for (int i = 0; i < 2; i++) {
        ck_assert(steal_task_is_finished(task[i]));
        steal_task_detach(task[i]);
    }
}
END_TEST

START_TEST(stop_waits_for_owned_calls)
{
    struct steal_task *task;

    store_release(&destroyed, 0);
    start(2);
    task = spawn_owner(pass_gate);
    wait_until(arrived() == 1);
    ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_MS(5)), -ETIMEDOUT);
    ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_MS(5)), -ETIMEDOUT);
    open_gate();
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&destroyed), 1);
    steal_task_detach(task);
}
END_TEST

START_TEST(on_the_caller_stop_waits_for_owned_calls)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *task;
    int number = 0;

    store_release(&destroyed, 0);
    options.flags = STEAL_ON_CALLER;
    start_with(options);
    task = spawn_owner(pass_gate);
    ck_assert_int_eq(await_call(add_one, &number), 1);
    wait_until(arrived() == 1);
    ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_MS(5)), -ETIMEDOUT);
    ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_MS(5)), -ETIMEDOUT);
    open_gate();
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&destroyed), 1);
    steal_task_detach(task);
}
END_TEST

static int
stop_inside(void *arg)
{
    (void)arg;
    return steal_runtime_stop(runtime, STEAL_FOREVER);
}

START_TEST(call_cannot_stop_its_own_runtime)
{
    start(2);
    ck_assert_int_eq(await_call(stop_inside, NULL), -EDEADLK);
    runtime_end(runtime);
}
END_TEST

static int
block_on_inside(void *arg)
{
    return call_inside(runtime, add_one, arg);
}

START_TEST(call_may_block_on_its_own_runtime)
{
    int number = 0;

    start(1);
    ck_assert_int_eq(await_call(block_on_inside, &number), 1);
    runtime_end(runtime);
}
END_TEST

/*
 * Signals
 */

static int
signals_are_blocked(void *arg)
{
    sigset_t mask;

    (void)arg;
    require(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    return sigismember(&mask, SIGPIPE) && sigismember(&mask, SIGTERM) &&
           !sigismember(&mask, SIGSEGV) && !sigismember(&mask, SIGABRT);
}

START_TEST(threads_of_the_library_leave_signals_to_others)
{
    start(2);
    ck_assert(!signals_are_blocked(NULL));
    ck_assert(await_call(signals_are_blocked, NULL));
    ck_assert(call_inside(runtime, signals_are_blocked, NULL));
    ck_assert(!signals_are_blocked(NULL));
    runtime_end(runtime);
}
END_TEST

/*
 * All at once
 */

struct mixer {
    struct steal_async async;
    struct steal_blocking call;
    struct steal_timeout timeout;
    unsigned seed;
    int left;
    int number;
};

static int
dawdle(void *arg)
{
    unsigned turns = *(unsigned *)arg % 400;

    for (unsigned i = 0; i < turns; i++)
        cpu_relax();
    if (turns < 4)
        nap();
    return 1;
}

static struct steal_future *
mixer_next(struct mixer *self)
{
    unsigned *arg;

    self->seed = self->seed * 1664525u + 1013904223u;
    if (self->seed >> 30 != 1)
        return steal_blocking(&self->call, dawdle, &self->seed);
    arg = malloc(sizeof *arg);
    *arg = self->seed;
    add_acq_rel(&calls, 1);
    return steal_blocking_owned(&self->call, dawdle, arg, destroy);
}

static enum steal_poll
mixer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct mixer *self = (struct mixer *)future;

    STEAL_BEGIN(&self->async);
    while (self->left-- > 0) {
        if (self->left % 5 == 0)
            steal_block_in_place(dawdle, &self->seed);
        STEAL_AWAIT(cx, steal_timeout(&self->timeout, mixer_next(self),
                                STEAL_US(self->left % 3 ? 1000000 : 1)));
        if (self->timeout.future.result == -ECANCELED)
            break; /* stopping: else this poll would take for ever */
    }
    STEAL_END();
}

static const struct steal_future_ops mixer_ops = { .name = "mixer",
    .poll = mixer_poll };

static void
mix(unsigned workers, int tasks, int rounds, bool stop)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *task[64];

    store_release(&destroyed, 0);
    store_release(&calls, 0);
    options.workers = workers;
    options.blocking_keep = STEAL_US(300);
    options.blocking_threads = 5;
    start_with(options);
    for (int i = 0; i < tasks; i++) {
        struct mixer mixer = { .async = STEAL_ASYNC(&mixer_ops),
            .seed = (unsigned)i,
            .left = rounds };

        require(steal_spawn(runtime, &mixer.async.future, sizeof mixer,
                        &task[i]) == 0);
    }
    for (int i = 0; i < tasks && !stop; i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    runtime_end(runtime);
    for (int i = 0; i < tasks && stop; i++)
        steal_task_detach(task[i]);
    ck_assert_int_eq(load_acquire(&destroyed), load_acquire(&calls));
}

START_TEST(all_of_it_at_once)
{
    mix(3, 40, scaled(400) + 50, false);
    mix(1, 10, scaled(400) + 50, false);
}
END_TEST

START_TEST(stop_in_the_middle_of_it)
{
    for (int i = 0; i < scaled(50) + 10; i++)
        mix(2, 20, 1000000, true);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        call_gives_its_result,
        call_is_made_on_a_thread_that_is_no_worker,
        outside_of_a_task_a_call_is_refused,
        crowd_of_calls_is_made_by_few_threads,
        calls_that_block_do_not_hold_up_others,
        threads_without_work_leave,
        one_thread_makes_calls_in_order,
        call_dropped_before_it_begins_is_not_made,
        drop_waits_for_a_call_that_runs,
        owned_argument_is_destroyed_after_the_call,
        owned_call_goes_on_after_the_drop,
        owned_argument_of_a_call_not_begun_is_destroyed_by_the_drop,
        owned_argument_of_a_refused_call_is_destroyed,
        without_any_thread_a_call_is_refused,
        threads_that_are_there_make_the_calls,
        stop_drops_queued_calls_and_waits_for_those_that_run,
        stop_waits_for_owned_calls,
        on_the_caller_stop_waits_for_owned_calls,
        call_cannot_stop_its_own_runtime,
        call_may_block_on_its_own_runtime,
        threads_of_the_library_leave_signals_to_others,
        all_of_it_at_once,
        stop_in_the_middle_of_it,
    };

    return run_suite_with("blocking", reset, tests, LENGTH(tests));
}
