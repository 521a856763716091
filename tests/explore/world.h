/*
 * world.h - a runtime for the cases of the scheduler: the real struct, without
 * threads of its own.
 */
#ifndef EXPLORE_WORLD_H
#define EXPLORE_WORLD_H

#include "explore.h"

#include "../../src/sched/runtime.h"

#define WORLD_WORKERS 2

extern struct steal_runtime world;
extern struct worker world_worker[WORLD_WORKERS];

/* In setup(). */
void world_init(unsigned workers);

#endif
