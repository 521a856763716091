/*
 * skynet.c - a tree of jobs: each has ten children, and a million of them are
 * leaves, whose numbers are summed up.
 */
#include "compute.h"

#define CHILDREN 10

struct node {
    struct steal_job job;
    uint64_t first; /* of its leaves */
    uint64_t leaves;
    uint64_t sum;
};

static uint64_t sum_of(uint64_t first, uint64_t leaves);

static void
run_node(struct steal_job *job)
{
    struct node *self = (struct node *)job;

    self->sum = sum_of(self->first, self->leaves);
}

OUT_OF_LINE static uint64_t
sum_of(uint64_t first, uint64_t leaves)
{
    struct node child[CHILDREN];
    uint64_t sum = 0;

    if (leaves == 1)
        return first;
    leaves /= CHILDREN;
    for (unsigned i = 0; i < CHILDREN; i++) {
        child[i].job = (struct steal_job)STEAL_JOB(run_node);
        child[i].first = first + i * leaves;
        child[i].leaves = leaves;
        steal_fork(&child[i].job);
    }
    for (unsigned i = CHILDREN; i-- > 0;) {
        if (steal_join_job(&child[i].job))
            sum += sum_of(child[i].first, leaves);
        else
            sum += child[i].sum;
    }
    return sum;
}

static void
run(struct perf *p)
{
    uint64_t n = p->quick ? SKYNET_QUICK : SKYNET;

    perf_begin(p);
    for (uint64_t round = 0; round < p->rounds; round++)
        perf_assert(sum_of(0, n) == n * (n - 1) / 2);
    perf_end(p);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "skynet",
                .rounds = 20,
                .flags = PERF_COMPUTE | PERF_MILLI | PERF_UNCOUNTED,
                .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
