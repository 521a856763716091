/*
 * driver.h - what a worker that parks sees of time and of the outside world.
 *
 * One driver a runtime: a libuv loop, and a timer wheel for each worker.  Nobody
 * owns it for long: whoever takes its seat may turn it, once or asleep inside,
 * and then gives the seat back.  What a turn wakes goes to the injector in one
 * push.  If the loop is the application's, the application has the seat for ever.
 *
 * Threads: turn() is for the holder of the seat, kick() and the rest for anyone.
 */
#ifndef STEAL_DRIVER_DRIVER_H
#define STEAL_DRIVER_DRIVER_H

#include <pthread.h>

#include <steal/base.h>

#include "../base/counter.h"
#include "../base/list.h"
#include "../base/lock.h"
#include "set.h"

struct reactor;
struct uv_loop_s;
struct wakeups;
struct wheel;
struct world;
struct steal_faults;

struct driver {
    struct lock seat;
    struct steal_runtime *runtime;
    struct reactor *reactor;
    struct wheel *wheels;
    unsigned nwheels;
    bool is_guest;
    pthread_t host; /* the thread that runs the loop that it is a guest in */
    struct set set;
    struct world *world;        /* NULL: the real one */
    struct wakeups *wakeups;    /* of this turn; the holder's */
    struct counter turns;       /* the holder's */
    struct counter events;      /* tasks woken by turns; the holder's */
    struct counter descriptors; /* open ones; anyone's */

    CACHE_ALIGNED struct lock lock; /* guards what follows */
    bool over;                      /* no loop, nobody to take the seat */
    bool refuses;                   /* calls are made without the loop */
    struct list calls;
    struct list graves;       /* sources to free between two turns */
    struct list foreign;      /* sources that others than our tasks await */
    _Atomic(bool) has_calls;  /* read without the lock */
    _Atomic(bool) has_graves; /* likewise */
    /* When the holder, asleep in the loop, wakes up by itself; 0: it is not
     * asleep.  Written by the holder. */
    CACHE_ALIGNED _Atomic(uint64_t) until;
};

/* With a loop of its own, or as a guest in `host`, by the thread that runs it. */
int steal__driver_init(struct driver *driver, struct steal_runtime *runtime,
        unsigned nwheels, struct uv_loop_s *host);

/* The world outside is one of its own from now on; before anybody looks.  And what
 * goes wrong there; -EINVAL: it is the real one. */
int steal__driver_simulate(struct driver *driver);
int steal__driver_set_faults(struct driver *driver,
        const struct steal_faults *faults);

/* From now on calls are made without the loop, and so are those that wait: for
 * the host of a guest, which waits for tasks instead of turning its loop. */
void steal__driver_refuse(struct driver *driver);

/* No task lives any more, and nobody has the seat or will take it. */
void steal__driver_fini(struct driver *driver);

/* After that, when no source is left either. */
void steal__driver_forget(struct driver *driver);

static inline bool
steal__driver_try_take(struct driver *driver)
{
    return lock_try(&driver->seat);
}

void steal__driver_give(struct driver *driver);

/*
 * Wakes what is due and, until `deadline` (ns; 0: not at all), sleeps until
 * something is.  Returns how many tasks were woken.
 */
unsigned steal__driver_turn(struct driver *driver, uint64_t deadline);

/*
 * The same in pieces, for a loop that the application turns (guest.c): what
 * comes before the loop sleeps, which tells until when it may (0: not at all),
 * and what comes after.  Callbacks in between, and before the next, find the
 * wakeups.
 */
uint64_t steal__driver_before_sleep(struct driver *driver, uint64_t deadline,
        struct wakeups *wakeups);
unsigned steal__driver_after_sleep(struct driver *driver);

/* Makes a holder that sleeps in turn(), or is about to, come back. */
void steal__driver_kick(struct driver *driver);

/* True if a turn that does not sleep would find something: a timer that is due
 * at `now`, a descriptor to look at, a command.  A hint. */
bool steal__driver_is_due(struct driver *driver, uint64_t now);

/* True if nothing may come of a turn: there is no timer, nothing is open or
 * watched, and no call was left.  A hint. */
bool steal__driver_is_idle(struct driver *driver);

/* Not later than that of the first timer; STEAL_FOREVER if there is none. */
uint64_t steal__driver_first_deadline(struct driver *driver);

/* Somebody waits for what the holder does not know of yet: it is kicked if it
 * would otherwise sleep beyond `deadline`. */
void steal__driver_tell(struct driver *driver, uint64_t deadline);

/* The driver of a runtime, and the driver and wheel of the worker that calls,
 * NULL for other threads: defined by sched/. */
struct driver *steal__runtime_driver(struct steal_runtime *runtime);
struct driver *steal__driver_here(struct wheel **wheel);

/* A thread that is no worker has had the seat for a moment: if workers sleep
 * meanwhile one of them must wake up to take it.  Defined by sched/. */
void steal__driver_vacant(struct steal_runtime *runtime);

struct wheel *steal__driver_wheel(struct driver *driver, unsigned index);

/* For source.c.  A source that was watched is freed between two turns, or at once
 * if there are none any more. */
void steal__driver_bury(struct driver *driver, struct list *link);

/* The source is awaited by another executor than the driver's runtime, which is
 * told when that ends.  -ECANCELED: it has, or the source is closed. */
int steal__driver_watch_foreign(struct driver *driver, struct steal_fd *source);
void steal__driver_forget_foreign(struct driver *driver,
        struct steal_fd *source);

#endif
