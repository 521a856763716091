#include "lock.h"

#include <sched.h>

/* Looks at the lock: more and more rarely, since each look takes the word away
 * from the processor of the owner, who may need it soon again. */
#ifndef PAUSE_MOST
# define PAUSE_MOST 64
#endif

/* So many pauses, and whoever has the lock may have been put aside. */
#define SPINS 512

void
steal__lock_slow(struct lock *lock)
{
    unsigned pause = 1;
    unsigned spins = 0;

    do {
        for (unsigned i = 0; i < pause; i++)
            cpu_relax();
        spins += pause;
        if (pause < PAUSE_MOST)
            pause *= 2;
        if (spins > SPINS) {
            spins = 0;
            sched_yield();
        }
        /* A hint: the CAS of lock_try() decides. */
    } while (load_relaxed(&lock->word) || !lock_try(lock));
}
