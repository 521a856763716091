/*
 * team.h - the lanes of a runtime, and who may compute.
 *
 * A lane for each worker, and spare ones for threads that come and go: callers of
 * steal_run_job(), and threads that stand in for a worker.
 *
 *     look        take a job from some lane, or ask
 *     enter       one more thread computes, if options.compute_workers allows
 *     doze, ring  a thread that waits in a join sleeps, and is called
 *
 * Threads: any.
 */
#ifndef STEAL_FORK_TEAM_H
#define STEAL_FORK_TEAM_H

#include "../base/list.h"
#include "../base/lock.h"
#include "../base/rand.h"
#include "lane.h"

#ifndef SPARE_LANES
# define SPARE_LANES 32
#endif

struct team {
    /* constant */
    struct steal_runtime *runtime;
    unsigned most;   /* threads that may compute at a time */
    unsigned nlanes; /* of workers, then spare ones */
    struct lane *lanes;

    CACHE_ALIGNED struct lock lock; /* of the queue; compute.c */
    struct list queue;              /* computations that have not begun */
    CACHE_ALIGNED _Atomic(uint32_t) queued; /* read without the lock */
    _Atomic(uint32_t) used;   /* lanes from here on were never taken */
    _Atomic(uint32_t) active; /* threads that compute */
    _Atomic(uint32_t) dozing; /* of those that wait in a join, asleep */
    _Atomic(uint32_t) guests; /* threads that are no workers */
};

/* Takes lane `index`, or a spare one if that is taken; NULL: none is left. */
struct lane *steal__team_take_lane(struct team *team, unsigned index);
void steal__team_give_lane(struct lane *lane);

/* No: as many compute as may. */
bool steal__team_enter(struct team *team);
void steal__team_enter_anyway(struct team *team);
void steal__team_leave(struct team *team);

/* The same for who has computed: somebody else may now, and is called. */
void steal__team_vacate(struct team *team);

static inline unsigned
team_used(struct team *team)
{
    return load_relaxed(&team->used); /* grows; who misses one comes again */
}

/* True if some lane has a job that can be taken. */
bool steal__team_has_public(struct team *team);

/* True if a computation waits to be begun: a hint. */
static inline bool
team_has_queued(struct team *team)
{
    return load_relaxed(&team->queued) != 0; /* a hint, or after a fence */
}

/* Finds a job for `thief`, of `root` or of any computation; *victim is whose it
 * was and *found its root. */
struct steal_job *steal__team_look(struct team *team, struct lane *thief,
        const struct lane *root, struct lane **victim, struct lane **found);

/* Asks the lanes of `root`, or all, and answers for those that have been asked for
 * a while.  True if jobs have become public. */
bool steal__team_urge(struct team *team, const struct lane *root);

/* Asks all lanes, of `root` or any.  False if there is something to take, or a
 * lane could not be asked. */
bool steal__team_ask_all(struct team *team, const struct lane *root);

/* Jobs of this lane have become public: calls for others. */
void steal__team_call(struct lane *lane);

/* For a join in a simulation (theft.c): a job of this lane may be taken, and run, by
 * somebody else just now. */
void steal__theft(struct lane *owner);

/* Runs a job that `thief`, this thread, took from `victim`. */
void steal__team_run(struct lane *victim, struct steal_job *job);

#endif
