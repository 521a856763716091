/*
 * parker.h - the sleep token of one thread.
 *
 * A parker holds at most one permit: unpark() leaves it, park() takes it or
 * sleeps until it is there.  Permits do not add up.
 *
 * A worker may also sleep inside the driver's loop.  It tells so beforehand,
 * and who unparks it then has to kick the loop.
 *
 * Threads: park() and the drive functions are for the owner, unpark() for all.
 * Memory:  what precedes unpark() is visible after the park() that it ends.
 */
#ifndef STEAL_SCHED_PARKER_H
#define STEAL_SCHED_PARKER_H

#include "../base/atomic.h"
#include "../base/compiler.h"

struct parker {
    CACHE_ALIGNED _Atomic(uint32_t) word;
};

void steal__parker_init(struct parker *parker);

/* Returns false once `deadline` (ns, monotonic) has passed without a permit. */
bool steal__parker_park(struct parker *parker, uint64_t deadline);

/* Leaves the permit.  True if the owner sleeps in the driver: kick that. */
bool steal__parker_unpark(struct parker *parker);

/* False, having taken it, if the permit is there: do not sleep. */
bool steal__parker_begin_drive(struct parker *parker);
void steal__parker_end_drive(struct parker *parker);

#endif
