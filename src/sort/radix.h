/*
 * radix.h - sorting of keys by their digits.
 *
 *     keys ---- count, deal ----> spare      by the highest digit that differs
 *     keys <------- leaf -------- spare      each bucket, by what is left
 *
 * A large part is dealt into buckets by its highest digit, out of one array into
 * the other: chunks are counted side by side, sums of the counts tell each chunk
 * where its keys go, and the chunks are dealt side by side.  The buckets are
 * parts again, until one fits in the cache of a processor: a leaf, which is
 * sorted from the lower digits to the higher, and ends in the array of the
 * caller.
 *
 * Keys lie in the arrays as the caller has them, between the steps; within them
 * their order is that of unsigned numbers (struct radix_order).
 *
 * Threads: the arrays are shared by jobs that write different parts.
 */
#ifndef STEAL_SORT_RADIX_H
#define STEAL_SORT_RADIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <steal/loop.h>

#define RADIX_LEAF  ((size_t)30000)   /* keys: twice that fits in the cache */
#define RADIX_CHUNK ((size_t)1 << 18) /* keys, that one job counts or deals */

#define RADIX_DIGIT   10 /* bits, at most, of what buckets are dealt by */
#define RADIX_BUCKETS (1u << RADIX_DIGIT)

/* What makes unsigned numbers of keys: all bits in `mask` are turned over if the
 * key is negative, and then all in `flip`. */
struct radix_order {
    uint64_t flip;
    uint64_t mask;
};

/* Keys of one width, whose order by the bits above `bits` is settled. */
struct radix_part {
    void *from; /* where they are */
    void *to;   /* as many places, in the other array */
    size_t n;
    unsigned bits;
    bool is_home; /* `from` is the caller's array */
};

/* What a chunk is made of: the counts of a digit, then the place of each
 * bucket's next key. */
struct radix_row {
    size_t at[RADIX_BUCKETS];
    uint64_t differs; /* bits in which some keys differ */
    bool is_unsorted;
};

/* The digit by which buckets are dealt. */
struct radix_digit {
    unsigned shift;
    unsigned bits;
};

/* What there is for each width. */
struct radix_loops {
    unsigned width; /* bytes */
    void (*count)(const struct radix_order *order, const void *keys, size_t n,
            const void *before, struct radix_digit digit,
            struct radix_row *row);
    void (*deal)(const struct radix_order *order, const void *keys, size_t n,
            void *to, struct radix_digit digit, struct radix_row *row);
    void (*leaf)(const struct radix_order *order, struct radix_part part);
};

extern const struct radix_loops steal__radix_32;
extern const struct radix_loops steal__radix_64;

/* The loops: radix_deal.c and radix_leaf.c.  `before` is the key that precedes
 * the chunk, or the first of it. */
void steal__radix_count_32(const struct radix_order *order, const void *keys,
        size_t n, const void *before, struct radix_digit digit,
        struct radix_row *row);
void steal__radix_count_64(const struct radix_order *order, const void *keys,
        size_t n, const void *before, struct radix_digit digit,
        struct radix_row *row);
void steal__radix_deal_32(const struct radix_order *order, const void *keys,
        size_t n, void *to, struct radix_digit digit, struct radix_row *row);
void steal__radix_deal_64(const struct radix_order *order, const void *keys,
        size_t n, void *to, struct radix_digit digit, struct radix_row *row);
void steal__radix_leaf_32(const struct radix_order *order,
        struct radix_part part);
void steal__radix_leaf_64(const struct radix_order *order,
        struct radix_part part);

/* Returns 0, -ENOMEM or -ECANCELED. */
int steal__radix_sort(const struct radix_loops *loops,
        const struct radix_order *order, void *keys, size_t n,
        const struct steal_loop_options *options);

#endif
