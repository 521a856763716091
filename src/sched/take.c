#include "take.h"

#include "../base/hunt.h"
#include "observe.h"
#include "push.h"
#include "runtime.h"

struct steal_task *
steal__take_injected(struct worker *w, unsigned max)
{
    unsigned n;
    struct steal_task *task = steal__injector_take(&w->runtime->injector, max,
            &n);
    struct steal_task *rest = task ? task->next : NULL;

    while (rest) {
        struct steal_task *next = rest->next;

        if (unlikely(!steal__ring_push(&w->ring, rest)))
            steal__worker_overflow(w, rest);
        rest = next;
    }
    if (n)
        counter_add(&w->tally.injected, n);
    if (n > 1 || (n && !steal__injector_is_empty(&w->runtime->injector)))
        runtime_notify(w->runtime);
    return task;
}

static inline struct steal_task *
steal_from(struct worker *w, struct worker *victim)
{
    uint64_t tail = load_relaxed(&w->ring.tail); /* no one else writes it */
    struct steal_task *task;

    if (victim == w || steal__ring_is_empty(&victim->ring))
        return NULL;
    counter_add(&w->tally.steal_tries, 1);
    task = steal__ring_steal(&victim->ring, &w->ring);
    if (task) {
        counter_add(&w->tally.steals, 1);
        tail = load_relaxed(&w->ring.tail) - tail + 1; /* likewise */
        counter_add(&w->tally.stolen, tail);
        observe(w, OBSERVE_STEAL, tail);
    }
    return task;
}

static COLD struct steal_task *
steal_near(struct worker *w, unsigned start)
{
    struct steal_runtime *runtime = w->runtime;
    struct steal_task *task = NULL;
    struct hunt hunt;
    unsigned i;

    hunt_begin(&hunt, w->victims, runtime->nall, start);
    while (!task && (i = hunt_next(&hunt)) != HUNT_END)
        task = steal_from(w, &runtime->workers[i]);
    return task;
}

struct steal_task *
steal__take_stolen(struct worker *w)
{
    struct steal_runtime *runtime = w->runtime;
    unsigned n = runtime->nall;
    unsigned victim = rng_below(&w->rng, n);

    if (unlikely(w->victims != NULL))
        return steal_near(w, victim);
    for (unsigned i = 0; i < n; i++, victim++) {
        struct steal_task *task = steal_from(w,
                &runtime->workers[victim < n ? victim : victim - n]);

        if (task)
            return task;
    }
    return NULL;
}

struct steal_task *
steal__take_from_others(struct worker *w)
{
    struct steal_task *task = steal__take_stolen(w);

    return task ? task : steal__take_injected(w, RING_SLOTS / 2);
}
