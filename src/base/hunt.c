#include "hunt.h"

static bool
enter_group(struct hunt *hunt)
{
    const struct victims *victims = hunt->victims;
    unsigned begin = hunt->group ? victims->end[hunt->group - 1] : 0;

    if (begin + 1 == victims->workers)
        return false;
    hunt->order = &victims->other[begin];
    hunt->size = victims->end[hunt->group++] - begin;
    return true;
}

/* Who is no worker. */
static void
enter_rest(struct hunt *hunt)
{
    hunt->order = NULL;
    hunt->first = hunt->victims->workers;
    hunt->size = hunt->n > hunt->first ? hunt->n - hunt->first : 0;
    hunt->victims = NULL;
}

bool
steal__hunt_widen(struct hunt *hunt)
{
    if (!hunt->victims)
        return false;
    if (!enter_group(hunt))
        enter_rest(hunt);
    if (!hunt->size)
        return false;
    hunt->left = hunt->size;
    hunt->at = hunt->start % hunt->size;
    return true;
}
