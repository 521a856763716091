/*
 * membarrier.h - a fence that one thread pays for all of the process.
 *
 *     often:    store a;  light fence;   load b      a compiler barrier
 *     seldom:   store b;  heavy fence;   load a      a system call
 *
 * One of the two sees the other's store, as with two full fences.  Linux has had
 * it since 4.14; where it is missing, or forbidden, the heavy side is told so.
 *
 * Threads: any.
 */
#ifndef STEAL_BASE_MEMBARRIER_H
#define STEAL_BASE_MEMBARRIER_H

#include "atomic.h"

#ifdef STEAL_EXPLORE

static inline bool
steal__fence_heavy(void)
{
    fence_heavy();
    return true;
}

#else

/* False: there is no such fence, and nothing was done. */
bool steal__fence_heavy(void);

#endif

#endif
