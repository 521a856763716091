/*
 * tests/simulate.c - runs that can be had again, each in its order and its time.
 */
#include <steal/simulate.h>

#include <stdio.h>
#include <time.h>

#include "../src/base/clock.h"
#include "../src/sched/worker.h"
#include "kit.h"

static struct steal_options
options_of(uint64_t seed)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.deterministic = true;
    options.seed = seed;
    options.workers = 3;
    return options;
}

static struct steal_runtime *
start(uint64_t seed)
{
    struct steal_options options = options_of(seed);
    struct steal_runtime *runtime = NULL;

    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    return runtime;
}

/*
 * A village: tasks that do a bit of all, and write down what happens when, where
 * and to whom.
 */

#define LONGEST   200000
#define VILLAGERS 6
#define ROUNDS    4

static char *journal;
static size_t written;
static struct steal_channel *market;
static struct steal_mutex well;
static struct steal_fd *river[2];

static void
note(int who, const char *what)
{
    int n = snprintf(journal + written, LONGEST - written, "%llu %u %d %s\n",
            (unsigned long long)steal_now(), steal__worker->index, who, what);

    require(n > 0 && written + (size_t)n < LONGEST);
    written += (size_t)n;
}

struct villager {
    struct steal_async async;
    int who;
    int round;
    int parcel;
    union {
        struct steal_mutex_lock lock;
        struct steal_channel_send send;
        struct steal_channel_receive receive;
        struct steal_sleep sleep;
        struct steal_blocking call;
        struct steal_compute compute;
        struct steal_io io;
    } wait;
    struct {
        struct steal_sleep nap[3];
        struct steal_future *naps[3];
        struct steal_select select;
    } choice;
};

static int
chop(void *arg)
{
    (void)arg;
    require(!steal__worker);
    return steal_clock_advance(STEAL_US(300));
}

static int
count_stars(void *arg)
{
    (void)arg;
    return steal_clock_advance(STEAL_US(200));
}

static struct steal_future *
choose(struct villager *self)
{
    for (int i = 0; i < 3; i++)
        self->choice.naps[i] = steal_sleep(&self->choice.nap[i], 0);
    return steal_race(&self->choice.select, self->choice.naps, 3);
}

static enum steal_poll
villager_poll(struct steal_future *future, struct steal_context *cx)
{
    static const char *const chosen[] = { "first", "second", "third" };
    struct villager *self = (struct villager *)future;

    STEAL_BEGIN(&self->async);
    for (self->round = 0; self->round < ROUNDS; self->round++) {
        note(self->who, "goes to the well");
        STEAL_AWAIT(cx, steal_mutex_lock(&self->wait.lock, &well));
        note(self->who, "is at the well");
        STEAL_YIELD(cx);
        steal_mutex_unlock(&well);
        STEAL_AWAIT(cx,
                steal_channel_send(&self->wait.send, market, &self->who));
        note(self->who, "has sent");
        STEAL_AWAIT(cx, steal_channel_receive(&self->wait.receive, market,
                                &self->parcel));
        note(self->parcel, "has got a parcel through");
        STEAL_AWAIT(cx, steal_blocking(&self->wait.call, chop, NULL));
        note(self->who, "has chopped");
        STEAL_AWAIT(cx, steal_compute(&self->wait.compute, count_stars, NULL));
        note(self->who, "has counted");
        STEAL_AWAIT(cx, choose(self));
        note(self->who, chosen[self->choice.select.index]);
        STEAL_AWAIT(cx, steal_sleep(&self->wait.sleep, STEAL_MS(1)));
        note(self->who, "wakes up");
        STEAL_AWAIT(cx, steal_fd_write_all(&self->wait.io, river[0], "x", 1));
        STEAL_AWAIT(cx, steal_fd_read_exact(&self->wait.io, river[1],
                                &self->parcel, 1));
        note(self->who, "has fished");
    }
    STEAL_END();
}

static const struct steal_future_ops villager_ops = { .name = "villager",
    .poll = villager_poll };

struct village {
    struct steal_async async;
    struct steal_group group;
    struct steal_group_wait wait;
};

static enum steal_poll
village_poll(struct steal_future *future, struct steal_context *cx)
{
    struct village *self = (struct village *)future;

    STEAL_BEGIN(&self->async);
    require(steal_group_init(&self->group, NULL, 0) == 0);
    require(steal_socketpair(river, NULL, SOCK_STREAM) == 0);
    for (int i = 0; i < VILLAGERS; i++) {
        struct villager villager = { .async = STEAL_ASYNC(&villager_ops),
            .who = i };

        require(steal_group_spawn(&self->group, &villager.async.future,
                        sizeof villager) == 0);
    }
    STEAL_AWAIT(cx, steal_group_wait(&self->wait, &self->group));
    steal_fd_unref(river[0]);
    steal_fd_unref(river[1]);
    STEAL_RETURN(self->wait.future.result);
    STEAL_END();
}

static void
village_drop(struct steal_future *future)
{
    steal_group_fini(&((struct village *)future)->group);
}

static const struct steal_future_ops village_ops = { .name = "village",
    .poll = village_poll,
    .drop = village_drop };

/* What is written down in a run with these options: the caller's to free. */
static char *
live_with(const struct steal_options *options)
{
    struct village village = { .async = STEAL_ASYNC(&village_ops) };
    struct steal_channel channel;
    int slots[2];

    journal = malloc(LONGEST);
    ck_assert_ptr_nonnull(journal);
    written = 0;
    market = &channel;
    steal_channel_init(market, slots, sizeof *slots, LENGTH(slots));
    steal_mutex_init(&well);
    ck_assert_int_eq(steal_run(options, &village.async.future), 0);
    steal_channel_fini(market);
    return journal;
}

static char *
live(uint64_t seed)
{
    struct steal_options options = options_of(seed);

    return live_with(&options);
}

START_TEST(the_same_seed_is_the_same_run_byte_for_byte)
{
    for (uint64_t seed = 1; seed <= (uint64_t)scaled(100); seed++) {
        char *once = live(seed);
        char *again = live(seed);

        ck_assert(strcmp(once, again) == 0);
        ck_assert(strlen(once) > 1000);
        free(once);
        free(again);
    }
}
END_TEST

START_TEST(other_seeds_are_other_runs)
{
    char *runs[20];

    for (unsigned i = 0; i < LENGTH(runs); i++) {
        runs[i] = live(i + 1);
        for (unsigned j = 0; j < i; j++)
            ck_assert(strcmp(runs[i], runs[j]) != 0);
    }
    for (unsigned i = 0; i < LENGTH(runs); i++)
        free(runs[i]);
}
END_TEST

START_TEST(who_looks_changes_nothing)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct steal_options options = options_of(seed);
        char *alone = live(seed);
        char *watched;

        options.detect_lost_wakes = STEAL_STUCK_REPORT;
        options.time_polls = true;
        options.trace = 1000;
        watched = live_with(&options);
        ck_assert(strcmp(alone, watched) == 0);
        free(alone);
        free(watched);
    }
}
END_TEST

/* In a process of its own, so that the tasks have the same numbers. */
static void
leave_trace(const char *path)
{
    struct steal_options options = options_of(7);
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        options.trace_file = path;
        options.trace = 100000;
        free(live_with(&options));
        _exit(EXIT_SUCCESS);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static size_t
read_file(const char *path, char *bytes, size_t room)
{
    FILE *file = fopen(path, "r");
    size_t n;

    ck_assert_ptr_nonnull(file);
    n = fread(bytes, 1, room, file);
    fclose(file);
    return n;
}

START_TEST(the_same_seed_leaves_the_same_trace)
{
    static char bytes[2][1 << 20];
    char path[] = "/tmp/steal-simulate-XXXXXX";
    int fd = mkstemp(path);
    size_t n[2];

    ck_assert_int_ge(fd, 0);
    close(fd);
    for (int i = 0; i < 2; i++) {
        leave_trace(path);
        n[i] = read_file(path, bytes[i], sizeof bytes[i]);
    }
    unlink(path);
    ck_assert_uint_gt(n[0], 10000);
    ck_assert_uint_lt(n[0], sizeof bytes[0]);
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert(memcmp(bytes[0], bytes[1], n[0]) == 0);
}
END_TEST

/*
 * Orders
 */

#define STEPS 3

static char order[2 * STEPS + 1];
static size_t steps;

struct stepper {
    struct steal_async async;
    char name;
    int i;
};

static enum steal_poll
stepper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct stepper *self = (struct stepper *)future;

    STEAL_BEGIN(&self->async);
    for (self->i = 0; self->i < STEPS; self->i++) {
        order[steps++] = self->name;
        STEAL_YIELD(cx);
    }
    STEAL_END();
}

static const struct steal_future_ops stepper_ops = { .name = "stepper",
    .poll = stepper_poll };

static void
walk(uint64_t seed)
{
    struct steal_runtime *runtime = start(seed);
    struct steal_task *task[2];

    steps = 0;
    for (int i = 0; i < 2; i++) {
        struct stepper stepper = { STEAL_ASYNC(&stepper_ops), (char)('a' + i),
            0 };

        ck_assert_int_eq(steal_spawn(runtime, &stepper.async.future,
                                 sizeof stepper, &task[i]),
                0);
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    runtime_end(runtime);
    ck_assert_uint_eq(steps, 2 * STEPS);
}

/* Two tasks of three polls each: 6 over 3 ways. */
START_TEST(each_order_of_polls_comes_sooner_or_later)
{
    unsigned found = 0;
    char seen[20][sizeof order];

    for (uint64_t seed = 1; found < LENGTH(seen); seed++) {
        unsigned i = 0;

        ck_assert_uint_lt(seed, 5000);
        walk(seed);
        while (i < found && memcmp(seen[i], order, sizeof order) != 0)
            i++;
        if (i == found)
            memcpy(seen[found++], order, sizeof order);
    }
}
END_TEST

static int seen_on[3];

static int
see_worker(void *arg)
{
    (void)arg;
    seen_on[steal__worker->index]++;
    return 0;
}

START_TEST(all_workers_take_part)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct steal_runtime *runtime = start(seed);
        struct steal_task *task[10];

        for (size_t i = 0; i < LENGTH(task); i++)
            task[i] = spawn_call(runtime, see_worker, NULL);
        for (size_t i = 0; i < LENGTH(task); i++)
            ck_assert_int_eq(join_task(runtime, task[i]), 0);
        runtime_end(runtime);
    }
    for (size_t i = 0; i < LENGTH(seen_on); i++)
        ck_assert_int_gt(seen_on[i], 20);
}
END_TEST

/*
 * Time
 */

static int
note_time(void *arg)
{
    *(uint64_t *)arg = steal_now();
    return 0;
}

START_TEST(a_long_sleep_takes_no_time)
{
    uint64_t real = steal__clock_real();
    struct steal_runtime *runtime = start(1);
    uint64_t begin = steal_now();
    struct steal_sleep sleep;
    uint64_t end;

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_sleep(&sleep, STEAL_SECONDS(3600))),
            0);
    call_inside(runtime, note_time, &end);
    ck_assert_uint_ge(end - begin, STEAL_SECONDS(3600));
    ck_assert_uint_lt(end - begin, STEAL_SECONDS(3601));
    ck_assert_uint_ge(steal_now(), end);
    runtime_end(runtime);
    ck_assert_uint_lt(steal__clock_real() - real, PATIENCE);
}
END_TEST

START_TEST(time_is_real_again_when_the_runtime_has_stopped)
{
    uint64_t before = steal_now();
    struct steal_runtime *runtime = start(1);

    ck_assert_int_eq(steal_clock_advance(STEAL_SECONDS(1000000)), 0);
    ck_assert_uint_gt(steal_now(), STEAL_SECONDS(1000000));
    runtime_end(runtime);
    ck_assert_int_eq(steal_clock_advance(1), -EINVAL);
    ck_assert_uint_ge(steal_now(), before);
    ck_assert_uint_lt(steal_now() - before, PATIENCE);
}
END_TEST

static void *
stop_it(void *arg)
{
    runtime_end(arg);
    return NULL;
}

START_TEST(a_runtime_that_another_thread_stops_gives_time_back)
{
    struct steal_runtime *runtime = start(1);
    uint64_t now = steal__clock_real();

    join_thread(start_thread(stop_it, runtime));
    ck_assert_uint_ge(steal_now(), now);
}
END_TEST

static int
spin(void *arg)
{
    uint64_t end = steal_now() + STEAL_MS(1);

    (void)arg;
    while (steal_now() < end)
        ;
    return 0;
}

START_TEST(a_poll_that_waits_for_a_time_comes_to_its_end)
{
    struct steal_runtime *runtime = start(1);

    ck_assert_int_eq(call_inside(runtime, spin, NULL), 0);
    runtime_end(runtime);
}
END_TEST

static int
work_long(void *arg)
{
    (void)arg;
    return steal_clock_advance(STEAL_SECONDS(7));
}

START_TEST(time_that_was_spent_inside_makes_timers_due)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct steal_runtime *runtime = start(seed);
        struct calling work = call_make(work_long, NULL);
        struct steal_future *both[2];
        struct steal_sleep sleep;
        struct steal_join_all all;

        both[0] = steal_sleep(&sleep, STEAL_SECONDS(5));
        both[1] = &work.future;
        ck_assert_int_eq(steal_block_on(runtime, steal_join_all(&all, both, 2)),
                0);
        ck_assert_uint_ge(steal_now(), sleep.deadline);
        ck_assert_uint_lt(steal_now(), sleep.deadline + STEAL_SECONDS(3));
        runtime_end(runtime);
    }
}
END_TEST

/*
 * What blocks, and what computes
 */

static unsigned
threads(void)
{
    char line[100];
    unsigned n = 0;
    FILE *status = fopen("/proc/self/status", "r");

    ck_assert_ptr_nonnull(status);
    while (fgets(line, sizeof line, status))
        sscanf(line, "Threads: %u", &n);
    fclose(status);
    return n;
}

static int
count_threads(void *arg)
{
    *(unsigned *)arg = threads();
    return 0;
}

static int
block_to_count(void *arg)
{
    return steal_block_in_place(count_threads, arg);
}

START_TEST(nothing_makes_a_thread)
{
    unsigned before = threads();
    unsigned inside[3] = { 0 };
    struct steal_runtime *runtime = start(3);
    struct steal_blocking call;
    struct steal_compute compute;

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_blocking(&call, count_threads, inside)),
            0);
    ck_assert_int_eq(call_inside(runtime, block_to_count, inside + 1), 0);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_compute(&compute, count_threads,
                                     inside + 2)),
            0);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(inside[i], before);
    runtime_end(runtime);
    ck_assert_uint_eq(threads(), before);
}
END_TEST

static struct steal_runtime *outer;

static int
wait_inside(void *arg)
{
    struct steal_sleep sleep;

    (void)arg;
    return steal_block_on(outer, steal_sleep(&sleep, STEAL_MS(20)));
}

static int
block_to_wait(void *arg)
{
    return steal_block_in_place(wait_inside, arg);
}

START_TEST(what_blocks_may_wait_for_tasks)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct steal_blocking call;

        outer = start(seed);
        ck_assert_int_eq(steal_block_on(outer,
                                 steal_blocking(&call, wait_inside, NULL)),
                0);
        ck_assert_int_eq(call_inside(outer, block_to_wait, NULL), 0);
        ck_assert_uint_gt(steal_now(), STEAL_SECONDS(1000) + STEAL_MS(40));
        runtime_end(outer);
    }
}
END_TEST

static char calls[4];
static size_t ncalls;

static int
note_call(void *arg)
{
    calls[ncalls++] = *(const char *)arg;
    return 0;
}

START_TEST(blocking_calls_end_in_any_order)
{
    char first[] = "a";
    char second[] = "b";
    bool forth = false;
    bool back = false;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct steal_runtime *runtime = start(seed);
        struct steal_blocking call[2];
        struct steal_join_all all;

        ncalls = 0;
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_join2(&all,
                                         steal_blocking(&call[0], note_call,
                                                 first),
                                         steal_blocking(&call[1], note_call,
                                                 second))),
                0);
        forth |= memcmp(calls, "ab", 2) == 0;
        back |= memcmp(calls, "ba", 2) == 0;
        runtime_end(runtime);
    }
    ck_assert(forth && back);
}
END_TEST

/*
 * Jobs
 */

static unsigned taken;

struct fib {
    struct steal_job job;
    int n;
    long result;
};

static long fib(int n);

static void
run_fib(struct steal_job *job)
{
    struct fib *self = (struct fib *)job;

    self->result = fib(self->n);
}

static long
fib(int n)
{
    struct fib right = { STEAL_JOB(run_fib), n - 2, 0 };
    long left;

    if (n < 2)
        return n;
    steal_fork(&right.job);
    left = fib(n - 1);
    if (steal_join_job(&right.job))
        return left + fib(n - 2);
    taken++;
    return left + right.result;
}

static int
compute_fib(void *arg)
{
    (void)arg;
    return (int)fib(15);
}

START_TEST(jobs_are_taken_by_others_or_not)
{
    unsigned before = 0;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct steal_runtime *runtime = start(seed);
        struct steal_compute compute;

        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_compute(&compute, compute_fib, NULL)),
                610);
        before = taken;
        ck_assert_int_eq(call_inside(runtime, compute_fib, NULL), 610);
        ck_assert_uint_gt(taken, before);
        runtime_end(runtime);
    }
    ck_assert_uint_gt(before, 100);
    ck_assert_uint_lt(taken, 20 * 2 * 987);
}
END_TEST

/*
 * The world outside
 */

static void *
open_later(void *arg)
{
    const struct timespec moment = { 0, 20000000 };

    nanosleep(&moment, NULL); /* so that the runtime may sleep; or may not */
    record_open(arg);
    return NULL;
}

START_TEST(another_thread_ends_its_sleep)
{
    struct record record = RECORD_INIT;
    struct steal_runtime *runtime = start(1);
    struct probe probe = probe_make(&record, PROBE_WAITS, 5);
    pthread_t thread = start_thread(open_later, &record);

    ck_assert_int_eq(steal_block_on(runtime, &probe.future), 5);
    join_thread(thread);
    runtime_end(runtime);
}
END_TEST

static void *
spawn_and_wait(void *arg)
{
    struct steal_sleep sleep;
    struct steal_runtime *runtime = arg;

    for (int i = 0; i < scaled(100); i++)
        require(steal_block_on(runtime, steal_sleep(&sleep, STEAL_MS(1))) == 0);
    return NULL;
}

START_TEST(threads_take_turns_to_simulate)
{
    struct steal_runtime *runtime = start(1);
    pthread_t thread[3];

    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(spawn_and_wait, runtime);
    spawn_and_wait(runtime);
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
    runtime_end(runtime);
}
END_TEST

/*
 * The end
 */

struct sleeper {
    struct steal_async async;
    struct steal_sleep sleep;
};

static bool slept;

static enum steal_poll
sleeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sleeper *self = (struct sleeper *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_sleep(&self->sleep, STEAL_SECONDS(3600)));
    slept = true;
    STEAL_END();
}

static const struct steal_future_ops sleeper_ops = { .name = "sleeper",
    .poll = sleeper_poll };

START_TEST(time_does_not_run_away_in_a_stop)
{
    slept = false;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct sleeper sleeper = { .async = STEAL_ASYNC(&sleeper_ops) };
        struct steal_runtime *runtime = start(seed);
        struct steal_sleep moment;
        struct steal_task *task;

        ck_assert_int_eq(steal_spawn(runtime, &sleeper.async.future,
                                 sizeof sleeper, &task),
                0);
        steal_block_on(runtime, steal_sleep(&moment, STEAL_MS(1)));
        runtime_end(runtime);
        steal_task_detach(task);
        ck_assert(!slept);
    }
}
END_TEST

START_TEST(a_stop_cancels_what_sleeps_and_does_not_wait_for_it)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct steal_runtime *runtime = start(seed);
        struct record record = RECORD_INIT;
        struct steal_task *task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
        struct steal_task *busy = spawn_probe(runtime, &record, 1 << 20, 0);
        struct steal_sleep sleep;
        uint64_t begin = steal_now();

        steal_block_on(runtime, steal_sleep(&sleep, STEAL_US(seed)));
        runtime_end(runtime);
        ck_assert_int_eq(record_drops(&record), 2);
        ck_assert_uint_lt(begin, STEAL_SECONDS(1001));
        steal_task_detach(task);
        steal_task_detach(busy);
    }
}
END_TEST

/*
 * Options
 */

START_TEST(what_cannot_be_simulated_is_refused)
{
    struct steal_options options = options_of(1);
    struct steal_runtime *runtime;

    options.flags = STEAL_PIN_WORKERS;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), -ENOTSUP);
    options.flags = 0;
    options.loop = (struct uv_loop_s *)(void *)&options; /* is not touched */
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), -ENOTSUP);
}
END_TEST

START_TEST(a_runtime_tells_its_seed)
{
    struct steal_options options = options_of(0);
    struct steal_runtime *runtime = start(77);
    uint64_t seed = 0;

    ck_assert_int_eq(steal_simulate_seed(runtime, &seed), 0);
    ck_assert_uint_eq(seed, 77);
    runtime_end(runtime);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    ck_assert_int_eq(steal_simulate_seed(runtime, &seed), 0);
    ck_assert_uint_ne(seed, 0);
    runtime_end(runtime);
    runtime = runtime_start(1);
    ck_assert_int_eq(steal_simulate_seed(runtime, &seed), -EINVAL);
    runtime_end(runtime);
}
END_TEST

START_TEST(the_environment_has_a_seed_for_all)
{
    struct steal_runtime *runtime;
    uint64_t seed = 0;
    char *run;
    char *replay;

    ck_assert_int_eq(setenv("STEAL_SEED", "5", 1), 0);
    runtime = runtime_start(0);
    ck_assert_int_eq(steal_simulate_seed(runtime, &seed), 0);
    ck_assert_uint_eq(seed, 5);
    ck_assert_uint_eq(steal_runtime_workers(runtime), 4);
    runtime_end(runtime);
    replay = live(6);
    ck_assert_int_eq(unsetenv("STEAL_SEED"), 0);
    run = live(5);
    ck_assert(strcmp(run, replay) == 0);
    free(run);
    free(replay);
}
END_TEST

START_TEST(what_is_no_seed_is_ignored)
{
    static const char *const seeds[] = { "many", "7seeds", "-1",
        "99999999999999999999" };

    for (size_t i = 0; i < LENGTH(seeds); i++) {
        struct steal_runtime *runtime;
        uint64_t seed;

        ck_assert_int_eq(setenv("STEAL_SEED", seeds[i], 1), 0);
        runtime = runtime_start(1);
        ck_assert_int_eq(steal_simulate_seed(runtime, &seed), -EINVAL);
        runtime_end(runtime);
    }
    ck_assert_int_eq(unsetenv("STEAL_SEED"), 0);
}
END_TEST

START_TEST(a_real_runtime_lives_in_real_time_meanwhile)
{
    struct steal_runtime *real = runtime_start(2);
    struct steal_runtime *runtime = start(1);
    uint64_t now = 0;

    call_inside(real, note_time, &now);
    ck_assert_uint_le(now, steal__clock_real());
    ck_assert_uint_lt(steal__clock_real() - now, PATIENCE);
    runtime_end(runtime);
    runtime_end(real);
}
END_TEST

static void
reset(void)
{
    memset(seen_on, 0, sizeof seen_on);
    unsetenv("STEAL_SEED");  /* these tests have seeds of their own */
    unsetenv("STEAL_DEBUG"); /* who looks is a thread */
}

int
main(void)
{
    const TTest *const tests[] = {
        the_same_seed_is_the_same_run_byte_for_byte,
        other_seeds_are_other_runs,
        who_looks_changes_nothing,
        the_same_seed_leaves_the_same_trace,
        each_order_of_polls_comes_sooner_or_later,
        all_workers_take_part,
        a_long_sleep_takes_no_time,
        time_is_real_again_when_the_runtime_has_stopped,
        a_runtime_that_another_thread_stops_gives_time_back,
        a_poll_that_waits_for_a_time_comes_to_its_end,
        time_that_was_spent_inside_makes_timers_due,
        nothing_makes_a_thread,
        what_blocks_may_wait_for_tasks,
        blocking_calls_end_in_any_order,
        jobs_are_taken_by_others_or_not,
        another_thread_ends_its_sleep,
        threads_take_turns_to_simulate,
        time_does_not_run_away_in_a_stop,
        a_stop_cancels_what_sleeps_and_does_not_wait_for_it,
        what_cannot_be_simulated_is_refused,
        a_runtime_tells_its_seed,
        the_environment_has_a_seed_for_all,
        what_is_no_seed_is_ignored,
        a_real_runtime_lives_in_real_time_meanwhile,
    };

    return run_suite_with("simulate", reset, tests, LENGTH(tests));
}
