/*
 * wheel.h - timers by the hundred thousand: a hierarchical timing wheel.
 *
 * After Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987.
 * Six levels of 64 slots; a slot of level n spans 64^n ticks of 1 ms.  A timer
 * sits in the level of the highest group of six bits in which its tick differs
 * from the wheel's, and moves down as the wheel gets there.
 *
 *     insert, cancel   O(1)
 *     expire           O(1) a slot, plus at most six moves a timer
 *
 * A deadline is rounded up to a tick, so no timer fires early.
 *
 * Threads: any; one lock a wheel.  There is a wheel for each worker, so that
 * workers do not meet here; whoever drives the loop turns all of them.
 */
#ifndef STEAL_DRIVER_WHEEL_H
#define STEAL_DRIVER_WHEEL_H

#include <steal/time.h>
#include <steal/waker.h>

#include "../base/counter.h"
#include "../base/list.h"
#include "../base/lock.h"
#include "../task/waiter.h"

#define WHEEL_TICK   UINT64_C(1000000) /* ns */
#define WHEEL_BITS   6
#define WHEEL_SLOTS  (1 << WHEEL_BITS)
#define WHEEL_LEVELS 6
#define WHEEL_NEVER  UINT64_MAX

struct wheel {
    CACHE_ALIGNED struct lock lock;
    uint64_t tick;                   /* all before has expired */
    uint64_t occupied[WHEEL_LEVELS]; /* a bit for each slot in use */
    struct counter waiting;          /* timers in slots; written locked */
    struct counter fired;            /* likewise */
    struct list slot[WHEEL_LEVELS][WHEEL_SLOTS];
    /* Not later than the first deadline, in ns; read without the lock. */
    CACHE_ALIGNED _Atomic(uint64_t) next;
};

/* The links of a timer, inside struct steal_sleep. */
struct timer {
    struct list links; /* links.next is NULL while it is in no slot */
    struct steal_waker waker;
    struct wheel *wheel; /* the poller's: set by the first insert */
};

void steal__wheel_init(struct wheel *wheel, uint64_t now);

/*
 * Inserts a timer that is in no slot.  False if it is due already.  Sets
 * *earlier if it is now the first of the wheel: whoever sleeps until a
 * later time must be told.
 */
bool steal__wheel_insert(struct wheel *wheel, struct timer *timer,
        uint64_t deadline, const struct steal_context *cx, bool *earlier);

/* True if the timer still waits; its waker is then that of `cx`. */
bool steal__wheel_waits(struct timer *timer, const struct steal_context *cx);

/* Takes the timer out, if it is in.  Nothing wakes it after that. */
void steal__wheel_cancel(struct timer *timer);

/* Wakes what is due at `now`, ns. */
void steal__wheel_expire(struct wheel *wheel, uint64_t now,
        struct wakeups *wakeups);

/* Not later than the first deadline; WHEEL_NEVER if there is none. */
static inline uint64_t
steal__wheel_next(struct wheel *wheel)
{
    return load_relaxed(&wheel->next); /* driver.c tells why that is enough */
}

#endif
