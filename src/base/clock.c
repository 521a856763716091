#include "clock.h"

#include <time.h>

#include <steal/time.h>

#include "atomic.h"
#include "compiler.h"

/* How long it takes to read the time of a simulation, ns. */
#define LOOK 20

_Thread_local struct clock steal__clock;

static _Atomic(uint32_t) simulations;

void
steal__clock_begin(void)
{
    add_relaxed(&simulations, 1); /* a count, no more */
}

void
steal__clock_end(void)
{
    sub_release(&simulations, 1);
}

uint64_t
steal__clock_real(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * STEAL_SECONDS(1) + (uint64_t)now.tv_nsec;
}

/* The thread may have been left behind: another has ended what it has begun. */
static COLD uint64_t
simulated_now(void)
{
    if (load_relaxed(&simulations)) /* its own is counted, if it is there */
        return steal__clock.now += LOOK;
    steal__clock = (struct clock){ 0, 0 };
    return steal__clock_real();
}

uint64_t
steal_now(void)
{
    if (unlikely(steal__clock.now))
        return simulated_now();
    return steal__clock_real();
}
