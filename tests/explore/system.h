/*
 * system.h - what a case may know of system.c.
 */
#ifndef EXPLORE_SYSTEM_H
#define EXPLORE_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/* What the clock shows at first. */
#define SYSTEM_NOW UINT64_C(1000000000)

/* In setup(), before all else. */
void system_begin(void);

/*
 * Threads that the library makes: the case has its own threads run them, by
 * their number in the order in which they are made.  system_be_thread() waits
 * until there is one, or until it is told that none will come.
 */
#define SYSTEM_THREADS 3

void system_be_thread(unsigned index);
void system_no_more_threads(void);

/* In setup(), once the threads of the workers are made, which nobody runs. */
void system_expect_threads(bool expect);

/* After that: from now on none can be made. */
void system_refuse_threads(void);

/* So late it is by now. */
void system_set_clock(uint64_t time);

#endif
