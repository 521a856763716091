/*
 * lace.c - the computations of perf/ with Lace, but for its loops: it has none.
 */
#include <lace.h>

#include "../../kernels/kernels.h"
#include "../../kernels/queens.h"
#include "../native/peer.h"

/* Tasks have no more than six arguments: what does not change is here. */
static struct peer *peer;
static unsigned size; /* of the board */
static size_t order;  /* of the matrices */

/* clang-format off */
TASK_1(uint64_t, fib, unsigned, n)
{
    uint64_t left;

    if (n < 2)
        return n;
    SPAWN(fib, n - 2);
    left = CALL(fib, n - 1);
    return left + SYNC(fib);
}

VOID_TASK_1(measure_fib, unsigned, n)
{
    uint64_t result;
    double wall;

    peer_begin(peer);
    result = CALL(fib, n);
    wall = (double)peer_wall(peer);
    peer_value(peer, "core", "ns", wall * peer->workers / (double)peer->ops);
    peer_end(peer);
    peer_check(result == kernel_fib(n), "fib");
}

TASK_2(uint64_t, place, const struct queens *, board, unsigned, row)
{
    struct queens next[QUEENS_MOST];
    uint64_t solutions = 0;
    unsigned n = 0;

    if (row == size)
        return 1;
    for (unsigned column = 0; column < size; column++) {
        if (!queens_safe(board, row, column))
            continue;
        next[n] = *board;
        next[n].column[row] = (int8_t)column;
        SPAWN(place, &next[n], row + 1);
        n++;
    }
    for (; n > 0; n--)
        solutions += SYNC(place);
    return solutions;
}

VOID_TASK_0(measure_nqueens)
{
    struct queens empty = { { 0 } };
    uint64_t solutions;

    peer_begin(peer);
    solutions = CALL(place, &empty, 0);
    peer_end(peer);
    peer_check(solutions == kernel_queens(size), "solutions");
}

TASK_2(uint64_t, sum_of, uint64_t, first, uint64_t, leaves)
{
    uint64_t sum = 0;

    if (leaves == 1)
        return first;
    leaves /= 10;
    for (unsigned i = 0; i < 10; i++)
        SPAWN(sum_of, first + i * leaves, leaves);
    for (unsigned i = 0; i < 10; i++)
        sum += SYNC(sum_of);
    return sum;
}

VOID_TASK_1(measure_skynet, uint64_t, n)
{
    peer_begin(peer);
    for (uint64_t i = 0; i < peer->ops; i++)
        peer_check(CALL(sum_of, 0, n) == n * (n - 1) / 2, "sum");
    peer_end(peer);
}

VOID_TASK_5(merge, const uint32_t *, a, size_t, an, const uint32_t *, b, size_t,
        bn, uint32_t *, out)
{
    size_t low, other;

    if (an + bn <= MERGE_CUTOFF) {
        kernel_merge(a, an, b, bn, out);
        return;
    }
    if (an < bn) {
        const uint32_t *longer = b;
        size_t n = bn;

        b = a;
        bn = an;
        a = longer;
        an = n;
    }
    low = an / 2;
    other = kernel_lower_bound(b, bn, a[low]);
    SPAWN(merge, a + low, an - low, b + other, bn - other, out + low + other);
    CALL(merge, a, low, b, other, out);
    SYNC(merge);
}

VOID_TASK_4(sort, uint32_t *, keys, uint32_t *, spare, size_t, n, int, to_spare)
{
    size_t half = n / 2;
    uint32_t *from = to_spare ? keys : spare;

    if (n <= SORT_CUTOFF) {
        kernel_sort(keys, spare, n, to_spare);
        return;
    }
    SPAWN(sort, keys + half, spare + half, n - half, !to_spare);
    CALL(sort, keys, spare, half, !to_spare);
    SYNC(sort);
    CALL(merge, from, half, from + half, n - half, to_spare ? spare : keys);
}

VOID_TASK_3(measure_mergesort, uint32_t *, keys, uint32_t *, spare, size_t, n)
{
    peer_begin(peer);
    CALL(sort, keys, spare, n, 0);
    peer_end(peer);
}

VOID_TASK_DECL_4(multiply, float *, const float *, const float *, size_t)

VOID_TASK_4(multiply_halves, float *, c, const float *, a, const float *, b,
        size_t, n)
{
    CALL(multiply, c, a, b, n);
    CALL(multiply, c, a + n, b + n * order, n);
}

VOID_TASK_IMPL_4(multiply, float *, c, const float *, a, const float *, b, size_t,
        n)
{
    size_t half = n / 2;
    size_t down = half * order;

    if (n == MATRIX_LEAF) {
        kernel_matmul(c, a, b, order);
        return;
    }
    SPAWN(multiply_halves, c + half, a, b + half, half);
    SPAWN(multiply_halves, c + down, a + down, b, half);
    SPAWN(multiply_halves, c + down + half, a + down, b + half, half);
    CALL(multiply_halves, c, a, b, half);
    SYNC(multiply_halves);
    SYNC(multiply_halves);
    SYNC(multiply_halves);
}

VOID_TASK_3(measure_matmul, float *, c, const float *, a, const float *, b)
{
    peer_begin(peer);
    CALL(multiply, c, a, b, order);
    peer_end(peer);
}
/* clang-format on */

static void
begin(struct peer *p)
{
    peer = p;
    lace_start(p->workers, 100000);
}

static void
run_fib(struct peer *p)
{
    unsigned n = p->quick ? FIB - 5 : FIB;

    begin(p);
    p->ops = kernel_fib_forks(n);
    RUN(measure_fib, n);
    lace_stop();
}

static void
run_nqueens(struct peer *p)
{
    begin(p);
    size = p->quick ? QUEENS_QUICK : QUEENS;
    RUN(measure_nqueens);
    lace_stop();
}

static void
run_skynet(struct peer *p)
{
    begin(p);
    p->ops = 20;
    RUN(measure_skynet, p->quick ? SKYNET_QUICK : SKYNET);
    lace_stop();
}

static void
run_mergesort(struct peer *p)
{
    struct keys k = kernel_keys(p->quick);

    begin(p);
    RUN(measure_mergesort, k.keys, k.spare, k.n);
    lace_stop();
    peer_check(kernel_keys_sorted(k.keys, k.n), "order");
    peer_check(kernel_keys_digest(k.keys, k.n) == k.digest, "keys");
}

static void
run_matmul(struct peer *p)
{
    struct matrices m = kernel_matrices(p->quick);

    order = m.n;
    begin(p);
    RUN(measure_matmul, m.c, m.a, m.b);
    lace_stop();
    peer_check(kernel_matrix_is_product(m.c, m.a, m.b, m.n), "product");
}

/* Its workers look for work until they are suspended. */
static void
run_fork_idle(struct peer *p)
{
    begin(p);
    peer_check(RUN(fib, 27) == kernel_fib(27), "fib");
    peer_idle(p);
    lace_stop();
}

int
main(int argc, char **argv)
{
    static const struct peer_case cases[] = {
        { "fib", "ns", run_fib, false },
        { "nqueens", "ms", run_nqueens, false },
        { "skynet", "ms", run_skynet, false },
        { "mergesort", "ms", run_mergesort, false },
        { "matmul", "ms", run_matmul, false },
        { "fork_idle", "", run_fork_idle, true },
        { NULL, NULL, NULL, false },
    };

    return peer_main(argc, argv, "lace", LACE_VERSION, cases);
}
