/*
 * runtime.c - birth and death of a runtime.
 *
 * Death, in steps:
 *
 *   1  begin_stop() sets `stopping`: nothing more is spawned, and a spawn that
 *      came too late is canceled by its own thread (census.h, O2)
 *   2  each worker sees it, closes its register of parked tasks, which
 *      queues them all, and from then on cancels what it takes
 *   3  a worker that finds the census quiet goes home, and wakes the others
 *   4  stop() waits for the blocking calls that still run, joins all threads and
 *      takes everything down
 *   5  tasks that are still referred to, by a handle or a waker, keep the
 *      struct itself, since its allocator must take their memory back
 */
#include "runtime.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <steal/time.h>

#include "../base/clock.h"
#include "../base/futex.h"
#include "../base/thread.h"
#include "../task/task.h"
#include "block_on.h"
#include "observe.h"
#include "options.h"
#include "simulate.h"
#include "watchdog.h"

/*
 * fork(): the child has none of the threads
 */

static _Atomic(unsigned) fork_generation;

static void
after_fork_in_child(void)
{
    add_relaxed(&fork_generation, 1); /* there is one thread */
    steal__worker = NULL;             /* and it is no worker of anybody's */
    steal__poll = NULL;
    steal__bound = NULL;
    steal__jobs_forget();
}

static void
watch_forks(void)
{
    pthread_atfork(NULL, NULL, after_fork_in_child);
}

bool
steal__runtime_is_of_parent(const struct steal_runtime *runtime)
{
    return runtime->fork_generation != load_relaxed(&fork_generation);
}

/*
 * Birth
 */

static void *
worker_main(void *arg)
{
    struct worker *w = arg;
    struct steal_runtime *runtime = w->runtime;
    const struct steal_hooks *hooks = &runtime->options.hooks;

    steal__near_bind(runtime->near, w->index);
    if (hooks->start)
        hooks->start(w->index, hooks->data);
    steal__worker_run(w, NULL);
    if (hooks->stop)
        hooks->stop(w->index, hooks->data);
    sub_release(&runtime->running, 1); /* the joiner acquires it */
    steal__futex_wake(&runtime->running, 1);
    return NULL;
}

static int
start_thread(struct worker *w, size_t stack_size)
{
    char name[16];
    int error = steal__thread_start(&w->thread, stack_size, worker_main, w);

    if (error)
        return error;
    snprintf(name, sizeof name, "%.10s-%u", w->runtime->name, w->index % 1000);
    steal__thread_name(w->thread, name);
    return 0;
}

static void
join_threads(struct steal_runtime *runtime, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        pthread_join(runtime->workers[i].thread, NULL);
}

static void
join_all_threads(struct steal_runtime *runtime)
{
    join_threads(runtime, runtime->nworkers);
    if (steal__relief_was_there(&runtime->relief))
        pthread_join(runtime->relief.thread, NULL);
}

/* Starts them all or none. */
static int
start_threads(struct steal_runtime *runtime)
{
    size_t stack_size = runtime->options.stack_size;
    unsigned n = 0;
    int error = 0;

    if (runtime->options.flags & STEAL_ON_CALLER)
        return 0;
    store_relaxed(&runtime->running, runtime->nworkers);
    while (!error && n < runtime->nworkers) {
        error = start_thread(&runtime->workers[n], stack_size);
        n += !error;
    }
    if (error) {
        steal_runtime_begin_stop(runtime);
        join_threads(runtime, n);
    }
    return error;
}

static int
init_workers(struct steal_runtime *runtime)
{
    runtime->nworkers = runtime->options.workers;
    runtime->nall = runtime->nworkers + 1;
    runtime->workers = aligned_alloc(_Alignof(struct worker),
            runtime->nall * sizeof *runtime->workers);
    if (!runtime->workers)
        return -ENOMEM;
    for (unsigned i = 0; i < runtime->nall; i++)
        steal__worker_init(&runtime->workers[i], runtime, i);
    steal__simulation_prepare(runtime);
    return 0;
}

/* Where the workers are to be, if that matters to anybody. */
static int
init_near(struct steal_runtime *runtime)
{
    int error;

    runtime->near = NULL;
    if (!(runtime->options.flags & STEAL_PIN_WORKERS))
        return 0;
    error = steal__near_new(&runtime->near, runtime->nworkers);
    if (runtime->near)
        for (unsigned i = 0; i < runtime->nworkers; i++)
            runtime->workers[i].victims = &runtime->near->victims[i];
    return error;
}

static void
fini_driver(struct steal_runtime *runtime)
{
    steal__driver_fini(&runtime->driver);
    steal__driver_forget(&runtime->driver);
}

static int
init_driver(struct steal_runtime *runtime)
{
    struct driver *driver = &runtime->driver;
    int error = steal__driver_init(driver, runtime, runtime->nall,
            runtime->options.loop);

    if (error)
        return error;
    for (unsigned i = 0; i < runtime->nall; i++)
        runtime->workers[i].wheel = steal__driver_wheel(driver, i);
    if (runtime->simulation)
        error = steal__driver_simulate(driver);
    if (error)
        fini_driver(runtime);
    return error;
}

/* Who looks at the workers, if anybody does. */
static int
init_observer(struct steal_runtime *runtime)
{
    int error = steal__observer_new(&runtime->observer, runtime);

    for (unsigned i = 0; i < runtime->nall; i++)
        runtime->workers[i].mode |= runtime->observer ? MODE_OBSERVED : 0;
    return error;
}

static void
init_shared(struct steal_runtime *runtime)
{
    const char *name = runtime->options.name;

    snprintf(runtime->name, sizeof runtime->name, "%.11s",
            name ? name : "steal");
    runtime->options.name = runtime->name;
    runtime->born = steal_now();
    runtime->fork_generation = load_relaxed(&fork_generation);
    steal__idle_init(&runtime->idle, /* of workers that sleep by themselves */
            runtime->simulation ? 1 : runtime->options.workers);
    steal__injector_init(&runtime->injector);
    steal__pool_init(&runtime->pool, runtime, &runtime->options);
    steal__depot_init(&runtime->depot, &runtime->options.allocator);
    store_relaxed(&runtime->stopping, 0); /* not shared yet, as all here */
    store_relaxed(&runtime->running, 0);
    store_relaxed(&runtime->blocked, 0);
    census_init(&runtime->foreign);
    store_relaxed(&runtime->visitors, 0);
    lock_init(&runtime->seat_lock);
    runtime->seat_taken = false;
    list_init(&runtime->waiting);
    steal__relief_init(&runtime->relief);
    onlookers_init(&runtime->onlookers);
}

/* With its options, and nothing else. */
static int
allocate(struct steal_runtime **result, const struct steal_options *options)
{
    struct steal_options copy;
    struct steal_runtime *runtime;
    char *words;
    int error = steal__options_read(&copy, options, &words);

    if (error)
        return error;
    runtime = aligned_alloc(_Alignof(struct steal_runtime), sizeof *runtime);
    if (!runtime) {
        free(words);
        return -ENOMEM;
    }
    runtime->options = copy;
    runtime->words = words;
    *result = runtime;
    return 0;
}

/* All of it, or nothing. */
static int
make_parts(struct steal_runtime *runtime)
{
    int error = steal__simulation_new(&runtime->simulation, &runtime->options);

    if (error)
        return error;
    init_shared(runtime);
    error = init_workers(runtime);
    if (error)
        goto free_simulation;
    error = init_near(runtime);
    if (error)
        goto free_workers;
    error = steal__team_new(&runtime->team, runtime);
    if (error)
        goto free_near;
    error = init_driver(runtime);
    if (error)
        goto free_team;
    error = init_observer(runtime);
    if (error)
        goto fini_driver;
    error = steal__watchdog_new(&runtime->watchdog, runtime);
    if (error)
        goto free_observer;
    error = start_threads(runtime);
    if (error)
        goto free_watchdog;
    return 0;

free_watchdog:
    steal__watchdog_free(runtime->watchdog);
free_observer:
    onlookers_free_all(&runtime->onlookers);
    steal__observer_free(runtime->observer);
fini_driver:
    fini_driver(runtime);
free_team:
    steal__team_free(runtime->team);
free_near:
    steal__near_free(runtime->near);
free_workers:
    free(runtime->workers);
free_simulation:
    steal__simulation_free(runtime->simulation);
    return error;
}

int
steal_runtime_new(struct steal_runtime **result,
        const struct steal_options *options)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct clock clock = steal__clock;
    struct steal_runtime *runtime;
    int error;

    pthread_once(&once, watch_forks);
    error = allocate(&runtime, options);
    if (error)
        return error;
    steal__clock = (struct clock){ 0, 0 }; /* its parts begin in its own time */
    error = make_parts(runtime);
    if (error || clock.now || steal__worker)
        steal__clock = clock;
    if (error) {
        free(runtime->words);
        free(runtime);
        return error;
    }
    *result = runtime;
    return 0;
}

/*
 * Death
 */

static void
sum_census(struct steal_runtime *runtime, bool deaths, uint64_t *sum)
{
    struct census *census = &runtime->foreign;

    *sum = load_acquire(deaths ? &census->died : &census->born); /* O1 */
    for (unsigned i = 0; i < runtime->nall; i++) {
        census = &runtime->workers[i].census;
        *sum += load_acquire(deaths ? &census->died : &census->born); /* O1 */
    }
}

void
steal__runtime_census(struct steal_runtime *runtime, uint64_t *born,
        uint64_t *died)
{
    sum_census(runtime, true, died);
    sum_census(runtime, false, born);
}

bool
steal__runtime_is_quiet(struct steal_runtime *runtime)
{
    uint64_t born;
    uint64_t died;

    fence_seq_cst(); /* census.h, O2 */
    steal__runtime_census(runtime, &born, &died);
    return born == died;
}

void
steal__runtime_unpark_all(struct steal_runtime *runtime)
{
    for (unsigned i = 0; i < runtime->nall; i++)
        steal__worker_unpark(&runtime->workers[i]);
}

void
steal_runtime_begin_stop(struct steal_runtime *runtime)
{
    store_release(&runtime->stopping, 1);
    fence_seq_cst(); /* relief.c, R4; run_job.c, G1 */
    steal__relief_stop(runtime);
    steal__runtime_unpark_all(runtime);
}

/* False if some worker is still there at the deadline. */
static bool
wait_for_workers(struct steal_runtime *runtime, uint64_t deadline)
{
    uint32_t running;
    bool in_time = true;

    while ((running = load_acquire(&runtime->running)) && in_time)
        in_time = steal__futex_wait(&runtime->running, running, deadline);
    return !running;
}

void
steal__runtime_free(struct steal_runtime *runtime)
{
    steal__driver_forget(&runtime->driver);
    free(runtime);
}

/* Waits until no other thread looks at the workers (runtime.h). */
static void
shut(struct steal_runtime *runtime)
{
    or_release(&runtime->visitors, RUNTIME_SHUT);              /* O2 */
    while (load_acquire(&runtime->visitors) != RUNTIME_SHUT) { /* O1 */
        cpu_relax();
        sched_yield();
    }
}

/* Gives back what the runtime holds, and itself unless tasks are still referred
 * to: then the last of those does. */
static void
take_down(struct steal_runtime *runtime)
{
    int64_t out = 0;

    shut(runtime);
    steal__watchdog_free(runtime->watchdog); /* looks at the onlookers */
    onlookers_free_all(&runtime->onlookers);
    steal__observer_finish(runtime);
    steal__observer_free(runtime->observer);
    free(runtime->words);
    steal__driver_fini(&runtime->driver);
    for (unsigned i = 0; i < runtime->nall; i++) {
        out += runtime->workers[i].blocks.balance;
        steal__worker_fini(&runtime->workers[i]);
    }
    steal__depot_fini(&runtime->depot);
    steal__team_free(runtime->team);
    steal__near_free(runtime->near);
    free(runtime->workers);
    steal__simulation_free(runtime->simulation);
    if (steal__depot_close(&runtime->depot, out))
        steal__runtime_free(runtime);
}

int
steal_runtime_stop(struct steal_runtime *runtime, uint64_t limit)
{
    uint64_t deadline = steal_time_add(steal__clock_real(), limit);

    if (steal__runtime_is_of_parent(runtime))
        return -ECANCELED;
    if (steal__worker || steal__bound == runtime || steal__jobs_are_of(runtime))
        return -EDEADLK;
    steal_runtime_begin_stop(runtime);
    if (runtime->options.loop)
        steal__driver_refuse(&runtime->driver);
    if (runtime->options.flags & STEAL_ON_CALLER) {
        if (!steal__work_until_quiet(runtime, deadline))
            return -ETIMEDOUT;
    } else if (!wait_for_workers(runtime, deadline)) {
        return -ETIMEDOUT;
    }
    if (!steal__team_wait_for_guests(runtime->team, deadline) ||
            !steal__pool_stop(&runtime->pool, deadline))
        return -ETIMEDOUT;
    if (!(runtime->options.flags & STEAL_ON_CALLER))
        join_all_threads(runtime);
    take_down(runtime);
    return 0;
}

size_t
steal_runtime_stuck(struct steal_runtime *runtime, const char **names, size_t n)
{
    size_t found = 0;

    for (unsigned i = 0; i < runtime->nall; i++) {
        const struct steal_future_ops *ops = load_relaxed(
                &runtime->workers[i].polling);

        if (ops && found++ < n)
            names[found - 1] = ops->name ? ops->name : "future";
    }
    return found;
}

int
steal_run(const struct steal_options *options, struct steal_future *future)
{
    struct steal_runtime *runtime;
    int result;

    if (steal__worker)
        return -EDEADLK;
    result = steal_runtime_new(&runtime, options);
    if (result)
        return result;
    result = steal_block_on(runtime, future);
    steal_runtime_stop(runtime, STEAL_FOREVER);
    return result;
}
