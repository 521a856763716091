/*
 * serial.c - the computations of perf/ without their forks: plain C.
 */
#include <stdlib.h>

#include "../../kernels/kernels.h"
#include "../../kernels/queens.h"
#include "../native/peer.h"

#define OUT_OF_LINE __attribute__((noinline))

/* A fork is where the others have one. */
OUT_OF_LINE static uint64_t
fib(unsigned n)
{
    if (n < 2)
        return n;
    return fib(n - 1) + fib(n - 2);
}

static void
run_fib(struct peer *p)
{
    unsigned n = p->quick ? FIB - 5 : FIB;
    uint64_t result;

    p->ops = kernel_fib_forks(n);
    peer_begin(p);
    result = fib(n);
    peer_value(p, "core", "ns", (double)peer_wall(p) / (double)p->ops);
    peer_end(p);
    peer_check(result == kernel_fib(n), "fib");
}

OUT_OF_LINE static uint64_t
place(const struct queens *board, unsigned size, unsigned row)
{
    uint64_t solutions = 0;

    if (row == size)
        return 1;
    for (unsigned column = 0; column < size; column++) {
        struct queens next = *board;

        if (!queens_safe(board, row, column))
            continue;
        next.column[row] = (int8_t)column;
        solutions += place(&next, size, row + 1);
    }
    return solutions;
}

static void
run_nqueens(struct peer *p)
{
    unsigned size = p->quick ? QUEENS_QUICK : QUEENS;
    struct queens board = { { 0 } };
    uint64_t solutions;

    peer_begin(p);
    solutions = place(&board, size, 0);
    peer_end(p);
    peer_check(solutions == kernel_queens(size), "solutions");
}

OUT_OF_LINE static uint64_t
sum_of(uint64_t first, uint64_t leaves)
{
    uint64_t sum = 0;

    if (leaves == 1)
        return first;
    leaves /= 10;
    for (unsigned i = 0; i < 10; i++)
        sum += sum_of(first + i * leaves, leaves);
    return sum;
}

static void
run_skynet(struct peer *p)
{
    uint64_t n = p->quick ? SKYNET_QUICK : SKYNET;

    p->ops = 20;
    peer_begin(p);
    for (unsigned i = 0; i < p->ops; i++)
        peer_check(sum_of(0, n) == n * (n - 1) / 2, "sum");
    peer_end(p);
}

static int
by_key(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static void
sort_by_library(const struct keys *k)
{
    qsort(k->keys, k->n, sizeof *k->keys, by_key);
}

static void
sort_by_merging(const struct keys *k)
{
    kernel_sort(k->keys, k->spare, k->n, false);
}

static void
run_sorting(struct peer *p, void (*sort)(const struct keys *k))
{
    struct keys k = kernel_keys(p->quick);

    peer_begin(p);
    sort(&k);
    peer_end(p);
    peer_check(kernel_keys_sorted(k.keys, k.n), "order");
    peer_check(kernel_keys_digest(k.keys, k.n) == k.digest, "keys");
}

static void
run_sort_u32(struct peer *p)
{
    run_sorting(p, sort_by_library);
}

static void
run_mergesort(struct peer *p)
{
    run_sorting(p, sort_by_merging);
}

static void
multiply(float *c, const float *a, const float *b, size_t order, size_t n)
{
    size_t half = n / 2;
    size_t down = half * order;

    if (n == MATRIX_LEAF) {
        kernel_matmul(c, a, b, order);
        return;
    }
    multiply(c, a, b, order, half);
    multiply(c, a + half, b + down, order, half);
    multiply(c + half, a, b + half, order, half);
    multiply(c + half, a + half, b + down + half, order, half);
    multiply(c + down, a + down, b, order, half);
    multiply(c + down, a + down + half, b + down, order, half);
    multiply(c + down + half, a + down, b + half, order, half);
    multiply(c + down + half, a + down + half, b + down + half, order, half);
}

static void
run_matmul(struct peer *p)
{
    struct matrices m = kernel_matrices(p->quick);

    peer_begin(p);
    multiply(m.c, m.a, m.b, m.n, m.n);
    peer_end(p);
    peer_check(kernel_matrix_is_product(m.c, m.a, m.b, m.n), "product");
}

static void
run_for_sum(struct peer *p)
{
    struct numbers numbers = kernel_numbers(p->quick);
    double sum;

    peer_begin(p);
    sum = kernel_sum(numbers.x, numbers.n);
    peer_end(p);
    peer_check(sum == kernel_numbers_total(numbers.n), "sum");
}

static void
run_for_tiny(struct peer *p)
{
    static struct tiny tiny;

    kernel_tiny_fill(&tiny);
    p->ops = p->quick ? TINY_LOOPS / 10 : TINY_LOOPS;
    peer_begin(p);
    for (uint64_t i = 0; i < p->ops; i++)
        kernel_tiny_add(&tiny, 0, TINY);
    peer_end(p);
    peer_check(kernel_tiny_is(&tiny, p->ops), "sums");
}

int
main(int argc, char **argv)
{
    static const struct peer_case cases[] = {
        { "fib", "ns", run_fib, false },
        { "nqueens", "ms", run_nqueens, false },
        { "skynet", "ms", run_skynet, false },
        { "sort_u32", "ms", run_sort_u32, false },
        { "mergesort", "ms", run_mergesort, false },
        { "matmul", "ms", run_matmul, false },
        { "for_sum", "ms", run_for_sum, false },
        { "for_tiny_in", "ns", run_for_tiny, false },
        { "for_tiny_out", "ns", run_for_tiny, false },
        { NULL, NULL, NULL, false },
    };

    return peer_main(argc, argv, "serial", "C", cases);
}
