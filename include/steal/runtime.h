/*
 * steal/runtime.h - workers that run tasks, from birth to death.
 *
 *     struct countdown c = { STEAL_FUTURE(&countdown_ops), 3 };
 *
 *     return steal_run(NULL, &c.future);
 *
 * Several runtimes may live in a process; each has its own threads.
 */
#ifndef STEAL_RUNTIME_H
#define STEAL_RUNTIME_H

#include <stdbool.h>

#include <steal/base.h>

STEAL_BEGIN_DECLS

#define STEAL_WORKERS_MAX 256

/* Flags of struct steal_options. */
#define STEAL_ON_CALLER 1u /* one worker: the thread that calls block_on */

/* Each worker is bound to a processor of its own, near ones next to each other.
 * A system that refuses that is no error. */
#define STEAL_PIN_WORKERS 2u

/* Where tasks get their memory.  Called by any thread, until the last handle and
 * waker of a task are gone, which may be after the stop.  Blocks are aligned to
 * 16 bytes, or to what malloc() gives if that is more; `size` is that of the
 * allocation. */
struct steal_allocator {
    void *(*allocate)(size_t size, void *data); /* NULL: out of memory */
    void (*release)(void *block, size_t size, void *data);
    void *data;
};

/* Called by a worker: on its thread's start and end (not with STEAL_ON_CALLER),
 * before it sleeps and after it woke.  They must not block, nor call back into
 * the runtime. */
struct steal_hooks {
    void (*start)(unsigned worker, void *data);
    void (*stop)(unsigned worker, void *data);
    void (*park)(unsigned worker, void *data);
    void (*unpark)(unsigned worker, void *data);
    void *data;
};

struct uv_loop_s; /* of libuv */
struct steal_long_poll;
struct steal_stuck;

/* Zero, or NULL, stands for the default everywhere. */
struct steal_options {
    size_t size;       /* of this struct, for programs older than the library */
    unsigned workers;  /* default: steal_default_workers() */
    unsigned flags;    /* STEAL_ON_CALLER, STEAL_PIN_WORKERS */
    const char *name;  /* of the threads: ten characters of it are copied, and
                          a number follows; default "steal" */
    size_t stack_size; /* of a worker, in bytes; default: the system's */
    uint64_t seed;     /* of the choice of victims; default: a new one */
    struct steal_hooks hooks;
    struct steal_allocator allocator; /* default: malloc() and free() */
    unsigned blocking_threads; /* at most, for blocking calls; default: 512 */
    uint64_t blocking_keep;    /* ns, after which one without work leaves;
                                  default: 10 s */
    struct uv_loop_s *loop;    /* the application's, to be a guest in; see
                                  steal_uv(7) */
    unsigned compute_workers;  /* how many threads computations may occupy at a
                                  time, callers of steal_run_job() among them;
                                  default: all workers */
    /* ns, from which on a poll is reported while it still runs; default: never.
     * To whom: a function that a thread of the runtime's calls, with hooks.data;
     * default: prints to stderr.  See debug.h. */
    uint64_t long_poll;
    void (*on_long_poll)(const struct steal_long_poll *poll, void *data);

    /* For those who look for what goes wrong; all of it also by STEAL_DEBUG in the
     * environment, see steal_debug(7).  By default there is nothing of it. */
    unsigned
            detect_lost_wakes; /* what is done about tasks that cannot go on, one
                                   of enum steal_stuck_policy in debug.h */
    void (*on_stuck)(const struct steal_stuck *stuck, void *data); /* is told of
                                   them, with hooks.data; default: stderr */
    bool time_polls;        /* measures each poll, for steal_dump() and the
                               histograms of metrics.h */
    size_t trace;           /* how many events a worker keeps; see trace.h */
    const char *trace_file; /* is written at the stop; outlives the runtime */
    const char *top;        /* where steal-top(1) finds it; outlives it, too */

    /* One thread plays all workers, in an order, and in a time, that follow from
     * the seed; see simulate.h.  STEAL_SEED=number in the environment wants that
     * of all runtimes. */
    bool deterministic;
};

/* clang-format off */
#define STEAL_OPTIONS_INIT                                                    \
    { sizeof(struct steal_options), 0, 0, NULL, 0, 0,                         \
      { NULL, NULL, NULL, NULL, NULL }, { NULL, NULL, NULL }, 0, 0, NULL, 0,  \
      0, NULL, 0, NULL, false, 0, NULL, NULL, false }
/* clang-format on */

/*
 * Starts a runtime.  `options` may be NULL.
 * Errors: -EINVAL (more than STEAL_WORKERS_MAX workers, or than one with
 * STEAL_ON_CALLER, or that with STEAL_PIN_WORKERS, unknown flags, half an
 * allocator, no size, a stack too small for the system, no such policy of
 * detect_lost_wakes), -ENOTSUP (deterministic with a loop or STEAL_PIN_WORKERS),
 * -ENOMEM, -EAGAIN (no thread), or what libuv says of a loop that cannot be made,
 * as -EMFILE.
 */
STEAL_API STEAL_MUST_CHECK int steal_runtime_new(struct steal_runtime **runtime,
        const struct steal_options *options);

/*
 * Stops a runtime and frees it: nothing is spawned any more, every live task is
 * canceled and its future dropped, all threads are joined.  Waits at most
 * `limit` ns for tasks that are inside a poll, and for blocking calls.
 *
 * -ETIMEDOUT: some still are, and steal_runtime_stuck() names them; the runtime
 *             goes on stopping and wants another steal_runtime_stop().
 * -EDEADLK:   called by a worker, of whichever runtime, or by one of this
 *             runtime's blocking calls; there is steal_runtime_begin_stop().
 * -ECANCELED: in the child of a fork(), which has none of the threads.
 */
STEAL_API int steal_runtime_stop(struct steal_runtime *runtime, uint64_t limit);

/* Begins to stop without waiting: callable inside a task.  A block_on() that
 * waits gets -ECANCELED.  steal_runtime_stop() is still owed, by the owner. */
STEAL_API void steal_runtime_begin_stop(struct steal_runtime *runtime);

/* Writes the names of up to `n` tasks that are being polled at this moment, and
 * returns how many are.  The names live as long as their ops. */
STEAL_API size_t steal_runtime_stuck(struct steal_runtime *runtime,
        const char **names, size_t n);

/*
 * Runs `future` as a task and blocks the caller until it is finished; returns
 * its result.  The future stays the caller's, and is dropped.
 *
 * With `runtime` NULL the caller polls the future itself and sleeps in between:
 * that is how a thread which has nothing to do with a runtime waits for a
 * mutex, a channel, a task.  Timers and descriptors want a runtime.
 *
 * -ECANCELED: the runtime stopped before, or the task was aborted.
 * -EDEADLK:   nobody could have woken it, and STEAL_STUCK_ABORT is the policy; or
 *             called by a worker, of whichever runtime: await instead.
 * -ENOMEM:    nothing happened.
 */
STEAL_API int steal_block_on(struct steal_runtime *runtime,
        struct steal_future *future);

/* All in one: a runtime with these options (may be NULL), block on the future,
 * stop. */
STEAL_API int steal_run(const struct steal_options *options,
        struct steal_future *future);

/* The runtime whose worker calls, else NULL. */
STEAL_API struct steal_runtime *steal_runtime_current(void);

STEAL_API unsigned steal_runtime_workers(const struct steal_runtime *runtime);

/* How many processors this process may use: the least of the affinity mask and
 * the CPU quotas of its cgroup and all above it, rounded up; at least 1. */
STEAL_API unsigned steal_default_workers(void);

STEAL_END_DECLS

#endif
