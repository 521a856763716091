/*
 * steal/debug.h - where tasks are.
 *
 *     static void
 *     tell(const struct steal_long_poll *poll, void *data)
 *     {
 *         steal_long_poll_print(poll, stderr);
 *     }
 *
 *     options.long_poll = STEAL_MS(10);
 *     options.on_long_poll = tell;
 *
 * A task that does not come back from its poll keeps its worker from all others.
 * A runtime with options.long_poll has a thread, the watchdog, that looks at the
 * workers, and tells of a poll that has taken that long while it still runs: once,
 * with the task, what it awaits, and the stack of the thread.
 *
 * To get at these the watchdog sends the thread SIGURG, whose handler it installs
 * in the process and which is not blocked in workers; a handler that was there
 * before is called for other such signals.  A system call of the poll may be
 * interrupted so; most go on by themselves.
 */
#ifndef STEAL_DEBUG_H
#define STEAL_DEBUG_H

#include <stdio.h>

#include <steal/base.h>

STEAL_BEGIN_DECLS

struct steal_runtime;

/* A future that waits for the next one. */
struct steal_await {
    const char *name; /* of the future */
    const char *file; /* where it has last waited; NULL: it has not, or is no
                         async function */
    int line;
};

#define STEAL_AWAITS_MOST 16
#define STEAL_FRAMES_MOST 64

struct steal_long_poll {
    struct steal_runtime *runtime;
    uint32_t worker; /* also steal_runtime_workers(): see metrics.h */
    uint64_t time;   /* ns, at least, that it has taken so far */
    char name[48];   /* of the task, as far as it fits */
    uint64_t task;   /* its id; 0: the thread did not answer, nothing follows */
    size_t nawaits;
    struct steal_await awaits[STEAL_AWAITS_MOST]; /* the outermost first */
    size_t nframes;
    void *frames[STEAL_FRAMES_MOST]; /* the innermost first */
};

/* Several lines, for people; while the runtime is there. */
STEAL_API void steal_long_poll_print(const struct steal_long_poll *poll,
        FILE *file);

STEAL_END_DECLS

#endif
