/*
 * run_job.c - a thread that computes with the workers of a runtime, and waits.
 *
 * Rather than hand its job to a worker and sleep, which costs two wake-ups, the
 * thread takes a lane and runs the job itself.  It takes a place among those that
 * may compute.
 *
 * Orderings
 *   G1  enter: count up; fence; is it stopping?    stop: stopping; fence; guests?
 *       One of the two sees the other.
 *   G2  leave: count down, release  ->  stop: load guests, acquire
 *       After that the runtime may be gone: the futex is woken by its address
 *       alone.
 */
#include <errno.h>

#include "../base/compiler.h"
#include "../base/futex.h"
#include "../sched/runtime.h"
#include "../task/schedule.h"
#include "team.h"

static void
leave(struct team *team)
{
    _Atomic(uint32_t) *guests = &team->guests;

    if (sub_acq_rel(guests, 1) == 1) /* G2 */
        steal__futex_wake(guests, 1);
}

static int
enter(struct steal_runtime *runtime)
{
    struct team *team = runtime->team;

    add_acq_rel(&team->guests, 1);
    fence_after_rmw(); /* G1 */
    if (!runtime_is_stopping(runtime))
        return 0;
    leave(team);
    return -ECANCELED;
}

/* Those that sleep know nothing of a computation that begins. */
static void
call_a_thief(struct team *team)
{
    fence_after_rmw(); /* SLEEP.md, S1: the count of the active */
    runtime_notify(team->runtime);
}

/* So many compute already that nobody would help. */
static void
run_alone(struct team *team, struct steal_job *job)
{
    struct steal_runtime *outer = steal__alone;

    steal__alone = team->runtime;
    job->run(job);
    steal__alone = outer;
}

static void
run(struct team *team, struct steal_job *job)
{
    struct lane *lane = steal__team_take_lane(team, team->runtime->nworkers);

    steal__team_enter_anyway(team);
    steal__relief_call(team->runtime);
    if (lane) {
        steal__lane_attach(lane);
        call_a_thief(team);
        job->run(job);
        steal__lane_detach(lane);
        steal__team_give_lane(lane);
    } else {
        run_alone(team, job);
    }
    steal__team_vacate(team);
}

/* By a worker.  In a task's poll it counts as one that computes, as long as the
 * first such call lasts. */
static void
run_inside(struct lane *lane, struct steal_job *job)
{
    struct team *team = lane->team;
    struct worker *w = steal__worker;
    bool counts = w && !worker_computes(w) && !lane->counted;

    if (counts) {
        lane->counted = true;
        steal__team_enter_anyway(team);
        steal__relief_call(team->runtime);
    }
    call_a_thief(team);
    job->run(job);
    if (counts) {
        lane->counted = false;
        steal__team_vacate(team);
    }
}

/* In a poll, or a job, of a thread that has no lane.  A runtime of NULL is the
 * one that this is in. */
static bool
is_inside_alone(const struct steal_runtime *runtime)
{
    struct worker *w = steal__worker;
    const struct steal_runtime *inside = steal__alone;

    if (w && w->cx.task)
        inside = w->runtime;
    return inside && (!runtime || inside == runtime);
}

int
steal_run_job(struct steal_runtime *runtime, struct steal_job *job)
{
    struct lane *lane = steal__lane;
    int error;

    if (lane && (!runtime || lane->team->runtime == runtime)) {
        run_inside(lane, job);
        return 0;
    }
    if (!lane && is_inside_alone(runtime)) {
        job->run(job);
        return 0;
    }
    runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return error;
    error = enter(runtime);
    if (error)
        return error;
    run(runtime->team, job);
    leave(runtime->team);
    return 0;
}
