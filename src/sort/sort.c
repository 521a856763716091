/*
 * sort.c - what is sorted how.
 */
#include <steal/sort.h>

#include <errno.h>
#include <stdint.h>

#include "each.h"
#include "loops.h"
#include "quick.h"
#include "scratch.h"
#include "stable.h"

#define FLAGS STEAL_SORT_STABLE

struct sort {
    struct steal_job job;
    struct sort_order order;
    char *array;
    size_t n;
    void *spare; /* NULL: need not be stable */
};

static inline char *
element(const struct sort *s, size_t i)
{
    return s->array + i * s->order.size;
}

/* Elements from the first on, of which none is less than the one before it; or,
 * if `is_falling`, all are. */
static size_t
run_length(const struct sort *s, bool is_falling)
{
    size_t i = 1;

    while (i < s->n && sort_less(&s->order, element(s, i), element(s, i - 1)) ==
                               is_falling)
        i++;
    return i;
}

static void
reverse(const struct sort *s)
{
    for (size_t i = 0, j = s->n; i + 1 < j--; i++)
        sort_by_size(s->order.size, sort_swap, element(s, i), element(s, j));
}

/* True if the elements are in order now, with a comparison of each. */
static bool
is_easy(const struct sort *s)
{
    if (run_length(s, false) == s->n)
        return true;
    if (run_length(s, true) < s->n)
        return false;
    reverse(s);
    return true;
}

static void
run_sort(struct steal_job *job)
{
    struct sort *s = (struct sort *)job;

    if (sort_is_canceled(s->order.token) || is_easy(s))
        return;
    if (s->spare)
        steal__sort_stable(&s->order, s->array, s->n, s->spare);
    else
        steal__sort_quick(&s->order, s->array, s->n);
}

/* What the size of an element says of its alignment. */
static size_t
alignment(size_t size)
{
    size_t power = size & -size;

    return power < 4096 ? power : 4096;
}

static int
sort_with_spare(struct sort *s, const struct steal_loop_options *options)
{
    struct sort_scratch scratch;
    int err = steal__scratch_init(&scratch, s->n * s->order.size,
            alignment(s->order.size));

    if (err)
        return err;
    s->spare = scratch.memory;
    err = steal__sort_run(&s->job, options);
    steal__scratch_fini(&scratch);
    return err;
}

static int
sort(struct sort *s, unsigned flags, const struct steal_loop_options *options)
{
    if (s->n <= SORT_SMALL) {
        steal__sort_small(&s->order, s->array, s->n);
        return 0;
    }
    if (flags & STEAL_SORT_STABLE)
        return sort_with_spare(s, options);
    return steal__sort_run(&s->job, options);
}

int
steal_sort(void *base, size_t n, size_t size,
        int (*compare)(const void *a, const void *b, void *data), void *data,
        unsigned flags, const struct steal_loop_options *options)
{
    struct sort s = { .job = STEAL_JOB(run_sort),
        .order = { compare, data, size, sort_token(options) },
        .array = base,
        .n = n };
    int err;

    if (flags & ~FLAGS || size == 0 || n > SIZE_MAX / size)
        return -EINVAL;
    err = sort(&s, flags, options);
    if (!err && sort_is_canceled(s.order.token))
        err = -ECANCELED;
    return err;
}
