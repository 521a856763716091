/* simulate_options.c - what the program and the environment say of a simulation. */
#include "simulate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <steal/runtime.h>

/* In the environment: the seed of all runtimes, which are simulated if they can
 * be. */
static void
read_seed(struct steal_options *to)
{
    const char *text = secure_getenv("STEAL_SEED");
    unsigned long long seed;
    char *end;

    if (!text || !*text || to->loop)
        return;
    errno = 0;
    seed = strtoull(text, &end, 0);
    if (*text == '-' || *end || errno) {
        fprintf(stderr, "libsteal: STEAL_SEED: this is no seed: %s\n", text);
        return;
    }
    to->deterministic = true;
    to->seed = seed ? seed : UINT64_MAX; /* 0 would be any */
    to->flags &= ~STEAL_PIN_WORKERS;
}

int
steal__simulation_options(struct steal_options *to)
{
    read_seed(to);
    if (!to->deterministic)
        return 0;
    if (to->loop || to->flags & STEAL_PIN_WORKERS)
        return -ENOTSUP;
    if (to->flags & STEAL_ON_CALLER)
        to->workers = 1;
    if (!to->workers)
        to->workers = SIMULATED_WORKERS;
    to->flags |= STEAL_ON_CALLER;
    return 0;
}
