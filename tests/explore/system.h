/*
 * system.h - what a case may know of system.c.
 */
#ifndef EXPLORE_SYSTEM_H
#define EXPLORE_SYSTEM_H

#include <stdint.h>

/* What the clock shows at first. */
#define SYSTEM_NOW UINT64_C(1000000000)

/* In setup(), before all else. */
void system_begin(void);

/* The pipe that wakes the loop: 1 while a kick is in it. */
extern _Atomic(uint32_t) system_kicked;

/* Commands that were carried out; the holder's of the seat. */
extern unsigned system_obeyed;

#endif
