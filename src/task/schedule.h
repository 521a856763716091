/*
 * schedule.h - what a task asks of the scheduler above it.
 *
 * Declared here and defined in sched/: the only way up.
 */
#ifndef STEAL_TASK_SCHEDULE_H
#define STEAL_TASK_SCHEDULE_H

#include <stdbool.h>

#include <steal/base.h>

struct chain;
struct owned;

/* The task has just become BUSY, by the caller: queues it.  Any thread. */
void steal__schedule(struct steal_task *task);

/* The same for a chain of them, in one push to the injector. */
void steal__schedule_chain(struct steal_runtime *runtime, struct chain *chain);

/* `runtime` or the current one; NULL with *error set if none may be used. */
struct steal_runtime *steal__runtime_for(struct steal_runtime *runtime,
        int *error);

/* Nobody can wake the task, which the caller holds: says so.  True: it is to be
 * canceled.  Defined in insight/. */
bool steal__task_lost(struct steal_task *task);

/* Where wakers are counted, and by the holder, too: the task is about to park; true,
 * and it is to be canceled instead, for it would wait for itself.  And it is about to
 * be polled or dropped, and had parked before. */
bool steal__task_parks(struct steal_task *task);
void steal__task_unparks(struct steal_task *task);

/* Frees a task, by whoever was told to by a transition. */
void steal__runtime_bury(struct steal_task *task);

/* Memory from the allocator of the runtime, which lives until all is back. */
void *steal__runtime_allocate(struct steal_runtime *runtime, size_t size);
void steal__runtime_release(struct steal_runtime *runtime, void *block,
        size_t size);

/* The register of parked tasks with this number. */
struct owned *steal__runtime_owned(struct steal_runtime *runtime,
        unsigned shard);

#endif
