/*
 * tests/signal.c - signals as a stream of events.
 */
#include <steal/signal.h>

#include "kit.h"

static struct steal_runtime *runtime;

static void
reset(void)
{
    runtime = runtime_start(2);
}

static struct steal_signal *
signal_of(struct steal_runtime *owner, int signum)
{
    struct steal_signal *signal;

    ck_assert_int_eq(steal_signal_new(&signal, owner, signum), 0);
    return signal;
}

static int
await_next(struct steal_runtime *owner, struct steal_signal *signal)
{
    struct steal_signal_next next;

    return steal_block_on(owner, steal_signal_next(&next, signal));
}

/* A wait in a task of its own, which tells when it has begun. */
struct waiter {
    struct steal_future future;
    struct steal_signal_next next;
    _Atomic(int) *begun;
    bool told;
};

static enum steal_poll
waiter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waiter *waiter = (struct waiter *)future;
    enum steal_poll poll = steal_future_poll(&waiter->next.future, cx);

    if (!waiter->told)
        add_acq_rel(waiter->begun, 1);
    waiter->told = true;
    future->result = waiter->next.future.result;
    return poll;
}

static void
waiter_drop(struct steal_future *future)
{
    steal_future_drop(&((struct waiter *)future)->next.future);
}

static const struct steal_future_ops waiter_ops = { .name = "waiter",
    .poll = waiter_poll,
    .drop = waiter_drop };

static struct steal_task *
spawn_waiter(struct steal_signal *signal, _Atomic(int) *begun)
{
    struct waiter waiter = { STEAL_FUTURE(&waiter_ops), .begun = begun };
    struct steal_task *task = NULL;

    steal_signal_next(&waiter.next, signal);
    require(steal_spawn(runtime, &waiter.future, sizeof waiter, &task) == 0);
    return task;
}

START_TEST(delivery_before_the_wait_is_there_at_once)
{
    struct steal_signal *signal = signal_of(runtime, SIGUSR1);

    raise(SIGUSR1);
    ck_assert_int_eq(await_next(runtime, signal), 1);
    steal_signal_free(signal);
    runtime_end(runtime);
}
END_TEST

START_TEST(delivery_ends_a_wait)
{
    struct steal_signal *signal = signal_of(runtime, SIGUSR1);
    _Atomic(int) begun = 0;

    for (int i = 0; i < scaled(1000); i++) {
        struct steal_task *task = spawn_waiter(signal, &begun);

        if (i % 2)
            wait_until(load_acquire(&begun) == i + 1);
        raise(SIGUSR1);
        ck_assert_int_eq(join_task(runtime, task), 1);
    }
    steal_signal_free(signal);
    runtime_end(runtime);
}
END_TEST

static int
kill_ourselves(void *arg)
{
    (void)arg;
    return kill(getpid(), SIGUSR1);
}

/* The workers block it: another thread runs the handler. */
START_TEST(task_sends_a_signal_to_its_own_process)
{
    struct steal_signal *signal = signal_of(runtime, SIGUSR1);

    for (int i = 0; i < scaled(100); i++) {
        ck_assert_int_eq(call_inside(runtime, kill_ourselves, NULL), 0);
        ck_assert_int_eq(await_next(runtime, signal), 1);
    }
    steal_signal_free(signal);
    runtime_end(runtime);
}
END_TEST

START_TEST(signal_that_cannot_be_caught_is_refused)
{
    struct steal_signal *signal;

    ck_assert_int_eq(steal_signal_new(&signal, runtime, SIGKILL), -EINVAL);
    ck_assert_int_eq(steal_signal_new(&signal, runtime, 0), -EINVAL);
    ck_assert_int_eq(steal_signal_new(&signal, runtime, -1), -EINVAL);
    ck_assert_int_eq(steal_signal_new(&signal, runtime, 1000), -EINVAL);
    ck_assert_int_eq(steal_signal_new(&signal, NULL, SIGUSR1), -EINVAL);
    runtime_end(runtime);
}
END_TEST

static void *
raise_many(void *arg)
{
    for (int n = *(int *)arg; n > 0; n--)
        pthread_kill(pthread_self(), SIGUSR1);
    return NULL;
}

/* What is there now, without waiting. */
static int
count_now(struct steal_signal *signal)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_signal_next next;
    struct steal_future *future = steal_signal_next(&next, signal);
    enum steal_poll poll = steal_future_poll(future, &cx);

    steal_future_drop(future);
    return poll == STEAL_READY ? future->result : 0;
}

/* libuv hands signals on in order, but in a flood some find no room. */
static void
pass_a_mark(struct steal_signal *mark)
{
    struct steal_signal_next next;
    struct steal_timeout limit;
    int result;

    count_now(mark); /* one that came late, the last time */
    do {
        raise(SIGUSR2);
        result = steal_block_on(runtime,
                steal_timeout(&limit, steal_signal_next(&next, mark),
                        STEAL_MS(20)));
    } while (result == -ETIMEDOUT);
    require(result >= 1);
}

START_TEST(flood_is_counted_and_its_last_signal_is_not_lost)
{
    struct steal_signal *signal = signal_of(runtime, SIGUSR1);
    struct steal_signal *mark = signal_of(runtime, SIGUSR2);
    int sent = scaled(10000);

    for (int round = 0; round < 5; round++) {
        pthread_t thread = start_thread(raise_many, &sent);
        int seen = await_next(runtime, signal);

        require(seen >= 1);
        join_thread(thread);
        pass_a_mark(mark);
        seen += count_now(signal);
        require(seen >= 1 && seen <= sent);
        raise(SIGUSR1);
        ck_assert_int_eq(await_next(runtime, signal), 1);
    }
    steal_signal_free(signal);
    steal_signal_free(mark);
    runtime_end(runtime);
}
END_TEST

/* Nothing turns the loop of a runtime on the caller: the pipe of libuv is full
 * when the last signal comes. */
START_TEST(flood_that_nobody_looks_at_ends_in_one_wait)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *caller;
    struct steal_signal *signal;
    int sent = 10000;

    options.flags = STEAL_ON_CALLER;
    ck_assert_int_eq(steal_runtime_new(&caller, &options), 0);
    signal = signal_of(caller, SIGUSR1);
    raise_many(&sent);
    ck_assert_int_ge(await_next(caller, signal), 256);
    steal_signal_free(signal);
    runtime_end(caller);
    runtime_end(runtime);
}
END_TEST

START_TEST(every_object_of_every_runtime_sees_a_delivery)
{
    struct steal_runtime *other = runtime_start(1);
    struct steal_signal *first = signal_of(runtime, SIGUSR1);
    struct steal_signal *second = signal_of(runtime, SIGUSR1);
    struct steal_signal *third = signal_of(other, SIGUSR1);
    struct steal_signal *fourth = signal_of(runtime, SIGUSR2);

    for (int i = 0; i < scaled(200); i++) {
        raise(SIGUSR1);
        ck_assert_int_eq(await_next(runtime, first), 1);
        ck_assert_int_eq(await_next(runtime, second), 1);
        ck_assert_int_eq(await_next(other, third), 1);
    }
    steal_signal_free(first);
    steal_signal_free(third);
    raise(SIGUSR1);
    raise(SIGUSR2);
    ck_assert_int_eq(await_next(runtime, second), 1);
    ck_assert_int_eq(await_next(runtime, fourth), 1);
    runtime_end(other);
    steal_signal_free(second);
    steal_signal_free(fourth);
    runtime_end(runtime);
}
END_TEST

START_TEST(one_of_several_waiters_gets_a_delivery)
{
    struct steal_signal *signal = signal_of(runtime, SIGUSR1);
    struct steal_task *tasks[20];
    _Atomic(int) begun = 0;
    int told = 0;

    for (int i = 0; i < 20; i++)
        tasks[i] = spawn_waiter(signal, &begun);
    wait_until(load_acquire(&begun) == 20);
    while (told < 20) {
        int finished = 0;

        raise(SIGUSR1);
        do {
            finished = 0;
            for (int i = 0; i < 20; i++)
                finished += steal_task_is_finished(tasks[i]);
        } while (finished < told + 1);
        told = finished;
    }
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(join_task(runtime, tasks[i]), 1);
    steal_signal_free(signal);
    runtime_end(runtime);
}
END_TEST

START_TEST(dropped_wait_loses_nothing)
{
    struct steal_signal *signal = signal_of(runtime, SIGUSR1);
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_signal_next next;
    struct steal_future *future;

    future = steal_signal_next(&next, signal);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_PENDING);
    raise(SIGUSR1);
    wait_until(load_acquire(&meter.wakes) == 1);
    steal_future_drop(future);
    wait_until(
            load_acquire(&meter.refs) == 0); /* the waker goes after it woke */
    ck_assert_int_eq(await_next(runtime, signal), 1);
    steal_signal_free(signal);
    runtime_end(runtime);
}
END_TEST

START_TEST(free_cancels_those_who_wait)
{
    struct steal_signal *signal = signal_of(runtime, SIGUSR1);
    struct steal_task *tasks[3];
    _Atomic(int) begun = 0;

    for (int i = 0; i < 3; i++)
        tasks[i] = spawn_waiter(signal, &begun);
    wait_until(load_acquire(&begun) == 3);
    steal_signal_free(signal);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(join_task(runtime, tasks[i]), -ECANCELED);
    runtime_end(runtime);
}
END_TEST

START_TEST(end_of_the_runtime_cancels_other_executors)
{
    struct steal_signal *signal = signal_of(runtime, SIGUSR1);
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_signal_next next;
    struct steal_future *future = steal_signal_next(&next, signal);

    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_PENDING);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -ECANCELED);
    steal_signal_free(signal); /* the future has a reference of its own */
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(object_outlives_its_runtime)
{
    struct steal_signal *signal = signal_of(runtime, SIGUSR1);
    struct steal_signal *late;

    raise(SIGUSR1);
    steal_runtime_begin_stop(runtime);
    ck_assert_int_eq(steal_signal_new(&late, runtime, SIGUSR1), -ECANCELED);
    runtime_end(runtime);
    steal_signal_free(signal);
}
END_TEST

/* Freed by then: the handler is no longer libuv's. */
START_TEST(freed_signal_has_its_default_effect_again)
{
    struct steal_signal *signal = signal_of(runtime, SIGUSR1);
    struct sigaction action;

    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &action), 0);
    ck_assert(action.sa_handler != SIG_DFL);
    steal_signal_free(signal);
    do {
        ck_assert_int_eq(sigaction(SIGUSR1, NULL, &action), 0);
    } while (action.sa_handler != SIG_DFL);
    runtime_end(runtime);
}
END_TEST

static void *
make_and_free(void *arg)
{
    (void)arg;
    for (int i = 0; i < scaled(500); i++) {
        struct steal_signal *signal;

        require(steal_signal_new(&signal, runtime, SIGUSR1) == 0);
        raise(SIGUSR1);
        steal_signal_free(signal);
    }
    return NULL;
}

START_TEST(objects_come_and_go_in_many_threads)
{
    /* Without it the default effect would be there between two of them. */
    struct steal_signal *guard = signal_of(runtime, SIGUSR1);
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(make_and_free, NULL);
    for (int i = 0; i < 4; i++)
        join_thread(threads[i]);
    runtime_end(runtime);
    steal_signal_free(guard);
}
END_TEST

/* Nobody turns the loop here but who asks something of it. */
START_TEST(runtime_on_the_caller_counts_too)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *caller;
    struct steal_signal *signal;

    options.flags = STEAL_ON_CALLER;
    ck_assert_int_eq(steal_runtime_new(&caller, &options), 0);
    signal = signal_of(caller, SIGUSR1);
    raise(SIGUSR1);
    raise(SIGUSR1);
    ck_assert_int_eq(await_next(caller, signal), 2);
    steal_signal_free(signal);
    runtime_end(caller);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        delivery_before_the_wait_is_there_at_once,
        delivery_ends_a_wait,
        task_sends_a_signal_to_its_own_process,
        signal_that_cannot_be_caught_is_refused,
        flood_is_counted_and_its_last_signal_is_not_lost,
        flood_that_nobody_looks_at_ends_in_one_wait,
        every_object_of_every_runtime_sees_a_delivery,
        one_of_several_waiters_gets_a_delivery,
        dropped_wait_loses_nothing,
        free_cancels_those_who_wait,
        end_of_the_runtime_cancels_other_executors,
        object_outlives_its_runtime,
        freed_signal_has_its_default_effect_again,
        objects_come_and_go_in_many_threads,
        runtime_on_the_caller_counts_too,
    };

    return run_suite_with("signal", reset, tests, LENGTH(tests));
}
