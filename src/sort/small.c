/*
 * small.c - a few elements.
 *
 * Light ones: blocks of four are sorted by five comparisons without a branch on
 * their outcome, which nobody could predict, and then merged.  Heavy ones are
 * inserted one by one.
 */
#include "loops.h"

#define BLOCK   4
#define WORTH   8 /* elements, from which on blocks are */
#define PATIENT 8 /* moves, that a nearly sorted array may take */

/* The last of `n` elements goes to its place among the others, which are in
 * order.  Returns how far it went. */
SORT_INLINE size_t
insert_last(const struct sort_order *order, char *array, size_t n, size_t size)
{
    char *last = array + (n - 1) * size;
    char *place = last;
    char held[SORT_LIGHT];

    while (place > array && sort_less(order, last, place - size))
        place -= size;
    if (place == last)
        return 0;
    for (size_t at = 0; at < size; at += sizeof held) {
        size_t part = size - at < sizeof held ? size - at : sizeof held;

        memcpy(held, last + at, part);
        for (char *p = last; p > place; p -= size)
            memcpy(p + at, p - size + at, part);
        memcpy(place + at, held, part);
    }
    return (size_t)(last - place) / size;
}

SORT_INLINE void
insert_from(const struct sort_order *order, void *array, size_t sorted,
        size_t n, size_t size)
{
    for (size_t i = sorted + 1; i <= n; i++)
        insert_last(order, array, i, size);
}

/* Two pairs, then the least and the greatest of the four, then the others. */
SORT_INLINE void
sort_block(const struct sort_order *order, const char *from, char *to,
        size_t size)
{
    size_t swap_low = sort_less(order, from + size, from);
    size_t swap_high = sort_less(order, from + 3 * size, from + 2 * size);
    const char *a = from + swap_low * size;
    const char *b = from + (1 - swap_low) * size;
    const char *c = from + (2 + swap_high) * size;
    const char *d = from + (3 - swap_high) * size;
    bool least = sort_less(order, c, a);
    bool greatest = sort_less(order, d, b);
    const char *first = least ? c : a;
    const char *last = greatest ? b : d;
    const char *left = least ? a : greatest ? c : b;
    const char *right = greatest ? d : least ? b : c;
    bool swap = sort_less(order, right, left);

    sort_copy(to, first, size);
    sort_copy(to + size, swap ? right : left, size);
    sort_copy(to + 2 * size, swap ? left : right, size);
    sort_copy(to + 3 * size, last, size);
}

/* Blocks of four to seven are sorted in `spare`, and merged from one array into
 * the other until one is left. */
SORT_INLINE void
sort_blocks(const struct sort_order *order, char *array, size_t n, size_t size)
{
    _Alignas(SORT_LIGHT) char spare[SORT_SMALL * SORT_LIGHT];
    char *from = spare;
    char *to = array;
    size_t blocks = 1;

    while (n / (2 * blocks) >= BLOCK)
        blocks *= 2;
    for (size_t i = 0; i < blocks; i++) {
        size_t begin = n * i / blocks;
        size_t end = n * (i + 1) / blocks;

        sort_block(order, array + begin * size, spare + begin * size, size);
        memcpy(spare + (begin + BLOCK) * size, array + (begin + BLOCK) * size,
                (end - begin - BLOCK) * size);
        insert_from(order, spare + begin * size, BLOCK, end - begin, size);
    }
    for (; blocks > 1; blocks /= 2) {
        char *old = from;

        for (size_t i = 0; i < blocks; i += 2) {
            size_t begin = n * i / blocks;
            size_t middle = n * (i + 1) / blocks;
            size_t end = n * (i + 2) / blocks;

            steal__sort_merge(order, from + begin * size, middle - begin,
                    from + middle * size, end - middle, to + begin * size);
        }
        from = to;
        to = old;
    }
    if (from != array)
        memcpy(array, from, n * size);
}

SORT_INLINE void
sort_few(const struct sort_order *order, void *array, size_t n, size_t size)
{
    if (n >= WORTH && size <= SORT_LIGHT)
        sort_blocks(order, array, n, size);
    else
        insert_from(order, array, 1, n, size);
}

void
steal__sort_small(const struct sort_order *order, void *array, size_t n)
{
    sort_by_size(order->size, sort_few, order, array, n);
}

SORT_INLINE bool
sort_nearly(const struct sort_order *order, char *array, size_t n, size_t size)
{
    size_t moves = 0;

    for (size_t i = 2; i <= n && moves <= PATIENT; i++)
        moves += insert_last(order, array, i, size);
    return moves <= PATIENT;
}

bool
steal__sort_nearly(const struct sort_order *order, void *array, size_t n)
{
    return sort_by_size(order->size, sort_nearly, order, array, n);
}
