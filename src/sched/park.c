/*
 * park.c - SLEEP.md has the protocol; here is a worker's side of it.
 */
#include "park.h"

#include <steal/time.h>

#include "../base/clock.h"
#include "block_on.h"
#include "linger.h"
#include "observe.h"
#include "runtime.h"

/* How long the monitor sleeps at a time. */
#define TICK STEAL_MS(10)

static void
unpark_index(struct steal_runtime *runtime, int index)
{
    if (index != IDLE_NOBODY)
        steal__worker_unpark(&runtime->workers[index]);
}

void
steal__runtime_notify_slow(struct steal_runtime *runtime)
{
    struct idle_calls calls = steal__idle_notify(&runtime->idle);

    unpark_index(runtime, calls.worker);
    unpark_index(runtime, calls.monitor);
}

void
steal__runtime_appoint_slow(struct steal_runtime *runtime)
{
    unpark_index(runtime, steal__idle_appoint(&runtime->idle));
}

bool
steal__runtime_has_queued(struct steal_runtime *runtime)
{
    if (!steal__injector_is_empty(&runtime->injector))
        return true;
    for (unsigned i = 0; i < runtime->nall; i++) {
        if (!steal__ring_is_empty(&runtime->workers[i].ring))
            return true;
    }
    return false;
}

/* What must not be slept through: looked at after the sleep is announced (S1),
 * and whenever the sleep was interrupted. */
static bool
has_work(struct worker *w)
{
    struct steal_runtime *runtime = w->runtime;

    if (steal__runtime_has_queued(runtime) || !slot_is_empty(&w->slot) ||
            steal__jobs_last_look(w))
        return true;
    if (helm_is_wanted(&w->helm) || /* helm.c, H2 */
            (w->blocker && steal__blocker_is_done(w->blocker)))
        return true;
    if (!runtime_is_stopping(runtime))
        return false;
    return !worker_is_closing(w) || steal__runtime_is_quiet(runtime);
}

/* Sleeps once: in the driver's seat if that is free, else on the parker. */
static bool
doze(struct worker *w, uint64_t deadline, bool may_drive)
{
    struct steal_runtime *runtime = w->runtime;

    if (!may_drive || !steal__driver_try_take(&runtime->driver)) {
        steal__parker_park(&w->parker, deadline);
        return false;
    }
    store_relaxed(&runtime->idle.driver, (int)w->index); /* a hint */
    if (steal__parker_begin_drive(&w->parker)) {
        unsigned n = steal__driver_turn(&runtime->driver, deadline);

        if (n)
            linger_note_sleep(w, n);
        observe(w, OBSERVE_TURN, n);
        steal__parker_end_drive(&w->parker);
    }
    store_relaxed(&runtime->idle.driver, IDLE_NOBODY);
    steal__driver_give(&runtime->driver);
    return true;
}

/* True if the worker has polled nothing since the last look, which is noted for
 * the next one: all hints, for two may look at once. */
static bool
has_not_moved(struct worker *v)
{
    uint64_t polls = load_relaxed(&v->polls);
    bool still = polls == load_relaxed(&v->seen_polls);

    store_relaxed(&v->seen_polls, polls);
    return still;
}

/* The monitor's look around.  A worker that has not moved in the middle of a
 * poll is stuck: what is in its slot waits for the end of that poll.  True if it
 * has taken such a task; *quiet if no worker has moved. */
static bool
watch(struct worker *w, bool *quiet)
{
    struct steal_runtime *runtime = w->runtime;

    *quiet = true;
    for (unsigned i = 0; i < runtime->nall; i++) {
        struct worker *v = &runtime->workers[i];
        struct steal_task *task = NULL;

        if (v == w)
            continue;
        if (!has_not_moved(v))
            *quiet = false;
        else if (load_relaxed(&v->polling)) /* a hint */
            task = slot_take(&v->slot);
        if (task) {
            slot_put(&w->slot, task);
            return true;
        }
    }
    return false;
}

/* Sleeps until it is picked, or finds something. */
static bool
sleep_until_called(struct worker *w)
{
    struct idle *idle = &w->runtime->idle;
    bool ticked = false; /* as the monitor, at least once */
    bool drove = false;

    while (steal__idle_is_asleep(idle, w->index) && !has_work(w)) {
        bool monitor = steal__idle_is_monitor(idle, w->index);
        uint64_t deadline = monitor ? steal__clock_real() + TICK
                                    : STEAL_FOREVER;
        bool quiet;

        /* Who has just left the seat usually comes back: the monitor takes it
         * only when it is still free a tick later. */
        drove = doze(w, deadline, !monitor || ticked);
        ticked = monitor;
        if (!monitor || !steal__idle_is_asleep(idle, w->index))
            continue;
        if (watch(w, &quiet))
            break;
        if (quiet)
            steal__idle_resign(idle, w->index);
    }
    return drove;
}

void
steal__park(struct worker *w)
{
    struct steal_runtime *runtime = w->runtime;
    const struct steal_hooks *hooks = &runtime->options.hooks;
    bool drove;
    int heir;

    store_relaxed(&w->polling, NULL); /* a hint */
    counter_add(&w->tally.parks, 1);
    observe(w, OBSERVE_PARK, 0);
    steal__idle_sleep(&runtime->idle, w->index, w->searching);
    if (hooks->park && w->index < runtime->nworkers)
        hooks->park(w->index, hooks->data);
    drove = sleep_until_called(w);
    if (hooks->unpark && w->index < runtime->nworkers)
        hooks->unpark(w->index, hooks->data);
    w->searching = steal__idle_rise(&runtime->idle, w->index, &heir);
    unpark_index(runtime, heir);
    observe(w, OBSERVE_UNPARK, 0);
    if (drove)
        runtime_need_monitor(runtime);
}
