/*
 * sort_patterns.h - what the tests of sorting sort.
 *
 * A pattern gives the i-th of n numbers; `random` is a new one for each i.
 */
#ifndef STEAL_TESTS_SORT_PATTERNS_H
#define STEAL_TESTS_SORT_PATTERNS_H

#include <stddef.h>
#include <stdint.h>

/* What a set of elements adds up to, in whatever order they are. */
static inline uint64_t
sum_of(const void *array, size_t n, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)array;
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t hash = 0;

        for (size_t at = 0; at < size; at++)
            hash = (hash ^ *bytes++) * UINT64_C(0x9e3779b97f4a7c15);
        sum += hash ^ hash >> 29;
    }
    return sum;
}

typedef uint64_t pattern_fn(size_t i, size_t n, uint64_t random);

static inline uint64_t
next_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint64_t
any(size_t i, size_t n, uint64_t random)
{
    (void)i, (void)n;
    return random;
}

static inline uint64_t
sorted(size_t i, size_t n, uint64_t random)
{
    (void)n, (void)random;
    return i;
}

static inline uint64_t
reversed(size_t i, size_t n, uint64_t random)
{
    (void)random;
    return n - i;
}

static inline uint64_t
equal(size_t i, size_t n, uint64_t random)
{
    (void)i, (void)n, (void)random;
    return 7;
}

static inline uint64_t
organ_pipe(size_t i, size_t n, uint64_t random)
{
    (void)random;
    return i < n / 2 ? i : n - i;
}

static inline uint64_t
few_distinct(size_t i, size_t n, uint64_t random)
{
    (void)i, (void)n;
    return random % 5;
}

static inline uint64_t
sawtooth(size_t i, size_t n, uint64_t random)
{
    (void)n, (void)random;
    return i % 300;
}

static inline uint64_t
all_but_some(size_t i, size_t n, uint64_t random)
{
    (void)n;
    return random % 64 ? i : random % 100000;
}

static inline uint64_t
unsorted_end(size_t i, size_t n, uint64_t random)
{
    return i + 10 < n ? i : random % (n + 1);
}

/* As many numbers of each length, in bits. */
static inline uint64_t
any_length(size_t i, size_t n, uint64_t random)
{
    (void)i, (void)n;
    return random >> random % 64;
}

/* Numbers that agree in most digits of eight bits. */
static inline uint64_t
few_bits(size_t i, size_t n, uint64_t random)
{
    (void)i, (void)n;
    return random & (random >> 8) & (random >> 16) &
           UINT64_C(0x0101010101010101);
}

/* Half of the bits, the high and the low ones. */
static inline uint64_t
high_and_low(size_t i, size_t n, uint64_t random)
{
    (void)i, (void)n;
    return random & UINT64_C(0xf00000f0f000000f);
}

static inline uint64_t
one_is_large(size_t i, size_t n, uint64_t random)
{
    return i == n / 3 ? UINT64_MAX : random % 4096;
}

/* The sequence that costs a quicksort by the median of three a square (Musser). */
static inline uint64_t
median_killer(size_t i, size_t n, uint64_t random)
{
    size_t half = n / 2;

    (void)random;
    if (i >= half)
        return 2 * (i - half) + 2;
    return i % 2 == 0 ? i + 1 : i + half + half % 2;
}

static pattern_fn *const patterns[] = { any, sorted, reversed, equal,
    organ_pipe, few_distinct, sawtooth, all_but_some, unsorted_end, any_length,
    few_bits, high_and_low, one_is_large, median_killer };

/* Around each of the places where a sort changes its ways. */
static const size_t sizes[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 20, 21,
    31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 257, 511, 512, 513, 1000,
    1023, 1024, 1025, 2047, 2049, 4097, 10000, 29999, 30001, 65537, 131100,
    300000 };

#endif
