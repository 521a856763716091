/*
 * run_job.c - threads that compute with a runtime for a while (src/fork/run_job.c,
 * team.c, work.c): they take lanes, give them back, share with workers, and come
 * while the runtime stops.
 */
#include <errno.h>

#include <steal/fork.h>
#include <steal/runtime.h>

#include "../../src/base/futex.h"
#include "../../src/fork/team.h"
#include "../../src/sched/jobs.h"
#include "system.h"
#include "world.h"

#define GUESTS 3
#define PARTS  2

struct sum {
    struct steal_job job;
    unsigned number;
    unsigned in;
    unsigned out;
};

static struct sum root[GUESTS];
static struct sum part[GUESTS][PARTS];
static int error[GUESTS];
static bool stopped;
static _Atomic(uint32_t) added; /* some part */
static _Atomic(unsigned) begun;
static _Atomic(unsigned) over;

static void
add(struct steal_job *job)
{
    struct sum *it = (struct sum *)job;

    explore_assert(it->in == it->number + 1 && it->out == 0);
    it->out = it->in + 10;
    if (!load_relaxed(&added)) {
        store_release(&added, 1);
        steal__futex_wake(&added, 1);
    }
}

static void
fork_and_join(struct steal_job *job)
{
    unsigned self = ((struct sum *)job)->number;

    for (unsigned i = 0; i < PARTS; i++) {
        part[self][i].in = i + 1;
        steal_fork(&part[self][i].job);
    }
    for (unsigned i = PARTS; i-- > 0;) {
        steal_join_and_run(&part[self][i].job);
        explore_assert(part[self][i].out == i + 11);
    }
    root[self].out = 7;
}

static void
do_nothing(struct steal_job *job)
{
    store_relaxed(&begun, 1);
    explore_assert(!stopped);
    ((struct sum *)job)->out = 7;
}

static void
set_up(void (*run)(struct steal_job *job))
{
    world_init(1);
    world->team->most = 2; /* the worker, beside a guest */
    for (unsigned i = 0; i < GUESTS; i++) {
        root[i] = (struct sum){ STEAL_JOB(run), i, 0, 0 };
        for (unsigned j = 0; j < PARTS; j++)
            part[i][j] = (struct sum){ STEAL_JOB(add), j, 0, 0 };
        error[i] = 1;
    }
    stopped = false;
    store_relaxed(&added, 0);
    store_relaxed(&begun, 0);
    store_relaxed(&over, 0);
    explore_name(world->team, sizeof *world->team, "team");
    explore_name(&world->team->lanes[0], sizeof(struct lane), "lane 0");
    explore_name(&world->team->lanes[1], sizeof(struct lane), "lane 1");
    explore_name(root, sizeof root, "root");
    explore_name(part, sizeof part, "part");
    explore_name(&stopped, sizeof stopped, "stopped");
}

static void
set_up_idle(void)
{
    set_up(do_nothing);
}

static void
set_up_busy(void)
{
    set_up(fork_and_join);
}

static void
visit(unsigned self)
{
    error[self] = steal_run_job(world, &root[self].job);
    explore_assert(!error[self] == (root[self].out == 7));
}

/*
 * One stops while others come.  No job runs after that.
 */

static void
stop(void)
{
    steal_runtime_begin_stop(world);
    explore_assert(steal__team_wait_for_guests(world->team, UINT64_MAX));
    stopped = true;
}

static void
visit_or_stop(unsigned self)
{
    if (self)
        visit(self);
    else
        stop();
}

/* Of who has begun in time nothing is used after that. */
static void
visit_and_stop(unsigned self)
{
    if (self) {
        visit(self);
        return;
    }
    while (!load_relaxed(&begun))
        cpu_relax();
    stop();
    steal__team_free(world->team);
}

/*
 * Guests share the one lane that there is for them, or go without.
 */

static void
visit_twice(unsigned self)
{
    visit(self);
    root[self].out = 0;
    part[self][0].out = part[self][1].out = 0;
    visit(self);
}

static void
visit_one_by_one(unsigned self)
{
    visit(self);
    explore_assert(error[self] == 0);
}

/* The lane alone. */
static void
take_and_give(unsigned self)
{
    struct lane *lane = steal__team_take_lane(world->team, 1);

    if (!lane)
        return;
    steal__lane_attach(lane);
    fork_and_join(&root[self].job);
    steal__lane_detach(lane);
    steal__team_give_lane(lane);
}

/*
 * A worker takes what the guest forks, once, and helps for ever, until the guests
 * are gone: nothing may be lost while it sleeps.
 */

static void
visit_a_worker(unsigned self)
{
    struct worker *w = &world->workers[0];

    if (self) {
        visit(self);
        store_release(&over, 1);
        return;
    }
    steal__worker = w;
    steal__jobs_attach(w);
    for (int i = 0; i < 2 && !load_acquire(&over); i++)
        if (steal__jobs_find(w))
            steal__jobs_run(w);
    steal__jobs_detach(w);
    steal__worker = NULL;
}

/* The same by a worker that looks for tasks, too, sleeps, and goes home. */
static void
visit_a_runtime(unsigned self)
{
    if (self) {
        visit(self);
        steal_runtime_begin_stop(world);
        return;
    }
    steal__worker_run(&world->workers[0], NULL);
}

/* The guest forks a job and does not join it before somebody has run it. */
static void
need_a_worker(struct steal_job *job)
{
    struct sum *it = &part[1][0];

    it->in = 1;
    steal_fork(&it->job);
    steal_share();
    while (!load_acquire(&added))
        steal__futex_wait(&added, 0, UINT64_MAX);
    explore_assert(!steal_join_job(&it->job) && it->out == 11);
    ((struct sum *)job)->out = 7;
}

static void
set_up_needy(void)
{
    set_up(need_a_worker);
}

/* As park.c does it, on the parker: sleeps unless there is something. */
static void
sleep_once(struct worker *w)
{
    int heir;

    steal__idle_sleep(&world->idle, w->index, false);
    if (!steal__jobs_last_look(w))
        steal__parker_park(&w->parker, UINT64_MAX);
    if (steal__idle_rise(&world->idle, w->index, &heir))
        steal__idle_found(&world->idle);
}

/* The worker has nothing but the one job to find. */
static void
share_with_a_sleeper(unsigned self)
{
    struct worker *w = &world->workers[0];
    struct lane *lane;

    if (self) {
        lane = steal__team_take_lane(world->team, 1);
        steal__lane_attach(lane);
        root[1].job.run(&root[1].job);
        steal__lane_detach(lane);
        steal__team_give_lane(lane);
        return;
    }
    steal__worker = w;
    steal__jobs_attach(w);
    while (!load_acquire(&added)) {
        if (steal__jobs_find(w))
            steal__jobs_run(w);
        else
            sleep_once(w);
    }
    steal__jobs_detach(w);
    steal__worker = NULL;
}

static void
nobody_is_there(void)
{
    struct team *team = world->team;

    explore_assert(load_relaxed(&team->guests) == 0);
    explore_assert(load_relaxed(&team->active) == 0);
    for (unsigned i = 0; i < team->nlanes; i++)
        explore_assert(!load_relaxed(&team->lanes[i].is_taken));
}

static void
all_is_gone(void)
{
    unsigned canceled = 0;

    for (unsigned i = 1; i < GUESTS; i++)
        canceled = canceled * 2 + (error[i] == -ECANCELED);
    explore_outcome(canceled);
}

#define STOP(count, what) \
 .threads = count, .setup = set_up_idle, .finish = all_is_gone, .thread = what

#define VISIT(count, what)                                          \
 .threads = count, .setup = set_up_busy, .finish = nobody_is_there, \
 .thread = what

#define NEEDY(what)                                                     \
 .threads = 2, .setup = set_up_needy, .thread = what, .preemptions = 2, \
 .finish = nobody_is_there

#define EITHER STOP(2, visit_or_stop), .outcomes = 2
#define BOTH   STOP(2, visit_and_stop)
#define LANES  VISIT(2, take_and_give)

static const struct explore_case cases[] = {
    { .name = "visit_or_stop", EITHER },
    { .name = "two_visit_or_stop",
            STOP(3, visit_or_stop),
            .preemptions = 2,
            .outcomes = 4 },
    { .name = "visit_and_stop", BOTH },
    { .name = "take_and_give", LANES },
    { .name = "two_visit", VISIT(2, visit_one_by_one), .preemptions = 3 },
    { .name = "two_visit_twice", VISIT(2, visit_twice), .preemptions = 2 },
    { .name = "visit_a_worker", VISIT(2, visit_a_worker), .preemptions = 2 },

    { .name = "visit_a_runtime",
            VISIT(2, visit_a_runtime),
            .restless = "search",
            .preemptions = 2,
            .executions = 2000 },
    { .name = "need_a_runtime",
            NEEDY(visit_a_runtime),
            .restless = "search",
            .executions = 3000 },
    { .name = "need_a_sleeper", NEEDY(share_with_a_sleeper) },

    { .name = "share_without_fence", /* T2, S1 */
            NEEDY(share_with_a_sleeper),
            .fault = { EXPLORE_SKIP, "steal__team_call", NULL, "fence" } },
    { .name = "sleep_without_fence",
            NEEDY(share_with_a_sleeper),
            .fault = { EXPLORE_SKIP, "steal__idle_sleep", NULL, "fence" } },
    { .name = "enter_without_fence", /* G1 */
            EITHER,
            .fault = { EXPLORE_SKIP, "enter", NULL, "fence" } },
    { .name = "stop_without_fence",
            EITHER,
            .fault = { EXPLORE_SKIP, "steal_runtime_begin_stop", NULL,
                    "fence" } },
    { .name = "enter_without_look",
            EITHER,
            .fault = { EXPLORE_BLIND_LOAD, "runtime_is_stopping", NULL,
                    NULL } },
    { .name = "leave_without_release", /* G2 */
            BOTH,
            .fault = { EXPLORE_DROP_RELEASE, "leave", "guests", NULL } },
    { .name = "stop_without_acquire",
            BOTH,
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__team_wait_for_guests",
                    NULL, NULL } },
    { .name = "leave_by_plain_store",
            STOP(3, visit_or_stop),
            .preemptions = 2,
            .fault = { EXPLORE_SPLIT_RMW, "leave", NULL, NULL } },
    { .name = "leave_without_wake",
            BOTH,
            .fault = { EXPLORE_SKIP, "steal__futex_wake", NULL, NULL } },
    { .name = "give_lane_without_release", /* T1 */
            LANES,
            .fault = { EXPLORE_DROP_RELEASE, "steal__team_give_lane", NULL,
                    NULL } },
    { .name = "take_lane_without_acquire",
            LANES,
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__team_take_lane",
                    "is_taken", NULL } },
    { .name = "take_lane_by_plain_store",
            LANES,
            .fault = { EXPLORE_SPLIT_RMW, "steal__team_take_lane", "is_taken",
                    NULL } },
};

EXPLORE_MAIN(cases)
