#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <unistd.h>

#include <steal/time.h>

#include "../../src/driver/reactor.h"
#include "../../src/driver/source.h"
#include "explore.h"
#include "files.h"
#include "system.h"

_Atomic(uint32_t) loop_pipe;
loop_raise_fn *loop_raise;
bool loop_forgets_late;

void
loop_begin(void)
{
    store_relaxed(&loop_pipe, 0);
    loop_raise = steal__source_raise;
    loop_forgets_late = false;
}

/*
 * The reactor: it is freed for good, so that whoever comes late is found.
 */

int
steal__reactor_new(struct reactor **result, struct driver *driver,
        uv_loop_t *host)
{
    struct reactor *reactor = explore_alloc(sizeof *reactor);

    explore_assert(!host);
    reactor->loop = &reactor->own;
    reactor->driver = driver;
    list_init(&reactor->tenants);
    store_relaxed(&reactor->has_tenants, false);
    *result = reactor;
    return 0;
}

void
steal__reactor_free(struct reactor *reactor)
{
    explore_free(reactor);
}

void
steal__reactor_look(struct reactor *reactor)
{
    struct driver *driver = reactor->driver;

    if (steal__set_is_used(&driver->set))
        steal__set_harvest(&driver->set, driver->wakeups);
}

void
steal__reactor_sleep(struct reactor *reactor, uint64_t deadline)
{
    bool timed = deadline != STEAL_FOREVER;
    struct driver *driver = reactor->driver;
    uint32_t found;

    if (explore_futex_wait(&loop_pipe, 0, timed) == -ETIMEDOUT)
        system_set_clock(deadline);
    /* A turn takes the kicks; what came before them is seen. */
    found = and_acq_rel(&loop_pipe, ~LOOP_KICKED);
    if (found & LOOP_EVENTS)
        steal__set_harvest(&driver->set, driver->wakeups);
}

void
steal__reactor_kick(struct reactor *reactor)
{
    explore_assert(reactor->loop == &reactor->own); /* it is there */
    explore_rmw(&loop_pipe, sizeof loop_pipe, EXPLORE_OR, LOOP_KICKED,
            EXPLORE_ACQ_REL, EXPLORE_SITE("kick", "loop_pipe"));
    explore_futex_wake(&loop_pipe, INT_MAX);
}

/*
 * The set
 */

int
steal__set_open(struct set *set)
{
    store_relaxed(&set->is_used, false);
    set->epoll = -1;
    return 0;
}

void
steal__set_close(struct set *set)
{
    set->epoll = -2; /* nobody comes after that */
}

int
steal__set_watch(struct set *set, struct steal_fd *source, unsigned events)
{
    int error = files_watch(source->number, events, source, source->watched);

    if (!error)
        store_relaxed(&set->is_used, true); /* a hint */
    return error;
}

void
steal__set_forget(struct set *set, struct steal_fd *source)
{
    explore_assert(set->epoll == -1);
    if (!loop_forgets_late)
        files_forget(source->number);
}

unsigned
steal__set_harvest(struct set *set, struct wakeups *wakeups)
{
    struct steal_fd *source[FILES];
    unsigned events[FILES];
    void *data;
    unsigned n = 0;

    (void)set;
    and_acq_rel(&loop_pipe, ~LOOP_EVENTS);
    for (unsigned i = 0; i < FILES; i++) {
        if (files_next_event(i, &events[n], &data))
            source[n++] = data;
    }
    for (unsigned i = 0; i < n; i++)
        loop_raise(source[i], events[i], wakeups);
    return n;
}

/*
 * Calls of source.c, which the makefile sends here
 */

int
close(int number)
{
    files_close(number);
    if (loop_forgets_late)
        files_forget(number);
    return 0;
}

int
sched_yield(void)
{
    cpu_relax();
    return 0;
}
