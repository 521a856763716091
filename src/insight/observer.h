/*
 * observer.h - what one who looks at a runtime keeps.
 *
 * Threads: constant while the runtime lives.
 */
#ifndef STEAL_INSIGHT_OBSERVER_H
#define STEAL_INSIGHT_OBSERVER_H

#include "../sched/observe.h"

struct circles;
struct histograms;
struct trace;

struct observer {
    struct steal_runtime *runtime;
    bool times;              /* of polls are measured */
    struct circles *circles; /* NULL: nobody looks for them */
    struct trace *trace;     /* NULL: nobody wants one */
    struct histograms
            *histograms; /* of each worker, which writes them; or NULL */
    struct polled {
        CACHE_ALIGNED struct counter task; /* its id; 0: none */
        struct counter began;              /* the time, ns */
        struct counter born; /* the rest is a copy from its times */
        struct counter polls;
        struct counter total;
        struct counter longest;
    } * polled; /* what each worker does, which writes it if times are measured */
};

/* The poll that a worker is in. */
struct observed_poll {
    uint64_t task; /* its id; 0: it is in none, or that is not known */
    uint64_t time; /* ns, since it began */
    uint64_t born; /* 0: nothing was measured */
    uint64_t polls;
    uint64_t total;
    uint64_t longest;
};

struct observed_poll steal__observer_poll(const struct steal_runtime *runtime,
        unsigned worker);

static inline struct trace *
steal__observer_trace(const struct observer *observer)
{
    return observer ? observer->trace : NULL;
}

#endif
