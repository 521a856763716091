/*
 * observer.c - what the workers tell, and who wants to know it.
 *
 * What a poll took is written into the extra of its task, which is made when it is
 * spawned; a task for whose extra there is no memory is not measured.
 */
#include "observer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <steal/debug.h>
#include <steal/time.h>

#include "../task/schedule.h"
#include "../task/task.h"
#include "circle.h"
#include "histogram.h"
#include "top.h"
#include "trace.h"

static bool
is_wanted(const struct steal_options *options)
{
    return options->detect_lost_wakes || options->time_polls || options->top ||
           options->trace || options->trace_file;
}

static struct polled *
new_polled(unsigned n)
{
    struct polled *polled = aligned_alloc(_Alignof(struct polled),
            n * sizeof *polled);

    for (unsigned i = 0; polled && i < n; i++) {
        counter_init(&polled[i].task);
        counter_init(&polled[i].began);
        counter_init(&polled[i].born);
        counter_init(&polled[i].polls);
        counter_init(&polled[i].total);
        counter_init(&polled[i].longest);
    }
    return polled;
}

/* What is for those who look must not keep a program from its work. */
static void
open_top(struct steal_runtime *runtime, const char *path)
{
    int error = steal__top_open(runtime, path);

    if (error)
        fprintf(stderr, "libsteal: steal-top will not find %s: %s: %s\n",
                runtime->name, path, strerror(-error));
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
    if (!observer->polled)
        return -ENOMEM;
    if (options->time_polls)
        observer->histograms = steal__histograms_new(runtime->nall);
    if (options->time_polls && !observer->histograms)
        return -ENOMEM;
    return steal__trace_new(&observer->trace, runtime);
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
    if (error) {
        steal__observer_free(observer);
        return error;
    }
    *result = observer; /* what is opened now looks at it */
    if (runtime->options.top)
        open_top(runtime, runtime->options.top);
    return 0;
}

void
steal__observer_finish(struct steal_runtime *runtime)
{
    if (steal__observer_trace(runtime->observer))
        steal__trace_save(runtime);
}

void
steal__observer_free(struct observer *observer)
{
    if (!observer)
        return;
    free(observer->circles);
    free(observer->polled);
    free(observer->histograms);
    steal__trace_free(observer->trace);
    free(observer);
}

struct observed_poll
steal__observer_poll(const struct steal_runtime *runtime, unsigned worker)
{
    const struct polled *polled = &runtime->observer->polled[worker];
    struct observed_poll poll = { .task = load_acquire(&polled->task.n) };

    if (!poll.task)
        return poll;
    poll.time = counter_difference(steal__runtime_now(runtime),
            counter_read(&polled->began));
    poll.born = counter_read(&polled->born);
    poll.polls = counter_read(&polled->polls);
    poll.total = counter_read(&polled->total);
    poll.longest = counter_read(&polled->longest);
    return poll;
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

/* The worker that this thread is, if it is one of this runtime. */
static inline const struct worker *
worker_of(const struct steal_runtime *runtime)
{
    const struct worker *w = steal__worker;

    return likely(w && w->runtime == runtime) ? w : NULL;
}

/* That which the task was given, else that of what it runs. */
static const char *
name_of(const struct steal_task *task)
{
    const char *name = trace_given_name(task);

    if (!name)
        name = trace_name(task);
    return name ? name : "future";
}

/* Who looks in by a probe finds one who wants nothing, if there is no other. */
static inline struct observer *
observer_of(const struct steal_runtime *runtime)
{
    static struct observer nobody;

    return likely(runtime->observer != NULL) ? runtime->observer : &nobody;
}

/* What is known of the task is copied, for who looks from outside must not touch one
 * that runs, and may end. */
static void
note_poll(struct polled *polled, const struct steal_task *task, uint64_t now)
{
    static const struct task_times unknown;
    const struct task_extra *extra = load_acquire(
            &((struct steal_task *)(uintptr_t)task)->extra); /* local.c, O1 */
    const struct task_times *times = extra ? &extra->times : &unknown;

    counter_set(&polled->began, now);
    counter_set(&polled->born, counter_read(&times->born));
    counter_set(&polled->polls, counter_read(&times->polls));
    counter_set(&polled->total, counter_read(&times->total));
    counter_set(&polled->longest, counter_read(&times->longest));
    store_release(&polled->task.n, task->id); /* with what is above */
}

/* The task's wait is over. */
static void
note_wait(struct histograms *histograms, struct task_times *times, uint64_t now)
{
    uint64_t queued = times ? counter_read(&times->queued) : 0;

    if (!queued)
        return;
    histogram_add(&histograms->of[STEAL_QUEUE_TIMES],
            counter_difference(now, queued));
    counter_set(&times->queued, 0);
}

uint64_t
steal__observe_begin(struct worker *w, struct steal_task *task)
{
    struct observer *observer = observer_of(w->runtime);
    uint64_t now;

    PROBE3(poll__begin, w->index, task->id, name_of(task));
    if (observer->trace)
        trace_begin(observer->trace, w, task);
    if (!observer->times)
        return 0;
    now = steal__runtime_now(w->runtime);
    if (observer->circles)
        steal__task_unparks(task);
    note_poll(&observer->polled[w->index], task, now);
    if (observer->histograms)
        note_wait(&observer->histograms[w->index], times_of(observer, task),
                now);
    return now;
}

/* 0 if no task is polled. */
uint64_t
steal__observe_away(struct worker *w)
{
    struct observer *observer = observer_of(w->runtime);
    struct polled *polled = observer->times ? &observer->polled[w->index]
                                            : NULL;
    uint64_t began;

    if (!polled || !w->cx.task || !counter_read(&polled->task))
        return 0;
    began = counter_read(&polled->began);
    counter_set(&polled->task, 0);
    return began;
}

void
steal__observe_back(struct worker *w, struct steal_task *task, uint64_t began)
{
    note_poll(&w->runtime->observer->polled[w->index], task, began);
}

static enum trace_outcome
outcome_of(const struct worker *w, enum steal_poll poll)
{
    if (poll == STEAL_READY)
        return TRACE_READY;
    return w->cx.woken ? TRACE_AGAIN : TRACE_PARKED;
}

/* What the poll took, and that the task waits again if it has woken itself. */
static void
note_end(struct observer *observer, const struct worker *w,
        struct steal_task *task, uint64_t began, bool again)
{
    struct task_times *times = times_of(observer, task);
    uint64_t now = steal__runtime_now(w->runtime);

    counter_set(&observer->polled[w->index].task, 0);
    if (times)
        add_poll(times, began, now);
    if (!observer->histograms)
        return;
    histogram_add(&observer->histograms[w->index].of[STEAL_POLL_TIMES],
            now - began);
    if (times && again)
        counter_set(&times->queued, now);
}

void
steal__observe_end(struct worker *w, struct steal_task *task,
        enum steal_poll poll, uint64_t began)
{
    struct observer *observer = observer_of(w->runtime);
    enum trace_outcome outcome = outcome_of(w, poll);

    PROBE3(poll__end, w->index, task->id, outcome);
    if (observer->times)
        note_end(observer, w, task, began, outcome == TRACE_AGAIN);
    if (observer->trace)
        trace_end(observer->trace, w, task, outcome);
}

void
steal__observe_spawned(struct steal_runtime *runtime, struct steal_task *task)
{
    struct observer *observer = observer_of(runtime);
    struct task_times *times = times_of(observer, task);

    PROBE2(spawn, task->id, name_of(task));
    if (times) {
        uint64_t now = steal__runtime_now(runtime);

        counter_set(&times->born, now);
        counter_set(&times->queued, now);
    }
    if (observer->trace)
        trace_spawned(observer->trace, worker_of(runtime), task);
}

/* Unless that is known: it was spawned, or has woken itself. */
static void
note_queued(const struct steal_runtime *runtime, struct task_times *times)
{
    if (times && !counter_read(&times->queued))
        counter_set(&times->queued, steal__runtime_now(runtime));
}

void
steal__observe_queued(struct steal_runtime *runtime, struct steal_task *task)
{
    struct observer *observer = observer_of(runtime);

    PROBE1(wake, task->id);
    if (observer->histograms)
        note_queued(runtime, times_of(observer, task));
    if (observer->trace)
        trace_queued(observer->trace, worker_of(runtime), task);
}

static void
fire(const struct worker *w, enum observed what, uint64_t n)
{
    if (what == OBSERVE_STEAL)
        PROBE2(steal, w->index, n);
    else if (what == OBSERVE_PARK)
        PROBE1(park, w->index);
    else if (what == OBSERVE_UNPARK)
        PROBE1(unpark, w->index);
    else if (what == OBSERVE_TURN)
        PROBE2(driver__turn, w->index, n);
}

void
steal__observe_event(struct worker *w, enum observed what, uint64_t n)
{
    static const enum trace_kind kinds[] = {
        [OBSERVE_STEAL] = TRACE_STEAL,
        [OBSERVE_PARK] = TRACE_PARK,
        [OBSERVE_UNPARK] = TRACE_UNPARK,
        [OBSERVE_TURN] = TRACE_TURN,
        [OBSERVE_COMPUTE] = TRACE_COMPUTE,
        [OBSERVE_COMPUTED] = TRACE_COMPUTED,
    };
    struct observer *observer = observer_of(w->runtime);

    fire(w, what, n);
    if (observer->trace)
        trace_note(observer->trace, w, kinds[what], n);
}
