/*
 * for_sum.c - how long does it take to sum up 100,000,000 doubles?  They lie in
 * 800 MB, which is what takes time.
 */
#include "compute.h"

static void
init(void *accumulator, void *data)
{
    (void)data;
    *(double *)accumulator = 0;
}

static int
add_range(size_t begin, size_t end, void *accumulator, void *data)
{
    *(double *)accumulator += kernel_sum((const double *)data + begin,
            end - begin);
    return 0;
}

static void
join(void *left, const void *right, void *data)
{
    (void)data;
    *(double *)left += *(const double *)right;
}

static const struct steal_reduction summing = { sizeof(double), init, add_range,
    join };

static void
run(struct perf *p)
{
    struct numbers numbers = kernel_numbers(p->quick);
    double sum = 0;

    perf_begin(p);
    perf_must(steal_reduce(0, numbers.n, &summing, &sum, numbers.x, NULL));
    perf_end(p);
    perf_assert(sum == kernel_numbers_total(numbers.n));
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "for_sum",
                .flags = PERF_COMPUTE | PERF_MILLI | PERF_UNCOUNTED,
                .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
