/*
 * compute.h - a computation on the workers of a case's runtime, as many as -w
 * says, while the thread that asks for it sleeps.
 *
 * The span is that of the computation, measured inside: what it costs to begin
 * one is another question.
 */
#ifndef STEAL_PERF_COMPUTE_H
#define STEAL_PERF_COMPUTE_H

#include "harness.h"
#include "kernels/kernels.h"

/* For functions that the compiler must not unroll into themselves: a fork is
 * then what it is in a program whose functions are too large for that. */
#define OUT_OF_LINE __attribute__((noinline))

/* Calls fn(data), which returns 0 or a negative errno code, in a computation. */
static inline void
perf_compute(struct perf *p, int (*fn)(void *data), void *data)
{
    struct steal_compute compute;

    perf_must(steal_block_on(p->runtime, steal_compute(&compute, fn, data)));
}

/* Zeroed memory; see kernels.h. */
static inline void *
perf_array(size_t bytes)
{
    void *array = kernel_array(bytes);

    perf_assert(array);
    return array;
}

#endif
