/*
 * metrics.c - what others have counted, added up.
 *
 * Nothing is locked but what is locked for a moment anyway, and nothing is of one
 * moment: deaths are read before births, and what is gone before what came, so
 * that a difference is too large rather than less than nothing.
 */
#include <steal/metrics.h>

#include <errno.h>
#include <string.h>

#include <steal/time.h>

#include "../driver/wheel.h"
#include "../fork/team.h"
#include "../sched/runtime.h"
#include "../sched/simulate.h"

/* As much as the caller has room for, and 0 for what we do not know. */
static void
give(void *to, size_t to_size, const void *from, size_t from_size)
{
    size_t n = to_size < from_size ? to_size : from_size;

    memcpy(to, from, n);
    memset((char *)to + n, 0, to_size - n);
}

static uint64_t
age_of(const struct steal_runtime *runtime)
{
    return counter_difference(steal__runtime_now(runtime), runtime->born);
}

/*
 * Workers
 */

static uint64_t
queued_by(struct worker *w)
{
    uint64_t head = load_relaxed(&w->ring.head); /* hints, as all here */
    uint64_t tail = load_relaxed(&w->ring.tail);

    return counter_difference(tail, head) + !slot_is_empty(&w->slot);
}

static void
add_worker(struct steal_worker_metrics *m, struct worker *w, uint64_t age)
{
    const struct tally *tally = &w->tally;
    uint64_t idle = tally_idle_time(tally, w->runtime->born + age);

    m->ended += load_relaxed(&w->census.died);
    m->spawned += load_relaxed(&w->census.born);
    m->polls += load_relaxed(&w->polls);
    m->injected += counter_read(&tally->injected);
    m->steal_tries += counter_read(&tally->steal_tries);
    m->steals += counter_read(&tally->steals);
    m->stolen += counter_read(&tally->stolen);
    m->overflows += counter_read(&tally->overflows);
    m->parks += counter_read(&tally->parks);
    m->busy += counter_difference(age, idle);
    m->queued += queued_by(w);
}

int
steal_metrics_worker(struct steal_runtime *runtime, uint32_t worker,
        struct steal_worker_metrics *metrics, size_t size)
{
    struct steal_worker_metrics sum = { 0 };
    uint64_t age = age_of(runtime);

    if (worker != STEAL_ALL_WORKERS && worker >= runtime->nall)
        return -EINVAL;
    for (uint32_t i = 0; i < runtime->nall; i++) {
        if (worker == STEAL_ALL_WORKERS || worker == i)
            add_worker(&sum, &runtime->workers[i], age);
    }
    give(metrics, size, &sum, sizeof sum);
    return 0;
}

/*
 * The rest
 */

static void
read_tasks(struct steal_metrics *m, struct steal_runtime *runtime)
{
    uint64_t born;
    uint64_t died;

    m->ended_outside = load_relaxed(&runtime->foreign.died);
    m->spawned_outside = load_relaxed(&runtime->foreign.born);
    steal__runtime_census(runtime, &born, &died);
    m->live = counter_difference(born, died);
}

static void
read_injector(struct steal_metrics *m, const struct injector *injector)
{
    uint64_t taken = counter_read(&injector->taken);

    m->injected = counter_read(&injector->pushed);
    m->injector_depth = counter_difference(m->injected, taken);
}

static void
read_driver(struct steal_metrics *m, struct driver *driver)
{
    m->turns = counter_read(&driver->turns);
    m->events = counter_read(&driver->events);
    for (unsigned i = 0; i < driver->nwheels; i++) {
        m->timers += counter_read(&driver->wheels[i].waiting);
        m->timers_fired += counter_read(&driver->wheels[i].fired);
    }
}

static void
read_pool(struct steal_metrics *m, struct pool *pool)
{
    struct pool_state state = steal__pool_state(pool);

    m->blocking_calls = state.taken;
    m->blocking_queued = state.queued;
    m->blocking_threads = state.threads;
    m->blocking_busy = state.busy;
}

void
steal_metrics(struct steal_runtime *runtime, struct steal_metrics *metrics,
        size_t size)
{
    struct steal_metrics m = { .workers = runtime->nworkers };

    m.age = age_of(runtime);
    m.computing = load_relaxed(&runtime->team->active);
    read_tasks(&m, runtime);
    read_injector(&m, &runtime->injector);
    read_driver(&m, &runtime->driver);
    read_pool(&m, &runtime->pool);
    give(metrics, size, &m, sizeof m);
}
