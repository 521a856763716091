/*
 * lane.c - the jobs of one thread (src/fork/lane.c): an owner that forks and
 * joins, and thieves that ask, take and answer for it.
 *
 * A job is run once.  Whoever runs it sees what was written before its fork, and
 * the join sees what it has written; all of that is plain data.
 */
#include <steal/fork.h>

#include "../../src/fork/lane.h"
#include "explore.h"
#include "system.h"

#define LANES 3
#define JOBS  4

struct sum {
    struct steal_job job;
    unsigned in;
    unsigned out;
    unsigned runs;
};

static struct lane lane[LANES]; /* 0 is the owner's; 2 lies inside it */
static struct sum sum[JOBS];
static _Atomic(uint32_t) begun;
static bool asked;
static unsigned jobs; /* how many the owner forks */

static void
run(struct steal_job *job)
{
    struct sum *it = (struct sum *)job;

    explore_assert(it->in == (unsigned)(it - sum) + 1);
    it->out = it->in + 10;
    it->runs++;
}

static void
set_up(void)
{
    static const char *const name[] = { "job 0", "job 1", "job 2", "job 3" };

    system_begin();
    for (unsigned i = 0; i < LANES; i++)
        steal__lane_init(&lane[i], NULL, i);
    explore_name(&lane[0], sizeof lane[0], "lane 0");
    explore_name(&lane[2], sizeof lane[2], "lane 2");
    for (unsigned i = 0; i < JOBS; i++) {
        sum[i] = (struct sum){ STEAL_JOB(run), 0, 0, 0 };
        explore_name(&sum[i], sizeof sum[i], name[i]);
    }
    store_relaxed(&begun, 0);
    store_relaxed(&lane[0].force_at, 1); /* it is due */
    jobs = 2;
}

static void
set_up_three(void)
{
    set_up();
    jobs = 3;
}

static void
set_up_four(void)
{
    set_up();
    jobs = 4;
}

/*
 * The owner
 */

/* In place of join.c: who has to wait helps nobody. */
bool
steal_join_slow(struct steal_job *job)
{
    bool published;

    if (steal__lane_settle(steal__lane, job, &published) == LANE_OURS)
        return true;
    while ((load_acquire(job_word(job)) & JOB_PHASE) != JOB_DONE) /* L4 */
        cpu_relax();
    store_relaxed(job_word(job), JOB_PRIVATE);
    return false;
}

static void
fork_job(unsigned i)
{
    sum[i].in = i + 1;
    sum[i].out = 0;
    sum[i].runs = 0;
    steal_fork(&sum[i].job);
}

static void
join_job(unsigned i)
{
    steal_join_and_run(&sum[i].job);
    explore_assert(sum[i].out == i + 11);
    explore_assert(sum[i].runs == 1);
}

static void
fork_from(unsigned from)
{
    for (unsigned i = from; i < jobs; i++)
        fork_job(i);
}

static void
join_from(unsigned from)
{
    for (unsigned i = jobs; i > from; i--)
        join_job(i - 1);
}

static void
begin(void)
{
    steal__lane_attach(&lane[0]);
    store_release(&begun, 1);
}

static void
wait_for_owner(void)
{
    while (!load_acquire(&begun))
        cpu_relax();
}

/*
 * Thieves
 */

static bool
take_from(unsigned victim)
{
    struct lane *found;
    struct steal_job *job = steal__lane_take(&lane[victim], &lane[1], NULL,
            &found);

    if (!job)
        return false;
    explore_assert(found == &lane[victim]);
    job->run(job);
    steal__lane_finish(job);
    return true;
}

static void
take(void)
{
    take_from(0);
}

static void
ask_and_take(void)
{
    steal__lane_ask(&lane[0]);
    take();
}

static void
force_and_take(void)
{
    steal__lane_force(&lane[0], 2);
    take();
}

/*
 * All are forked, all are joined; it was asked before.
 */

static void
fork_and_join(void)
{
    begin();
    fork_from(0);
    join_from(0);
    steal__lane_detach(&lane[0]);
}

static void
one_takes(unsigned self)
{
    if (self == 0) {
        fork_and_join();
    } else {
        wait_for_owner();
        take();
    }
}

static void
one_forces(unsigned self)
{
    if (self == 0) {
        fork_and_join();
    } else {
        wait_for_owner();
        force_and_take();
    }
}

static void
one_asks_again(unsigned self)
{
    if (self == 0) {
        fork_and_join();
    } else {
        wait_for_owner();
        take();
        ask_and_take();
    }
}

/* One answers for the owner, the other takes what there is. */
static void
one_forces_and_one_takes(unsigned self)
{
    if (self == 0) {
        fork_and_join();
    } else {
        wait_for_owner();
        if (self == 1)
            force_and_take();
        else
            take();
    }
}

/* A job is forked again, as soon as it is joined. */
static void
fork_again(unsigned self)
{
    if (self) {
        wait_for_owner();
        steal__lane_ask(&lane[0]);
        force_and_take();
        return;
    }
    begin();
    fork_job(0);
    fork_job(1);
    join_job(1);
    fork_job(1);
    join_job(1);
    join_job(0);
    steal__lane_detach(&lane[0]);
}

/*
 * Some are public, by the owner's will.
 */

static void
offer_and_take(unsigned self)
{
    if (self) {
        wait_for_owner();
        take();
        return;
    }
    steal__lane_attach(&lane[0]);
    fork_from(0);
    explore_assert(steal__lane_offer(&lane[0]));
    store_release(&begun, 1);
    join_from(0);
    steal__lane_detach(&lane[0]);
}

/* Twice, while there may be public ones, or taken ones, or neither. */
static void
offer_twice(unsigned self)
{
    if (self) {
        wait_for_owner();
        take();
        return;
    }
    steal__lane_attach(&lane[0]);
    fork_from(0);
    explore_assert(steal__lane_offer(&lane[0]));
    store_release(&begun, 1);
    fork_job(3);
    steal__lane_offer(&lane[0]);
    join_job(3);
    join_from(0);
    steal__lane_detach(&lane[0]);
}

/* The owner has not been asked so far, and has private jobs beside the public
 * one, which is taken at once. */
static void
ask_and_force(unsigned self)
{
    if (self) {
        wait_for_owner();
        take();
        steal__lane_ask(&lane[0]);
        steal__lane_force(&lane[0], 2);
        force_and_take();
        return;
    }
    steal__lane_attach(&lane[0]);
    fork_job(0);
    explore_assert(steal__lane_offer(&lane[0]));
    store_release(&begun, 1);
    fork_from(1);
    join_from(0);
    steal__lane_detach(&lane[0]);
}

/* A taken one, then a public one, then private ones, then all of that again. */
static void
chain(unsigned self)
{
    if (self) {
        wait_for_owner();
        take();
        ask_and_take();
        return;
    }
    steal__lane_attach(&lane[0]);
    fork_from(0);
    steal__lane_offer(&lane[0]);
    store_release(&begun, 1);
    join_job(3);
    fork_job(3);
    join_from(0);
    steal__lane_detach(&lane[0]);
}

/*
 * The owner comes and goes.
 */

static void
visit(unsigned self)
{
    if (self) {
        steal__lane_ask(&lane[0]);
        force_and_take();
        return;
    }
    for (int i = 0; i < 2; i++) {
        steal__lane_attach(&lane[0]);
        fork_job(0);
        fork_job(1);
        join_job(1);
        join_job(0);
        steal__lane_detach(&lane[0]);
    }
}

/* In a job of one lane it works in another for a while. */
static void
nest(unsigned self)
{
    if (self) {
        wait_for_owner();
        force_and_take();
        take_from(2);
        return;
    }
    begin();
    fork_job(0);
    fork_job(1);
    steal__lane_attach(&lane[2]);
    fork_job(2);
    fork_job(3);
    join_job(3);
    join_job(2);
    steal__lane_detach(&lane[2]);
    join_job(1);
    join_job(0);
    steal__lane_detach(&lane[0]);
}

/* It is asked while it is elsewhere, and answers when it is back. */
static void
nest_and_ask(unsigned self)
{
    if (self) {
        wait_for_owner();
        asked = steal__lane_ask(&lane[0]);
        store_release(&begun, 2);
        return;
    }
    steal__lane_attach(&lane[0]);
    fork_job(0);
    explore_assert(steal__lane_offer(&lane[0]));
    join_job(0);
    fork_job(0);
    steal__lane_attach(&lane[2]);
    store_release(&begun, 1);
    explore_choose(1);
    steal__lane_detach(&lane[2]);
    while (load_acquire(&begun) != 2)
        cpu_relax();
    fork_job(1);
    join_job(1);
    explore_assert(steal__lane_has_public(&lane[0]) == asked);
    join_job(0);
    steal__lane_detach(&lane[0]);
}

/*
 * What came of it
 */

static void
all_is_joined(void)
{
    explore_assert(lane[0].last == &lane[0].bottom);
    explore_assert(!lane[0].here);
    explore_assert(!load_relaxed(&lane[0].oldest));
}

#define LANE(count, what, begin) \
 .threads = count, .setup = begin, .thread = what, .finish = all_is_joined

#define TAKE  LANE(2, one_takes, set_up)
#define FORCE LANE(2, one_forces, set_up)
#define OFFER LANE(2, offer_and_take, set_up_four)
#define BOTH  LANE(3, offer_and_take, set_up_four), .preemptions = 2

static const struct explore_case cases[] = {
    { .name = "one_takes", TAKE },
    { .name = "one_takes_of_three", LANE(2, one_takes, set_up_three) },
    { .name = "two_take", LANE(3, one_takes, set_up_three) },
    { .name = "one_forces", FORCE },
    { .name = "one_forces_of_three",
            LANE(2, one_forces, set_up_three),
            .preemptions = 4 },
    { .name = "one_asks_again", LANE(2, one_asks_again, set_up_three) },
    { .name = "one_forces_and_one_takes",
            LANE(3, one_forces_and_one_takes, set_up),
            .preemptions = 2 },
    { .name = "fork_again", LANE(2, fork_again, set_up), .preemptions = 4 },
    { .name = "offer_and_take", OFFER },
    { .name = "offer_and_two_take", LANE(3, offer_and_take, set_up_four) },
    { .name = "offer_twice", LANE(2, offer_twice, set_up) },
    { .name = "chain", LANE(2, chain, set_up_four) },
    { .name = "ask_and_force", LANE(2, ask_and_force, set_up) },
    { .name = "ask_and_force_three",
            LANE(2, ask_and_force, set_up_three),
            .preemptions = 3 },
    { .name = "visit", LANE(2, visit, set_up), .preemptions = 3 },
    { .name = "nest", LANE(2, nest, set_up), .preemptions = 3 },
    { .name = "nest_and_ask", LANE(2, nest_and_ask, set_up) },

    { .name = "fork_without_release", /* L1 */
            FORCE,
            .fault = { EXPLORE_DROP_RELEASE, "steal_fork", "top", NULL } },
    { .name = "force_without_acquire",
            FORCE,
            .fault = { EXPLORE_DROP_ACQUIRE, "force_locked", NULL, NULL } },
    { .name = "force_without_fence", /* L2 */
            LANE(2, ask_and_force, set_up),
            .fault = { EXPLORE_SKIP, "steal__fence_heavy", NULL, NULL } },
    { .name = "ask_in_silence",
            FORCE,
            .fault = { EXPLORE_SKIP, "ask_locked", "here", NULL } },
    { .name = "come_back_in_silence",
            LANE(2, nest_and_ask, set_up),
            .fault = { EXPLORE_SKIP, "place", "here", NULL } },
    { .name = "join_without_look",
            FORCE,
            .fault = { EXPLORE_BLIND_LOAD, "steal_join_job", "asked", NULL } },
    { .name = "publish_without_release", /* L3 */
            FORCE,
            .fault = { EXPLORE_DROP_RELEASE, "publish_locked", "asked",
                    NULL } },
    { .name = "join_without_acquire",
            FORCE,
            .fault = { EXPLORE_DROP_ACQUIRE, "steal_join_job", "asked",
                    NULL } },
    { .name = "finish_without_release", /* L4 */
            TAKE,
            .fault = { EXPLORE_DROP_RELEASE, "steal__lane_finish", NULL,
                    NULL } },
    { .name = "wait_without_acquire",
            TAKE,
            .fault = { EXPLORE_DROP_ACQUIRE, "steal_join_slow", NULL, NULL } },
    { .name = "lock_without_acquire",
            TAKE,
            .fault = { EXPLORE_DROP_ACQUIRE, "lock_try", NULL, NULL } },
    { .name = "unlock_without_release",
            TAKE,
            .fault = { EXPLORE_DROP_RELEASE, "lock_give", NULL, NULL } },
    { .name = "lock_by_plain_store",
            BOTH,
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL } },
    { .name = "join_without_its_job",
            TAKE,
            .fault = { EXPLORE_BLIND_LOAD, "steal_join_job", "word", NULL } },
    { .name = "settle_without_its_job",
            TAKE,
            .fault = { EXPLORE_BLIND_LOAD, "steal__lane_settle", "job_word",
                    NULL } },
    { .name = "publish_beside_others",
            LANE(2, offer_twice, set_up),
            .fault = { EXPLORE_BLIND_LOAD, "can_publish_locked", "oldest",
                    NULL } },
    { .name = "take_and_leave",
            BOTH,
            .fault = { EXPLORE_SKIP, "steal__lane_take", "oldest", NULL } },
    { .name = "take_in_silence",
            OFFER,
            .fault = { EXPLORE_SKIP, "steal__lane_take", "job_word", NULL } },
    { .name = "reclaim_and_leave",
            OFFER,
            .fault = { EXPLORE_SKIP, "reclaim_locked", "oldest", NULL } },
    { .name = "reclaim_and_leave_its_link",
            BOTH,
            .fault = { EXPLORE_SKIP, "reclaim_locked", "prev", NULL } },
};

EXPLORE_MAIN(cases)
