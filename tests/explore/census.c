/*
 * census.c - counting the live tasks (src/sched/census.h, runtime.c): when may
 * the workers of a stopping runtime go home?
 *
 * A worker that has seen the runtime stop and the census quiet is gone: a task
 * that lives then is never ended.
 */
#include "world.h"

#include "../../src/task/schedule.h"

static _Atomic(int) queue; /* foreign tasks that a worker has to end */
static bool canceled;
static bool gone;
static unsigned ended;

static void
set_up(void)
{
    world_init(2);
    store_relaxed(&queue, 0);
    canceled = false;
    gone = false;
    ended = 0;
    explore_name(&queue, sizeof queue, "queue");
}

/* A thread that is no worker spawns one task, as schedule_first_remote() does:
 * it counts the task before it looks whether the runtime stops. */
static void
spawn_foreign(void)
{
    census_born_shared(&world->foreign);
    if (!runtime_is_stopping(world)) {
        store_release(&queue, 1);
        return;
    }
    canceled = true;
    census_died_shared(&world->foreign);
}

static void
end_foreign(struct worker *w)
{
    if (load_acquire(&queue)) {
        store_relaxed(&queue, 0);
        ended++;
        census_died(&w->census);
    }
}

static void
spawn_while_stopping(unsigned self)
{
    struct worker *w = &world->workers[0];
    bool quiet = false;

    if (self == 0) {
        spawn_foreign();
    } else if (self == 1) {
        store_release(&world->stopping, 1);
    } else {
        while (!quiet) {
            end_foreign(w);
            quiet = runtime_is_stopping(world) &&
                    steal__runtime_is_quiet(world);
            if (!quiet)
                cpu_relax();
        }
        gone = true;
    }
}

static void
is_ended_or_canceled(void)
{
    explore_assert(gone && canceled + ended == 1);
}

/*
 * A task of worker 0 spawns a child, which worker 1 takes and ends, while a
 * third thread asks whether all is quiet: never before both have ended.
 */

static _Atomic(int) child;
static _Atomic(int) dead;

static void
set_up_family(void)
{
    set_up();
    store_relaxed(&child, 0);
    store_relaxed(&dead, 0);
    store_relaxed(&world->workers[0].census.born, 1); /* the parent */
    explore_name(&child, sizeof child, "child");
}

static void
spawn_and_end(unsigned self)
{
    if (self == 0) {
        census_born(&world->workers[0].census);
        store_release(&child, 1);
        census_died(&world->workers[0].census);
    } else if (self == 1) {
        if (load_acquire(&child)) {
            store_relaxed(&dead, 1);
            census_died(&world->workers[1].census);
        }
    } else if (steal__runtime_is_quiet(world)) {
        explore_assert(load_relaxed(&dead));
    }
}

#define STOPPING                                                \
 .threads = 3, .setup = set_up, .thread = spawn_while_stopping, \
 .finish = is_ended_or_canceled
#define FAMILY .threads = 3, .setup = set_up_family, .thread = spawn_and_end

static const struct explore_case cases[] = {
    { .name = "spawn_while_stopping", STOPPING },
    { .name = "spawn_and_end", FAMILY },
    { .name = "born_without_fence",
            STOPPING,
            .fault = { EXPLORE_SKIP, "census_born_shared", NULL, "fence" } },
    { .name = "quiet_without_fence",
            STOPPING,
            .fault = { EXPLORE_SKIP, "steal__runtime_is_quiet", NULL,
                    "fence" } },
    { .name = "died_without_release",
            FAMILY,
            .fault = { EXPLORE_DROP_RELEASE, "census_died", NULL, NULL } },
    { .name = "quiet_without_acquire",
            FAMILY,
            .fault = { EXPLORE_DROP_ACQUIRE, "sum_census", NULL, NULL } },
};

EXPLORE_MAIN(cases)
