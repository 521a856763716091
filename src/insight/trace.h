/*
 * trace.h - what the workers of a runtime have done last: a track for each.
 *
 * A track is a ring of events, written by the one who is the worker.  One more is
 * for all threads that are no workers, which take a lock for it.
 *
 * An event in the ring, three words:
 *
 *     time, ticks | task's id, and the kind in its low byte | argument
 *
 * The argument is the name, a pointer, of SPAWNED and BEGIN, the outcome of END,
 * a number of others.  A name that a task was given may be gone when the ring is
 * read.  So it is copied: into NAMED, all of whose bytes but that of the kind are
 * text, in front of the BEGIN that it is for.
 *
 * Reading the clock costs more than the rest.  So what comes right after a poll,
 * with nothing but a look at the own queues in between, happens when that ended:
 * the next poll's begin, and what its end wakes.  That a task is queued which was
 * spawned, or woke itself, is told by that event.
 *
 * Threads: as told of each; constant but for the rings while the runtime lives.
 */
#ifndef STEAL_INSIGHT_TRACE_H
#define STEAL_INSIGHT_TRACE_H

#include <steal/time.h>

#include "../base/lock.h"
#include "../base/ticks.h"
#include "../sched/observe.h"
#include "../sched/simulate.h"
#include "../task/task.h"
#include "trace_format.h"
#include "trace_ring.h"

/* How many events are kept where only a file was asked for. */
#define TRACE_EVENTS 65535

/* One moment on two clocks. */
struct moment {
    uint64_t ticks;
    uint64_t time; /* ns */
};

struct track {
    struct trace_ring ring;

    /* the writer's */
    uint64_t ended; /* when the last poll ended, if nothing came after it */
    uint64_t maintained; /* the worker's last maintenance by then */
    uint64_t told;       /* the task that is known to be queued next */
};

struct trace {
    const struct steal_runtime *runtime;
    bool steady; /* ticks are read, not the clock, which may be simulated */
    struct moment start;
    struct lock lock; /* of the strangers' track */
    unsigned n;       /* the workers, the relief, the strangers */
    struct trace_slot *slots;
    struct track track[];
};

/* *result is NULL if the options ask for none. */
int steal__trace_new(struct trace **result, struct steal_runtime *runtime);
void steal__trace_free(struct trace *trace); /* may be NULL */

/* To options.trace_file, if there is one; says so on stderr if that fails. */
void steal__trace_save(struct steal_runtime *runtime);

/* Reads both clocks. */
struct moment steal__trace_moment(const struct trace *trace);

/* A name in a NAMED event; `text` has room for it and the '\0'. */
#define TRACE_NAME_MOST (TRACE_WORDS * 8 - 1)
void steal__trace_pack(uint64_t word[TRACE_WORDS], const char *name);
void steal__trace_unpack(char *text, const uint64_t word[TRACE_WORDS]);

/* Puts NAMED. */
void steal__trace_name(struct track *track, const char *name);

/* In ticks. */
static inline uint64_t
trace_clock(const struct trace *trace)
{
    return likely(trace->steady) ? ticks_now()
                                 : steal__runtime_now(trace->runtime);
}

/* NULL: it was given none. */
static inline const char *
trace_given_name(const struct steal_task *task)
{
    struct task_extra *extra = load_acquire(&task->extra);

    return extra ? load_acquire(&extra->name) : NULL;
}

/* The name of the task's future; that of what is inside if there is just one thing
 * in it: a root of ours, as those of groups, tells nobody anything. */
static inline const char *
trace_name(const struct steal_task *task)
{
    struct steal_future *future = steal__task_root(task);

    while (future->ops->awaited && future->pin != STEAL_PIN_DROPPED) {
        struct steal_future *child = future->ops->awaited(future, 0);

        if (!child || future->ops->awaited(future, 1))
            break;
        future = child;
    }
    return future->ops->name;
}

/*
 * Writing.  Inline, for it is the path of every poll where somebody wants a trace:
 * begin() and end() around it, and note(), are the worker's; the others are for any
 * thread.
 */

static inline void
track_put(struct track *track, uint64_t time, uint64_t task,
        enum trace_kind kind, uint64_t argument)
{
    trace_ring_put(&track->ring, time, task << 8 | kind, argument);
}

/* The time, or that of the last poll's end. */
static inline uint64_t
track_time(const struct trace *trace, const struct track *track,
        const struct worker *w)
{
    if (track->ended && track->maintained == w->last_maintenance)
        return track->ended;
    return trace_clock(trace);
}

static inline void
trace_begin(struct trace *trace, const struct worker *w,
        struct steal_task *task)
{
    struct track *track = &trace->track[w->index];
    const char *given = trace_given_name(task);
    const char *name = trace_name(task);

    if (unlikely(given != NULL))
        steal__trace_name(track, given);
    track_put(track, track_time(trace, track, w), task->id, TRACE_BEGIN,
            (uintptr_t)name);
    track->ended = 0;
}

static inline void
trace_end(struct trace *trace, const struct worker *w,
        const struct steal_task *task, enum trace_outcome outcome)
{
    struct track *track = &trace->track[w->index];

    uint64_t now = trace_clock(trace);

    track->ended = trace->steady ? now
                                 : 0; /* simulated time goes on its own way */
    track->maintained = w->last_maintenance;
    track->told = outcome == TRACE_AGAIN ? task->id : 0;
    track_put(track, now, task->id, TRACE_ENDED, outcome);
}

static inline void
trace_note(struct trace *trace, const struct worker *w, enum trace_kind kind,
        uint64_t n)
{
    struct track *track = &trace->track[w->index];

    track->ended = 0;
    track_put(track, trace_clock(trace), 0, kind, n);
}

/* This worker's track, if it is one of the runtime's; else that of all others,
 * which it locks. */
static inline struct track *
trace_take(struct trace *trace, const struct worker *w)
{
    if (likely(w != NULL))
        return &trace->track[w->index];
    lock_take(&trace->lock);
    return &trace->track[trace->n - 1];
}

static inline void
trace_give(struct trace *trace, const struct worker *w)
{
    if (unlikely(!w))
        lock_give(&trace->lock);
}

/* `w` is the worker that this thread is, if it is one of the task's runtime. */
static inline void
trace_spawned(struct trace *trace, const struct worker *w,
        struct steal_task *task)
{
    struct track *track = trace_take(trace, w);
    const char *name = trace_name(task);

    track->told = task->id;
    track_put(track, trace_clock(trace), task->id, TRACE_SPAWNED,
            (uintptr_t)name);
    trace_give(trace, w);
}

static inline void
trace_queued(struct trace *trace, const struct worker *w,
        struct steal_task *task)
{
    struct track *track = trace_take(trace, w);

    if (track->told == task->id)
        track->told = 0;
    else
        track_put(track, w ? track_time(trace, track, w) : trace_clock(trace),
                task->id, TRACE_QUEUED, 0);
    trace_give(trace, w);
}

#endif
