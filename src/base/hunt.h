/*
 * hunt.h - the way of a thief that is bound past the others, near ones first.
 *
 *     hunt_begin(&hunt, victims, n, start);
 *     while ((i = hunt_next(&hunt)) != HUNT_END)
 *         ...
 *
 * It passes all of 0 to n - 1 but itself, each once: group after group of its
 * victims, and then those that have higher numbers than any worker and are
 * nowhere in particular.  `start` is random, so that thieves do not follow each
 * other: it tells with whom each group begins.
 *
 * Threads: the owner's.
 */
#ifndef STEAL_BASE_HUNT_H
#define STEAL_BASE_HUNT_H

#include <limits.h>

#include "topology.h"

#define HUNT_END UINT_MAX

struct hunt {
    const struct victims *victims; /* NULL: this is the last group */
    const uint8_t *order;          /* of the group; NULL: from `first` on */
    unsigned first;
    unsigned size; /* of the group */
    unsigned left; /* ... that was not passed */
    unsigned at;   /* the next of it */
    unsigned n;
    unsigned start;
    unsigned group; /* the next */
};

static inline void
hunt_begin(struct hunt *hunt, const struct victims *victims, unsigned n,
        unsigned start)
{
    hunt->victims = victims;
    hunt->left = 0;
    hunt->n = n;
    hunt->start = start;
    hunt->group = 0;
}

/* Goes on to the next group; false if there is none. */
bool steal__hunt_widen(struct hunt *hunt);

static inline unsigned
hunt_next(struct hunt *hunt)
{
    unsigned i;

    if (!hunt->left && !steal__hunt_widen(hunt))
        return HUNT_END;
    hunt->left--;
    i = hunt->at++;
    if (hunt->at == hunt->size)
        hunt->at = 0;
    return hunt->order ? hunt->order[i] : hunt->first + i;
}

#endif
