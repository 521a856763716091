/*
 * system.c - what lies below the sources, for the explorer: the futex, the
 * clock, the threads and the loop of libuv.
 *
 * The loop knows two things: a kick, which stays until a turn takes it, and a
 * deadline, after which a turn ends.  The clock stands still but for that: it
 * then shows the deadline.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include <steal/time.h>

#include "../../src/base/futex.h"
#include "../../src/driver/reactor.h"
#include "explore.h"
#include "system.h"

_Atomic(uint32_t) system_kicked;
unsigned system_obeyed;

bool
steal__futex_wait(_Atomic(uint32_t) *word, uint32_t expected, uint64_t deadline)
{
    bool timed = deadline != UINT64_MAX;

    return explore_futex_wait(word, expected, timed) != -ETIMEDOUT;
}

void
steal__futex_wake(_Atomic(uint32_t) *word, int n)
{
    explore_futex_wake(word, n);
}

/*
 * Memory and threads.  The makefile gives these names to libc's functions: the
 * threads of a runtime are those of the case, which calls what they would.
 */

void *
aligned_alloc(size_t alignment, size_t size)
{
    (void)alignment; /* the explorer's blocks are aligned to cache lines */
    return explore_alloc(size);
}

void
free(void *block)
{
    explore_free(block);
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attr,
        void *(*start)(void *), void *arg)
{
    (void)thread;
    (void)attr;
    (void)start;
    (void)arg;
    return 0;
}

int
pthread_setname_np(pthread_t thread, const char *name)
{
    (void)thread;
    (void)name;
    return 0;
}

/* The clock is the world's, not the program's: reading it is no access. */
#define NO_ACCESS __attribute__((no_sanitize("thread")))

static uint64_t now;

NO_ACCESS uint64_t
steal_now(void)
{
    return now;
}

NO_ACCESS static void
set_clock(uint64_t time)
{
    if (now < time)
        now = time;
}

NO_ACCESS void
system_begin(void)
{
    now = SYSTEM_NOW;
    system_obeyed = 0;
    store_relaxed(&system_kicked, 0);
}

/*
 * The loop
 */

static struct reactor reactor;

int
steal__reactor_new(struct reactor **result, struct driver *driver)
{
    reactor.driver = driver;
    lock_init(&reactor.lock);
    list_init(&reactor.commands);
    list_init(&reactor.sources);
    store_relaxed(&reactor.has_commands, false);
    store_relaxed(&reactor.is_busy, false);
    *result = &reactor;
    return 0;
}

void
steal__reactor_free(struct reactor *unused)
{
    (void)unused;
}

void
steal__reactor_run(struct reactor *unused, uint64_t deadline,
        struct wakeups *wakeups)
{
    bool timed = deadline != STEAL_FOREVER;

    (void)unused;
    (void)wakeups;
    if (deadline && explore_futex_wait(&system_kicked, 0, timed) == -ETIMEDOUT)
        set_clock(deadline);
    /* A turn empties the pipe of the kicks; what came before is seen. */
    swap_acq_rel(&system_kicked, 0);
}

void
steal__reactor_kick(struct reactor *unused)
{
    (void)unused;
    swap_acq_rel(&system_kicked, 1);
    explore_futex_wake(&system_kicked, INT_MAX);
}

void
steal__reactor_post(struct reactor *unused, struct list *command)
{
    (void)unused;
    (void)command;
    store_relaxed(&reactor.has_commands, true); /* driver.c, O1 */
}

void
steal__reactor_obey(struct reactor *unused, struct wakeups *wakeups)
{
    (void)unused;
    (void)wakeups;
    if (load_relaxed(&reactor.has_commands)) {
        store_relaxed(&reactor.has_commands, false);
        system_obeyed++;
        store_relaxed(&system_kicked,
                1); /* it gives the loop something to do */
    }
}
