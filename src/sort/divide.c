/*
 * divide.c - an array is divided by a pivot.
 *
 * A comparison decides nothing that the processor would have to guess: it adds
 * an element of a block to the list of those on the wrong side, or not.  Then
 * elements of two lists, of a block from each end, change places.  (Edelkamp and
 * Weiss, "BlockQuicksort", 2016.)
 */
#include "loops.h"

#define BLOCK 64 /* elements; what a list says fits a byte */

struct list {
    unsigned char at[BLOCK]; /* from that end of the array */
    size_t first, n;
};

/* What is yet to be divided. */
struct divide {
    const struct sort_order *order;
    const void *pivot;
    bool or_equal;
    char *begin, *end;
    struct list left, right; /* of the outermost block of that end */
};

SORT_INLINE bool
comes_first(const struct divide *d, const void *element)
{
    return d->or_equal ? !sort_less(d->order, d->pivot, element)
                       : sort_less(d->order, element, d->pivot);
}

SORT_INLINE void
list_left(struct divide *d, const char *begin, size_t n, size_t size)
{
    struct list *list = &d->left;

    list->first = 0;
    list->n = 0;
    for (size_t i = 0; i < n; i++) {
        list->at[list->n] = (unsigned char)i;
        list->n += !comes_first(d, begin + i * size);
    }
}

SORT_INLINE void
list_right(struct divide *d, const char *end, size_t n, size_t size)
{
    struct list *list = &d->right;

    list->first = 0;
    list->n = 0;
    for (size_t i = 0; i < n; i++) {
        list->at[list->n] = (unsigned char)i;
        list->n += comes_first(d, end - (i + 1) * size);
    }
}

/* Elements of the two lists change places, until one list is empty. */
SORT_INLINE void
exchange(struct divide *d, size_t size)
{
    size_t n = d->left.n < d->right.n ? d->left.n : d->right.n;

    for (size_t i = 0; i < n; i++)
        sort_swap(d->begin + d->left.at[d->left.first + i] * size,
                d->end - (d->right.at[d->right.first + i] + 1) * size, size);
    d->left.first += n;
    d->left.n -= n;
    d->right.first += n;
    d->right.n -= n;
}

/* A step: blocks of so many elements, of which those without a list get one. */
SORT_INLINE void
step(struct divide *d, size_t left, size_t right, size_t size)
{
    if (d->left.n == 0)
        list_left(d, d->begin, left, size);
    if (d->right.n == 0)
        list_right(d, d->end, right, size);
    exchange(d, size);
    if (d->left.n == 0)
        d->begin += left * size;
    if (d->right.n == 0)
        d->end -= right * size;
}

/* What one list still has goes next to the boundary. */
SORT_INLINE void
settle(struct divide *d, size_t size)
{
    if (d->left.n > 0) {
        while (d->left.n-- > 0) {
            d->end -= size;
            sort_swap(d->begin + d->left.at[d->left.first + d->left.n] * size,
                    d->end, size);
        }
        d->begin = d->end;
        return;
    }
    while (d->right.n > 0) {
        d->right.n--;
        sort_swap(d->end -
                          (d->right.at[d->right.first + d->right.n] + 1) * size,
                d->begin, size);
        d->begin += size;
    }
}

/* Less than two blocks are unknown, of those that no list is about. */
SORT_INLINE void
divide_rest(struct divide *d, size_t size)
{
    size_t n = (size_t)(d->end - d->begin) / size;

    if (d->left.n > 0)
        step(d, BLOCK, n - BLOCK, size);
    else if (d->right.n > 0)
        step(d, n - BLOCK, BLOCK, size);
    else
        step(d, n / 2, n - n / 2, size);
    settle(d, size);
}

/* What is on its side already at either end. */
SORT_INLINE void
skip(struct divide *d, size_t size)
{
    while (d->begin < d->end && comes_first(d, d->begin))
        d->begin += size;
    while (d->begin < d->end && !comes_first(d, d->end - size))
        d->end -= size;
}

SORT_INLINE struct sort_division
divide(const struct sort_order *order, char *array, size_t n, const void *pivot,
        bool or_equal, size_t size)
{
    struct divide d = { .order = order,
        .pivot = pivot,
        .or_equal = or_equal,
        .begin = array,
        .end = array + n * size };
    bool was_divided;

    skip(&d, size);
    was_divided = d.begin == d.end;
    while ((size_t)(d.end - d.begin) > 2 * BLOCK * size)
        step(&d, BLOCK, BLOCK, size);
    divide_rest(&d, size);
    return (struct sort_division){ (size_t)(d.begin - array) / size,
        was_divided };
}

struct sort_division
steal__sort_divide(const struct sort_order *order, void *array, size_t n,
        const void *pivot, bool or_equal)
{
    return sort_by_size(order->size, divide, order, array, n, pivot, or_equal);
}

/* Full blocks of both pieces, as long as there are.  Of the piece whose block has
 * a list then, that block and what follows is divided by itself. */
SORT_INLINE struct sort_pieces
divide_pieces(const struct sort_order *order, char *left, size_t left_n,
        char *right, size_t right_n, const void *pivot, size_t size)
{
    char *left_end = left + left_n * size;
    struct divide d = { .order = order,
        .pivot = pivot,
        .begin = left,
        .end = right + right_n * size };
    struct sort_pieces at;

    while ((size_t)(left_end - d.begin) >= BLOCK * size &&
            (size_t)(d.end - right) >= BLOCK * size)
        step(&d, BLOCK, BLOCK, size);
    at.left = (size_t)(d.begin - left) / size;
    at.left += steal__sort_divide(order, d.begin, left_n - at.left, pivot,
            false)
                       .n;
    at.right = steal__sort_divide(order, right, (size_t)(d.end - right) / size,
            pivot, false)
                       .n;
    return at;
}

struct sort_pieces
steal__sort_divide_pieces(const struct sort_order *order, void *left,
        size_t left_n, void *right, size_t right_n, const void *pivot)
{
    return sort_by_size(order->size, divide_pieces, order, left, left_n, right,
            right_n, pivot);
}

SORT_INLINE void
swap_runs(char *a, char *b, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++)
        sort_swap(a + i * size, b + i * size, size);
}

void
steal__sort_swap_runs(const struct sort_order *order, void *a, void *b,
        size_t n)
{
    sort_by_size(order->size, swap_runs, a, b, n);
}
