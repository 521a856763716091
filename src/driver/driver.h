/*
 * driver.h - what a worker that parks sees of time and of the outside world.
 *
 * One driver a runtime: a libuv loop, and a timer wheel for each worker.  Nobody
 * owns it for long: whoever takes its seat may turn it, once or asleep inside,
 * and then gives the seat back.  What a turn wakes goes to the injector in one
 * push.
 *
 * Threads: turn() is for the holder of the seat, kick() and the rest for anyone.
 */
#ifndef STEAL_DRIVER_DRIVER_H
#define STEAL_DRIVER_DRIVER_H

#include <steal/base.h>

#include "../base/lock.h"

struct reactor;
struct wheel;

struct driver {
    struct lock seat;
    struct steal_runtime *runtime;
    struct reactor *reactor;
    struct wheel *wheels;
    unsigned nwheels;
    /* When the holder, asleep in the loop, wakes up by itself; 0: it is not
     * asleep.  Written by the holder. */
    CACHE_ALIGNED _Atomic(uint64_t) until;
};

int steal__driver_init(struct driver *driver, struct steal_runtime *runtime,
        unsigned nwheels);
void steal__driver_fini(struct driver *driver);

static inline bool
steal__driver_try_take(struct driver *driver)
{
    return lock_try(&driver->seat);
}

static inline void
steal__driver_give(struct driver *driver)
{
    lock_give(&driver->seat);
}

/*
 * Wakes what is due and, until `deadline` (ns; 0: not at all), sleeps until
 * something is.  Returns how many tasks were woken.
 */
unsigned steal__driver_turn(struct driver *driver, uint64_t deadline);

/* Makes a holder that sleeps in turn(), or is about to, come back. */
void steal__driver_kick(struct driver *driver);

/* True if a turn that does not sleep would find something: a timer that is due
 * at `now`, a descriptor to look at, a command.  A hint. */
bool steal__driver_is_due(struct driver *driver, uint64_t now);

/* Somebody waits for what the holder does not know of yet: it is kicked if it
 * would otherwise sleep beyond `deadline`. */
void steal__driver_tell(struct driver *driver, uint64_t deadline);

/* The driver of a runtime, and the driver and wheel of the worker that calls,
 * NULL for other threads: defined by sched/. */
struct driver *steal__runtime_driver(struct steal_runtime *runtime);
struct driver *steal__driver_here(struct wheel **wheel);

struct wheel *steal__driver_wheel(struct driver *driver, unsigned index);

/* Turns the driver, without sleeping, if its seat is free; else kicks. */
void steal__driver_nudge(struct driver *driver);

#endif
