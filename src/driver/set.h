/*
 * set.h - the descriptors that the driver watches, and its alarm clock.
 *
 * On Linux this is an epoll set, edge-triggered, that the libuv loop watches in
 * turn with one uv_poll_t.  libuv's own way, a uv_poll_t for each descriptor, is
 * level-triggered: it would be disarmed and armed by two system calls whenever a
 * task does not read at once, and only by the thread that holds the loop.
 *
 * The alarm is a timerfd in the set, for libuv's timers count in milliseconds from
 * a time that it remembers: a sleeper would be woken up to one too late.
 *
 * Threads: set_alarm() and harvest() are for the holder of the driver's seat, the
 *          rest for anyone.
 */
#ifndef STEAL_DRIVER_SET_H
#define STEAL_DRIVER_SET_H

#include <stdbool.h>

#include "../base/atomic.h"

struct steal_fd;
struct wakeups;

struct set {
    int epoll;
    int clock;
    uint64_t alarm;        /* when it goes off; the holder's */
    bool shuffles;         /* what is ready is reported in any order */
    _Atomic(bool) is_used; /* something was ever in it: a hint */
};

int steal__set_open(struct set *set);

/* Sources may be forgotten until then. */
void steal__set_close(struct set *set);

/* Watches the source for all of `events` (STEAL_READABLE and so on), instead of
 * those that source->watched tells.  What is ready by now will be reported.
 * -EPERM: not a descriptor that can be waited for. */
int steal__set_watch(struct set *set, struct steal_fd *source, unsigned events);

/* What is reported from now on does not concern the source. */
void steal__set_forget(struct set *set, struct steal_fd *source);

/* Something will be harvested at `deadline`, ns, or before. */
void steal__set_alarm(struct set *set, uint64_t deadline);

/* Raises what has happened; returns how many sources that was. */
unsigned steal__set_harvest(struct set *set, struct wakeups *wakeups);

static inline bool
steal__set_is_used(struct set *set)
{
    return load_relaxed(&set->is_used); /* a hint */
}

#endif
