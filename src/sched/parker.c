/*
 * parker.c
 *
 *              unpark               park, end_drive
 *     EMPTY ----------> PERMIT ----------------------> EMPTY
 *       | park                     ^
 *       +------> ASLEEP -----------+  unpark, which wakes the futex
 *       +------> DRIVING ----------+  unpark, which asks for a kick
 *
 * Orderings
 *   O1  unpark: swap, release  ->  park, begin_drive, end_drive: acquire
 */
#include "parker.h"

#include "../base/futex.h"

enum {
    EMPTY,
    PERMIT,
    ASLEEP,
    DRIVING
};

void
steal__parker_init(struct parker *parker)
{
    store_relaxed(&parker->word, EMPTY); /* not shared yet */
}

/* EMPTY to `state`; else takes the permit. */
static bool
enter(struct parker *parker, uint32_t state)
{
    uint32_t old = EMPTY;

    if (cas_strong_acquire(&parker->word, &old, state))
        return true;
    swap_acquire(&parker->word, EMPTY); /* O1 */
    return false;
}

bool
steal__parker_park(struct parker *parker, uint64_t deadline)
{
    bool in_time = true;

    if (!enter(parker, ASLEEP))
        return true;
    while (in_time && load_relaxed(&parker->word) == ASLEEP) /* O1 below */
        in_time = steal__futex_wait(&parker->word, ASLEEP, deadline);
    return swap_acquire(&parker->word, EMPTY) == PERMIT; /* O1 */
}

bool
steal__parker_unpark(struct parker *parker)
{
    uint32_t old = swap_acq_rel(&parker->word, PERMIT); /* O1 */

    if (old == ASLEEP)
        steal__futex_wake(&parker->word, 1);
    return old == DRIVING;
}

bool
steal__parker_begin_drive(struct parker *parker)
{
    return enter(parker, DRIVING);
}

void
steal__parker_end_drive(struct parker *parker)
{
    swap_acquire(&parker->word, EMPTY); /* O1 */
}
