/*
 * fib.h - a computation that is all forks: each call but the last ones forks for
 * n - 2 and goes on with n - 1.
 */
#ifndef STEAL_PERF_FIB_H
#define STEAL_PERF_FIB_H

#include "compute.h"

struct fib {
    struct steal_job job;
    unsigned n;
    uint64_t result;
};

static uint64_t fib(unsigned n);

static void
run_fib(struct steal_job *job)
{
    struct fib *self = (struct fib *)job;

    self->result = fib(self->n);
}

OUT_OF_LINE static uint64_t
fib(unsigned n)
{
    struct fib other;
    uint64_t result;

    if (n < 2)
        return n;
    other = (struct fib){ STEAL_JOB(run_fib), n - 2, 0 };
    steal_fork(&other.job);
    result = fib(n - 1);
    if (steal_join_job(&other.job))
        return result + fib(n - 2);
    return result + other.result;
}

#endif
