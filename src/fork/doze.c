/*
 * doze.c
 *
 * Orderings
 *   D1  doze: store bell = 1; CAS word | WAITED     finish: swap word; bell?
 *       Both are operations on the job's word.  Who finishes after the CAS sees
 *       WAITED, and the bell through it; who finishes before is seen by the CAS.
 *   D2  ring: swap bell, release  ->  doze: load bell, acquire
 *   T2  of team.c, for jobs that could be run meanwhile.
 */
#include "doze.h"

#include "../base/futex.h"

/* True if whoever finishes the job will ring. */
static bool
ask_to_be_rung(struct steal_job *job)
{
    _Atomic(uintptr_t) *word = job_word(job);
    uintptr_t old = load_relaxed(word); /* the CAS checks */

    while ((old & JOB_PHASE) == JOB_TAKEN) {
        if (cas_weak_acq_rel(word, &old, old | JOB_WAITED)) /* D1 */
            return true;
    }
    return false;
}

static void
sleep_until_rung(struct lane *lane)
{
    while (load_acquire(&lane->bell)) /* D2 */
        steal__futex_wait(&lane->bell, 1, UINT64_MAX);
}

/* Asks for something to do, unless it could not help anyway (join.c). */
static bool
has_nothing_to_do(struct lane *lane)
{
    return lane->helping == STEAL_HELP_MOST ||
           steal__team_ask_all(lane->team, load_relaxed(&lane->root));
}

void
steal__doze(struct lane *lane, struct steal_job *job)
{
    struct team *team = lane->team;

    store_relaxed(&lane->bell, 1); /* D1 */
    add_acq_rel(&team->dozing, 1);
    fence_after_rmw(); /* T2 */
    if (has_nothing_to_do(lane) && ask_to_be_rung(job))
        sleep_until_rung(lane);
    sub_release(&team->dozing, 1);
    store_relaxed(&lane->bell, 0); /* nobody rings who need be heard */
}

void
steal__doze_ring(struct lane *lane)
{
    if (swap_release(&lane->bell, 0)) /* D2 */
        steal__futex_wake(&lane->bell, 1);
}

void
steal__doze_call(struct team *team, const struct lane *root)
{
    unsigned n = team_used(team);

    for (unsigned i = 0; i < n; i++) {
        struct lane *lane = &team->lanes[i];

        if (load_relaxed(&lane->bell) && /* a hint: the swap tells */
                load_relaxed(&lane->root) == root) {
            steal__doze_ring(lane);
            return;
        }
    }
}
