/*
 * observer.c - what the workers tell, and who wants to know it.
 *
 * What a poll took is written into the extra of its task, which is made at its
 * first poll; a task for whose extra there is no memory is not measured.
 */
#include "observer.h"

#include <errno.h>
#include <stdlib.h>

#include <steal/debug.h>
#include <steal/time.h>

#include "../task/schedule.h"
#include "../task/task.h"
#include "circle.h"

static bool
is_wanted(const struct steal_options *options)
{
    return options->detect_lost_wakes || options->time_polls || options->top;
}

static struct polled *
new_polled(unsigned n)
{
    struct polled *polled = aligned_alloc(_Alignof(struct polled),
            n * sizeof *polled);

    for (unsigned i = 0; polled && i < n; i++) {
        counter_init(&polled[i].task);
        counter_init(&polled[i].began);
    }
    return polled;
}

static int
init(struct observer *observer, struct steal_runtime *runtime)
{
    const struct steal_options *options = &runtime->options;

    observer->runtime = runtime;
    observer->times = options->time_polls || options->detect_lost_wakes ||
                      options->top;
    if (options->detect_lost_wakes)
        observer->circles = steal__circles_new();
    if (options->detect_lost_wakes && !observer->circles)
        return -ENOMEM;
    observer->polled = new_polled(runtime->nall);
    return observer->polled ? 0 : -ENOMEM;
}

int
steal__observer_new(struct observer **result, struct steal_runtime *runtime)
{
    struct observer *observer;
    int error;

    *result = NULL;
    if (!is_wanted(&runtime->options))
        return 0;
    observer = calloc(1, sizeof *observer);
    if (!observer)
        return -ENOMEM;
    error = init(observer, runtime);
    if (error)
        steal__observer_free(observer);
    else
        *result = observer;
    return error;
}

void
steal__observer_free(struct observer *observer)
{
    if (!observer)
        return;
    free(observer->circles);
    free(observer->polled);
    free(observer);
}

/*
 * Times
 */

static struct task_times *
times_of(struct observer *observer, struct steal_task *task)
{
    struct task_extra *extra = observer->times ? steal__task_extra(task) : NULL;

    return extra ? &extra->times : NULL;
}

static void
add_poll(struct task_times *times, uint64_t began, uint64_t now)
{
    uint64_t took = now - began;

    counter_add(&times->polls, 1);
    counter_add(&times->total, took);
    if (took > counter_read(&times->longest))
        counter_set(&times->longest, took);
    counter_set(&times->last, now);
}

/*
 * Upcalls
 */

uint64_t
steal__observe_begin(struct worker *w, struct steal_task *task)
{
    struct polled *polled = &w->runtime->observer->polled[w->index];
    uint64_t now = steal_now();

    steal__task_unparks(task);
    counter_set(&polled->began, now);
    counter_set(&polled->task, task->id);
    return now;
}

void
steal__observe_end(struct worker *w, struct steal_task *task,
        enum steal_poll poll, uint64_t began)
{
    struct task_times *times = times_of(w->runtime->observer, task);

    (void)poll;
    counter_set(&w->runtime->observer->polled[w->index].task, 0);
    if (times)
        add_poll(times, began, steal_now());
}

void
steal__observe_spawned(struct steal_runtime *runtime, struct steal_task *task)
{
    struct task_times *times = times_of(runtime->observer, task);

    if (times)
        counter_set(&times->born, steal_now());
}

void
steal__observe_queued(struct steal_runtime *runtime, struct steal_task *task)
{
    (void)runtime, (void)task;
}

void
steal__observe_event(struct worker *w, enum observed what, uint64_t n)
{
    (void)w, (void)what, (void)n;
}
