/*
 * near.h - where the workers of a runtime are bound, and whom each visits first.
 *
 * Only with STEAL_PIN_WORKERS: nobody knows where the others are.
 *
 * Threads: constant while workers run; bind() is for a worker's thread.
 */
#ifndef STEAL_SCHED_NEAR_H
#define STEAL_SCHED_NEAR_H

#include "../base/topology.h"

struct near {
    struct affinity before; /* what every thread may run on, unless bound */
    struct victims victims[];
};

/* Leaves *near NULL if the system does not tell of its processors.  Returns 0 or
 * -ENOMEM. */
int steal__near_new(struct near **near, unsigned workers);

/* Also of NULL.  All who were bound are gone. */
void steal__near_free(struct near *near);

/* Binds the calling thread to the worker's processor unless that is refused.
 * Nothing happens if `near` is NULL. */
void steal__near_bind(const struct near *near, unsigned worker);

#endif
