/*
 * tests/dump.c - what a dump tells of tasks in every state, and to whom.
 */
#include "dumps.h"

#include <pthread.h>

#include "../src/insight/buffer.h"

static struct steal_runtime *runtime;
static struct record record;
static _Atomic(bool) held;
static _Atomic(bool) go_on;
static char *text;

static void
reset(void)
{
    memset(&record, 0, sizeof record);
    pthread_mutex_init(&record.mutex, NULL);
    store_release(&held, false);
    store_release(&go_on, false);
    text = NULL;
}

static void
start(unsigned workers, bool time_polls)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = workers;
    options.time_polls = time_polls;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
}

static void
look(void)
{
    free(text);
    text = dump_to_string(runtime, steal_dump);
}

static bool
look_finds(const char *what)
{
    look();
    return strstr(text, what);
}

static bool
look_has(const struct steal_task *task, const char *what)
{
    look();
    return part_has(text, steal_task_id(task), what);
}

static void
end(void)
{
    free(text);
    text = NULL;
    runtime_end(runtime);
}

/* A task that keeps its worker. */
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
    struct steal_task *task = spawn_call(runtime, hold, NULL);

    wait_until(load_acquire(&held));
    return task;
}

static void
let_go(struct steal_task *task)
{
    store_release(&go_on, true);
    ck_assert_int_eq(join_task(runtime, task), 0);
}

static struct steal_task *
spawn_waiting(void)
{
    int polls = record_polls(&record);
    struct steal_task *task = spawn_probe(runtime, &record, PROBE_WAITS, 0);

    wait_until(record_polls(&record) > polls);
    return task;
}

static void
end_waiting(struct steal_task *task)
{
    record_open(&record);
    ck_assert_int_eq(join_task(runtime, task), 0);
}

/*
 * Parked
 */

/* Two async functions, the inner of which waits for the probe. */
struct outer {
    struct steal_async async;
    struct inner {
        struct steal_async async;
        struct probe probe;
    } inner;
};

static int inner_line;
static int outer_line;

static enum steal_poll
inner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct inner *self = (struct inner *)future;

    STEAL_BEGIN(&self->async);
    inner_line = __LINE__ + 1;
    STEAL_AWAIT(cx, &self->probe.future);
    STEAL_END();
}

static const struct steal_future_ops inner_ops = { .name = "inner",
    .poll = inner_poll };

static enum steal_poll
outer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct outer *self = (struct outer *)future;

    STEAL_BEGIN(&self->async);
    outer_line = __LINE__ + 1;
    STEAL_AWAIT(cx, &self->inner.async.future);
    STEAL_END();
}

static const struct steal_future_ops outer_ops = { .name = "outer",
    .poll = outer_poll };

START_TEST(parked_task_tells_what_it_awaits_and_where)
{
    struct outer outer = { .async = STEAL_ASYNC(&outer_ops),
        .inner = { .async = STEAL_ASYNC(&inner_ops),
                .probe = probe_make(&record, PROBE_WAITS, 0) } };
    struct steal_task *task;
    char chain[200];
    char *part;

    start(2, false);
    ck_assert_int_eq(steal_spawn(runtime, &outer.async.future, sizeof outer,
                             &task),
            0);
    ck_assert_int_eq(steal_task_set_name(task, "the one"), 0);
    wait_until(record_polls(&record) == 1);
    wait_until(look_finds(", the one: parked\n"));
    part = part_of(text, steal_task_id(task));
    ck_assert_ptr_nonnull(strstr(part, ", the one: parked\n"));
    snprintf(chain, sizeof chain,
            "\n    outer at %s:%d\n     inner at %s:%d\n      probe\n",
            __FILE__, outer_line, __FILE__, inner_line);
    ck_assert_ptr_nonnull(strstr(part, chain));
    free(part);
    end_waiting(task);
    end();
}
END_TEST

#define MANY 300

START_TEST(each_task_is_told_once)
{
    struct steal_task *task[MANY];

    start(3, false);
    for (int i = 0; i < MANY; i++)
        task[i] = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    do
        look();
    while (count_in(text, ": parked") != MANY);
    ck_assert_int_eq(count_in(text, "\ntask "), MANY);
    for (int i = 0; i < MANY; i++)
        ck_assert(part_has(text, steal_task_id(task[i]), ": parked"));
    for (int i = 0; i < MANY; i++) {
        steal_task_abort(task[i]);
        ck_assert_int_eq(join_task(runtime, task[i]), -ECANCELED);
    }
    wait_until(look_finds("steal: 0 tasks"));
    ck_assert_int_eq(count_in(text, "\ntask "), 0);
    end();
}
END_TEST

START_TEST(tasks_that_were_looked_at_can_be_woken)
{
    struct steal_task *task;

    start(1, false);
    task = spawn_waiting();
    for (int i = 0; i < 3; i++)
        look();
    ck_assert_int_eq(record_polls(&record), 1);
    end_waiting(task);
    ck_assert_int_eq(record_polls(&record), 2);
    end();
}
END_TEST

static _Atomic(int) stuck_tasks;

static void
count_stuck(const struct steal_stuck *stuck, void *data)
{
    (void)stuck, (void)data;
    add_acq_rel(&stuck_tasks, 1);
}

static struct steal_task *
spawn_forgetful(void)
{
    struct steal_task *task = spawn_waiting();
    struct steal_waker waker = record_take_waker(&record);

    steal_waker_drop(&waker);
    return task;
}

START_TEST(task_that_nobody_can_wake_is_lost_where_that_is_looked_for)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *lost;
    struct steal_task *waiting;

    options.workers = 1;
    options.detect_lost_wakes = STEAL_STUCK_REPORT;
    options.on_stuck = count_stuck;
    store_release(&stuck_tasks, 0);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    lost = spawn_forgetful();
    waiting = spawn_waiting();
    wait_until(look_has(lost, ", probe: lost; "));
    wait_until(look_has(waiting, ", probe: parked; "));
    look();
    ck_assert_int_eq(load_acquire(&stuck_tasks), 1);
    end_waiting(waiting);
    steal_task_abort(lost);
    ck_assert_int_eq(join_task(runtime, lost), -ECANCELED);
    end();
}
END_TEST

/*
 * Queued
 */

static int came;
static int numbers
        [20]; /* as many as a worker takes at once: of more it takes some first */

/* By the one worker. */
static int
come_in_turn(void *arg)
{
    require(arg == &numbers[came]);
    came++;
    return 0;
}

START_TEST(tasks_in_the_injector_are_told_and_keep_their_order)
{
    struct steal_task *task[LENGTH(numbers)];
    struct steal_task *holder;

    came = 0;
    start(1, false);
    holder = hold_worker();
    for (size_t i = 0; i < LENGTH(numbers); i++)
        task[i] = spawn_call(runtime, come_in_turn, &numbers[i]);
    look();
    ck_assert_int_eq(count_in(text, ", call: queued\n    call\n"),
            LENGTH(numbers));
    for (size_t i = 0; i < LENGTH(numbers); i++)
        ck_assert(part_has(text, steal_task_id(task[i]), ": queued"));
    let_go(holder);
    for (size_t i = 0; i < LENGTH(numbers); i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    ck_assert_int_eq(came, LENGTH(numbers));
    end();
}
END_TEST

static struct steal_task *children[600];

/* Into the slot, the ring and, as that overflows, the injector. */
static int
spawn_children_and_hold(void *arg)
{
    for (size_t i = 0; i < LENGTH(children); i++)
        children[i] = spawn_probe(NULL, &record, 0, 0);
    return hold(arg);
}

START_TEST(tasks_in_slot_and_ring_are_told_and_run)
{
    struct steal_task *holder;

    start(1, false);
    holder = spawn_call(runtime, spawn_children_and_hold, NULL);
    wait_until(load_acquire(&held));
    look();
    ck_assert_int_eq(count_in(text, ", probe: queued\n"), LENGTH(children));
    let_go(holder);
    for (size_t i = 0; i < LENGTH(children); i++)
        ck_assert_int_eq(join_task(runtime, children[i]), 0);
    ck_assert_int_eq(record_drops(&record), LENGTH(children));
    end();
}
END_TEST

START_TEST(woken_task_is_queued_and_aborted_one_finishing)
{
    struct steal_task *task[2];
    struct steal_task *holder;
    struct record other = RECORD_INIT;

    start(1, false);
    task[0] = spawn_waiting();
    task[1] = spawn_probe(runtime, &other, PROBE_WAITS, 0);
    wait_until(record_polls(&other) == 1);
    holder = hold_worker();
    record_open(&record);
    steal_task_abort(task[1]);
    look();
    ck_assert(part_has(text, steal_task_id(task[0]), ", probe: queued\n"));
    ck_assert(part_has(text, steal_task_id(task[1]), ", probe: finishing\n"));
    let_go(holder);
    ck_assert_int_eq(join_task(runtime, task[0]), 0);
    ck_assert_int_eq(join_task(runtime, task[1]), -ECANCELED);
    end();
}
END_TEST

/*
 * Running
 */

START_TEST(running_task_is_told_by_its_kind)
{
    struct steal_task *holder;

    start(2, false);
    holder = hold_worker();
    look();
    ck_assert_int_eq(count_in(text, "\ntask ?, call: running on worker "), 1);
    ck_assert_int_eq(count_in(text, ": polling call, "), 1);
    let_go(holder);
    end();
}
END_TEST

START_TEST(running_task_is_told_by_its_id_where_polls_are_timed)
{
    struct steal_task *holder;

    start(2, true);
    holder = hold_worker();
    look();
    ck_assert(part_has(text, steal_task_id(holder),
            ", call: running on worker "));
    ck_assert(part_has(text, steal_task_id(holder), " for "));
    ck_assert_int_eq(count_in(text, "\ntask "), 1);
    let_go(holder);
    end();
}
END_TEST

/* Waits once, so that it is in a register, and then keeps its worker. */
static enum steal_poll
late_poll(struct steal_future *future, struct steal_context *cx)
{
    struct probe *probe = (struct probe *)future;

    if (probe_poll(future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    (void)probe;
    hold(NULL);
    return STEAL_READY;
}

static const struct steal_future_ops late_ops = { .name = "late",
    .poll = late_poll,
    .drop = probe_drop };

START_TEST(running_task_that_has_parked_before_is_known)
{
    struct probe late = probe_make(&record, PROBE_WAITS, 0);
    struct steal_task *task;

    late.future.ops = &late_ops;
    start(2, false);
    ck_assert_int_eq(steal_spawn(runtime, &late.future, sizeof late, &task), 0);
    wait_until(record_polls(&record) == 1);
    wait_until(look_finds(", late: parked"));
    ck_assert(part_has(text, steal_task_id(task), ", late: parked"));
    record_open(&record);
    wait_until(load_acquire(&held));
    look();
    ck_assert(
            part_has(text, steal_task_id(task), ", late: running on worker "));
    ck_assert_int_eq(count_in(text, "\ntask "), 1);
    let_go(task);
    end();
}
END_TEST

static int
wait_for_a_poll(void *arg)
{
    (void)arg;
    wait_until(record_polls(&record));
    return 0;
}

static int
block_and_hold(void *arg)
{
    steal_block_in_place(wait_for_a_poll, NULL);
    return hold(arg);
}

/* Another thread has been the worker meanwhile, and has polled another task. */
START_TEST(running_task_that_has_blocked_in_place_is_known)
{
    struct steal_task *holder;
    struct steal_task *other;

    start(1, true);
    holder = spawn_call(runtime, block_and_hold, NULL);
    other = spawn_probe(runtime, &record, 0, 0);
    wait_until(load_acquire(&held));
    look();
    ck_assert(part_has(text, steal_task_id(holder),
            ", call: running on worker 0 for "));
    ck_assert_int_eq(count_in(text, "\ntask "), 1);
    let_go(holder);
    ck_assert_int_eq(join_task(runtime, other), 0);
    end();
}
END_TEST

static int
dump_inside(void *arg)
{
    (void)arg;
    text = dump_to_string(runtime, steal_dump);
    return (int)steal_task_id(steal_task_current());
}

START_TEST(task_may_dump_and_finds_itself)
{
    uint64_t id;

    start(1, false);
    id = (uint64_t)call_inside(runtime, dump_inside, NULL);
    ck_assert(part_has(text, id, ": running on worker 0\n"));
    ck_assert_int_eq(count_in(text, "\ntask "), 1);
    end();
}
END_TEST

static int
dump_outside(void *arg)
{
    (void)arg;
    text = dump_to_string(runtime, steal_dump);
    return 0;
}

START_TEST(blocking_call_may_dump)
{
    struct steal_blocking blocking;

    start(1, false);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_blocking(&blocking, dump_outside, NULL)),
            0);
    ck_assert_int_eq(count_in(text, "\ntask "), 1); /* the one that waits */
    ck_assert_int_eq(count_in(text, "1 threads, of which 1 busy\n"), 1);
    end();
}
END_TEST

START_TEST(task_that_yields_all_the_time_is_found)
{
    struct steal_task *task[4];

    start(2, false);
    for (size_t i = 0; i < LENGTH(task); i++)
        task[i] = spawn_probe(runtime, &record, INT32_MAX, 0);
    wait_until(record_polls(&record) > 100);
    look();
    ck_assert_int_le(count_in(text, "\ntask "), LENGTH(task));
    ck_assert_int_ge(count_in(text, ", probe: "), 1);
    for (size_t i = 0; i < LENGTH(task); i++) {
        steal_task_abort(task[i]);
        ck_assert_int_eq(join_task(runtime, task[i]), -ECANCELED);
    }
    end();
}
END_TEST

/*
 * Times, and the rest of the runtime
 */

START_TEST(times_are_told_where_they_are_measured)
{
    struct steal_task *task;

    start(1, true);
    task = spawn_probe(runtime, &record, 3, 0);
    ck_assert_int_eq(join_task(runtime, task), 0);
    task = spawn_waiting();
    wait_until(look_has(task, " old, 1 polls in "));
    ck_assert(part_has(text, steal_task_id(task), ", longest "));
    ck_assert(part_has(text, steal_task_id(task), ", last "));
    ck_assert(part_has(text, steal_task_id(task), " ago\n"));
    end_waiting(task);
    end();
}
END_TEST

struct sleeper {
    struct steal_async async;
    struct steal_sleep sleep;
};

static enum steal_poll
sleeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sleeper *self = (struct sleeper *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_sleep(&self->sleep, STEAL_SECONDS(1000)));
    STEAL_END();
}

static const struct steal_future_ops sleeper_ops = { .name = "sleeper",
    .poll = sleeper_poll };

START_TEST(timers_and_descriptors_are_counted)
{
    struct sleeper sleeper = { .async = STEAL_ASYNC(&sleeper_ops) };
    struct steal_task *task;
    struct steal_fd *fd;
    int ends[2];

    start(1, false);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(steal_fd_new(&fd, runtime, ends[0]), 0);
    ck_assert_int_eq(steal_spawn(runtime, &sleeper.async.future, sizeof sleeper,
                             &task),
            0);
    wait_until(look_finds("timers: 1; descriptors: 1\n"));
    ck_assert_int_eq(count_in(text, "  worker "), 1);
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    steal_fd_close(fd);
    look();
    ck_assert_int_eq(count_in(text, "timers: 0; descriptors: 0\n"), 1);
    close(ends[1]);
    end();
}
END_TEST

START_TEST(runtime_on_its_caller_may_be_dumped)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *task;

    options.flags = STEAL_ON_CALLER;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    task = spawn_probe(runtime, &record, 0, 0);
    look();
    ck_assert(part_has(text, steal_task_id(task), ": queued\n"));
    ck_assert_int_eq(join_task(runtime, task), 0);
    end();
}
END_TEST

START_TEST(times_are_of_three_digits_in_the_unit_that_suits)
{
    static const struct {
        uint64_t time;
        const char *text;
    } times[] = { { 0, "0 ns" }, { 999, "999 ns" }, { 1000, "1 us" },
        { 999499, "999 us" }, { 999500, "1 ms" }, { 999999, "1 ms" },
        { 12345678, "12.3 ms" }, { 999499999, "999 ms" }, { 999500000, "1 s" },
        { STEAL_SECONDS(1), "1 s" }, { STEAL_SECONDS(100), "100 s" },
        { STEAL_SECONDS(5000), "5000 s" } };

    for (size_t i = 0; i < LENGTH(times); i++) {
        struct buffer buffer = BUFFER_INIT;

        steal__buffer_put_time(&buffer, times[i].time);
        steal__buffer_printf(&buffer, "%c", '\0');
        ck_assert_str_eq(buffer.data, times[i].text);
        steal__buffer_free(&buffer);
    }
}
END_TEST

/*
 * When it cannot
 */

START_TEST(file_that_is_full_is_told)
{
    FILE *full = fopen("/dev/full", "w");

    start(1, false);
    ck_assert_ptr_nonnull(full);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(steal_dump(runtime, full), -ENOSPC);
        ck_assert_int_eq(steal_dump_json(runtime, full), -ENOSPC);
        setbuf(full, NULL);
    }
    fclose(full);
    end();
}
END_TEST

START_TEST(stopping_runtime_is_dumped_and_stops)
{
    struct steal_task *holder;
    struct steal_task *task;

    start(2, false);
    task = spawn_waiting();
    holder = hold_worker();
    ck_assert_int_eq(steal_runtime_stop(runtime, 0), -ETIMEDOUT);
    for (int i = 0; i < 20; i++)
        look();
    ck_assert_int_eq(count_in(text, ", stopping\n"), 1);
    store_release(&go_on, true);
    end();
    steal_task_detach(holder);
    steal_task_detach(task);
}
END_TEST

static void *
dump_until_stopped(void *arg)
{
    FILE *file = fopen("/dev/null", "w");

    (void)arg;
    require(file);
    while (!load_acquire(&go_on))
        require(steal_dump(runtime, file) == 0);
    fclose(file);
    return NULL;
}

START_TEST(dump_and_stop_at_once_do_not_hang)
{
    for (int i = 0; i < scaled(50); i++) {
        pthread_t thread;

        start(2, false);
        store_release(&go_on, false);
        for (int j = 0; j < 20; j++)
            steal_task_detach(
                    spawn_probe(runtime, &record, j % 2 ? PROBE_WAITS : 2, 0));
        thread = start_thread(dump_until_stopped, NULL);
        steal_runtime_begin_stop(runtime);
        wait_until(steal_runtime_stuck(runtime, NULL, 0) == 0);
        store_release(&go_on, true);
        join_thread(thread);
        runtime_end(runtime);
    }
}
END_TEST

START_TEST(child_of_a_fork_has_nothing_to_dump)
{
    int status = 0;
    pid_t child;

    start(1, false);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(steal_dump(runtime, stderr) == -ECANCELED ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        parked_task_tells_what_it_awaits_and_where,
        each_task_is_told_once,
        tasks_that_were_looked_at_can_be_woken,
        task_that_nobody_can_wake_is_lost_where_that_is_looked_for,
        tasks_in_the_injector_are_told_and_keep_their_order,
        tasks_in_slot_and_ring_are_told_and_run,
        woken_task_is_queued_and_aborted_one_finishing,
        running_task_is_told_by_its_kind,
        running_task_is_told_by_its_id_where_polls_are_timed,
        running_task_that_has_parked_before_is_known,
        running_task_that_has_blocked_in_place_is_known,
        task_may_dump_and_finds_itself,
        blocking_call_may_dump,
        task_that_yields_all_the_time_is_found,
        times_are_told_where_they_are_measured,
        timers_and_descriptors_are_counted,
        runtime_on_its_caller_may_be_dumped,
        times_are_of_three_digits_in_the_unit_that_suits,
        file_that_is_full_is_told,
        stopping_runtime_is_dumped_and_stops,
        dump_and_stop_at_once_do_not_hang,
        child_of_a_fork_has_nothing_to_dump,
    };

    unsetenv("STEAL_DEBUG"); /* what it says of times is another matter then */
    return run_suite_with("dump", reset, tests, LENGTH(tests));
}
