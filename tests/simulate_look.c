/*
 * tests/simulate_look.c - who dumps a simulated runtime sees all of it, and changes
 * nothing.
 */
#include <steal/simulate.h>

#include "dumps.h"

#define WALKERS 20
#define STEPS   30

static struct steal_runtime *runtime;
static _Atomic(bool) over;
static _Atomic(int) dumps;

/* Who went when. */
static int journal[WALKERS * STEPS];
static int written;
static int gone; /* how many have made all their steps */

static struct steal_runtime *
start(uint64_t seed)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *started = NULL;

    options.deterministic = true;
    options.seed = seed;
    options.workers = 3;
    ck_assert_int_eq(steal_runtime_new(&started, &options), 0);
    return started;
}

static void
reset(void)
{
    unsetenv("STEAL_SEED");  /* these tests have seeds of their own */
    unsetenv("STEAL_DEBUG"); /* and lookers */
    store_release(&over, false);
    store_release(&dumps, 0);
    written = 0;
    gone = 0;
}

/*
 * Walkers: now they go on at once, now later
 */

struct walker {
    struct steal_async async;
    struct steal_sleep sleep;
    int who;
    int step;
};

static enum steal_poll
walker_poll(struct steal_future *future, struct steal_context *cx)
{
    struct walker *self = (struct walker *)future;

    STEAL_BEGIN(&self->async);
    for (self->step = 0; self->step < STEPS; self->step++) {
        journal[written++] = self->who;
        if (self->step % 5)
            STEAL_YIELD(cx);
        else
            STEAL_AWAIT(cx, steal_sleep(&self->sleep, STEAL_US(self->who)));
    }
    gone++;
    STEAL_END();
}

static const struct steal_future_ops walker_ops = { .name = "walker",
    .poll = walker_poll };

static void
spawn_walkers(struct steal_task *task[WALKERS])
{
    for (int i = 0; i < WALKERS; i++) {
        struct walker walker = { .async = STEAL_ASYNC(&walker_ops), .who = i };

        require(steal_spawn(runtime, &walker.async.future, sizeof walker,
                        &task[i]) == 0);
    }
}

/*
 * By another thread
 */

static void *
dump_until_over(void *arg)
{
    FILE *file = fopen("/dev/null", "w");

    (void)arg;
    require(file);
    while (!load_acquire(&over)) {
        require(steal_dump(runtime, file) == 0);
        add_acq_rel(&dumps, 1);
    }
    fclose(file);
    return NULL;
}

static void
walk(uint64_t seed, bool with_looker)
{
    struct steal_task *task[WALKERS];
    pthread_t thread;

    reset();
    runtime = start(seed);
    if (with_looker)
        thread = start_thread(dump_until_over, NULL);
    spawn_walkers(task);
    for (int i = 0; i < WALKERS; i++) {
        if (with_looker && i % 4 == 0) { /* while nobody plays, too */
            int before = load_acquire(&dumps);

            wait_until(load_acquire(&dumps) > before + 1);
        }
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    }
    store_release(&over, true);
    if (with_looker)
        join_thread(thread);
    runtime_end(runtime);
}

START_TEST(another_thread_changes_nothing)
{
    static int alone[WALKERS * STEPS];

    for (uint64_t seed = 1; seed <= (uint64_t)scaled(200); seed++) {
        walk(seed, false);
        memcpy(alone, journal, sizeof alone);
        walk(seed, true);
        ck_assert_int_eq(written, WALKERS * STEPS);
        ck_assert(memcmp(alone, journal, sizeof alone) == 0);
    }
}
END_TEST

/*
 * In between two polls
 */

struct looker {
    struct steal_async async;
    int round;
    bool looks;
};

static void
look_for_walkers(void)
{
    char *text = dump_to_string(runtime, steal_dump);

    ck_assert_int_eq(count_in(text, ", walker: "), WALKERS - gone);
    ck_assert_int_eq(count_in(text, ": running on worker "), 1);
    free(text);
}

static enum steal_poll
looker_poll(struct steal_future *future, struct steal_context *cx)
{
    struct looker *self = (struct looker *)future;

    STEAL_BEGIN(&self->async);
    for (self->round = 0; self->round < STEPS / 2; self->round++) {
        if (self->looks)
            look_for_walkers();
        STEAL_YIELD(cx);
    }
    STEAL_END();
}

static const struct steal_future_ops looker_ops = { .name = "looker",
    .poll = looker_poll };

START_TEST(a_task_sees_all_others_and_changes_nothing)
{
    static int blind[WALKERS * STEPS];
    struct steal_task *task[WALKERS];

    for (uint64_t seed = 1; seed <= (uint64_t)scaled(100); seed++) {
        for (int looks = 0; looks < 2; looks++) {
            struct looker looker = { .async = STEAL_ASYNC(&looker_ops),
                .looks = looks };

            reset();
            runtime = start(seed);
            spawn_walkers(task);
            ck_assert_int_eq(steal_block_on(runtime, &looker.async.future), 0);
            for (int i = 0; i < WALKERS; i++)
                ck_assert_int_eq(join_task(runtime, task[i]), 0);
            runtime_end(runtime);
            if (!looks)
                memcpy(blind, journal, sizeof blind);
        }
        ck_assert(memcmp(blind, journal, sizeof blind) == 0);
    }
}
END_TEST

/*
 * A step that takes long does not keep who looks
 */

static int
wait_for_dumps(void *arg)
{
    int before = load_acquire(&dumps);

    (void)arg;
    wait_until(load_acquire(&dumps) > before + 1);
    return 0;
}

START_TEST(a_long_step_is_not_waited_for)
{
    pthread_t thread;

    runtime = start(1);
    thread = start_thread(dump_until_over, NULL);
    ck_assert_int_eq(call_inside(runtime, wait_for_dumps, NULL), 0);
    store_release(&over, true);
    join_thread(thread);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        another_thread_changes_nothing,
        a_task_sees_all_others_and_changes_nothing,
        a_long_step_is_not_waited_for,
    };

    return run_suite_with("simulate_look", reset, tests, LENGTH(tests));
}
