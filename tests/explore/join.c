/*
 * join.c - owners that wait in a join (src/fork/join.c, doze.c, team.c): they run
 * jobs of the same computation, sleep, and are rung by whoever ends their job, or
 * called by whoever has made another one public.
 *
 * Thread 0 is the root of the computation; the others are workers that have come
 * upon it.  A wake-up that is lost leaves a thread asleep for ever.
 */
#include <steal/fork.h>

#include "../../src/base/futex.h"
#include "../../src/fork/doze.h"
#include "../../src/fork/team.h"
#include "world.h"

#define JOBS 4

struct sum {
    struct steal_job job;
    void (*body)(void); /* what it does beside being run */
    unsigned in;
    unsigned out;
    _Atomic(uint32_t) done; /* for those who do not join it */
};

static struct team *team;
static struct sum sum[JOBS];
static _Atomic(uint32_t) begun;

static void
run(struct steal_job *job)
{
    struct sum *it = (struct sum *)job;

    explore_assert(it->in == (unsigned)(it - sum) + 1);
    explore_assert(it->out == 0);
    if (it->body)
        it->body();
    it->out = it->in + 10;
    store_release(&it->done, 1);
    steal__futex_wake(&it->done, 1);
}

static void
fork_job(unsigned i)
{
    sum[i].in = i + 1;
    sum[i].out = 0;
    steal_fork(&sum[i].job);
}

static void
join_job(unsigned i)
{
    steal_join_and_run(&sum[i].job);
    explore_assert(sum[i].out == i + 11);
}

static void
set_up(void (*body_0)(void), void (*body_1)(void), void (*body_2)(void))
{
    void (*const body[JOBS])(void) = { body_0, body_1, body_2, NULL };
    static const char *const name[] = { "job 0", "job 1", "job 2", "job 3" };

    world_init(3);
    team = world->team;
    for (unsigned i = 0; i < 3; i++)
        explore_assert(steal__team_take_lane(team, i) == &team->lanes[i]);
    explore_name(team, sizeof *team, "team");
    explore_name(&team->lanes[0], sizeof team->lanes[0], "lane 0");
    explore_name(&team->lanes[1], sizeof team->lanes[1], "lane 1");
    explore_name(&team->lanes[2], sizeof team->lanes[2], "lane 2");
    for (unsigned i = 0; i < JOBS; i++) {
        sum[i].job = (struct steal_job)STEAL_JOB(run);
        sum[i].body = body[i];
        sum[i].in = 0;
        sum[i].out = 0;
        store_relaxed(&sum[i].done, 0);
        explore_name(&sum[i], sizeof sum[i], name[i]);
    }
    store_relaxed(&begun, 0);
}

/*
 * Threads
 */

static void
wait_until_taken(unsigned i)
{
    while (!job_was_taken(&sum[i].job))
        cpu_relax();
}

/* As steal__jobs_run() does. */
static void
run_taken(struct lane *lane, struct steal_job *job, struct lane *found)
{
    store_relaxed(&lane->root, found);
    steal__team_run(&team->lanes[0], job);
    store_relaxed(&lane->root, lane);
}

/* A worker that takes a job of the root, if there is one. */
static void
be_worker(unsigned self)
{
    struct lane *lane = &team->lanes[self];
    struct lane *found;
    struct steal_job *job;

    while (!load_acquire(&begun))
        cpu_relax();
    steal__lane_attach(lane);
    job = steal__lane_take(&team->lanes[0], lane, NULL, &found);
    if (job)
        run_taken(lane, job, found);
    steal__lane_detach(lane);
}

static void
begin(unsigned jobs)
{
    steal__lane_attach(&team->lanes[0]);
    for (unsigned i = 0; i < jobs; i++)
        fork_job(i);
    steal_share();
    store_release(&begun, 1);
}

/* Somebody runs it, or the root does. */
static void
share_one(unsigned self)
{
    if (self) {
        be_worker(self);
        return;
    }
    begin(1);
    join_job(0);
    steal__lane_detach(&team->lanes[0]);
}

static void
share_two(unsigned self)
{
    if (self) {
        be_worker(self);
        return;
    }
    begin(2);
    join_job(1);
    join_job(0);
    steal__lane_detach(&team->lanes[0]);
}

/* Somebody has it, for sure. */
static void
share_and_wait(unsigned self)
{
    if (self) {
        be_worker(self);
        return;
    }
    begin(1);
    wait_until_taken(0);
    join_job(0);
    steal__lane_detach(&team->lanes[0]);
}

/* The same with more jobs of the root, which are joined first. */
static void
share_two_and_wait(unsigned self)
{
    if (self) {
        be_worker(self);
        return;
    }
    begin(2);
    wait_until_taken(0);
    wait_until_taken(1);
    join_job(1);
    join_job(0);
    steal__lane_detach(&team->lanes[0]);
}

/*
 * The sleep alone.  Job 0 is worker 1's, and thread 0 has nothing to do.
 */

static bool
is_done(unsigned i)
{
    return (load_acquire(job_word(&sum[i].job)) & JOB_PHASE) == JOB_DONE;
}

static void
end_job(unsigned i, struct lane *owner)
{
    if (steal__lane_finish(&sum[i].job))
        steal__doze_ring(owner);
}

static void
doze_and_ring(unsigned self)
{
    struct lane *lane = &team->lanes[0];

    if (self) {
        sum[0].out = 7;
        end_job(0, lane);
        return;
    }
    while (!is_done(0))
        steal__doze(lane, &sum[0].job);
    explore_assert(sum[0].out == 7);
}

static bool
help_worker(struct lane *lane)
{
    struct lane *victim = &team->lanes[1];
    struct lane *found;
    struct steal_job *job = steal__lane_take(victim, lane, lane, &found);

    if (job)
        steal__team_run(victim, job);
    return job;
}

/* Job 0 does not end before thread 0 has helped. */
static void
doze_and_call(unsigned self)
{
    struct lane *lane = &team->lanes[self];

    if (self) {
        steal__lane_attach(lane);
        store_relaxed(&lane->root, &team->lanes[0]);
        fork_job(2);
        steal_share();
        while (!load_acquire(&sum[2].done))
            steal__futex_wait(&sum[2].done, 0, UINT64_MAX);
        join_job(2);
        end_job(0, &team->lanes[0]);
        steal__lane_detach(lane);
        return;
    }
    while (!is_done(0))
        if (!help_worker(lane))
            steal__doze(lane, &sum[0].job);
}

/*
 * Jobs
 */

static void
fork_inside(void)
{
    fork_job(2);
    fork_job(3);
    join_job(3);
    join_job(2);
}

static void
fork_one_inside(void)
{
    fork_job(2);
    steal_share();
    join_job(2);
}

static void
fork_another_inside(void)
{
    fork_job(3);
    steal_share();
    join_job(3);
}

/* Whoever has forked it does not run it: somebody else has to. */
static void
need_help(void)
{
    fork_job(2);
    steal_share();
    while (!load_acquire(&sum[2].done))
        steal__futex_wait(&sum[2].done, 0, UINT64_MAX);
    join_job(2);
}

static void
set_up_plain(void)
{
    set_up(NULL, NULL, NULL);
}

static void
set_up_taken(void)
{
    set_up(NULL, NULL, NULL);
    store_relaxed(job_word(&sum[0].job), JOB_TAKEN | 1 << JOB_SHIFT);
}

static void
set_up_needy(void)
{
    set_up(need_help, NULL, NULL);
}

/* Job 0 forks two; what is forked is not shared by its owner's will. */
static void
set_up_deep(void)
{
    set_up(fork_inside, NULL, NULL);
}

/* The root may get job 2 of the worker, whose job 3 it then shares: each waits
 * for a job that the other has. */
static void
set_up_leapfrog(void)
{
    set_up(fork_one_inside, NULL, fork_another_inside);
}

/* Two workers with a job each that forks another. */
static void
set_up_wide(void)
{
    set_up(fork_one_inside, fork_another_inside, NULL);
}

static void
nobody_is_there(void)
{
    explore_assert(load_relaxed(&team->dozing) == 0);
    for (unsigned i = 0; i < 3; i++) {
        explore_assert(!load_relaxed(&team->lanes[i].oldest));
        explore_assert(team->lanes[i].helping == 0);
    }
}

#define JOIN(count, what, begin) \
 .threads = count, .setup = begin, .thread = what, .finish = nobody_is_there

#define PLAIN JOIN(2, share_and_wait, set_up_plain)
#define RING  JOIN(2, doze_and_ring, set_up_taken)
#define CALL  JOIN(2, doze_and_call, set_up_taken), .preemptions = 2
#define NEEDY JOIN(2, share_and_wait, set_up_needy), .preemptions = 2

static const struct explore_case cases[] = {
    { .name = "doze_and_ring", RING },
    { .name = "doze_and_call", CALL },
    { .name = "share_one", JOIN(2, share_one, set_up_plain), .preemptions = 4 },
    { .name = "share_two", JOIN(3, share_two, set_up_plain), .preemptions = 2 },
    { .name = "wait", PLAIN, .preemptions = 4 },
    { .name = "help", NEEDY, .executions = 4000 },
    { .name = "help_deep",
            JOIN(2, share_and_wait, set_up_deep),
            .preemptions = 2,
            .executions = 4000 },
    { .name = "leapfrog",
            JOIN(2, share_and_wait, set_up_leapfrog),
            .preemptions = 2,
            .executions = 6000 },
    { .name = "wide",
            JOIN(3, share_two_and_wait, set_up_wide),
            .preemptions = 2,
            .executions = 5000 },

    { .name = "call_without_fence", /* T2 */
            CALL,
            .fault = { EXPLORE_SKIP, "steal__team_call", NULL, "fence" } },
    { .name = "doze_without_fence",
            CALL,
            .fault = { EXPLORE_SKIP, "steal__doze", NULL, "fence" } },
    { .name = "call_nobody",
            CALL,
            .fault = { EXPLORE_BLIND_LOAD, "steal__team_call", "dozing",
                    NULL } },
    { .name = "doze_uncounted",
            NEEDY,
            .fault = { EXPLORE_SPLIT_RMW, "steal__doze", "dozing", NULL } },
    { .name = "finish_by_plain_store", /* D1 */
            RING,
            .fault = { EXPLORE_SPLIT_RMW, "steal__lane_finish", NULL, NULL } },
    { .name = "doze_by_plain_store",
            RING,
            .fault = { EXPLORE_SPLIT_RMW, "ask_to_be_rung", NULL, NULL } },
    { .name = "ring_in_silence", /* D2 */
            RING,
            .fault = { EXPLORE_SKIP, "steal__futex_wake", NULL, NULL } },
    { .name = "doze_blindly",
            RING,
            .fault = { EXPLORE_BLIND_WAIT, NULL, NULL, NULL } },
    { .name = "wait_without_acquire", /* L4 */
            PLAIN,
            .fault = { EXPLORE_DROP_ACQUIRE, "is_done", NULL, NULL } },
    { .name = "finish_without_release",
            PLAIN,
            .fault = { EXPLORE_DROP_RELEASE, "steal__lane_finish", NULL,
                    NULL } },
};

EXPLORE_MAIN(cases)
