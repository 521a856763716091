/*
 * dice.h - what a thread leaves to chance, beside the victims of its thefts.
 *
 * In a simulation (sched/simulate.h) all chance comes from one seed: the thread
 * that simulates has the dice of the simulation.
 *
 * Threads: each its own.
 */
#ifndef STEAL_BASE_DICE_H
#define STEAL_BASE_DICE_H

#include <stdbool.h>

#include "compiler.h"
#include "rand.h"

extern _Thread_local struct rng steal__dice;

/* A start that differs from thread to thread: as good as any seed. */
void steal__dice_pick_up(void);

/* A number below `n`, which is not 0. */
static inline uint32_t
dice_below(uint32_t n)
{
    if (unlikely(!steal__dice.state))
        steal__dice_pick_up();
    return rng_below(&steal__dice, n);
}

/* True once in `n` times. */
static inline bool
dice_once_in(uint32_t n)
{
    return dice_below(n) == 0;
}

#endif
