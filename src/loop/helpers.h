/*
 * helpers.h - ways in for those who want to take part in something.
 *
 * A helper is a job that does nothing by itself: who takes it finds out what
 * there is to do.  A thread that has work to share keeps a few of them forked
 * that nobody has taken, so that several may come at a time.
 *
 * Threads: its owner's, who forked them.
 */
#ifndef STEAL_LOOP_HELPERS_H
#define STEAL_LOOP_HELPERS_H

#include <steal/fork.h>

/* At a time.  Each that comes to a part halves what is left, so that there is
 * hardly use for more. */
#ifndef HELPERS_MOST
# define HELPERS_MOST 48
#endif

/* How many wait to be taken, at most. */
#define HELPERS_SPARE 8

struct helper {
    struct steal_job job;
    void *owner; /* what to help with */
};

struct helpers {
    unsigned forked;
    struct helper helper[HELPERS_MOST]; /* those up to `forked` are of use */
};

static inline void
helpers_init(struct helpers *helpers)
{
    helpers->forked = 0;
}

/* Sees to it that so many helpers wait, or HELPERS_SPARE if that is less.  Those
 * that came and went make room for others.  All calls for these helpers have the
 * same `run` and `owner`, and nothing is forked in between that is not joined. */
void steal__helpers_fork(struct helpers *helpers, unsigned spare,
        void (*run)(struct steal_job *job), void *owner);

/* Those who look for work, or sleep, get what is forked. */
static inline void
helpers_offer(void)
{
    if (STEAL_JOB_LOAD(STEAL_HERE.asked))
        steal_share();
}

/* Returns when all that have been taken are over. */
void steal__helpers_join(struct helpers *helpers);

#endif
