/*
 * kernels.h - what is alike in a computation, whoever spreads it: the problem,
 * the serial code of its leaves, and the check of its result.
 *
 * The programs of perf/ and the peers in C, C++ and Rust are linked with the same
 * code, which is compiled for the machine at hand: where they differ, it is in
 * how they fork and join.
 */
#ifndef STEAL_PERF_KERNELS_H
#define STEAL_PERF_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How large the problems are, and how large if quick. */
#define FIB           37
#define FIB_FORKS     39088168 /* of fib(37) */
#define SKYNET        1000000
#define SKYNET_QUICK  100000
#define QUEENS        12
#define QUEENS_QUICK  10
#define KEYS          10000000
#define KEYS_QUICK    1000000
#define MATRIX        1024
#define MATRIX_QUICK  512
#define NUMBERS       100000000
#define NUMBERS_QUICK 10000000
#define TINY          1000 /* numbers in a tiny loop */
#define TINY_LOOPS    10000

/* Zeroed memory, aligned to a page, large pages where there are any.  Lives until
 * the process ends, which it does at once if there is no memory. */
void *kernel_array(size_t bytes);

/* fib(n), and how many forks it takes if each call forks but for the last. */
uint64_t kernel_fib(unsigned n);
uint64_t kernel_fib_forks(unsigned n);

/* How many solutions there are for n queens. */
uint64_t kernel_queens(unsigned n);

/* What is to be sorted, multiplied and summed up, of the size that `quick` says.
 * Each call gives the same memory, and fills anew what a run overwrites. */
struct keys {
    uint32_t *keys;
    uint32_t *spare; /* room for as many */
    size_t n;
    uint64_t digest;
};

struct matrices {
    float *a;
    float *b;
    float *c; /* zeroed */
    size_t n; /* rows, and columns */
};

struct numbers {
    double *x;
    size_t n;
};

struct keys kernel_keys(bool quick);
struct matrices kernel_matrices(bool quick);
struct numbers kernel_numbers(bool quick);

/* Keys at random, always the same. */
void kernel_keys_fill(uint32_t *keys, size_t n);
bool kernel_keys_sorted(const uint32_t *keys, size_t n);

/* Alike for the same keys in whatever order. */
uint64_t kernel_keys_digest(const uint32_t *keys, size_t n);

/* Sorts by merging, into `spare` if `to_spare`; the other is overwritten. */
#define SORT_CUTOFF 4096
void kernel_sort(uint32_t *keys, uint32_t *spare, size_t n, bool to_spare);

/* Merges a and b, and finds the first of b that does not precede the key. */
#define MERGE_CUTOFF 8192
void kernel_merge(const uint32_t *a, size_t an, const uint32_t *b, size_t bn,
        uint32_t *out);
size_t kernel_lower_bound(const uint32_t *b, size_t n, uint32_t key);

/* c += a * b for squares of MATRIX_LEAF in matrices with `stride` columns. */
#define MATRIX_LEAF 64
void kernel_matmul(float *c, const float *a, const float *b, size_t stride);

/* Small whole numbers, so that all sums are exact. */
void kernel_matrix_fill(float *a, float *b, size_t n);
bool kernel_matrix_is_product(const float *c, const float *a, const float *b,
        size_t n);

/* Of whole numbers again: 0 to 15, over and over. */
void kernel_numbers_fill(double *x, size_t n);
double kernel_numbers_total(size_t n);
double kernel_sum(const double *x, size_t n);

/* A tiny loop.  The arrays lie one after the other: at the same distance from a
 * page, stores to one would hold up loads from the other. */
struct tiny {
    float x[TINY];
    float y[TINY];
};

/* Adds 2 * x to y.  True if y is what that makes of it after so many times. */
void kernel_tiny_fill(struct tiny *tiny);
void kernel_tiny_add(struct tiny *tiny, size_t begin, size_t end);
bool kernel_tiny_is(const struct tiny *tiny, uint64_t times);

#ifdef __cplusplus
}
#endif

#endif
