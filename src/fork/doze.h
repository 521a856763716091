/*
 * doze.h - how a thread that waits in a join sleeps.
 *
 * It has looked for jobs of its computation for a while.  What ends the sleep is
 * the end of the job that it waits for, or a job that it could run meanwhile.
 *
 * Threads: doze is the owner's of the lane, call and ring are for any.
 */
#ifndef STEAL_FORK_DOZE_H
#define STEAL_FORK_DOZE_H

#include "team.h"

/* Sleeps, unless the job is done or there is something to do. */
void steal__doze(struct lane *lane, struct steal_job *job);

/* Wakes one that sleeps and works for `root`, if there is one. */
void steal__doze_call(struct team *team, const struct lane *root);

/* Wakes the owner of this lane, if it sleeps. */
void steal__doze_ring(struct lane *lane);

#endif
