/*
 * matmul.c - how long does it take to multiply two matrices of 1024 by 1024?
 *
 * The quadrants of the result are computed at the same time, each as a sum of two
 * products, and so on down to squares of 64 by 64, which kernel_matmul() does.
 */
#include "compute.h"

static size_t order; /* of the matrices: rows and columns */

struct product {
    struct steal_job job;
    float *c;
    const float *a;
    const float *b;
    size_t n;
};

static void multiply(float *c, const float *a, const float *b, size_t n);

/* c += the left half of a times the upper of b, and the right times the lower. */
static void
multiply_halves(float *c, const float *a, const float *b, size_t n)
{
    multiply(c, a, b, n);
    multiply(c, a + n, b + n * order, n);
}

static void
run_product(struct steal_job *job)
{
    struct product *self = (struct product *)job;

    multiply_halves(self->c, self->a, self->b, self->n);
}

static void
multiply(float *c, const float *a, const float *b, size_t n)
{
    size_t half = n / 2;
    size_t down = half * order;
    struct product quadrant[] = {
        { STEAL_JOB(run_product), c + half, a, b + half, half },
        { STEAL_JOB(run_product), c + down, a + down, b, half },
        { STEAL_JOB(run_product), c + down + half, a + down, b + half, half },
    };

    if (n == MATRIX_LEAF) {
        kernel_matmul(c, a, b, order);
        return;
    }
    for (size_t i = 0; i < 3; i++)
        steal_fork(&quadrant[i].job);
    multiply_halves(c, a, b, half);
    for (size_t i = 3; i-- > 0;)
        steal_join_and_run(&quadrant[i].job);
}

static void
run(struct perf *p)
{
    struct matrices m = kernel_matrices(p->quick);

    order = m.n;
    perf_begin(p);
    multiply(m.c, m.a, m.b, m.n);
    perf_end(p);
    perf_assert(kernel_matrix_is_product(m.c, m.a, m.b, m.n));
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "matmul",
                .flags = PERF_COMPUTE | PERF_MILLI | PERF_UNCOUNTED,
                .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
