/*
 * relief.c - the thread that runs tasks while all workers compute
 * (src/sched/relief.c): it is made, naps, serves, sleeps for good, is roused, and
 * goes home when the runtime stops.
 *
 * Thread 0 is the worker that computes, and stops; thread 1 is the relief, if there
 * is one.
 */
#include "../../src/base/futex.h"
#include "../../src/fork/team.h"
#include "../../src/sched/jobs.h"
#include "system.h"
#include "world.h"

static struct relief *relief;

static void
set_up(void)
{
    world_init(1);
    relief = &world->relief;
    explore_name(relief, sizeof *relief, "relief");
    explore_name(&world->running, sizeof world->running, "running");
}

/* As a worker does it. */
static void
compute(void)
{
    steal__team_enter_anyway(world->team);
    steal__relief_begin(world);
    steal__relief_end(world);
    steal__team_leave(world->team);
}

static void
compute_and_stop(unsigned self)
{
    if (self) {
        system_be_thread(0);
        return;
    }
    compute();
    steal_runtime_begin_stop(world);
}

/* The second time it naps, serves or sleeps. */
static void
compute_twice(unsigned self)
{
    if (self) {
        system_be_thread(0);
        return;
    }
    compute();
    compute();
    steal_runtime_begin_stop(world);
}

/* The worker is back, and has the runtime to itself soon. */
static void
come_back(unsigned self)
{
    if (self) {
        system_be_thread(0);
        return;
    }
    compute();
    for (;;) {
        bool is_alone;

        lock_take(&world->idle.lock);
        is_alone = world->idle.workers == 1;
        lock_give(&world->idle.lock);
        if (is_alone)
            break;
        cpu_relax();
    }
    steal_runtime_begin_stop(world);
}

/* No relief can be made, for a guest that begins to compute when the worker goes
 * home, while thread 2 stops and waits for both. */
static void
set_up_refused(void)
{
    set_up();
    system_refuse_threads();
    world->workers[0].thread = 0; /* is not waited for: it is the case's own */
    store_relaxed(&world->team->guests, 1);
}

static void
call_in_vain(unsigned self)
{
    _Atomic(uint32_t) *guests = &world->team->guests;

    if (self == 0) {
        sub_release(&world->running, 1); /* as worker_main() does */
        steal__futex_wake(&world->running, 1);
    } else if (self == 1) {
        steal__relief_call(world);
        sub_release(guests, 1); /* as run_job.c does */
        steal__futex_wake(guests, 1);
    } else {
        explore_assert(steal_runtime_stop(world, STEAL_FOREVER) == 0);
    }
}

static void
all_is_gone(void)
{
    explore_assert(explore_blocks() == 0);
}

/* The worker itself is the case's, and has not gone home. */
static void
has_gone_home(void)
{
    explore_assert(load_relaxed(&world->running) == 1);
    explore_assert(steal__relief_was_there(relief));
    explore_assert(load_relaxed(&relief->computing) == 0);
    explore_assert(world_is_clean());
}

#define RELIEF(what)                                                     \
 .threads = 2, .setup = set_up, .thread = what, .finish = has_gone_home, \
 .restless = "search"

static const struct explore_case cases[] = {
    { .name = "compute_and_stop",
            RELIEF(compute_and_stop),
            .preemptions = 3,
            .stale_cas = true,
            .executions = 5000 },
    { .name = "compute_twice",
            RELIEF(compute_twice),
            .preemptions = 2,
            .executions = 5000 },
    { .name = "come_back",
            RELIEF(come_back),
            .preemptions = 2,
            .executions = 5000 },
    { .name = "call_in_vain",
            .threads = 3,
            .setup = set_up_refused,
            .thread = call_in_vain,
            .finish = all_is_gone,
            .preemptions = 3,
            .executions = 5000 },

    { .name = "end_without_fence", /* R1 */
            RELIEF(come_back),
            .preemptions = 2,
            .fault = { EXPLORE_SKIP, "steal__relief_end", NULL, "fence" } },
    { .name = "serve_without_fence",
            RELIEF(come_back),
            .preemptions = 2,
            .fault = { EXPLORE_SKIP, "serve", NULL, "fence" } },
    { .name = "end_in_secret", /* R3 */
            RELIEF(come_back),
            .preemptions = 2,
            .fault = { EXPLORE_SKIP, "steal__relief_end", "blocker", NULL } },
    { .name = "stop_without_fence", /* R4 */
            RELIEF(compute_and_stop),
            .preemptions = 3,
            .stale_cas = true,
            .fault = { EXPLORE_SKIP, "steal_runtime_begin_stop", NULL,
                    "fence" } },
    { .name = "go_deep_without_fence",
            RELIEF(compute_and_stop),
            .preemptions = 3,
            .fault = { EXPLORE_SKIP, "go_deep", NULL, "fence" } },
    { .name = "stop_without_wake",
            RELIEF(compute_and_stop),
            .preemptions = 2,
            .fault = { EXPLORE_SKIP, "steal__futex_wake", NULL, NULL } },
};

EXPLORE_MAIN(cases)
