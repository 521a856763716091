#include "lock.h"

#include <sched.h>

#define SPINS 100

void
steal__lock_slow(struct lock *lock)
{
    unsigned spins = 0;

    do {
        /* A hint: the CAS of lock_try() decides. */
        while (load_relaxed(&lock->word)) {
            cpu_relax();
            if (++spins > SPINS) {
                spins = 0;
                sched_yield();
            }
        }
    } while (!lock_try(lock));
}
