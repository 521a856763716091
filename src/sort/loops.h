/*
 * loops.h - the serial parts of the sorts.
 *
 * Threads: any, on elements that no one else touches.
 */
#ifndef STEAL_SORT_LOOPS_H
#define STEAL_SORT_LOOPS_H

#include "order.h"

#define SORT_SMALL 32 /* elements, at most, for steal__sort_small() */

/* Stable, in place. */
void steal__sort_small(const struct sort_order *order, void *array, size_t n);

/* Puts elements that are in order, but for a few, in order; false if they are
 * too many. */
bool steal__sort_nearly(const struct sort_order *order, void *array, size_t n);

/* In place, and never slow, but slower than others. */
void steal__sort_heap(const struct sort_order *order, void *array, size_t n);

/* Merges two runs into another array; `right` comes later if they are equal. */
void steal__sort_merge(const struct sort_order *order, const void *left,
        size_t left_n, const void *right, size_t right_n, void *to);

/* What becomes of an array that is divided: elements before `n` precede the
 * pivot, the others do not. */
struct sort_division {
    size_t n;
    bool was_divided; /* nothing had to move */
};

/* The pivot is elsewhere.  If `or_equal`, those that equal it come first too. */
struct sort_division steal__sort_divide(const struct sort_order *order,
        void *array, size_t n, const void *pivot, bool or_equal);

/* The same, for two pieces at once, of which the left one precedes the right one
 * and takes what precedes the pivot, as far as possible. */
struct sort_pieces {
    size_t left, right; /* how many precede the pivot in each */
};

struct sort_pieces steal__sort_divide_pieces(const struct sort_order *order,
        void *left, size_t left_n, void *right, size_t right_n,
        const void *pivot);

/* Swaps `n` elements with as many others. */
void steal__sort_swap_runs(const struct sort_order *order, void *a, void *b,
        size_t n);

#endif
