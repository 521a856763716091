/*
 * merge_wide.c - two long runs are cut, so that pieces can be merged side by
 * side.
 *
 * The longer run is cut in the middle, the other one where that element belongs,
 * which a binary search tells: what is before both cuts precedes what is behind.
 */
#include "stable.h"

#include "each.h"
#include "loops.h"

#define PIECE ((size_t)1 << 13) /* elements, at most, that one job merges */

struct merging {
    const struct sort_order *order;
    const char *left, *right;
    size_t left_n, right_n;
    char *to;
};

struct merging_job {
    struct steal_job job;
    struct merging merging;
};

static void merge(const struct merging *m);

static void
run_merging(struct steal_job *job)
{
    merge(&((struct merging_job *)job)->merging);
}

/* How many of the run precede the element; those that equal it do if `or_equal`. */
static size_t
search(const struct sort_order *order, const char *run, size_t n,
        const char *element, bool or_equal)
{
    size_t begin = 0;

    while (n > 0) {
        size_t half = n / 2;
        const char *middle = run + (begin + half) * order->size;
        bool precedes = or_equal ? !sort_less(order, element, middle)
                                 : sort_less(order, middle, element);

        begin += precedes ? half + 1 : 0;
        n = precedes ? n - half - 1 : half;
    }
    return begin;
}

/* Both runs as they are; the order does not matter any more. */
static void
append(const struct merging *m)
{
    size_t left = m->left_n * m->order->size;

    memcpy(m->to, m->left, left);
    memcpy(m->to + left, m->right, m->right_n * m->order->size);
}

static struct merging
cut(struct merging *m)
{
    size_t size = m->order->size;
    size_t left = m->left_n / 2;
    size_t right = m->right_n / 2;
    struct merging rest = *m;

    if (m->left_n >= m->right_n)
        right = search(m->order, m->right, m->right_n, m->left + left * size,
                false);
    else
        left = search(m->order, m->left, m->left_n, m->right + right * size,
                true);
    rest.left += left * size;
    rest.right += right * size;
    rest.to += (left + right) * size;
    rest.left_n -= left;
    rest.right_n -= right;
    m->left_n = left;
    m->right_n = right;
    return rest;
}

/* Each cut leaves at most three quarters to either side. */
static void
merge(const struct merging *m)
{
    if (m->left_n + m->right_n > PIECE) {
        struct merging first = *m;
        struct merging_job rest = { STEAL_JOB(run_merging), cut(&first) };

        steal_fork(&rest.job);
        merge(&first);
        steal_join_and_run(&rest.job);
    } else if (sort_is_canceled(m->order->token)) {
        append(m);
    } else {
        steal__sort_merge(m->order, m->left, m->left_n, m->right, m->right_n,
                m->to);
    }
}

void
steal__sort_merge_wide(const struct sort_order *order, const void *left,
        size_t left_n, const void *right, size_t right_n, void *to)
{
    const struct merging m = { order, left, right, left_n, right_n, to };

    merge(&m);
}
