/*
 * for_sum.c - how long does it take to sum up 100,000,000 doubles?  They lie in
 * 800 MB, which is what takes time.
 */
#include "compute.h"

static double *numbers;

static void
init(void *accumulator, void *data)
{
    (void)data;
    *(double *)accumulator = 0;
}

static int
add_range(size_t begin, size_t end, void *accumulator, void *data)
{
    (void)data;
    *(double *)accumulator += kernel_sum(numbers + begin, end - begin);
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

static int
compute(void *data)
{
    struct perf *p = data;
    size_t n = p->quick ? NUMBERS_QUICK : NUMBERS;
    double sum = 0;

    if (!numbers) {
        numbers = perf_array(n * sizeof *numbers);
        kernel_numbers_fill(numbers, n);
    }
    perf_begin(p);
    perf_must(steal_reduce(0, n, &summing, &sum, NULL, NULL));
    perf_end(p);
    perf_assert(sum == kernel_numbers_total(n));
    return 0;
}

static void
run(struct perf *p)
{
    perf_compute(p, compute, p);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "for_sum",
                .flags = PERF_MILLI | PERF_UNCOUNTED,
                .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
