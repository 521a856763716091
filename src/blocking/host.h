/*
 * host.h - what the pool asks of the scheduler above it.
 *
 * Declared here and defined in sched/, as is task/schedule.h.
 */
#ifndef STEAL_BLOCKING_HOST_H
#define STEAL_BLOCKING_HOST_H

#include <steal/base.h>

struct pool;

struct pool *steal__runtime_pool(struct steal_runtime *runtime);

#endif
