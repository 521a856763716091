// tbb.cc - the computations of perf/ with oneTBB.

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/parallel_reduce.h>
#include <tbb/parallel_sort.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <cstring>

#include "../../kernels/kernels.h"
#include "../../kernels/queens.h"
#include "../native/peer.h"

namespace
{

using range = tbb::blocked_range<size_t>;

// A fork costs so much that what is asked for a fork takes a smaller problem.
constexpr unsigned fib_n = 32;

// Runs it in an arena of -w threads, of which the caller is one.
template <typename Function>
void
compute(const peer *p, const Function &function)
{
    tbb::task_arena arena(int(p->workers));

    arena.execute(function);
}

[[gnu::noinline]] uint64_t
fib(unsigned n)
{
    if (n < 2)
        return n;
    uint64_t left, right;
    tbb::task_group group;
    group.run([&right, n] { right = fib(n - 2); });
    left = fib(n - 1);
    group.wait();
    return left + right;
}

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

[[gnu::noinline]] uint64_t
place(const queens &board, unsigned size, unsigned row)
{
    if (row == size)
        return 1;
    uint64_t solutions[QUEENS_MOST];
    unsigned n = 0;
    tbb::task_group group;
    for (unsigned column = 0; column < size; column++) {
        if (!queens_safe(&board, row, column))
            continue;
        queens next = board;
        next.column[row] = int8_t(column);
        uint64_t *found = &solutions[n++];
        group.run([=] { *found = place(next, size, row + 1); });
    }
    group.wait();
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += solutions[i];
    return sum;
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

[[gnu::noinline]] uint64_t
sum_of(uint64_t first, uint64_t leaves)
{
    if (leaves == 1)
        return first;
    uint64_t sums[10];
    tbb::task_group group;
    leaves /= 10;
    for (unsigned i = 0; i < 10; i++)
        group.run([=, &sums] { sums[i] = sum_of(first + i * leaves, leaves); });
    group.wait();
    uint64_t sum = 0;
    for (uint64_t part : sums)
        sum += part;
    return sum;
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
merge(const uint32_t *a, size_t an, const uint32_t *b, size_t bn, uint32_t *out)
{
    if (an + bn <= MERGE_CUTOFF) {
        kernel_merge(a, an, b, bn, out);
        return;
    }
    if (an < bn) {
        std::swap(a, b);
        std::swap(an, bn);
    }
    size_t low = an / 2, other = kernel_lower_bound(b, bn, a[low]);
    tbb::parallel_invoke([=] { merge(a, low, b, other, out); },
            [=] {
                merge(a + low, an - low, b + other, bn - other,
                        out + low + other);
            });
}

void
sort(uint32_t *keys, uint32_t *spare, size_t n, bool to_spare)
{
    if (n <= SORT_CUTOFF) {
        kernel_sort(keys, spare, n, to_spare);
        return;
    }
    size_t half = n / 2;
    tbb::parallel_invoke([=] { sort(keys, spare, half, !to_spare); },
            [=] { sort(keys + half, spare + half, n - half, !to_spare); });
    uint32_t *from = to_spare ? keys : spare;
    merge(from, half, from + half, n - half, to_spare ? spare : keys);
}

// Sorts the same keys in the one way or the other.
template <typename Function>
void
measure_sort(peer *p, const Function &how)
{
    static auto keys = static_cast<uint32_t *>(peer_array(KEYS * 4));
    static auto spare = static_cast<uint32_t *>(peer_array(KEYS * 4));
    size_t n = p->quick ? KEYS_QUICK : KEYS;

    kernel_keys_fill(keys, n);
    uint64_t digest = kernel_keys_digest(keys, n);
    compute(p, [=] {
        peer_begin(p);
        how(keys, spare, n);
        peer_end(p);
    });
    peer_check(kernel_keys_sorted(keys, n), "order");
    peer_check(kernel_keys_digest(keys, n) == digest, "keys");
}

void
run_sort_u32(peer *p)
{
    measure_sort(p, [](uint32_t *keys, uint32_t *, size_t n) {
        tbb::parallel_sort(keys, keys + n);
    });
}

void
run_mergesort(peer *p)
{
    measure_sort(p, [](uint32_t *keys, uint32_t *spare, size_t n) {
        sort(keys, spare, n, false);
    });
}

void multiply(float *c, const float *a, const float *b, size_t order, size_t n);

void
multiply_halves(float *c, const float *a, const float *b, size_t order,
        size_t n)
{
    multiply(c, a, b, order, n);
    multiply(c, a + n, b + n * order, order, n);
}

void
multiply(float *c, const float *a, const float *b, size_t order, size_t n)
{
    size_t half = n / 2, down = half * order;

    if (n == MATRIX_LEAF) {
        kernel_matmul(c, a, b, order);
        return;
    }
    tbb::parallel_invoke([=] { multiply_halves(c, a, b, order, half); },
            [=] { multiply_halves(c + half, a, b + half, order, half); },
            [=] { multiply_halves(c + down, a + down, b, order, half); },
            [=] {
                multiply_halves(c + down + half, a + down, b + half, order,
                        half);
            });
}

void
run_matmul(peer *p)
{
    static float *a, *b, *c;
    size_t n = p->quick ? MATRIX_QUICK : MATRIX;

    if (!a) {
        a = static_cast<float *>(peer_array(n * n * sizeof *a));
        b = static_cast<float *>(peer_array(n * n * sizeof *b));
        c = static_cast<float *>(peer_array(n * n * sizeof *c));
        kernel_matrix_fill(a, b, n);
    }
    std::memset(c, 0, n * n * sizeof *c);
    compute(p, [=] {
        peer_begin(p);
        multiply(c, a, b, n, n);
        peer_end(p);
    });
    peer_check(kernel_matrix_is_product(c, a, b, n), "product");
}

void
run_for_sum(peer *p)
{
    static double *numbers;
    size_t n = p->quick ? NUMBERS_QUICK : NUMBERS;

    if (!numbers) {
        numbers = static_cast<double *>(peer_array(n * sizeof *numbers));
        kernel_numbers_fill(numbers, n);
    }
    compute(p, [=] {
        peer_begin(p);
        double sum = tbb::parallel_reduce(
                range(0, n), 0.0,
                [](const range &r, double before) {
                    return before + kernel_sum(numbers + r.begin(), r.size());
                },
                [](double left, double right) { return left + right; });
        peer_end(p);
        peer_check(sum == kernel_numbers_total(n), "sum");
    });
}

tiny numbers;

void
add_tiny()
{
    tbb::parallel_for(range(0, TINY), [](const range &r) {
        kernel_tiny_add(&numbers, r.begin(), r.end());
    });
}

void
run_for_tiny_in(peer *p)
{
    kernel_tiny_fill(&numbers);
    p->ops = p->quick ? TINY_LOOPS / 10 : TINY_LOOPS;
    compute(p, [=] {
        peer_begin(p);
        for (uint64_t i = 0; i < p->ops; i++)
            add_tiny();
        peer_end(p);
    });
    peer_check(kernel_tiny_is(&numbers, p->ops), "sums");
}

// The caller goes into the arena, and takes part, each time.
void
run_for_tiny_out(peer *p)
{
    tbb::task_arena arena(int(p->workers));

    kernel_tiny_fill(&numbers);
    p->ops = p->quick ? TINY_LOOPS / 10 : TINY_LOOPS;
    peer_begin(p);
    for (uint64_t i = 0; i < p->ops; i++)
        arena.execute(add_tiny);
    peer_end(p);
    peer_check(kernel_tiny_is(&numbers, p->ops), "sums");
}

void
run_fork_idle(peer *p)
{
    compute(p, [] { peer_check(fib(27) == kernel_fib(27), "fib"); });
    peer_idle(p);
}

// No more threads than asked for; the limit lives as long as the object.
template <void run(peer *p)>
void
limited(peer *p)
{
    tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
            p->workers);

    run(p);
}

} // namespace

int
main(int argc, char **argv)
{
    static const peer_case cases[] = {
        { "fib", "ns", limited<run_fib>, false },
        { "nqueens", "ms", limited<run_nqueens>, false },
        { "skynet", "ms", limited<run_skynet>, false },
        { "sort_u32", "ms", limited<run_sort_u32>, false },
        { "mergesort", "ms", limited<run_mergesort>, false },
        { "matmul", "ms", limited<run_matmul>, false },
        { "for_sum", "ms", limited<run_for_sum>, false },
        { "for_tiny_in", "ns", limited<run_for_tiny_in>, false },
        { "for_tiny_out", "ns", limited<run_for_tiny_out>, false },
        { "fork_idle", "", limited<run_fork_idle>, true },
        { nullptr, nullptr, nullptr, false },
    };

    return peer_main(argc, argv, "tbb", TBB_VERSION_STRING, cases);
}
