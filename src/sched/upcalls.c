/* upcalls.c - what tasks, futures, the driver and the pool ask of the runtime. */
#include "runtime.h"

#include <errno.h>

#include "../blocking/host.h"
#include "../task/schedule.h"
#include "../task/task.h"

struct steal_runtime *
steal_runtime_current(void)
{
    return steal__worker ? steal__worker->runtime : NULL;
}

unsigned
steal_runtime_workers(const struct steal_runtime *runtime)
{
    return runtime->nworkers;
}

struct steal_runtime *
steal__runtime_for(struct steal_runtime *runtime, int *error)
{
    if (!runtime)
        runtime = steal_runtime_current();
    if (!runtime)
        runtime = steal__jobs_runtime();
    *error = 0;
    if (!runtime)
        *error = -EINVAL;
    else if (steal__runtime_is_of_parent(runtime) ||
             runtime_is_stopping(runtime))
        *error = -ECANCELED;
    return *error ? NULL : runtime;
}

/* The caller, if it is a worker of this runtime. */
static inline struct worker *
worker_of(const struct steal_runtime *runtime)
{
    struct worker *w = steal__worker;

    return likely(w && w->runtime == runtime) ? w : NULL;
}

void *
steal__runtime_allocate(struct steal_runtime *runtime, size_t size)
{
    struct worker *w = worker_of(runtime);

    if (likely(w != NULL))
        return steal__cache_allocate(&w->blocks, size);
    return steal__depot_allocate(&runtime->depot, size);
}

void
steal__runtime_release(struct steal_runtime *runtime, void *block, size_t size)
{
    struct worker *w = worker_of(runtime);

    if (likely(w != NULL))
        steal__cache_release(&w->blocks, block, size);
    else if (steal__depot_release(&runtime->depot, block, size))
        steal__runtime_free(
                runtime); /* taken down before, all but its struct */
}

struct owned *
steal__runtime_owned(struct steal_runtime *runtime, unsigned shard)
{
    return &runtime->workers[shard].owned;
}

void
steal__runtime_bury(struct steal_task *task)
{
    struct steal_runtime *runtime = task->runtime;
    struct worker *w = worker_of(runtime);

    if (likely(w && !steal__task_is_lent(task)))
        steal__cache_release(&w->blocks, task, task->size);
    else if (steal__depot_release(&runtime->depot,
                     steal__task_is_lent(task) ? NULL : task, task->size))
        steal__runtime_free(
                runtime); /* taken down before, all but its struct */
}

struct pool *
steal__runtime_pool(struct steal_runtime *runtime)
{
    return &runtime->pool;
}

struct driver *
steal__runtime_driver(struct steal_runtime *runtime)
{
    return &runtime->driver;
}

/* SLEEP.md, S5 */
void
steal__driver_vacant(struct steal_runtime *runtime)
{
    if (!runtime_enter(runtime))
        return;
    fence_seq_cst();
    runtime_notify(runtime);
    runtime_need_monitor(runtime);
    runtime_leave(runtime);
}

struct driver *
steal__driver_here(struct wheel **wheel)
{
    struct worker *w = steal__worker;

    if (!w)
        return NULL;
    *wheel = w->wheel;
    return &w->runtime->driver;
}
