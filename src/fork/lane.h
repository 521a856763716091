/*
 * lane.h - the jobs that one thread has forked and not yet joined.
 *
 *     bottom <- job <- job <- job <- job <- job           <- prev
 *               taken  public ------ private ------
 *                      ^      ^             ^
 *                      oldest last          here->top
 *
 * A fork puts a job on top, a join takes it off, and neither has a fence or an
 * atomic operation: private jobs are the owner's.  A thief takes the oldest of
 * the public ones.  If there is none it asks; the owner, which looks at that in
 * each join, answers by making the older half of its private jobs public.  An owner that
 * does not join anything for a while is answered for by a thief, after a fence
 * that the owner need not take part in.  lane.c has the orderings.
 *
 * Everything but forks, and joins that find nothing to do, is under the lock of
 * the lane.
 *
 * A lane works for one computation at a time, that of its root: the lane on which
 * it began.  Who waits in a join helps lanes of the same root only.
 *
 * Threads: attach, detach, settle and offer are the owner's; the rest is for any.
 */
#ifndef STEAL_FORK_LANE_H
#define STEAL_FORK_LANE_H

#include <steal/fork.h>

#include "../base/compiler.h"
#include "../base/lock.h"
#include "job.h"

struct team;

struct lane {
    CACHE_ALIGNED struct lock lock;
    _Atomic(struct steal_job *) oldest; /* public; NULL: none; written locked */
    _Atomic(uint32_t) asked;            /* written locked */
    struct steal_job *last;             /* the newest that is not private */
    struct steal_here *here;            /* NULL: nobody's, or put aside */
    _Atomic(uint64_t) force_at; /* ns: not to be answered for before that */

    /* the owner's */
    CACHE_ALIGNED struct team *team;
    unsigned index;
    unsigned helping; /* how deep it is in others' jobs */
    unsigned next_victim;
    bool counted;                /* run_job.c */
    _Atomic(struct lane *) root; /* written by the owner */
    _Atomic(uint32_t) bell;      /* team.c */
    _Atomic(uint32_t) is_taken;  /* team.c */
    struct lane *outer;          /* what the thread was before */
    struct steal_here outer_here;
    struct steal_job bottom;
};

/* The lane of this thread, or NULL. */
extern _Thread_local struct lane *steal__lane;

/* True if forks of this thread can be taken by others. */
static inline bool
steal__lane_is_shared(void)
{
    return steal__lane != NULL;
}

void steal__lane_init(struct lane *lane, struct team *team, unsigned index);

/* This thread forks to that lane from now on, until it detaches.  What it had
 * before is put aside. */
void steal__lane_attach(struct lane *lane);
void steal__lane_detach(struct lane *lane);

/* What a join finds. */
enum lane_settled {
    LANE_OURS,  /* the owner is to run it */
    LANE_TAKEN, /* another thread has it, or had it */
};

/* The slow half of a join: the job is off the list; what is public of it is
 * taken back.  *published: others have become public. */
enum lane_settled steal__lane_settle(struct lane *lane, struct steal_job *job,
        bool *published);

/* Makes all private jobs public, whether somebody has asked or not, if there are no public
 * ones; true if there were some. */
bool steal__lane_offer(struct lane *lane);

/* True if there is a job to take: a hint. */
static inline bool
steal__lane_has_public(struct lane *lane)
{
    return load_relaxed(&lane->oldest) != NULL; /* a hint: look again, locked */
}

/* Takes a job for `thief`, of the computation `root` or, if that is NULL, of any;
 * *found is the root then. */
struct steal_job *steal__lane_take(struct lane *victim,
        const struct lane *thief, const struct lane *root, struct lane **found);

/* Runs a job that was taken, on this thread.  True if its owner sleeps for it. */
bool steal__lane_finish(struct steal_job *job);

/* Asks for public jobs.  False if that could not be done, or there are some. */
bool steal__lane_ask(struct lane *victim);

/* Answers for the owner if that has not answered for a while, at `now` (ns).
 * True if jobs have become public. */
bool steal__lane_force(struct lane *victim, uint64_t now);

#endif
