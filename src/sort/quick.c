/*
 * quick.c - the unstable sort: in place, and forking.
 *
 * A quicksort that defeats patterns, after Peters ("Pattern-defeating Quicksort",
 * 2021): what happens to be in order is found out, elements equal to a pivot are
 * set apart at once, and arrays that are divided badly again and again are
 * shuffled, and in the end left to a heap sort.
 *
 * The smaller half is sorted first, the larger one is for others; so the frames
 * are as many as the logarithm of the elements.
 */
#include "quick.h"

#include <stdint.h>

#include "each.h"
#include "loops.h"

#define FORK   512  /* elements of a part that is a job */
#define LOOK   2048 /* elements of a part that looks at the token first */
#define MEDIAN 64   /* elements, from which on a pivot is one of many */
#define SKEW   8    /* a half less than this part of the whole is bad */

/* A part of the array. */
struct quick {
    const struct sort_order *order;
    char *array;
    size_t n;
    unsigned patience; /* bad divisions that are left */
    bool has_left;     /* what precedes the part is a pivot */
};

struct quick_job {
    struct steal_job job;
    struct quick part;
};

static void sort(struct quick q);

static void
run_quick(struct steal_job *job)
{
    sort(((struct quick_job *)job)->part);
}

static inline char *
element(const struct quick *q, size_t i)
{
    return q->array + i * q->order->size;
}

static inline void
swap(const struct quick *q, size_t a, size_t b)
{
    sort_by_size(q->order->size, sort_swap, element(q, a), element(q, b));
}

static size_t
median(const struct quick *q, size_t a, size_t b, size_t c)
{
    bool ab = sort_less(q->order, element(q, a), element(q, b));
    bool bc = sort_less(q->order, element(q, b), element(q, c));
    bool ac;

    if (ab == bc)
        return b;
    ac = sort_less(q->order, element(q, a), element(q, c));
    return ab == ac ? c : a;
}

/* The median of three, each of which is that of three out of the `n` elements
 * that begin there, and so on. */
static size_t
median_of_many(const struct quick *q, size_t a, size_t b, size_t c, size_t n)
{
    if (n >= MEDIAN / 8) {
        n /= 8;
        a = median_of_many(q, a, a + 4 * n, a + 7 * n, n);
        b = median_of_many(q, b, b + 4 * n, b + 7 * n, n);
        c = median_of_many(q, c, c + 4 * n, c + 7 * n, n);
    }
    return median(q, a, b, c);
}

static size_t
choose_pivot(const struct quick *q)
{
    size_t n = q->n / 8;

    if (q->n < MEDIAN)
        return median(q, 0, 4 * n, 7 * n);
    return median_of_many(q, 0, 4 * n, 7 * n, n);
}

/* Moves a few elements to where the next pivots are chosen.  Numbers that depend
 * on nothing but `n`, so that a sort can be repeated. */
static void
shuffle(const struct quick *q)
{
    static const unsigned char eighths[] = { 0, 4, 7 };
    uint64_t random = q->n;

    if (q->n < MEDIAN)
        return;
    for (size_t i = 0; i < sizeof eighths; i++) {
        random = random * UINT64_C(6364136223846793005) + 1;
        swap(q, eighths[i] * (q->n / 8), (size_t)(random >> 33) % q->n);
    }
}

/* Divides all but the first, which is the pivot, and puts that in between. */
static struct sort_division
divide(const struct quick *q)
{
    struct sort_division at = { 0, false };

    if (q->n > SORT_WIDE)
        at.n = steal__sort_divide_wide(q->order, element(q, 1), q->n - 1,
                q->array);
    else
        at = steal__sort_divide(q->order, element(q, 1), q->n - 1, q->array,
                false);
    swap(q, 0, at.n);
    return at;
}

/* The first element equals the pivot before the array, and nothing is less: all
 * those that equal it are in their place. */
static void
skip_equal(struct quick *q)
{
    size_t n = steal__sort_divide(q->order, element(q, 1), q->n - 1, q->array,
            true)
                       .n;

    q->array = element(q, n + 1);
    q->n -= n + 1;
}

static struct quick
part_of(const struct quick *q, size_t begin, size_t end)
{
    struct quick part = *q;

    part.array = element(q, begin);
    part.n = end - begin;
    part.has_left = q->has_left || begin > 0;
    return part;
}

/* Sorts the smaller half, while the other may be taken.  True if that is still to
 * be done: it is in `q` then. */
static bool
sort_smaller(struct quick *q, size_t pivot)
{
    struct quick left = part_of(q, 0, pivot);
    struct quick right = part_of(q, pivot + 1, q->n);
    bool is_left = left.n < right.n;
    struct quick_job large = { STEAL_JOB(run_quick), is_left ? right : left };
    struct quick small = is_left ? left : right;

    *q = large.part;
    if (small.n < FORK) {
        sort(small);
        return true;
    }
    steal_fork(&large.job);
    if (large.part.n > LOOK)
        steal_share();
    sort(small);
    return steal_join_job(&large.job);
}

/* Divides the array and sorts some of it; true if the rest, `q`, is not sorted. */
static bool
sort_some(struct quick *q)
{
    struct sort_division at;
    size_t least;
    struct quick left, right;

    swap(q, 0, choose_pivot(q));
    if (q->has_left && !sort_less(q->order, element(q, 0) - q->order->size,
                               element(q, 0))) {
        skip_equal(q);
        return true;
    }
    at = divide(q);
    least = at.n < q->n - at.n ? at.n : q->n - at.n;
    left = part_of(q, 0, at.n);
    right = part_of(q, at.n + 1, q->n);
    if (least < q->n / SKEW) {
        q->patience--;
        shuffle(&left);
        shuffle(&right);
    } else if (at.was_divided &&
               steal__sort_nearly(q->order, left.array, left.n) &&
               steal__sort_nearly(q->order, right.array, right.n)) {
        return false;
    }
    return sort_smaller(q, at.n);
}

static void
sort(struct quick q)
{
    while (q.n > SORT_SMALL) {
        if (q.n > LOOK && sort_is_canceled(q.order->token))
            return;
        if (q.patience == 0) {
            steal__sort_heap(q.order, q.array, q.n);
            return;
        }
        if (!sort_some(&q))
            return;
    }
    steal__sort_small(q.order, q.array, q.n);
}

void
steal__sort_quick(const struct sort_order *order, void *array, size_t n)
{
    struct quick q = { .order = order, .array = array, .n = n };

    for (size_t rest = n; rest > 0; rest /= 2)
        q.patience++;
    sort(q);
}
