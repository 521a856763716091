/*
 * compute.h - the queue of computations that tasks await.
 *
 * Threads: any.
 */
#ifndef STEAL_FORK_COMPUTE_H
#define STEAL_FORK_COMPUTE_H

#include <steal/fork.h>

struct team;

/* The oldest that has not begun, which the caller is to run; or NULL. */
struct steal_compute *steal__compute_take(struct team *team);
void steal__compute_run(struct team *team, struct steal_compute *compute);

/* True if the oldest has waited for longer than `patience`, ns. */
bool steal__compute_is_late(struct team *team, uint64_t now, uint64_t patience);

#endif
