#include "dice.h"

_Thread_local struct rng steal__dice;

void
steal__dice_pick_up(void)
{
    rng_init(&steal__dice, (uintptr_t)&steal__dice);
}
