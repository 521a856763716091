/*
 * system.c - what lies below the sources, for the explorer: the futex, the
 * clock, memory, threads, and processors, to which nobody is bound.  (The loop is
 * in loop.c, descriptors in files.c.)
 *
 * The clock stands still while the program runs: when a turn of the loop ends by
 * its deadline, it shows that.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <steal/fork.h>
#include <steal/time.h>

#include "../../src/base/clock.h"
#include "../../src/base/futex.h"
#include "../../src/blocking/load.h"
#include "../../src/sched/near.h"
#include "../../src/sched/observe.h"
#include "../../src/sched/simulate.h"
#include "../../src/sched/watchdog.h"
#include "explore.h"
#include "files.h"
#include "loop.h"
#include "system.h"

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

/* The clock is the world's, not the program's: reading it is no access. */
#define NO_ACCESS __attribute__((no_sanitize("thread")))

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

void *
malloc(size_t size)
{
    return explore_alloc(size);
}

/* Byte by byte, so that each is checked. */
void *
memcpy(void *to, const void *from, size_t size)
{
    char *out = to;
    const char *in = from;

    for (size_t i = 0; i < size; i++)
        out[i] = in[i];
    return to;
}

static struct start {
    void *(*run)(void *);
    void *arg;
    _Atomic(uint32_t) state; /* 1: to be run; 2: nobody will; 3: it has ended */
} starts[SYSTEM_THREADS];

static _Atomic(uint32_t) nstarts;
static _Thread_local pthread_t self;

static bool expected;

/* No access either: most cases make no threads, and need not have the words. */
NO_ACCESS void
system_expect_threads(bool expect)
{
    expected = expect;
    for (int i = 0; i < SYSTEM_THREADS; i++)
        *(volatile uint32_t *)&starts[i].state = 0;
    *(volatile uint32_t *)&nstarts = 0;
}

NO_ACCESS void
system_refuse_threads(void)
{
    *(volatile uint32_t *)&nstarts = SYSTEM_THREADS;
}

NO_ACCESS static bool
are_expected(void)
{
    return expected;
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attr,
        void *(*start)(void *), void *arg)
{
    unsigned i = are_expected() ? add_relaxed(&nstarts, 1) : 0;

    (void)attr;
    if (!are_expected())
        return 0;
    if (i >= SYSTEM_THREADS)
        return EAGAIN;
    *thread = i;
    starts[i].run = start;
    starts[i].arg = arg;
    store_release(&starts[i].state, 1);
    explore_futex_wake(&starts[i].state, 1);
    return 0;
}

void
system_be_thread(unsigned index)
{
    struct start *start = &starts[index];

    self = index;
    while (!load_acquire(&start->state))
        explore_futex_wait(&start->state, 0, false);
    if (load_acquire(&start->state) == 1) {
        start->run(start->arg);
        store_release(&start->state, 3);
        explore_futex_wake(&start->state, 1);
    }
}

void
system_no_more_threads(void)
{
    for (int i = 0; i < SYSTEM_THREADS; i++) {
        uint32_t none = 0;

        if (cas_strong_acq_rel(&starts[i].state, &none, 2))
            explore_futex_wake(&starts[i].state, 1);
    }
}

pthread_t
pthread_self(void)
{
    return self;
}

int
pthread_join(pthread_t thread, void **result)
{
    (void)result;
    if (!load_acquire(&starts[thread].state))
        return 0; /* forgotten: it is the case's own */
    while (load_acquire(&starts[thread].state) != 3)
        explore_futex_wait(&starts[thread].state, 1, false);
    return 0;
}

/* It may look busy or not. */
bool
steal__load_is_full(struct load *load)
{
    (void)load;
    return explore_choose(2);
}

int
pthread_setname_np(pthread_t thread, const char *name)
{
    (void)thread;
    (void)name;
    return 0;
}

/* What each thread has forked (explore_fork.h); the last is that of the stage. */
static struct steal_here here[EXPLORE_THREADS + 1];

NO_ACCESS struct steal_here *
explore_here(void)
{
    return &here[explore_self()];
}

NO_ACCESS static void
begin_here(void)
{
    static const char *const name[] = { "here 0", "here 1", "here 2",
        "here 3" };

    memset(here, 0, sizeof here);
    for (unsigned i = 0; i < EXPLORE_THREADS; i++)
        explore_name(&here[i], sizeof here[i], name[i]);
}

/*
 * Nobody is bound to a processor
 */

int
steal__near_new(struct near **near, unsigned workers)
{
    (void)workers;
    *near = NULL;
    return 0;
}

void
steal__near_free(struct near *near)
{
    (void)near;
}

void
steal__near_bind(const struct near *near, unsigned worker)
{
    (void)near;
    (void)worker;
}

void
steal__affinity_lift(void)
{
}

void
steal__affinity_restore(void)
{
}

/* Nobody watches the workers. */

int
steal__watchdog_new(struct watchdog **result, struct steal_runtime *runtime)
{
    (void)runtime;
    *result = NULL;
    return 0;
}

void
steal__watchdog_free(struct watchdog *watchdog)
{
    (void)watchdog;
}

void
steal__watchdog_enter(struct worker *w, struct watched *watched)
{
    (void)w, (void)watched;
}

void
steal__watchdog_leave(struct worker *w, struct watched *watched)
{
    (void)w, (void)watched;
}

/* Nor does anybody observe them, nor wait for what never comes. */

bool
steal__task_lost(struct steal_task *task)
{
    (void)task;
    return false;
}

int
steal__observer_new(struct observer **result, struct steal_runtime *runtime)
{
    (void)runtime;
    *result = NULL;
    return 0;
}

void
steal__observer_finish(struct steal_runtime *runtime)
{
    (void)runtime;
}

void
steal__observer_free(struct observer *observer)
{
    (void)observer;
}

uint64_t
steal__observe_begin(struct worker *w, struct steal_task *task)
{
    (void)w, (void)task;
    return 0;
}

void
steal__observe_end(struct worker *w, struct steal_task *task,
        enum steal_poll poll, uint64_t began)
{
    (void)w, (void)task, (void)poll, (void)began;
}

void
steal__observe_spawned(struct steal_runtime *runtime, struct steal_task *task)
{
    (void)runtime, (void)task;
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

uint64_t
steal__observe_away(struct worker *w)
{
    (void)w;
    return 0;
}

void
steal__observe_back(struct worker *w, struct steal_task *task, uint64_t began)
{
    (void)w, (void)task, (void)began;
}

static uint64_t now;

NO_ACCESS uint64_t
steal_now(void)
{
    return now;
}

_Thread_local struct clock steal__clock;

uint64_t
steal__clock_real(void)
{
    return now;
}

/*
 * Nobody simulates here
 */

int
steal__simulation_options(struct steal_options *options)
{
    (void)options;
    return 0;
}

int
steal__simulation_new(struct simulation **result,
        const struct steal_options *options)
{
    (void)options;
    *result = NULL;
    return 0;
}

void
steal__simulation_free(struct simulation *simulation)
{
    (void)simulation;
}

void
steal__simulation_prepare(struct steal_runtime *runtime)
{
    (void)runtime;
}

void
steal__simulate(struct steal_runtime *runtime, struct blocker *blocker)
{
    (void)runtime, (void)blocker;
}

bool
steal__is_simulating(const struct steal_runtime *runtime)
{
    (void)runtime;
    return false;
}

NO_ACCESS void
system_set_clock(uint64_t time)
{
    if (now < time)
        now = time;
}

NO_ACCESS void
system_begin(void)
{
    now = SYSTEM_NOW;
    begin_here();
    system_expect_threads(false);
    loop_begin();
    files_begin();
}
