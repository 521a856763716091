/*
 * affinity.h - the processors that a thread may run on.
 *
 * A worker may be bound to one of them.  Threads and processes inherit that from
 * who starts them, and are to have instead what the worker had before: so lift()
 * and restore() stand around everything that starts one.
 *
 * Threads: any; it is all about the calling one.
 */
#ifndef STEAL_BASE_AFFINITY_H
#define STEAL_BASE_AFFINITY_H

#include <limits.h>
#include <stddef.h>

#define AFFINITY_END UINT_MAX

struct affinity {
    /* private */
    void *mask;  /* a cpu_set_t of as many bits as the kernel wants */
    size_t size; /* of it, in bytes */
};

/* What the calling thread may run on, or might before it was bound.  Returns 0,
 * -ENOMEM, or another negative errno code where the system does not tell. */
int steal__affinity_read(struct affinity *affinity);
void steal__affinity_fini(struct affinity *affinity);

/* The first processor of these that is not below `from`, or AFFINITY_END. */
unsigned steal__affinity_next(const struct affinity *affinity, unsigned from);

/* Binds the caller to one processor.  `before` is what it may run on until now,
 * and outlives it.  Returns 0, or a negative errno code: nothing has changed. */
int steal__affinity_bind(const struct affinity *before, unsigned processor);

/* Lets the caller run where it might before it was bound, and binds it again.
 * Nothing happens if it is not bound. */
void steal__affinity_lift(void);
void steal__affinity_restore(void);

#endif
