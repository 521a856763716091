/*
 * join.c - a join that is not the owner's alone.
 *
 * The owner of a job that another has taken runs jobs of the same computation:
 * first of whoever has taken it, since those are parts of it (leapfrogging), then
 * of others.  Nothing deeper than STEAL_HELP_MOST such jobs is begun; it only
 * waits then.
 *
 * That no two wait for each other, whoever helps whom: a thread waits for a job
 * that was forked after all jobs began that are below on its stack.  So along a
 * circle of threads each job would have begun after the one before it.
 */
#include "../base/compiler.h"
#include "../sched/lend.h"
#include "../sched/runtime.h"
#include "doze.h"
#include "team.h"

/* How often a waiting owner looks before it sleeps. */
#ifndef JOIN_LOOKS
# define JOIN_LOOKS 600
#endif

static bool
is_done(struct steal_job *job)
{
    return (load_acquire(job_word(job)) & JOB_PHASE) == JOB_DONE; /* L4 */
}

static struct steal_job *
find(struct lane *lane, struct steal_job *job, struct lane **victim)
{
    struct team *team = lane->team;
    uintptr_t word = load_relaxed(job_word(job));  /* a hint: who has it */
    struct lane *root = load_relaxed(&lane->root); /* the owner's */
    struct lane *found;
    struct steal_job *other;

    *victim = &team->lanes[word >> JOB_SHIFT]; /* any, if it is done */
    other = steal__lane_take(*victim, lane, root, &found);
    if (!other)
        other = steal__team_look(team, lane, root, victim, &found);
    if (!other)
        steal__team_urge(team, root);
    return other;
}

/* Runs a job of the same computation.  False if it has found none. */
static bool
help(struct lane *lane, struct steal_job *job)
{
    struct lane *victim;
    struct steal_job *other = NULL;
    struct away away;

    if (lane->helping < STEAL_HELP_MOST)
        other = find(lane, job, &victim);
    if (!other)
        return false;
    lane->helping++;
    lend_allow(&away, steal__worker);
    steal__team_run(victim, other);
    lend_settle(&away);
    lane->helping--;
    return true;
}

static void
wait_for(struct lane *lane, struct steal_job *job)
{
    unsigned looks = 0;

    while (!is_done(job)) {
        if (help(lane, job)) {
            looks = 0;
        } else if (looks++ < JOIN_LOOKS) {
            cpu_relax();
        } else {
            steal__doze(lane, job);
            looks = 0;
        }
    }
    store_relaxed(job_word(job), JOB_PRIVATE); /* it may be forked again */
}

bool
steal_join_slow(struct steal_job *job)
{
    struct lane *lane = steal__lane;
    enum lane_settled settled;
    bool published;

    if (unlikely(!lane))
        return true;
    if (unlikely(lane->team->runtime->simulation != NULL))
        steal__theft(lane);
    settled = steal__lane_settle(lane, job, &published);
    if (published)
        steal__team_call(lane);
    if (settled == LANE_OURS)
        return true;
    wait_for(lane, job);
    return false;
}

void
steal_share(void)
{
    struct lane *lane = steal__lane;

    if (lane && steal__lane_offer(lane))
        steal__team_call(lane);
}
