/*
 * stable.h - the stable sort.
 *
 * Threads: the sort forks; both arrays are its own.
 */
#ifndef STEAL_SORT_STABLE_H
#define STEAL_SORT_STABLE_H

#include "order.h"

/* In place; `spare` has room for as many.  Once the token is requested it puts
 * the elements back in whatever order they are. */
void steal__sort_stable(const struct sort_order *order, void *array, size_t n,
        void *spare);

/* Merges two runs into another array, where others help: `right` comes later if
 * they are equal. */
void steal__sort_merge_wide(const struct sort_order *order, const void *left,
        size_t left_n, const void *right, size_t right_n, void *to);

#endif
