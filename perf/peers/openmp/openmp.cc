// openmp.cc - the computations of perf/ as tasks and loops of OpenMP, and the
// sort of libstdc++'s parallel mode, which is built on it.
//
// A task that forks is one of a team whose other threads wait in the barrier at
// the end of a single construct, where they run tasks.

#include <omp.h>
#include <parallel/algorithm>

#include <cstdio>

#include "../native/runs.h"

namespace
{

constexpr unsigned fib_n = 27;

// Runs it in a task of a team of -w threads.
template <typename Function>
void
compute(const peer *p, const Function &function)
{
#pragma omp parallel num_threads(p->workers)
#pragma omp single
    function();
}

[[gnu::noinline]] uint64_t
fib(unsigned n)
{
    if (n < 2)
        return n;
    uint64_t left, right;
#pragma omp task shared(right)
    right = fib(n - 2);
    left = fib(n - 1);
#pragma omp taskwait
    return left + right;
}

[[gnu::noinline]] uint64_t
place(const queens &board, unsigned size, unsigned row)
{
    if (row == size)
        return 1;
    uint64_t solutions[QUEENS_MOST];
    unsigned n = 0;
    for (unsigned column = 0; column < size; column++) {
        if (!queens_safe(&board, row, column))
            continue;
        queens next = board;
        next.column[row] = int8_t(column);
        uint64_t *found = &solutions[n++];
#pragma omp task firstprivate(next, found)
        *found = place(next, size, row + 1);
    }
#pragma omp taskwait
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
    leaves /= 10;
    for (unsigned i = 0; i < 10; i++) {
#pragma omp task shared(sums) firstprivate(i)
        sums[i] = sum_of(first + i * leaves, leaves);
    }
#pragma omp taskwait
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
#pragma omp task
    merge(a + low, an - low, b + other, bn - other, out + low + other);
    merge(a, low, b, other, out);
#pragma omp taskwait
}

void
sort(uint32_t *keys, uint32_t *spare, size_t n, bool to_spare)
{
    if (n <= SORT_CUTOFF) {
        kernel_sort(keys, spare, n, to_spare);
        return;
    }
    size_t half = n / 2;
#pragma omp task
    sort(keys + half, spare + half, n - half, !to_spare);
    sort(keys, spare, half, !to_spare);
#pragma omp taskwait
    uint32_t *from = to_spare ? keys : spare;
    merge(from, half, from + half, n - half, to_spare ? spare : keys);
}

// Sorts the same keys in the one way or the other, outside of a team.
void
measure_sort(peer *p, void (*how)(const peer *p, const keys &k))
{
    keys k = kernel_keys(p->quick);

    peer_begin(p);
    how(p, k);
    peer_end(p);
    peer_check(kernel_keys_sorted(k.keys, k.n), "order");
    peer_check(kernel_keys_digest(k.keys, k.n) == k.digest, "keys");
}

void
run_sort_u32(peer *p)
{
    omp_set_num_threads(int(p->workers));
    measure_sort(p, [](const peer *, const keys &k) {
        __gnu_parallel::sort(k.keys, k.keys + k.n);
    });
}

void
run_mergesort(peer *p)
{
    measure_sort(p, [](const peer *q, const keys &k) {
        compute(q, [=] { sort(k.keys, k.spare, k.n, false); });
    });
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
#pragma omp task
    multiply_halves(c + half, a, b + half, order, half);
#pragma omp task
    multiply_halves(c + down, a + down, b, order, half);
#pragma omp task
    multiply_halves(c + down + half, a + down, b + half, order, half);
    multiply_halves(c, a, b, order, half);
#pragma omp taskwait
}

// Each thread sums up a part, with the code that all others use.
double
sum_up(const peer *p, const double *numbers, size_t n)
{
    double sum = 0;

#pragma omp parallel num_threads(p->workers) reduction(+ : sum)
    {
        size_t threads = size_t(omp_get_num_threads()),
               i = size_t(omp_get_thread_num());
        size_t begin = n * i / threads, end = n * (i + 1) / threads;

        sum += kernel_sum(numbers + begin, end - begin);
    }
    return sum;
}

void
run_for_sum(peer *p)
{
    numbers all = kernel_numbers(p->quick);

    peer_begin(p);
    double sum = sum_up(p, all.x, all.n);
    peer_end(p);
    peer_check(sum == kernel_numbers_total(all.n), "sum");
}

tiny numbers;

// In a task: a taskloop of as many tasks as threads.
void
run_for_tiny_in(peer *p)
{
    unsigned pieces = p->workers;

    kernel_tiny_fill(&numbers);
    p->ops = p->quick ? TINY_LOOPS / 10 : TINY_LOOPS;
    compute(p, [=] {
        peer_begin(p);
        for (uint64_t i = 0; i < p->ops; i++) {
#pragma omp taskloop num_tasks(pieces)
            for (unsigned piece = 0; piece < pieces; piece++)
                kernel_tiny_add(&numbers, TINY * piece / pieces,
                        TINY * (piece + 1) / pieces);
        }
        peer_end(p);
    });
    peer_check(kernel_tiny_is(&numbers, p->ops), "sums");
}

// Outside of one: a parallel loop, the thing that OpenMP is for.
void
run_for_tiny_out(peer *p)
{
    unsigned pieces = p->workers;

    kernel_tiny_fill(&numbers);
    p->ops = p->quick ? TINY_LOOPS / 10 : TINY_LOOPS;
    peer_begin(p);
    for (uint64_t i = 0; i < p->ops; i++) {
#pragma omp parallel for num_threads(pieces)
        for (unsigned piece = 0; piece < pieces; piece++)
            kernel_tiny_add(&numbers, TINY * piece / pieces,
                    TINY * (piece + 1) / pieces);
    }
    peer_end(p);
    peer_check(kernel_tiny_is(&numbers, p->ops), "sums");
}

void
run_fork_idle(peer *p)
{
    compute(p, [] { peer_check(fib(20) == kernel_fib(20), "fib"); });
    peer_idle(p);
}

} // namespace

int
main(int argc, char **argv)
{
    static const peer_case cases[] = {
        { "fib", "ns", run_fib, false },
        { "nqueens", "ms", run_nqueens, false },
        { "skynet", "ms", run_skynet, false },
        { "sort_u32", "ms", run_sort_u32, false },
        { "mergesort", "ms", run_mergesort, false },
        { "matmul", "ms", run_matmul, false },
        { "for_sum", "ms", run_for_sum, false },
        { "for_tiny_in", "ns", run_for_tiny_in, false },
        { "for_tiny_out", "ns", run_for_tiny_out, false },
        { "fork_idle", "", run_fork_idle, true },
        { nullptr, nullptr, nullptr, false },
    };
    char version[16];

    std::snprintf(version, sizeof version, "%d.%d", __GNUC__, __GNUC_MINOR__);
    return peer_main(argc, argv, "openmp", version, cases);
}
