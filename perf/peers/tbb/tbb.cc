// tbb.cc - the computations of perf/ with oneTBB.

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/parallel_reduce.h>
#include <tbb/parallel_sort.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include "../native/runs.h"

namespace
{

using range = tbb::blocked_range<size_t>;

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
    keys k = kernel_keys(p->quick);

    compute(p, [=] {
        peer_begin(p);
        how(k);
        peer_end(p);
    });
    peer_check(kernel_keys_sorted(k.keys, k.n), "order");
    peer_check(kernel_keys_digest(k.keys, k.n) == k.digest, "keys");
}

void
run_sort_u32(peer *p)
{
    measure_sort(p,
            [](const keys &k) { tbb::parallel_sort(k.keys, k.keys + k.n); });
}

void
run_mergesort(peer *p)
{
    measure_sort(p, [](const keys &k) { sort(k.keys, k.spare, k.n, false); });
}

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
run_for_sum(peer *p)
{
    numbers all = kernel_numbers(p->quick);

    compute(p, [=] {
        peer_begin(p);
        double sum = tbb::parallel_reduce(
                range(0, all.n), 0.0,
                [=](const range &r, double before) {
                    return before + kernel_sum(all.x + r.begin(), r.size());
                },
                [](double left, double right) { return left + right; });
        peer_end(p);
        peer_check(sum == kernel_numbers_total(all.n), "sum");
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
