/*
 * for_tiny.c - what does a loop cost that is too small to be shared?
 *
 * 10,000 loops, one after the other, each of which adds 1000 floats to others.
 *
 * for_tiny_in:  inside a computation.
 * for_tiny_out: from a thread that is no worker, which sends each to the pool.
 *
 * Neither is counted: what a loop does depends on how long its body takes, which is
 * another time where each instruction is a step.
 */
#include "compute.h"

static struct tiny tiny;

static int
add(size_t begin, size_t end, void *data)
{
    kernel_tiny_add(data, begin, end);
    return 0;
}

static void
loop(struct perf *p, struct steal_runtime *runtime)
{
    struct steal_loop_options options = { .runtime = runtime };

    kernel_tiny_fill(&tiny);
    perf_begin(p);
    for (uint64_t round = 0; round < p->rounds; round++)
        perf_must(steal_for(0, TINY, add, &tiny, runtime ? &options : NULL));
    perf_end(p);
    perf_assert(kernel_tiny_is(&tiny, p->rounds));
}

static void
run_in(struct perf *p)
{
    loop(p, NULL);
}

static void
run_out(struct perf *p)
{
    loop(p, p->runtime);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "for_tiny_in",
                .rounds = TINY_LOOPS,
                .flags = PERF_COMPUTE | PERF_UNCOUNTED,
                .run = run_in },
        { .bench = "for_tiny_out",
                .rounds = TINY_LOOPS,
                .flags = PERF_UNCOUNTED,
                .run = run_out },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
