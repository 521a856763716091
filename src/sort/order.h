/*
 * order.h - elements of any size, and their order.
 *
 * Inner loops are written once, for a `size` that the compiler knows in the
 * common cases: sort_by_size() makes a copy of the loop for each.  Elements are
 * moved as bytes, and what is compared lies in an array, aligned as the caller's
 * elements are.
 *
 * The order may be none: whatever compare() says, no loop leaves its array or
 * loses an element.
 */
#ifndef STEAL_SORT_ORDER_H
#define STEAL_SORT_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "../base/compiler.h"

struct steal_cancel;

struct sort_order {
    int (*compare)(const void *a, const void *b, void *data);
    void *data;
    size_t size; /* of an element */
    struct steal_cancel *token;
};

#define SORT_INLINE static inline __attribute__((always_inline))

/* fn(..., size), where size is a constant if it is a common one. */
/* clang-format off */
#define sort_by_size(size, fn, ...)                      \
    ((size) == 4 ? fn(__VA_ARGS__, 4)                    \
                 : (size) == 8 ? fn(__VA_ARGS__, 8)      \
                 : (size) == 16 ? fn(__VA_ARGS__, 16)    \
                 : (size) == 24 ? fn(__VA_ARGS__, 24)    \
                 : (size) == 32 ? fn(__VA_ARGS__, 32)    \
                                : fn(__VA_ARGS__, (size)))
/* clang-format on */

/* Elements up to this size are held in a register or two. */
#define SORT_LIGHT 32

SORT_INLINE bool
sort_less(const struct sort_order *order, const void *a, const void *b)
{
    return order->compare(a, b, order->data) < 0;
}

SORT_INLINE void
sort_copy(void *to, const void *from, size_t size)
{
    memcpy(to, from, size);
}

/* Elements of other sizes pass through a buffer, in parts. */
SORT_INLINE void
sort_swap(void *a, void *b, size_t size)
{
    char held[SORT_LIGHT];
    char *left = a;
    char *right = b;

    while (size > 0) {
        size_t part = size < sizeof held ? size : sizeof held;

        memcpy(held, left, part);
        memmove(left, right, part); /* may be the same element */
        memcpy(right, held, part);
        left += part;
        right += part;
        size -= part;
    }
}

#endif
