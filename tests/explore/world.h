/*
 * world.h - a runtime for the cases of the scheduler, made as users make one.
 *
 * It starts no threads: a thread of the case is a worker if it calls
 * steal__worker_run() or does the like.
 */
#ifndef EXPLORE_WORLD_H
#define EXPLORE_WORLD_H

#include "explore.h"

#include "../../src/sched/runtime.h"

#define WORLD_WORKERS 2

extern struct steal_runtime *world;

/* In setup(). */
void world_init(unsigned workers);

/* In finish(): true if all memory came back that tasks have had since. */
bool world_is_clean(void);

#endif
