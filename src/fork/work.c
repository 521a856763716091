/*
 * work.c - computations, seen by a worker between two tasks.
 *
 * Orderings
 *   W1  leave: count down; fence; sleepers?    last look: asleep; fence; count?
 *       When as many compute as may, others sleep though there is work.  One of
 *       the two sees the other, so that somebody takes the place of who leaves.
 */
#include <errno.h>
#include <stdlib.h>

#include <steal/time.h>

#include "../base/futex.h"
#include "../sched/jobs.h"
#include "../sched/runtime.h"
#include "compute.h"
#include "team.h"

/* How long a computation waits while there are tasks. */
#define PATIENCE STEAL_MS(1)

/*
 * The team
 */

int
steal__team_new(struct team **result, struct steal_runtime *runtime)
{
    unsigned nlanes = runtime->nworkers + SPARE_LANES;
    struct team *team = aligned_alloc(_Alignof(struct team), sizeof *team);
    struct lane *lanes = aligned_alloc(_Alignof(struct lane),
            nlanes * sizeof *lanes);

    if (!team || !lanes) {
        free(team);
        free(lanes);
        return -ENOMEM;
    }
    team->runtime = runtime;
    team->most = runtime->options.compute_workers;
    if (team->most > runtime->nworkers)
        team->most = runtime->nworkers;
    team->nlanes = nlanes;
    team->lanes = lanes;
    lock_init(&team->lock);
    list_init(&team->queue);
    store_relaxed(&team->queued, 0); /* not shared yet, as all here */
    store_relaxed(&team->used, 0);
    store_relaxed(&team->active, 0);
    store_relaxed(&team->dozing, 0);
    store_relaxed(&team->guests, 0);
    for (unsigned i = 0; i < nlanes; i++)
        steal__lane_init(&lanes[i], team, i);
    *result = team;
    return 0;
}

void
steal__team_free(struct team *team)
{
    free(team->lanes);
    free(team);
}

/*
 * The worker
 */

/* The relief, too, for what its polls fork.  It and a stand-in may find none left. */
void
steal__jobs_attach(struct worker *w)
{
    struct team *team = w->runtime->team;
    struct lane *lane = steal__team_take_lane(team, w->index);

    w->lane = lane;
    if (lane)
        steal__lane_attach(lane);
}

void
steal__jobs_detach(struct worker *w)
{
    struct lane *lane = w->lane;

    w->lane = NULL;
    if (!lane)
        return;
    steal__lane_detach(lane);
    steal__team_give_lane(lane);
}

static bool
is_full(struct team *team)
{
    return load_relaxed(&team->active) >= team->most; /* a hint, or W1 */
}

/* Nothing is begun any more once the runtime stops: who waits is dropped. */
static bool
has_queued(struct team *team)
{
    return team_has_queued(team) && !runtime_is_stopping(team->runtime);
}

bool
steal__jobs_are_active(struct team *team)
{
    return load_relaxed(&team->active) != 0; /* a hint */
}

bool
steal__jobs_are_there(struct team *team)
{
    return !is_full(team) && (has_queued(team) || steal__team_has_public(team));
}

bool
steal__jobs_last_look(struct worker *w)
{
    struct team *team = w->runtime->team;

    if (worker_is_relief(w) || is_full(team)) /* W1 */
        return false;
    return has_queued(team) || (w->lane && !steal__team_ask_all(team, NULL));
}

bool
steal__jobs_are_late(struct team *team, uint64_t now)
{
    return unlikely(has_queued(team)) && !is_full(team) &&
           steal__compute_is_late(team, now, PATIENCE);
}

void
steal__team_vacate(struct team *team)
{
    steal__team_leave(team);
    fence_after_rmw(); /* W1 */
    if (steal__jobs_are_there(team))
        runtime_notify(team->runtime);
}

/* Costs next to nothing as long as nobody computes. */
static bool
is_worth_a_look(struct team *team)
{
    if (has_queued(team) || steal__team_has_public(team))
        return true;
    return steal__jobs_are_active(team) && !is_full(team) &&
           steal__team_urge(team, NULL);
}

/* Who takes the last one that could be taken asks for more, on behalf of others
 * that have nothing to do. */
static struct steal_job *
take_job(struct worker *w)
{
    struct work *work = &w->work;
    struct steal_job *job = steal__team_look(w->lane->team, w->lane, NULL,
            &work->victim, &work->root);

    if (job && steal__idle_are_some(&w->runtime->idle))
        steal__lane_ask(work->victim);
    return job;
}

bool
steal__jobs_find(struct worker *w)
{
    struct team *team = w->runtime->team;
    struct work *work = &w->work;

    if (worker_is_relief(w) || !is_worth_a_look(team) ||
            !steal__team_enter(team))
        return false;
    if (unlikely(!w->lane))
        steal__jobs_attach(w); /* there may be one by now */
    work->job = NULL;
    work->compute = has_queued(team) ? steal__compute_take(team) : NULL;
    if (!work->compute && w->lane)
        work->job = take_job(w);
    if (work->compute || work->job)
        return true;
    steal__team_leave(team);
    return false;
}

/* No lane is left: better than not at all. */
static COLD void
compute_alone(struct team *team, struct steal_compute *compute)
{
    struct steal_runtime *outer = steal__alone;

    steal__alone = team->runtime;
    steal__compute_run(team, compute);
    steal__alone = outer;
}

void
steal__jobs_run(struct worker *w)
{
    struct work work = w->work;
    struct lane *lane = w->lane;
    struct team *team = w->runtime->team;

    if (work.compute && lane) {
        steal__compute_run(team, work.compute);
    } else if (work.compute) {
        compute_alone(team, work.compute);
    } else {
        store_relaxed(&lane->root, work.root); /* lane.c, F3: it has no jobs */
        steal__team_run(work.victim, work.job);
        store_relaxed(&lane->root, lane);
    }
    steal__team_vacate(team);
}

bool
steal__jobs_nudge(struct team *team)
{
    struct steal_runtime *runtime = team->runtime;

    if (steal__idle_wants_notify(&runtime->idle) && !is_full(team) &&
            steal__team_urge(team, NULL))
        runtime_notify(runtime);
    return steal__jobs_are_active(team);
}

void
steal__jobs_pause(struct team *team)
{
    steal__team_vacate(team);
}

void
steal__jobs_resume(struct team *team)
{
    steal__team_enter_anyway(team);
    steal__relief_call(team->runtime);
}

struct steal_runtime *
steal__jobs_runtime(void)
{
    return steal__lane ? steal__lane->team->runtime : steal__alone;
}

/*
 * Threads that are no workers
 */

bool
steal__jobs_are_of(const struct steal_runtime *runtime)
{
    const struct lane *lane = steal__lane;

    while (lane && lane->team->runtime != runtime)
        lane = lane->outer;
    return lane || steal__alone == runtime;
}

void
steal__jobs_forget(void)
{
    steal__lane = NULL;
    steal__alone = NULL;
}

bool
steal__team_wait_for_guests(struct team *team, uint64_t deadline)
{
    bool in_time = true;
    uint32_t n;

    while ((n = load_acquire(&team->guests)) && in_time) /* run_job.c, G1, G2 */
        in_time = steal__futex_wait(&team->guests, n, deadline);
    return !n;
}
