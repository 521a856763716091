/*
 * quick.h - the unstable sort, and how it divides large arrays.
 *
 * Threads: the sort forks; an array is its own.
 */
#ifndef STEAL_SORT_QUICK_H
#define STEAL_SORT_QUICK_H

#include "order.h"

/* In place; looks at the token, and then leaves the array as it is. */
void steal__sort_quick(const struct sort_order *order, void *array, size_t n);

/* Elements, from which on an array is divided by many. */
#define SORT_WIDE ((size_t)1 << 17)

/* As steal__sort_divide(), by all who have nothing to do; the pivot is not to be
 * in the array.  Returns how many precede it. */
size_t steal__sort_divide_wide(const struct sort_order *order, void *array,
        size_t n, const void *pivot);

#endif
