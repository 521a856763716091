/*
 * merge.c - two runs become one.
 *
 * The least of what is left goes to the front and the greatest to the back, by
 * turns: two chains of comparisons, of which one is computed while the other
 * waits for its element.  As long as both runs have as many elements as are yet
 * to be moved, neither end needs to be looked for.
 */
#include "loops.h"

#define WORTH 16 /* elements of the shorter run, to work from both ends */

/* What is left of both runs, and of the places for them. */
struct merge {
    const char *left, *right;         /* the first of each */
    const char *left_end, *right_end; /* after the last */
    char *to, *to_end;
};

SORT_INLINE void
front(const struct sort_order *order, struct merge *m, size_t size)
{
    bool is_right = sort_less(order, m->right, m->left);

    sort_copy(m->to, is_right ? m->right : m->left, size);
    m->right += is_right * size;
    m->left += !is_right * size;
    m->to += size;
}

SORT_INLINE void
back(const struct sort_order *order, struct merge *m, size_t size)
{
    const char *left = m->left_end - size;
    const char *right = m->right_end - size;
    bool is_left = sort_less(order, right, left);

    m->to_end -= size;
    sort_copy(m->to_end, is_left ? left : right, size);
    m->left_end -= is_left * size;
    m->right_end -= !is_left * size;
}

SORT_INLINE size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The runs are about as long as each other.  From both ends as many are moved as
 * the shorter run has, so that neither end looks beyond; then one is left or
 * none.  False, if the ends crossed: the order is none, and elements are lost
 * and doubled in `to`. */
SORT_INLINE bool
merge_even(const struct sort_order *order, struct merge m, size_t n,
        size_t size)
{
    for (size_t i = 0; i < n; i++) {
        front(order, &m, size);
        back(order, &m, size);
    }
    if (m.left > m.left_end || m.right > m.right_end)
        return false;
    if (m.left < m.left_end)
        sort_copy(m.to, m.left, size);
    else if (m.right < m.right_end)
        sort_copy(m.to, m.right, size);
    return true;
}

/* Half as many as the shorter run has, from each end: they cannot meet. */
SORT_INLINE void
merge_ends(const struct sort_order *order, struct merge *m, size_t size)
{
    for (;;) {
        size_t n = least((size_t)(m->left_end - m->left),
                           (size_t)(m->right_end - m->right)) /
                   size / 2;

        if (n < WORTH / 2)
            return;
        for (size_t i = 0; i < n; i++) {
            front(order, m, size);
            back(order, m, size);
        }
    }
}

SORT_INLINE void
merge_rest(const struct sort_order *order, struct merge *m, size_t size)
{
    while (m->left < m->left_end && m->right < m->right_end)
        front(order, m, size);
    memcpy(m->to, m->left, (size_t)(m->left_end - m->left));
    m->to += m->left_end - m->left;
    memcpy(m->to, m->right, (size_t)(m->right_end - m->right));
}

SORT_INLINE void
merge(const struct sort_order *order, const char *left, size_t left_n,
        const char *right, size_t right_n, char *to, size_t size)
{
    struct merge m = { left, right, left + left_n * size,
        right + right_n * size, to, to + (left_n + right_n) * size };
    size_t n = least(left_n, right_n);

    if (left_n + right_n <= 2 * n + 1 && n > 0 && merge_even(order, m, n, size))
        return;
    merge_ends(order, &m, size);
    merge_rest(order, &m, size);
}

void
steal__sort_merge(const struct sort_order *order, const void *left,
        size_t left_n, const void *right, size_t right_n, void *to)
{
    sort_by_size(order->size, merge, order, left, left_n, right, right_n, to);
}
