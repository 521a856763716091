/*
 * clock.h - in which time a thread lives.
 *
 * In that of the machine; or in that of a simulation (sched/simulate.h), which
 * goes on when the simulation says so.  To read it takes a moment of it, so that a
 * loop that waits for a time comes to its end.
 *
 * Threads: each its own time; begin and end are for any.
 */
#ifndef STEAL_BASE_CLOCK_H
#define STEAL_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    uint64_t now;   /* ns; 0: the time of the machine */
    uint64_t owner; /* the number of the simulation */
};

extern _Thread_local struct clock steal__clock;

/* There is one simulation more, or one less.  When there is none left all threads
 * are back in the time of the machine. */
void steal__clock_begin(void);
void steal__clock_end(void);

/* That of the machine, wherever the thread lives: for what really sleeps. */
uint64_t steal__clock_real(void);

#endif
