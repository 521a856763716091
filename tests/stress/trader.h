/*
 * trader.h - a task, or a thread, that takes a few random steps in the market.
 */
#ifndef STEAL_STRESS_TRADER_H
#define STEAL_STRESS_TRADER_H

#include "market.h"

/* Spawns one whose steps follow from the seed.  Returns what steal_spawn() says. */
int trader_spawn(uint32_t seed, struct steal_task **task);

/* The same without a task: tries, and now and then waits for a message, until the
 * runtime stops or it has done its share.  It also waits for locks if `blocks`:
 * where those who hold them go their way to the end. */
void trader_run(struct rng *rng, bool blocks);

#endif
