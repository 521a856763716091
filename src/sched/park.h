/*
 * park.h - how a worker sleeps, and what it watches meanwhile.
 *
 * Threads: the worker's own.
 */
#ifndef STEAL_SCHED_PARK_H
#define STEAL_SCHED_PARK_H

struct worker;

/*
 * The worker has found nothing: sleeps until it is picked to search, or until
 * there is something to do.  Whoever finds the driver's seat free sleeps there.
 */
void steal__park(struct worker *worker);

#endif
