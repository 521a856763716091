/*
 * semaphore.h - what an rwlock has of the semaphore that it is made of.
 *
 * Threads: as those of the future that they are of.
 */
#ifndef STEAL_SYNC_SEMAPHORE_H
#define STEAL_SYNC_SEMAPHORE_H

#include <steal/semaphore.h>

/* Of a struct steal_semaphore_acquire, under other ops. */
enum steal_poll steal__acquire_poll(struct steal_future *future,
        struct steal_context *cx);
void steal__acquire_drop(struct steal_future *future);

#endif
