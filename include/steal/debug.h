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

#include <stdbool.h>
#include <stdio.h>

#include <steal/base.h>

STEAL_BEGIN_DECLS

struct steal_runtime;

/* A future, and what it waits for: those that follow it and are deeper, or, if there
 * are none, something that wakes its task. */
struct steal_await {
    const char *name; /* of the future */
    const char *file; /* where it has last waited; NULL: it has not, or is no
                         async function */
    int line;
    unsigned depth; /* of how many others it is a part */

    /* What the library knows of the last in the chain: */
    const char *thing;  /* the kind, as "mutex"; NULL: unknown */
    const void *object; /* its address, or NULL */
    int64_t number;     /* of a descriptor, a process, a signal; else -1 */
    uint64_t deadline;  /* of a timer, in steal_now()'s time; 0: none */
    uint64_t task; /* the id of the task that it waits for, as the owner of a
                           mutex; 0: none, or not known */
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

/*
 * Tasks that cannot go on
 *
 * With options.detect_lost_wakes a task that said STEAL_PENDING and that nobody can
 * wake, for no waker of it is left, is told of at once: it has forgotten to register
 * one, or somebody has lost it.
 *
 * So are tasks that wait for one another in a circle, for mutexes, for the writers of
 * rwlocks, for what runs in a once, or in a join: each by one chain of awaits, and
 * for nothing else.  Who is the owner of a lock is known if a task has awaited it;
 * one that leaves it to another to unlock is still taken for its owner.
 *
 * And so is, within a second, a standstill: all tasks wait, for whatever it is, and
 * nothing is left that could wake one: no timer, no open steal_fd, no blocking call,
 * and no thread in the process but those of the runtime, and those that wait in
 * steal_block_on().  That is known where there is a /proc as Linux has it.
 */
enum steal_stuck_policy {
    STEAL_STUCK_IGNORE,
    STEAL_STUCK_REPORT,
    STEAL_STUCK_ABORT, /* and the task ends, of a circle the one that has closed it, of
                          all the one that was polled last and joins no others; its
                          joiner gets -EDEADLK */
    STEAL_STUCK_STOP /* and the program ends, by abort() */
};

struct steal_stuck_task {
    uint64_t task;      /* its id */
    const char *name;   /* while it is told of */
    uint64_t age;       /* ns since its birth */
    uint64_t waits_for; /* the id of the task that it waits for, or 0 */
    size_t nawaits;
    struct steal_await awaits[STEAL_AWAITS_MOST];
};

enum steal_stuck_kind {
    STEAL_LOST_WAKE, /* of one task */
    STEAL_CIRCLE, /* each waits for the next, and the last for the first, or one for
                     itself */
    STEAL_STANDSTILL /* all tasks of the runtime, but those that are not told of */
};

struct steal_stuck {
    struct steal_runtime *runtime;
    enum steal_stuck_kind kind;
    size_t ntasks;
    size_t nothers; /* of a standstill: how many there are besides */
    const struct steal_stuck_task *tasks;
};

/* Several lines, for people. */
STEAL_API void steal_stuck_print(const struct steal_stuck *stuck, FILE *file);

/* Several lines, for people; while the runtime is there. */
STEAL_API void steal_long_poll_print(const struct steal_long_poll *poll,
        FILE *file);

STEAL_END_DECLS

#endif
