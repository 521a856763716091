/*
 * tests/worker.c - the order in which tasks run, and that a task which is stuck
 * in a long poll strands nobody.
 */
#include "../src/sched/worker.h"

#include "kit.h"

static struct record record;
static struct steal_runtime *runtime;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
}

/*
 * Order
 */

struct log {
    int text[64];
    _Atomic(int) n; /* written by the one worker, after the text */
};

struct entry {
    struct steal_future future;
    struct log *log;
    int number;
};

static enum steal_poll
entry_poll(struct steal_future *future, struct steal_context *cx)
{
    struct entry *entry = (struct entry *)future;

    (void)cx;
    entry->log->text[load_relaxed(&entry->log->n)] = entry->number;
    add_acq_rel(&entry->log->n, 1);
    return STEAL_READY;
}

static const struct steal_future_ops entry_ops = { .name = "entry",
    .poll = entry_poll };

static void
spawn_entry(struct log *log, int number)
{
    struct entry entry = { STEAL_FUTURE(&entry_ops), log, number };

    require(steal_spawn(NULL, &entry.future, sizeof entry, NULL) == 0);
}

static int
spawn_five(void *arg)
{
    for (int i = 0; i < 5; i++)
        spawn_entry(arg, i);
    return 0;
}

/* Waits, in the one worker's own turn, until the log is full. */
static void
run_until_logged(struct log *log, int n)
{
    struct steal_yield yield;

    for (int i = 0; i < 10000 && load_acquire(&log->n) < n; i++)
        steal_block_on(runtime, steal_yield(&yield));
    ck_assert_int_eq(load_acquire(&log->n), n);
}

START_TEST(newest_runs_next_and_the_others_in_their_order)
{
    const int order[] = { 4, 0, 1, 2, 3 };
    struct log log = { .n = 0 };

    runtime = runtime_start(1);
    call_inside(runtime, spawn_five, &log);
    run_until_logged(&log, 5);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(log.text[i], order[i]);
    runtime_end(runtime);
}
END_TEST

/* Two tasks that wake each other without end live in the slot. */
struct pong {
    struct steal_future future;
    struct record *mine;
    struct record *other;
};

static enum steal_poll
pong_poll(struct steal_future *future, struct steal_context *cx)
{
    struct pong *pong = (struct pong *)future;
    struct steal_waker waker;

    record_wait(pong->mine, cx);
    add_acq_rel(&pong->mine->polls, 1);
    waker = record_take_waker(pong->other);
    steal_waker_wake(&waker);
    return STEAL_PENDING;
}

static void
pong_drop(struct steal_future *future)
{
    struct steal_waker waker = record_take_waker(((struct pong *)future)->mine);

    steal_waker_drop(&waker);
}

static const struct steal_future_ops pong_ops = { .name = "pong",
    .poll = pong_poll,
    .drop = pong_drop };

static void
spawn_pongs(struct record *ends)
{
    for (int i = 0; i < 2; i++) {
        struct pong pong = { STEAL_FUTURE(&pong_ops), &ends[i], &ends[1 - i] };

        ends[i] = (struct record)RECORD_INIT;
        require(steal_spawn(runtime, &pong.future, sizeof pong, NULL) == 0);
    }
}

START_TEST(tasks_that_wake_each_other_do_not_starve_the_ring)
{
    static struct record ends[2];
    struct log log = { .n = 0 };

    runtime = runtime_start(1);
    spawn_pongs(ends);
    wait_until(record_polls(&ends[1]) > 10);
    call_inside(runtime, spawn_five, &log);
    run_until_logged(&log, 5);
    runtime_end(runtime);
}
END_TEST

START_TEST(busy_worker_looks_at_injector_and_timers)
{
    static struct record ends[2];
    struct steal_sleep sleep;

    runtime = runtime_start(1);
    spawn_pongs(ends);
    for (int i = 0; i < 3; i++)
        steal_task_detach(spawn_probe(runtime, &record, 1 << 30, 0));
    wait_until(record_polls(&record) > 10);
    /* From outside, and then woken by a timer. */
    ck_assert_int_eq(steal_block_on(runtime, steal_sleep(&sleep, STEAL_MS(2))),
            0);
    runtime_end(runtime);
}
END_TEST

static int
spawn_many(void *arg)
{
    for (int i = 0; i < *(int *)arg; i++)
        steal_task_detach(spawn_probe(NULL, &record, i % 2, 0));
    return 0;
}

START_TEST(ring_that_overflows_loses_nothing)
{
    int n = scaled(20000);

    runtime = runtime_start(1);
    call_inside(runtime, spawn_many, &n);
    wait_until(record_drops(&record) == n);
    runtime_end(runtime);
    ck_assert_int_eq(record_polls(&record), n + n / 2);
}
END_TEST

/*
 * Stuck: a poll spins until something else has happened.
 */

static _Atomic(int) happened;

static void
spin_until_happened(void)
{
    uint64_t limit = steal_now() + STEAL_SECONDS(10);

    while (!load_acquire(&happened)) {
        if (steal_now() > limit)
            ck_abort_msg("stranded behind a long poll");
        sched_yield();
    }
}

static int
happen(void *arg)
{
    (void)arg;
    store_release(&happened, 1);
    return 0;
}

static int
stuck_with_next_slot(void *arg)
{
    (void)arg;
    steal_task_detach(spawn_call(NULL, happen, NULL));
    spin_until_happened();
    return 0;
}

START_TEST(task_in_the_next_slot_of_a_stuck_worker_runs)
{
    runtime = runtime_start(2);
    for (int i = 0; i < 5; i++) {
        store_release(&happened, 0);
        call_inside(runtime, stuck_with_next_slot, NULL);
    }
    runtime_end(runtime);
}
END_TEST

static int
do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* The first is displaced into the ring; the last stays in the slot. */
static int
stuck_with_ring(void *arg)
{
    (void)arg;
    steal_task_detach(spawn_call(NULL, happen, NULL));
    for (int i = 0; i < 3; i++)
        steal_task_detach(spawn_call(NULL, do_nothing, NULL));
    spin_until_happened();
    return 0;
}

START_TEST(tasks_in_the_ring_of_a_stuck_worker_run)
{
    runtime = runtime_start(2);
    for (int i = 0; i < 5; i++) {
        store_release(&happened, 0);
        call_inside(runtime, stuck_with_ring, NULL);
    }
    runtime_end(runtime);
}
END_TEST

static _Atomic(int) stuck;

static int
stuck_from_now_on(void *arg)
{
    (void)arg;
    add_acq_rel(&stuck, 1);
    spin_until_happened();
    return 0;
}

static struct steal_task *
spawn_stuck(void)
{
    struct steal_task *task;

    store_release(&happened, 0);
    store_release(&stuck, 0);
    task = spawn_call(runtime, stuck_from_now_on, NULL);
    wait_until(load_acquire(&stuck) == 1);
    return task;
}

START_TEST(tasks_from_outside_run_beside_a_stuck_worker)
{
    struct steal_task *task;

    runtime = runtime_start(2);
    task = spawn_stuck();
    call_inside(runtime, happen, NULL);
    join_task(runtime, task);
    runtime_end(runtime);
}
END_TEST

/* Waits for time, or for a descriptor, and lets the stuck one go. */
struct event {
    struct steal_async async;
    struct steal_sleep sleep;
    struct steal_ready ready;
    struct steal_fd *fd;
    _Atomic(int) *waiting;
};

static enum steal_poll
event_poll(struct steal_future *future, struct steal_context *cx)
{
    struct event *self = (struct event *)future;

    STEAL_BEGIN(&self->async);
    add_acq_rel(self->waiting, 1);
    if (self->fd)
        STEAL_AWAIT(cx, steal_fd_readable(&self->ready, self->fd));
    else
        STEAL_AWAIT(cx, steal_sleep(&self->sleep, STEAL_MS(30)));
    happen(NULL);
    STEAL_END();
}

static const struct steal_future_ops event_ops = { .name = "event",
    .poll = event_poll };

static struct steal_task *
spawn_event(struct steal_fd *fd)
{
    static _Atomic(int) waiting;
    struct event event = { .async = STEAL_ASYNC(&event_ops),
        .fd = fd,
        .waiting = &waiting };
    struct steal_task *task;

    store_release(&waiting, 0);
    require(steal_spawn(runtime, &event.async.future, sizeof event, &task) ==
            0);
    wait_until(load_acquire(&waiting) == 1);
    return task;
}

START_TEST(timers_fire_beside_a_stuck_worker)
{
    runtime = runtime_start(2);
    for (int i = 0; i < 4; i++) {
        struct steal_task *event;
        struct steal_task *task;

        store_release(&happened, 0);
        event = spawn_event(NULL);
        task = spawn_call(runtime, stuck_from_now_on, NULL);
        join_task(runtime, event);
        join_task(runtime, task);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(descriptors_are_watched_beside_a_stuck_worker)
{
    runtime = runtime_start(2);
    for (int i = 0; i < 4; i++) {
        struct steal_task *event;
        struct steal_task *task;
        struct steal_fd *fd; /* a new one, which has no wake-up too many */
        int ends[2];

        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(steal_fd_new(&fd, runtime, ends[0]), 0);
        event = spawn_event(fd);
        task = spawn_stuck();
        ck_assert_int_eq(write(ends[1], "x", 1), 1);
        join_task(runtime, event);
        join_task(runtime, task);
        steal_fd_close(fd);
        close(ends[1]);
    }
    runtime_end(runtime);
}
END_TEST

/* Sets its timer in the first poll, and tells. */
static enum steal_poll
armed_poll(struct steal_future *future, struct steal_context *cx)
{
    struct event *self = (struct event *)future;

    if (!self->fd) {
        self->fd = (struct steal_fd *)1; /* a mark: the timer is set */
        steal_sleep(&self->sleep, STEAL_MS(30));
        add_acq_rel(self->waiting, 1);
    }
    if (steal_future_poll(&self->sleep.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    happen(NULL);
    return STEAL_READY;
}

static void
armed_drop(struct steal_future *future)
{
    steal_future_drop(&((struct event *)future)->sleep.future);
}

static const struct steal_future_ops armed_ops = { .name = "armed",
    .poll = armed_poll,
    .drop = armed_drop };

/* Sets a timer, then both workers wake up: one to be stuck. */
START_TEST(timer_set_on_the_stuck_worker_fires)
{
    runtime = runtime_start(2);
    for (int i = 0; i < 4; i++) {
        static _Atomic(int) waiting;
        struct event event = { .waiting = &waiting };
        struct steal_task *task;

        store_release(&waiting, 0);
        store_release(&happened, 0);
        event.async.future = (struct steal_future)STEAL_FUTURE(&armed_ops);
        require(steal_spawn(runtime, &event.async.future, sizeof event,
                        &task) == 0);
        wait_until(load_acquire(&waiting) == 1);
        call_inside(runtime, stuck_from_now_on, NULL);
        join_task(runtime, task);
    }
    runtime_end(runtime);
}
END_TEST

/*
 * Nothing to do
 */

static uint64_t
cpu_time(void)
{
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
                   STEAL_SECONDS(1) +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static long
switches(void)
{
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_nvcsw;
}

START_TEST(idle_runtime_uses_no_processor)
{
    static _Atomic(int) waiting;
    struct event event = { .waiting = &waiting };
    uint64_t cpu;
    long before;

    runtime = runtime_start(4);
    event.async.future = (struct steal_future)STEAL_FUTURE(&armed_ops);
    event.fd = (struct steal_fd *)1;
    steal_sleep(&event.sleep, STEAL_SECONDS(3600));
    require(steal_spawn(runtime, &event.async.future, sizeof event, NULL) == 0);
    usleep(100000); /* lets the workers settle */
    cpu = cpu_time();
    before = switches();
    sleep(2);
    cpu = cpu_time() - cpu;
    before = switches() - before;
    ck_assert_uint_lt(cpu, STEAL_MS(5) * (uint64_t)(scaled(2) == 2 ? 1 : 20));
    /* The detector of races has two threads that wake up each tenth. */
    ck_assert_int_lt(before, scaled(2) == 2 ? 50 : 90);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        newest_runs_next_and_the_others_in_their_order,
        tasks_that_wake_each_other_do_not_starve_the_ring,
        busy_worker_looks_at_injector_and_timers,
        ring_that_overflows_loses_nothing,
        task_in_the_next_slot_of_a_stuck_worker_runs,
        tasks_in_the_ring_of_a_stuck_worker_run,
        tasks_from_outside_run_beside_a_stuck_worker,
        timers_fire_beside_a_stuck_worker,
        descriptors_are_watched_beside_a_stuck_worker,
        timer_set_on_the_stuck_worker_fires,
        idle_runtime_uses_no_processor,
    };

    return run_suite_with("worker", reset, tests, LENGTH(tests));
}
