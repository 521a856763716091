// runs.h - what the peers in C++ ask alike: they differ in how they fork.
//
// The peer that includes it defines what is declared here.
#ifndef STEAL_PEER_RUNS_H
#define STEAL_PEER_RUNS_H

#include "../../kernels/kernels.h"
#include "../../kernels/queens.h"
#include "peer.h"

namespace
{

// Calls it on one of -w threads, of which the others take what it forks.
template <typename Function>
void compute(const peer *p, const Function &function);

// A fork costs so much that what is asked for a fork takes a smaller problem.
extern const unsigned fib_n;

uint64_t fib(unsigned n);
uint64_t place(const queens &board, unsigned size, unsigned row);
uint64_t sum_of(uint64_t first, uint64_t leaves);
void multiply(float *c, const float *a, const float *b, size_t order, size_t n);

void
run_fib(peer *p)
{
    unsigned n = p->quick ? fib_n - 5 : fib_n;

    p->ops = kernel_fib_forks(n);
    compute(p, [=] {
        peer_begin(p);
        uint64_t result = fib(n);
        peer_value(p, "core", "ns",
                double(peer_wall(p)) * p->workers / double(p->ops));
        peer_end(p);
        peer_check(result == kernel_fib(n), "fib");
    });
}

void
run_nqueens(peer *p)
{
    unsigned size = p->quick ? QUEENS_QUICK : QUEENS;

    compute(p, [=] {
        peer_begin(p);
        uint64_t solutions = place(queens{}, size, 0);
        peer_end(p);
        peer_check(solutions == kernel_queens(size), "solutions");
    });
}

void
run_skynet(peer *p)
{
    uint64_t n = p->quick ? SKYNET_QUICK : SKYNET;

    compute(p, [=] {
        peer_begin(p);
        uint64_t sum = sum_of(0, n);
        peer_end(p);
        peer_check(sum == n * (n - 1) / 2, "sum");
    });
}

void
run_matmul(peer *p)
{
    matrices m = kernel_matrices(p->quick);

    compute(p, [=] {
        peer_begin(p);
        multiply(m.c, m.a, m.b, m.n, m.n);
        peer_end(p);
    });
    peer_check(kernel_matrix_is_product(m.c, m.a, m.b, m.n), "product");
}

} // namespace

#endif
