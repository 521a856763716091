/*
 * steal/metrics.h - what the workers do, in numbers.
 *
 *     struct steal_metrics m;
 *     struct steal_worker_metrics all;
 *
 *     steal_metrics(runtime, &m, sizeof m);
 *     steal_metrics_worker(runtime, STEAL_ALL_WORKERS, &all, sizeof all);
 *     printf("%.0f %% busy\n", 100.0 * all.busy / m.age / m.workers);
 *
 * The numbers are always counted: each worker writes its own, in memory that it
 * has to itself.  A reader adds them up, and stops nobody.  So they are not of one
 * moment: a task that goes from one worker to another meanwhile may be seen in
 * both queues, or in none.  What is counted since the start only grows.
 *
 * Threads: any, until the runtime is stopped.
 */
#ifndef STEAL_METRICS_H
#define STEAL_METRICS_H

#include <steal/base.h>

STEAL_BEGIN_DECLS

struct steal_runtime;

/* A worker. */
struct steal_worker_metrics {
    /* since the start */
    uint64_t polls;       /* of tasks: one after a spawn, one after each wake */
    uint64_t spawned;     /* tasks, by what the worker ran */
    uint64_t ended;       /* tasks, that ended here */
    uint64_t injected;    /* tasks, taken from the injector */
    uint64_t steal_tries; /* looks at a queue of another that had tasks */
    uint64_t steals;      /* of these, those that got some */
    uint64_t stolen;      /* tasks, that they got */
    uint64_t overflows;   /* times that its queue was full */
    uint64_t parks;       /* times that it went to sleep */
    uint64_t busy;        /* ns, in which it polled or computed */

    /* now */
    uint64_t queued; /* tasks in its queue */
};

/*
 * The rest of a runtime.  The injector is the queue of what comes from outside of
 * the workers: spawned or woken by other threads, or by a turn of the loop, for a
 * descriptor, a timer, a signal; and of what did not fit into a worker's own.
 */
struct steal_metrics {
    uint64_t age;     /* ns */
    uint64_t workers; /* constant */

    /* since the start */
    uint64_t spawned_outside; /* tasks, by threads that are no workers */
    uint64_t ended_outside;   /* of these, those that came too late to be run */
    uint64_t injected;        /* tasks, pushed into the injector */
    uint64_t turns;           /* of the driver's loop */
    uint64_t events;          /* tasks that a turn has woken */
    uint64_t timers_fired;
    uint64_t blocking_calls; /* that have begun */

    /* now */
    uint64_t live;             /* tasks that have not ended */
    uint64_t injector_depth;   /* tasks in the injector */
    uint64_t computing;        /* threads that run computations */
    uint64_t timers;           /* that are set */
    uint64_t blocking_queued;  /* blocking calls that have not begun */
    uint64_t blocking_threads; /* for these calls, idle or not */
    uint64_t blocking_busy;    /* of these, in a call or in a worker's place */
};

/* Both fill in `size` bytes, that of the struct: a program may be older or newer
 * than the library, of which it gets 0 for what that does not know. */
STEAL_API void steal_metrics(struct steal_runtime *runtime,
        struct steal_metrics *metrics, size_t size);

#define STEAL_ALL_WORKERS UINT32_MAX

/*
 * Workers have the numbers that hooks get.  All of them is the sum, to which the
 * thread is added that runs tasks while all workers compute: that is worker
 * number steal_runtime_workers().
 * -EINVAL: there is no such worker.
 */
STEAL_API int steal_metrics_worker(struct steal_runtime *runtime,
        uint32_t worker, struct steal_worker_metrics *metrics, size_t size);

/*
 * How long things take
 *
 * With options.time_polls each worker also counts how many of its polls took how
 * long, and how long tasks had been queued before.  A bucket is a range of times, at
 * most a sixteenth as wide as they are long.
 */
enum steal_histogram_kind {
    STEAL_POLL_TIMES,
    STEAL_QUEUE_TIMES, /* from a spawn or a wake to the poll that comes of it */
    STEAL_HISTOGRAMS   /* how many there are */
};

#define STEAL_HISTOGRAM_BUCKETS 976

struct steal_histogram {
    uint64_t count;                           /* of all */
    uint64_t sum;                             /* ns */
    uint64_t bucket[STEAL_HISTOGRAM_BUCKETS]; /* how many are in each */
};

/* As steal_metrics_worker().
 * -EINVAL:  there is no such worker, or no such histogram.
 * -ENOTSUP: polls are not timed.
 * With an error, it is empty. */
STEAL_API int steal_metrics_histogram(struct steal_runtime *runtime,
        uint32_t worker, enum steal_histogram_kind kind,
        struct steal_histogram *histogram);

/* The least time, in ns, that belongs to a bucket; the next one's least less 1 is
 * the longest.  UINT64_MAX: there is no such bucket. */
STEAL_API uint64_t steal_histogram_least(unsigned bucket);

/* So many percent took no longer than this, in ns, or a little less; 0 if there is
 * nothing in it. */
STEAL_API uint64_t
steal_histogram_percentile(const struct steal_histogram *histogram,
        double percent);

/*
 * All of it in the text format of Prometheus, with the labels `runtime` (its name)
 * and `worker`.  As snprintf(): writes at most `size` bytes with the '\0', and
 * returns how many there are without it, whatever was written.
 */
STEAL_API size_t steal_metrics_text(struct steal_runtime *runtime, char *text,
        size_t size);

STEAL_END_DECLS

#endif
