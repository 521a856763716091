/*
 * mergesort.c - how long does it take to sort 10,000,000 random keys?
 *
 * sort_u32:  as well as the library can.
 * mergesort: by forks of one's own: halves are sorted at the same time, and
 *            merged in halves at the same time, up to what kernels.h cuts off.
 */
#include "compute.h"

struct sorting {
    struct steal_job job;
    uint32_t *keys;
    uint32_t *spare;
    size_t n;
    bool to_spare; /* there the sorted keys are wanted */
};

struct merging {
    struct steal_job job;
    const uint32_t *a;
    size_t an;
    const uint32_t *b;
    size_t bn;
    uint32_t *out;
};

static void merge(const struct merging *all);

static void
run_merging(struct steal_job *job)
{
    merge((const struct merging *)job);
}

/* Cuts the longer one in half, and the other at the same key. */
static void
merge(const struct merging *all)
{
    struct merging low = *all;
    struct merging high;

    if (all->an + all->bn <= MERGE_CUTOFF) {
        kernel_merge(all->a, all->an, all->b, all->bn, all->out);
        return;
    }
    if (all->an < all->bn) {
        low.a = all->b;
        low.an = all->bn;
        low.b = all->a;
        low.bn = all->an;
    }
    high = low;
    low.an /= 2;
    low.bn = kernel_lower_bound(low.b, low.bn, low.a[low.an]);
    high.job = (struct steal_job)STEAL_JOB(run_merging);
    high.a += low.an;
    high.an -= low.an;
    high.b += low.bn;
    high.bn -= low.bn;
    high.out += low.an + low.bn;
    steal_fork(&high.job);
    merge(&low);
    steal_join_and_run(&high.job);
}

static void sort(const struct sorting *all);

static void
run_sorting(struct steal_job *job)
{
    sort((const struct sorting *)job);
}

static void
sort(const struct sorting *all)
{
    struct sorting left = *all;
    struct sorting right = *all;
    struct merging halves;

    if (all->n <= SORT_CUTOFF) {
        kernel_sort(all->keys, all->spare, all->n, all->to_spare);
        return;
    }
    left.n /= 2;
    left.to_spare = right.to_spare = !all->to_spare;
    right.job = (struct steal_job)STEAL_JOB(run_sorting);
    right.keys += left.n;
    right.spare += left.n;
    right.n -= left.n;
    steal_fork(&right.job);
    sort(&left);
    steal_join_and_run(&right.job);
    halves.a = all->to_spare ? all->keys : all->spare;
    halves.an = left.n;
    halves.b = halves.a + left.n;
    halves.bn = right.n;
    halves.out = all->to_spare ? all->spare : all->keys;
    merge(&halves);
}

static void
sort_by_forks(const struct keys *k)
{
    sort(&(struct sorting){ .keys = k->keys, .spare = k->spare, .n = k->n });
}

static void
sort_by_library(const struct keys *k)
{
    perf_must(steal_sort_u32(k->keys, k->n, NULL));
}

static void
measure(struct perf *p, void (*how)(const struct keys *k))
{
    struct keys k = kernel_keys(p->quick);

    perf_begin(p);
    how(&k);
    perf_end(p);
    perf_assert(kernel_keys_sorted(k.keys, k.n));
    perf_assert(kernel_keys_digest(k.keys, k.n) == k.digest);
}

static void
run_library(struct perf *p)
{
    measure(p, sort_by_library);
}

static void
run_forks(struct perf *p)
{
    measure(p, sort_by_forks);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "sort_u32",
                .flags = PERF_COMPUTE | PERF_MILLI | PERF_UNCOUNTED,
                .run = run_library },
        { .bench = "mergesort",
                .flags = PERF_COMPUTE | PERF_MILLI | PERF_UNCOUNTED,
                .run = run_forks },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
