/*
 * tree.h - ranges of the leaves of a binary tree, counted from left to right.
 *
 * A subtree of 2^k leaves begins at a multiple of 2^k.  Ranges that begin and
 * end at multiples of much are a few subtrees, others are many.
 *
 * Threads: any.
 */
#ifndef STEAL_LOOP_TREE_H
#define STEAL_LOOP_TREE_H

#include <stddef.h>

/* Of n > 0. */
static inline unsigned
log2_floor(size_t n)
{
    return 63 - (unsigned)__builtin_clzll(n);
}

static inline unsigned
log2_ceil(size_t n)
{
    return n > 1 ? log2_floor(n - 1) + 1 : 0;
}

/* The leaves of the largest subtree that begins at `begin` and has `most`
 * leaves at most, more than 0. */
static inline size_t
tree_first(size_t begin, size_t most)
{
    size_t fits = (size_t)1 << log2_floor(most);
    size_t aligned = begin & -begin;

    return begin && aligned < fits ? aligned : fits;
}

/* Less than `n` > 0, by half of that at most, so that a range of it that ends
 * at `end` begins at a multiple of something like n. */
static inline size_t
tree_last(size_t end, size_t n)
{
    size_t unit = (size_t)1 << log2_floor(n) >> 1;
    size_t excess = unit ? -(end - n) & (unit - 1) : 0;

    return n - excess;
}

#endif
