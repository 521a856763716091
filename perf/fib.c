/*
 * fib.c - what does a fork cost, of a job as good as empty?
 *
 * fib(37): each call forks for n - 2 and goes on with n - 1.  Nothing is cut off
 * but n < 2, so that a fork and its join are nearly all there is.  A quick run,
 * or one that counts, takes a smaller n.
 *
 * wall is the time a fork, of all workers together; core is that of one of them.
 */
#include "fib.h"

/* The largest number that forks at most `most` times. */
static unsigned
largest(uint64_t most)
{
    unsigned n = 2;

    while (kernel_fib_forks(n + 1) <= most)
        n++;
    return n;
}

static void
run(struct perf *p)
{
    unsigned n = largest(p->ops);
    uint64_t begin;
    uint64_t result;
    double wall;

    p->ops = kernel_fib_forks(n);
    perf_begin(p);
    begin = perf_wall();
    result = fib(n);
    wall = (double)(perf_wall() - begin);
    perf_end(p);
    perf_assert(result == kernel_fib(n));
    if (!p->count)
        perf_value(p, "core", "ns", wall * p->workers / (double)p->ops);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "fib",
                .rounds = FIB_FORKS,
                .flags = PERF_COMPUTE,
                .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
