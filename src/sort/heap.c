/*
 * heap.c - what a sort falls back on for an array that nobody expected.
 */
#include "loops.h"

/* The element at `i` sinks until none below is greater. */
SORT_INLINE void
sink(const struct sort_order *order, char *array, size_t i, size_t n,
        size_t size)
{
    for (size_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && sort_less(order, array + child * size,
                                     array + (child + 1) * size))
            child++;
        if (!sort_less(order, array + i * size, array + child * size))
            return;
        sort_swap(array + i * size, array + child * size, size);
        i = child;
    }
}

SORT_INLINE void
sort_heap(const struct sort_order *order, void *array, size_t n, size_t size)
{
    char *first = array;

    for (size_t i = n / 2; i-- > 0;)
        sink(order, first, i, n, size);
    while (n-- > 1) {
        sort_swap(first, first + n * size, size);
        sink(order, first, 0, n, size);
    }
}

void
steal__sort_heap(const struct sort_order *order, void *array, size_t n)
{
    sort_by_size(order->size, sort_heap, order, array, n);
}
