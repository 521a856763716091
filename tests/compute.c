/*
 * tests/compute.c - computations that tasks await: begun, ended and dropped at
 * every stage.
 */
#include <steal/blocking.h>
#include <steal/fork.h>

#include "jobs.h"

static struct steal_runtime *runtime;

/* What a computation waits at. */
static _Atomic(int) begun;
static _Atomic(int) ended;
static _Atomic(bool) gate_open;

static void
reset(void)
{
    store_release(&begun, 0);
    store_release(&ended, 0);
    store_release(&gate_open, false);
}

static int
wait_at_gate(void *arg)
{
    (void)arg;
    add_acq_rel(&begun, 1);
    wait_until(load_acquire(&gate_open));
    add_acq_rel(&ended, 1);
    return 7;
}

static int
add_one(void *arg)
{
    return ++*(int *)arg;
}

/* A task that awaits one. */
struct awaiter {
    struct steal_async async;
    struct steal_compute compute;
    int (*fn)(void *data);
    void *data;
};

static enum steal_poll
awaiter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct awaiter *self = (struct awaiter *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_compute(&self->compute, self->fn, self->data));
    STEAL_RETURN(self->compute.future.result);
    STEAL_END();
}

static const struct steal_future_ops awaiter_ops = { .name = "awaiter",
    .poll = awaiter_poll };

/* NULL: the runtime is stopping. */
static struct steal_task *
spawn_awaiter(int (*fn)(void *data), void *data)
{
    struct awaiter awaiter = { .async = STEAL_ASYNC(&awaiter_ops),
        .fn = fn,
        .data = data };
    struct steal_task *task;
    int error = steal_spawn(runtime, &awaiter.async.future, sizeof awaiter,
            &task);

    require(error == 0 || error == -ECANCELED);
    return error ? NULL : task;
}

START_TEST(result_is_that_of_the_function)
{
    int number = 0;

    runtime = runtime_start(2);
    for (int i = 0; i < scaled(1000); i++)
        ck_assert_int_eq(call_computing(runtime, add_one, &number), i + 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(one_struct_serves_for_many)
{
    struct steal_compute compute;
    int number = 0;

    runtime = runtime_start(2);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_compute(&compute, add_one, &number)),
                i + 1);
    runtime_end(runtime);
}
END_TEST

START_TEST(outside_of_a_task_it_is_refused)
{
    struct steal_compute compute;
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_future *future;
    int number = 0;

    future = steal_compute(&compute, add_one, &number);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -EINVAL);
    steal_future_drop(future);
    ck_assert_int_eq(steal_block_on(NULL,
                             steal_compute(&compute, add_one, &number)),
            -EINVAL);
    ck_assert_int_eq(number, 0);
}
END_TEST

static int
compute_here(void *arg)
{
    struct steal_compute compute;

    return steal_block_on(NULL, steal_compute(&compute, add_one, arg));
}

static int
compute_here_in_place(void *arg)
{
    return steal_block_in_place(compute_here, arg);
}

/* Nobody would drop it when the runtime stops. */
START_TEST(so_it_is_by_a_thread_that_computes_or_blocks_in_place)
{
    int number = 0;

    runtime = runtime_start(2);
    ck_assert_int_eq(call_in_job(runtime, compute_here, &number), -EINVAL);
    ck_assert_int_eq(call_inside(runtime, compute_here_in_place, &number),
            -EINVAL);
    ck_assert_int_eq(number, 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(dropped_before_its_first_poll_it_does_nothing)
{
    struct steal_compute compute;
    int number = 0;

    steal_future_drop(steal_compute(&compute, add_one, &number));
    ck_assert_int_eq(number, 0);
}
END_TEST

/*
 * Order
 */

#define MANY 200

static int order[MANY];
static int places;

static int
take_place(void *arg)
{
    int *place = arg;

    *place = places++; /* one at a time */
    return *place;
}

struct queue {
    struct steal_async async;
    struct steal_compute compute[MANY];
    struct steal_future *child[MANY];
    struct steal_join_all all;
};

static enum steal_poll
queue_poll(struct steal_future *future, struct steal_context *cx)
{
    struct queue *self = (struct queue *)future;

    STEAL_BEGIN(&self->async);
    for (int i = 0; i < MANY; i++)
        self->child[i] = steal_compute(&self->compute[i], take_place,
                &order[i]);
    STEAL_AWAIT(cx, steal_join_all(&self->all, self->child, MANY));
    STEAL_RETURN(0);
    STEAL_END();
}

static const struct steal_future_ops queue_ops = { .name = "queue",
    .poll = queue_poll };

START_TEST(they_begin_in_the_order_of_their_first_polls)
{
    struct queue queue = { .async = STEAL_ASYNC(&queue_ops) };

    runtime = start_sleepers(4, 1);
    ck_assert_int_eq(steal_block_on(runtime, &queue.async.future), 0);
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(order[i], i);
        ck_assert_int_eq(queue.compute[i].future.result, i);
    }
    runtime_end(runtime);
}
END_TEST

/*
 * Many
 */

static int
count_tree(void *arg)
{
    add_acq_rel((_Atomic(int) *)arg, grow(4));
    return 0;
}

START_TEST(thousands_may_wait_at_once)
{
    for (unsigned workers = 1; workers <= 8; workers *= 2) {
        int n = scaled(5000);
        struct steal_task **task = malloc((size_t)n * sizeof *task);
        _Atomic(int) leaves = 0;

        require(task);
        runtime = runtime_start(workers);
        for (int i = 0; i < n; i++)
            task[i] = spawn_awaiter(count_tree, (void *)&leaves);
        for (int i = 0; i < n; i++)
            ck_assert_int_eq(join_task(runtime, task[i]), 0);
        ck_assert_int_eq(load_acquire(&leaves), n * 16);
        runtime_end(runtime);
        free(task);
    }
}
END_TEST

/*
 * Drops
 */

START_TEST(dropped_before_it_has_begun_it_is_never_called)
{
    struct steal_task *blocking;
    struct steal_task *task[20];
    int number = 0;
    int sum = 0;

    runtime = start_sleepers(2, 1);
    blocking = spawn_awaiter(wait_at_gate, NULL);
    wait_until(load_acquire(&begun) == 1);
    for (size_t i = 0; i < LENGTH(task); i++)
        task[i] = spawn_awaiter(add_one, &number);
    wait_until(count_polls(runtime) == 1 + LENGTH(task));
    wait_for_sleepers(1);
    for (size_t i = 0; i < LENGTH(task); i += 2)
        steal_task_abort(task[i]);
    for (size_t i = 0; i < LENGTH(task); i += 2)
        ck_assert_int_eq(join_task(runtime, task[i]), -ECANCELED);
    store_release(&gate_open, true);
    ck_assert_int_eq(join_task(runtime, blocking), 7);
    /* In what order the tasks are polled is the scheduler's affair. */
    for (size_t i = 1; i < LENGTH(task); i += 2)
        sum += join_task(runtime, task[i]);
    ck_assert_int_eq(sum, 10 * 11 / 2);
    ck_assert_int_eq(number, 10);
    runtime_end(runtime);
}
END_TEST

static int
yield_a_few_times(void *arg)
{
    struct record record = RECORD_INIT;

    (void)arg;
    for (int i = 0; i < 20; i++)
        require(join_task(runtime, spawn_probe(runtime, &record, 3, i)) == i);
    return 0;
}

/* While its drop waits, other tasks go on. */
START_TEST(dropped_while_it_runs_its_end_is_waited_for)
{
    for (unsigned workers = 2; workers <= 4; workers *= 2) {
        struct steal_task *task;

        reset();
        runtime = runtime_start(workers);
        task = spawn_awaiter(wait_at_gate, NULL);
        wait_until(load_acquire(&begun) == 1);
        steal_task_abort(task);
        ck_assert_int_eq(yield_a_few_times(NULL), 0);
        ck_assert(!steal_task_is_finished(task));
        store_release(&gate_open, true);
        ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
        ck_assert_int_eq(load_acquire(&ended), 1);
        runtime_end(runtime);
    }
}
END_TEST

START_TEST(many_are_dropped_while_they_run)
{
    for (unsigned workers = 1; workers <= 8; workers *= 2) {
        runtime = runtime_start(workers);
        for (int turn = 0; turn < scaled(200); turn++) {
            struct steal_task *task[6];
            _Atomic(int) leaves = 0;

            for (size_t i = 0; i < LENGTH(task); i++)
                task[i] = spawn_awaiter(count_tree, (void *)&leaves);
            for (size_t i = 0; i < LENGTH(task); i++)
                steal_task_abort(task[i]);
            for (size_t i = 0; i < LENGTH(task); i++) {
                int result = join_task(runtime, task[i]);

                require(result == 0 || result == -ECANCELED);
            }
            require(load_acquire(&leaves) % 16 == 0);
        }
        runtime_end(runtime);
    }
}
END_TEST

/*
 * Together with others
 */

/* Ends when its drop asks it to. */
struct endless {
    struct steal_future future;
    struct steal_compute compute;
    _Atomic(bool) over;
    bool polled;
};

static int
go_on_until_over(void *arg)
{
    struct endless *self = arg;

    add_acq_rel(&begun, 1);
    wait_until(load_acquire(&self->over));
    add_acq_rel(&ended, 1);
    return 0;
}

static enum steal_poll
endless_poll(struct steal_future *future, struct steal_context *cx)
{
    struct endless *self = (struct endless *)future;

    if (!self->polled)
        steal_compute(&self->compute, go_on_until_over, self);
    self->polled = true;
    return steal_future_poll(&self->compute.future, cx);
}

static void
endless_drop(struct steal_future *future)
{
    struct endless *self = (struct endless *)future;

    store_release(&self->over, true);
    if (self->polled)
        steal_future_drop(&self->compute.future);
}

static const struct steal_future_ops endless_ops = { .name = "endless",
    .poll = endless_poll,
    .drop = endless_drop };

static struct steal_future *
endless_make(struct endless *endless)
{
    *endless = (struct endless){ .future = STEAL_FUTURE(&endless_ops) };
    return &endless->future;
}

START_TEST(timeout_gives_up_on_it)
{
    struct steal_timeout timeout;
    struct endless endless;

    for (unsigned workers = 1; workers <= 2; workers++) {
        reset();
        runtime = runtime_start(workers);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_timeout(&timeout, endless_make(&endless),
                                         STEAL_MS(2))),
                -ETIMEDOUT);
        ck_assert_int_eq(load_acquire(&begun), load_acquire(&ended));
        runtime_end(runtime);
    }
}
END_TEST

START_TEST(select_takes_who_is_first_and_drops_the_other)
{
    struct endless endless;
    struct steal_compute compute;
    struct steal_select select;
    struct record record = RECORD_INIT;
    struct probe probe;
    int number = 6;

    runtime = runtime_start(2);
    for (int i = 0; i < 50; i++) {
        probe = probe_make(&record, i % 5, 4);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_select2(&select, endless_make(&endless),
                                         &probe.future)),
                4);
        ck_assert_int_eq(select.index, 1);
    }
    ck_assert_int_eq(load_acquire(&begun), load_acquire(&ended));
    probe = probe_make(&record, PROBE_WAITS, 0);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_select2(&select,
                                     steal_compute(&compute, add_one, &number),
                                     &probe.future)),
            7);
    ck_assert_int_eq(select.index, 0);
    runtime_end(runtime);
}
END_TEST

/*
 * Wakers: it is polled with another context each time, and wakes the last.
 */

struct changing {
    struct steal_future future;
    struct steal_compute compute;
    struct meter *meter;
    int n;
    int polls;
};

static enum steal_poll
changing_poll(struct steal_future *future, struct steal_context *cx)
{
    struct changing *self = (struct changing *)future;
    struct steal_context other;

    if (self->polls == 0)
        steal_compute(&self->compute, wait_at_gate, NULL);
    if (self->polls < self->n) {
        other = meter_context(&self->meter[self->polls++]);
        steal_context_wake(cx);
        cx = &other;
    } else {
        store_release(&gate_open, true);
    }
    if (steal_future_poll(&self->compute.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    future->result = self->compute.future.result;
    return STEAL_READY;
}

static void
changing_drop(struct steal_future *future)
{
    steal_future_drop(&((struct changing *)future)->compute.future);
}

static const struct steal_future_ops changing_ops = { .name = "changing",
    .poll = changing_poll,
    .drop = changing_drop };

START_TEST(last_waker_is_woken_and_none_leaks)
{
    struct meter meter[10] = { { 0 } };
    struct changing changing = { .future = STEAL_FUTURE(&changing_ops),
        .meter = meter,
        .n = LENGTH(meter) };

    runtime = runtime_start(2);
    ck_assert_int_eq(steal_block_on(runtime, &changing.future), 7);
    for (size_t i = 0; i < LENGTH(meter); i++) {
        ck_assert_int_eq(load_acquire(&meter[i].refs), 0);
        ck_assert_int_eq(load_acquire(&meter[i].wakes), 0);
    }
    runtime_end(runtime);
}
END_TEST

/*
 * A runtime that stops
 */

struct late {
    struct steal_future future;
    struct steal_compute compute;
};

static enum steal_poll
late_poll(struct steal_future *future, struct steal_context *cx)
{
    struct late *self = (struct late *)future;
    enum steal_poll state;

    steal_runtime_begin_stop(runtime);
    state = steal_future_poll(steal_compute(&self->compute, wait_at_gate, NULL),
            cx);
    future->result = self->compute.future.result;
    steal_future_drop(&self->compute.future);
    return state;
}

static const struct steal_future_ops late_ops = { .name = "late",
    .poll = late_poll };

START_TEST(it_does_not_begin_once_the_runtime_stops)
{
    struct late late = { .future = STEAL_FUTURE(&late_ops) };

    runtime = runtime_start(2);
    ck_assert_int_eq(steal_block_on(runtime, &late.future), -ECANCELED);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&begun), 0);
}
END_TEST

START_TEST(stop_waits_for_one_that_runs_and_calls_none_that_waits)
{
    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        struct steal_task *task[5];

        reset();
        runtime = start_sleepers(workers, 1);
        for (size_t i = 0; i < LENGTH(task); i++)
            task[i] = spawn_awaiter(wait_at_gate, NULL);
        wait_until(load_acquire(&begun) == 1);
        ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_MS(2)), -ETIMEDOUT);
        store_release(&gate_open, true);
        runtime_end(runtime);
        ck_assert_int_eq(load_acquire(&begun), 1);
        ck_assert_int_eq(load_acquire(&ended), 1);
        for (size_t i = 0; i < LENGTH(task); i++)
            steal_task_detach(task[i]);
    }
}
END_TEST

static int
begin_stop(void *arg)
{
    steal_runtime_begin_stop(runtime);
    return grow(*(int *)arg);
}

START_TEST(runtime_may_begin_to_stop_at_any_moment)
{
    for (int turn = 0; turn < scaled(400); turn++) {
        struct steal_task *task[12];
        _Atomic(int) leaves = 0;
        int depth = 5;

        runtime = runtime_start(1 + (unsigned)turn % 4);
        for (size_t i = 0; i < LENGTH(task); i++)
            task[i] = i == (size_t)turn % LENGTH(task)
                              ? spawn_awaiter(begin_stop, &depth)
                              : spawn_awaiter(count_tree, (void *)&leaves);
        runtime_end(runtime);
        require(load_acquire(&leaves) % 16 == 0);
        for (size_t i = 0; i < LENGTH(task); i++)
            if (task[i])
                steal_task_detach(task[i]);
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        result_is_that_of_the_function,
        one_struct_serves_for_many,
        outside_of_a_task_it_is_refused,
        so_it_is_by_a_thread_that_computes_or_blocks_in_place,
        dropped_before_its_first_poll_it_does_nothing,
        they_begin_in_the_order_of_their_first_polls,
        thousands_may_wait_at_once,
        dropped_before_it_has_begun_it_is_never_called,
        dropped_while_it_runs_its_end_is_waited_for,
        many_are_dropped_while_they_run,
        timeout_gives_up_on_it,
        select_takes_who_is_first_and_drops_the_other,
        last_waker_is_woken_and_none_leaks,
        it_does_not_begin_once_the_runtime_stops,
        stop_waits_for_one_that_runs_and_calls_none_that_waits,
        runtime_may_begin_to_stop_at_any_moment,
    };

    return run_suite_with("compute", reset, tests, LENGTH(tests));
}
