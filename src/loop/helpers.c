#include "helpers.h"

#include "../fork/job.h"

/* Others take the oldest first: if that one is gone, fewer than n wait. */
static bool
are_waiting(struct helpers *helpers, unsigned n)
{
    return helpers->forked >= n &&
           !job_was_taken(&helpers->helper[helpers->forked - n].job);
}

/* Newest first, as jobs are joined: those behind one that is not over stay. */
static void
join_those_over(struct helpers *helpers)
{
    while (helpers->forked) {
        struct steal_job *job = &helpers->helper[helpers->forked - 1].job;

        if ((load_relaxed(job_word(job)) & JOB_PHASE) != JOB_DONE)
            return; /* a hint; the join tells */
        (void)steal_join_job(job);
        helpers->forked--;
    }
}

void
steal__helpers_fork(struct helpers *helpers, unsigned spare,
        void (*run)(struct steal_job *job), void *owner)
{
    if (!spare)
        return;
    if (spare > HELPERS_SPARE)
        spare = HELPERS_SPARE;
    if (helpers->forked == HELPERS_MOST)
        join_those_over(helpers);
    while (helpers->forked < HELPERS_MOST && !are_waiting(helpers, spare)) {
        struct helper *helper = &helpers->helper[helpers->forked++];

        *helper = (struct helper){ STEAL_JOB(run), owner };
        steal_fork(&helper->job);
    }
}

void
steal__helpers_join(struct helpers *helpers)
{
    while (helpers->forked)
        (void)steal_join_job(&helpers->helper[--helpers->forked].job);
}
