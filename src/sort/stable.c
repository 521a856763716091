/*
 * stable.c - the stable sort: halves are sorted into the other array, and
 * merged back.
 *
 *     array  |  4 2 |  3 1 |      |1 2 3 4|
 *                \      \          ^
 *     spare     | 2 4 | 1 3 | ----/            and so on, within the halves
 *
 * Runs that are in order already, or in reverse, are found where they are as long
 * as a job.
 */
#include "stable.h"

#include "each.h"
#include "loops.h"

#define JOB ((size_t)1 << 11) /* elements, at most, that one job sorts */

/* Elements that are to be in order, in `to`, which may be where they are. */
struct part {
    const struct sort_order *order;
    char *from;
    char *other; /* as many places in the other array */
    size_t n;
    bool is_to_other;
};

struct part_job {
    struct steal_job job;
    struct part part;
};

static char *
target(const struct part *p)
{
    return p->is_to_other ? p->other : p->from;
}

static void
deliver(const struct part *p)
{
    if (p->is_to_other)
        memcpy(p->other, p->from, p->n * p->order->size);
}

static struct part
part_of(const struct part *p, size_t begin, size_t end)
{
    struct part part = *p;

    part.from += begin * p->order->size;
    part.other += begin * p->order->size;
    part.n = end - begin;
    part.is_to_other = !p->is_to_other;
    return part;
}

/* Both halves lie in the array that is not the target. */
static void
merge_halves(const struct part *p, size_t middle)
{
    size_t size = p->order->size;
    char *runs = p->is_to_other ? p->from : p->other;
    char *right = runs + middle * size;

    if (sort_is_canceled(p->order->token) ||
            !sort_less(p->order, right, right - size))
        memcpy(target(p), runs, p->n * size);
    else
        steal__sort_merge_wide(p->order, runs, middle, right, p->n - middle,
                target(p));
}

static void
sort_serially(const struct part *p)
{
    size_t middle = p->n / 2;
    struct part left = part_of(p, 0, middle);
    struct part right = part_of(p, middle, p->n);

    if (p->n <= SORT_SMALL) {
        steal__sort_small(p->order, p->from, p->n);
        deliver(p);
        return;
    }
    sort_serially(&left);
    sort_serially(&right);
    merge_halves(p, middle);
}

/* Elements that are in order from the first. */
static size_t
run_length(const struct part *p)
{
    size_t size = p->order->size;
    size_t n = 1;

    while (n < p->n &&
            !sort_less(p->order, p->from + n * size, p->from + (n - 1) * size))
        n++;
    return n;
}

static void sort_part(const struct part *p);

static void
run_part(struct steal_job *job)
{
    sort_part(&((struct part_job *)job)->part);
}

static void
sort_halves(const struct part *p)
{
    size_t middle = p->n / 2;
    struct part left = part_of(p, 0, middle);
    struct part_job right = { STEAL_JOB(run_part), part_of(p, middle, p->n) };

    steal_fork(&right.job);
    sort_part(&left);
    steal_join_and_run(&right.job);
    merge_halves(p, middle);
}

static void
sort_part(const struct part *p)
{
    if (p->n > JOB)
        sort_halves(p);
    else if (sort_is_canceled(p->order->token) || run_length(p) == p->n)
        deliver(p);
    else
        sort_serially(p);
}

void
steal__sort_stable(const struct sort_order *order, void *array, size_t n,
        void *spare)
{
    const struct part all = { .order = order,
        .from = array,
        .other = spare,
        .n = n };

    sort_part(&all);
}
