/*
 * compute.h - what the programs have that ask how fast a computation is: its
 * problems, and functions that fork.
 *
 * The span is that of the computation, measured inside (PERF_COMPUTE): what it
 * costs to begin one is another question.
 */
#ifndef STEAL_PERF_COMPUTE_H
#define STEAL_PERF_COMPUTE_H

#include "harness.h"
#include "kernels/kernels.h"

/* For functions that the compiler must not unroll into themselves: a fork is
 * then what it is in a program whose functions are too large for that. */
#define OUT_OF_LINE __attribute__((noinline))

#endif
