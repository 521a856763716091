/*
 * team.c
 *
 * Orderings
 *   T1  give: store is_taken, release  ->  take: CAS, acquire
 *       A lane as its last owner has left it.
 *   T2  call: publish; fence; load dozing     doze: add dozing; fence; look
 *       One of the two sees the other: nobody sleeps through a job of its own
 *       computation.  The same fence does for workers that sleep (SLEEP.md, S1).
 *   T3  ring: swap bell, acq_rel  ->  doze: load bell, acquire
 */
#include "team.h"

#include <steal/time.h>

#include "../base/hunt.h"
#include "../sched/near.h"
#include "../sched/runtime.h"
#include "doze.h"

_Thread_local struct steal_runtime *steal__alone;

struct lane *
steal__team_take_lane(struct team *team, unsigned index)
{
    struct lane *lane = &team->lanes[index];
    uint32_t used;

    while (lane < team->lanes + team->nlanes) {
        uint32_t free = 0;

        if (!load_relaxed(&lane->is_taken) &&                  /* a hint */
                cas_strong_acquire(&lane->is_taken, &free, 1)) /* T1 */
            break;
        lane = lane->index < team->runtime->nworkers
                       ? &team->lanes[team->runtime->nworkers]
                       : lane + 1;
    }
    if (lane == team->lanes + team->nlanes)
        return NULL;
    used = load_relaxed(&team->used); /* the CAS checks */
    while (used <= lane->index &&
            !cas_weak_acq_rel(&team->used, &used, lane->index + 1))
        ;
    return lane;
}

void
steal__team_give_lane(struct lane *lane)
{
    store_release(&lane->is_taken, 0); /* T1 */
}

bool
steal__team_enter(struct team *team)
{
    if (load_relaxed(&team->active) >= team->most) /* a hint spares the line */
        return false;
    if (add_relaxed(&team->active, 1) < team->most) /* a count, no more */
        return true;
    steal__team_leave(team);
    return false;
}

void
steal__team_enter_anyway(struct team *team)
{
    add_relaxed(&team->active, 1); /* a count, no more */
}

void
steal__team_leave(struct team *team)
{
    add_relaxed(&team->active, -1u); /* a count, no more */
}

bool
steal__team_has_public(struct team *team)
{
    unsigned n = team_used(team);

    for (unsigned i = 0; i < n; i++)
        if (steal__lane_has_public(&team->lanes[i]))
            return true;
    return false;
}

/* Where to look first: unless the thief is bound, the others are in no place in
 * particular. */
static const struct victims *
victims_of(struct team *team, const struct lane *thief)
{
    struct steal_runtime *runtime = team->runtime;

    return runtime->near && thief->index < runtime->nworkers
                   ? &runtime->near->victims[thief->index]
                   : NULL;
}

static COLD struct steal_job *
look_near(struct team *team, struct lane *thief, const struct lane *root,
        struct lane **victim, struct lane **found)
{
    struct steal_job *job = NULL;
    struct hunt hunt;
    unsigned i;

    hunt_begin(&hunt, victims_of(team, thief), team_used(team),
            thief->next_victim++);
    while (!job && (i = hunt_next(&hunt)) != HUNT_END) {
        *victim = &team->lanes[i];
        job = steal__lane_take(*victim, thief, root, found);
    }
    return job;
}

struct steal_job *
steal__team_look(struct team *team, struct lane *thief, const struct lane *root,
        struct lane **victim, struct lane **found)
{
    unsigned n = team_used(team);
    unsigned at = n ? thief->next_victim++ % n : 0;
    struct steal_job *job = NULL;

    if (unlikely(victims_of(team, thief) != NULL))
        return look_near(team, thief, root, victim, found);
    for (unsigned i = 0; i < n && !job; i++, at++) {
        *victim = &team->lanes[at < n ? at : at - n];
        if (*victim != thief)
            job = steal__lane_take(*victim, thief, root, found);
    }
    return job;
}

/* True for a lane that may have jobs of `root`, or of any, for this thread. */
static bool
is_of_interest(struct lane *lane, const struct lane *root)
{
    if (lane == steal__lane || !load_relaxed(&lane->is_taken)) /* a hint */
        return false;
    return !root || load_relaxed(&lane->root) == root; /* a hint */
}

bool
steal__team_urge(struct team *team, const struct lane *root)
{
    unsigned n = team_used(team);
    uint64_t now = steal_now();
    bool published = false;

    for (unsigned i = 0; i < n; i++) {
        struct lane *lane = &team->lanes[i];

        if (!is_of_interest(lane, root))
            continue;
        if (load_relaxed(&lane->asked)) /* a hint */
            published |= steal__lane_force(lane, now);
        else
            steal__lane_ask(lane);
    }
    return published;
}

bool
steal__team_ask_all(struct team *team, const struct lane *root)
{
    unsigned n = team_used(team);

    for (unsigned i = 0; i < n; i++) {
        struct lane *lane = &team->lanes[i];

        if (!is_of_interest(lane, root))
            continue;
        if (steal__lane_has_public(lane) || !steal__lane_ask(lane))
            return false;
    }
    return true;
}

void
steal__team_call(struct lane *lane)
{
    struct team *team = lane->team;

    fence_seq_cst();                 /* T2 */
    if (load_relaxed(&team->dozing)) /* T2 */
        steal__doze_call(team, load_relaxed(&lane->root));
    runtime_notify(team->runtime);
}

void
steal__team_run(struct lane *victim, struct steal_job *job)
{
    job->run(job);
    if (steal__lane_finish(job))
        steal__doze_ring(victim);
}
