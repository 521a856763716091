/*
 * reactor.h - the libuv loop.
 *
 * Threads: kick(), post() and the two questions are for anyone, the rest for
 * the holder of the driver's seat: libuv's functions, but one, know one thread.
 */
#ifndef STEAL_DRIVER_REACTOR_H
#define STEAL_DRIVER_REACTOR_H

#include <uv.h>

#include "../base/list.h"
#include "../base/lock.h"
#include "driver.h"

struct wakeups;

struct reactor {
    uv_loop_t loop;
    uv_async_t kick;
    uv_timer_t timer;
    struct driver *driver;
    struct wakeups *wakeups; /* what this turn wakes */
    unsigned nopen;          /* sources that the loop knows; the holder's */
    struct lock lock;        /* guards the two lists */
    struct list sources;     /* all that are not freed */
    struct list commands;
    _Atomic(bool) has_commands; /* written under the lock */
    _Atomic(bool) is_busy;      /* the loop has more to look at than the two
                                   handles above; the holder's */
};

int steal__reactor_new(struct reactor **reactor, struct driver *driver);

/* Closes all sources: who waits for one is not woken any more. */
void steal__reactor_free(struct reactor *reactor);

/* One turn of the loop, asleep until `deadline` (0: not at all). */
void steal__reactor_run(struct reactor *reactor, uint64_t deadline,
        struct wakeups *wakeups);

void steal__reactor_kick(struct reactor *reactor);

/* Queues a command: `command` is the link of a source (source.c). */
void steal__reactor_post(struct reactor *reactor, struct list *command);

/* Carries the commands out. */
void steal__reactor_obey(struct reactor *reactor, struct wakeups *wakeups);

static inline bool
steal__reactor_has_commands(struct reactor *reactor)
{
    return load_relaxed(&reactor->has_commands); /* driver.c, O1 */
}

static inline bool
steal__reactor_is_busy(struct reactor *reactor)
{
    return load_relaxed(&reactor->is_busy); /* a hint, but to the holder */
}

#endif
