/*
 * theft.c - in a simulation: another worker takes a job, and has run it, before its
 * owner comes to join it.
 *
 * The owner's thread plays that worker, in the middle of a join, with a lane of its
 * own.  So both ends of a join come about, as they do in real runs.
 */
#include "../base/dice.h"
#include "../sched/runtime.h"
#include "team.h"

/* One join in so many is an opportunity. */
#define THEFT_EVERY 2

static void
run(struct lane *thief, struct lane *root, struct lane *owner,
        struct steal_job *job)
{
    steal__lane_attach(thief);
    store_relaxed(&thief->root, root); /* lane.c, F3: it has no jobs */
    steal__team_run(owner, job);
    steal__lane_detach(thief);
}

void
steal__theft(struct lane *owner)
{
    struct team *team = owner->team;
    struct steal_job *job;
    struct lane *thief;
    struct lane *root;

    /* Outside of the simulation there are no dice of its own. */
    if (!steal__worker || team->most < 2 || !dice_once_in(THEFT_EVERY))
        return;
    thief = steal__team_take_lane(team, dice_below(team->runtime->nworkers));
    if (!thief)
        return;
    job = steal__lane_take(owner, thief, NULL, &root);
    if (job)
        run(thief, root, owner, job);
    steal__team_give_lane(thief);
    steal__lane_ask(owner); /* the next join is one, too */
}
