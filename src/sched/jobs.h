/*
 * jobs.h - what a worker asks of the layer above it, that of computations.
 *
 * Declared here and defined in fork/, as task/schedule.h is in sched/.  A worker
 * that has no task to run looks for a computation to begin, or for a job of one
 * that is under way.
 *
 * Threads: attach to run are the worker's; the rest is for any.
 */
#ifndef STEAL_SCHED_JOBS_H
#define STEAL_SCHED_JOBS_H

#include <stdbool.h>
#include <stdint.h>

struct lane;
struct steal_compute;
struct steal_job;
struct steal_runtime;
struct team;
struct worker;

/* What a worker has found: one of the two. */
struct work {
    struct steal_compute *compute;
    struct steal_job *job;
    struct lane *victim; /* whose job it was */
    struct lane *root;   /* of which computation */
};

/* -ENOMEM */
int steal__team_new(struct team **result, struct steal_runtime *runtime);
void steal__team_free(struct team *team);

/* True if this thread computes for the runtime, which then waits for it. */
bool steal__jobs_are_of(const struct steal_runtime *runtime);

/* The runtime that this thread computes for, or NULL. */
struct steal_runtime *steal__jobs_runtime(void);

/* The runtime that this thread computes for, or might, without a lane, or NULL:
 * none was left.  What it forks is shared with nobody. */
extern _Thread_local struct steal_runtime *steal__alone;

/* In the child of a fork(): this thread has what it has forked to itself. */
void steal__jobs_forget(void);

/* Waits until no thread that is no worker computes.  False: not by then.  This
 * thread has begun the stop. */
bool steal__team_wait_for_guests(struct team *team, uint64_t deadline);

/* This thread is the worker from now on, or no longer. */
void steal__jobs_attach(struct worker *w);
void steal__jobs_detach(struct worker *w);

/* Fills w->work.  No: there is nothing, or as many compute as may. */
bool steal__jobs_find(struct worker *w);
void steal__jobs_run(struct worker *w);

/* The job that runs blocks in place: another may have its place meanwhile, which
 * it takes again afterwards, be it one too many. */
void steal__jobs_pause(struct team *team);
void steal__jobs_resume(struct team *team);

/* True if a computation has waited for long while there were tasks to run. */
bool steal__jobs_are_late(struct team *team, uint64_t now);

/* True if there is something to find, by now or as far as one can tell. */
bool steal__jobs_are_there(struct team *team);

/* The last look of a worker before it sleeps: true if there is something.  If
 * not, whoever forks next knows that somebody would help. */
bool steal__jobs_last_look(struct worker *w);

/* While some workers sleep: sees to it that the forks of others that join nothing
 * are shared.  False: nothing is computed. */
bool steal__jobs_nudge(struct team *team);

/* True while computations are under way. */
bool steal__jobs_are_active(struct team *team);

#endif
