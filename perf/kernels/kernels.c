#include "kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Sixteen floats or eight doubles, anywhere. */
typedef float float_vector
        __attribute__((vector_size(64), aligned(4), may_alias));
typedef double double_vector
        __attribute__((vector_size(64), aligned(8), may_alias));

#define VECTOR_FLOATS  16
#define VECTOR_DOUBLES 8

/* Rows and columns of c that stay in registers. */
#define BLOCK_ROWS    4
#define BLOCK_VECTORS 2

/* Shorter ones are sorted by insertion. */
#define INSERTION 24

void *
kernel_array(size_t bytes)
{
    void *array = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (array == MAP_FAILED) {
        perror("kernel_array");
        exit(1);
    }
    madvise(array, bytes, MADV_HUGEPAGE); /* no matter if there are none */
    return array;
}

uint64_t
kernel_fib(unsigned n)
{
    uint64_t fib = 0;
    uint64_t next = 1;

    for (; n > 0; n--) {
        uint64_t sum = fib + next;

        fib = next;
        next = sum;
    }
    return fib;
}

uint64_t
kernel_fib_forks(unsigned n)
{
    return kernel_fib(n + 1) - 1;
}

uint64_t
kernel_queens(unsigned n)
{
    static const uint64_t solutions[] = { 1, 1, 0, 0, 2, 10, 4, 40, 92, 352,
        724, 2680, 14200, 73712 };

    return n < sizeof solutions / sizeof *solutions ? solutions[n] : 0;
}

struct keys
kernel_keys(bool quick)
{
    static struct keys all;

    if (!all.keys) {
        all.n = quick ? KEYS_QUICK : KEYS;
        all.keys = kernel_array(all.n * sizeof *all.keys);
        all.spare = kernel_array(all.n * sizeof *all.spare);
    }
    kernel_keys_fill(all.keys, all.n);
    all.digest = kernel_keys_digest(all.keys, all.n);
    return all;
}

struct matrices
kernel_matrices(bool quick)
{
    static struct matrices all;
    size_t bytes;

    all.n = quick ? MATRIX_QUICK : MATRIX;
    bytes = all.n * all.n * sizeof *all.c;
    if (!all.a) {
        all.a = kernel_array(bytes);
        all.b = kernel_array(bytes);
        all.c = kernel_array(bytes);
        kernel_matrix_fill(all.a, all.b, all.n);
    }
    memset(all.c, 0, bytes);
    return all;
}

struct numbers
kernel_numbers(bool quick)
{
    static struct numbers all;

    if (!all.x) {
        all.n = quick ? NUMBERS_QUICK : NUMBERS;
        all.x = kernel_array(all.n * sizeof *all.x);
        kernel_numbers_fill(all.x, all.n);
    }
    return all;
}

void
kernel_keys_fill(uint32_t *keys, size_t n)
{
    uint64_t x = UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        keys[i] = (uint32_t)(x >> 32);
    }
}

bool
kernel_keys_sorted(const uint32_t *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (keys[i - 1] > keys[i])
            return false;
    }
    return true;
}

uint64_t
kernel_keys_digest(const uint32_t *keys, size_t n)
{
    uint64_t digest = n;

    for (size_t i = 0; i < n; i++) {
        uint64_t x = (keys[i] + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);

        digest += x ^ x >> 29;
    }
    return digest;
}

static void
insert_each(uint32_t *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t key = keys[i];
        size_t at = i;

        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

void
kernel_sort(uint32_t *keys, uint32_t *spare, size_t n, bool to_spare)
{
    size_t half = n / 2;

    if (n <= INSERTION) {
        insert_each(keys, n);
        if (to_spare)
            memcpy(spare, keys, n * sizeof *keys);
        return;
    }
    kernel_sort(keys, spare, half, !to_spare);
    kernel_sort(keys + half, spare + half, n - half, !to_spare);
    if (to_spare)
        kernel_merge(keys, half, keys + half, n - half, spare);
    else
        kernel_merge(spare, half, spare + half, n - half, keys);
}

/* From both ends at once: two chains of loads that wait for each other rather
 * than one; and sums rather than branches, of which random keys mislead half. */
void
kernel_merge(const uint32_t *a, size_t an, const uint32_t *b, size_t bn,
        uint32_t *out)
{
    const uint32_t *a_end = a + an;
    const uint32_t *b_end = b + bn;
    uint32_t *out_end = out + an + bn;

    while (a < a_end && b < b_end) {
        bool first_is_b = *b < *a;
        bool last_is_a = b_end[-1] < a_end[-1];

        *out++ = first_is_b ? *b : *a;
        *--out_end = last_is_a ? a_end[-1] : b_end[-1];
        a += !first_is_b;
        b += first_is_b;
        a_end -= last_is_a;
        b_end -= !last_is_a;
    }
    memcpy(out, a, (size_t)(a_end - a) * sizeof *a);
    memcpy(out + (a_end - a), b, (size_t)(b_end - b) * sizeof *b);
}

size_t
kernel_lower_bound(const uint32_t *b, size_t n, uint32_t key)
{
    size_t low = 0;

    while (low < n) {
        size_t middle = low + (n - low) / 2;

        if (b[middle] < key)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

/* Four rows of c times two vectors, along all of a row of a. */
static void
multiply_block(float *c, const float *a, const float *b, size_t stride)
{
    float_vector sum[BLOCK_ROWS][BLOCK_VECTORS];

    for (size_t i = 0; i < BLOCK_ROWS; i++) {
        for (size_t j = 0; j < BLOCK_VECTORS; j++)
            sum[i][j] = *(
                    const float_vector *)(c + i * stride + j * VECTOR_FLOATS);
    }
    for (size_t k = 0; k < MATRIX_LEAF; k++) {
        const float *row = b + k * stride;

        for (size_t i = 0; i < BLOCK_ROWS; i++) {
            for (size_t j = 0; j < BLOCK_VECTORS; j++)
                sum[i][j] += a[i * stride + k] *
                             *(const float_vector *)(row + j * VECTOR_FLOATS);
        }
    }
    for (size_t i = 0; i < BLOCK_ROWS; i++) {
        for (size_t j = 0; j < BLOCK_VECTORS; j++)
            *(float_vector *)(c + i * stride + j * VECTOR_FLOATS) = sum[i][j];
    }
}

void
kernel_matmul(float *c, const float *a, const float *b, size_t stride)
{
    for (size_t j = 0; j < MATRIX_LEAF; j += BLOCK_VECTORS * VECTOR_FLOATS) {
        for (size_t i = 0; i < MATRIX_LEAF; i += BLOCK_ROWS)
            multiply_block(c + i * stride + j, a + i * stride, b + j, stride);
    }
}

void
kernel_matrix_fill(float *a, float *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] = (float)((i * 3 + j * 5) % 7);
            b[i * n + j] = (float)((i * 2 + j * 11) % 5);
        }
    }
}

static float
weight(size_t i)
{
    return (float)(i * 7 % 13);
}

/* The product of a row with the weights of the columns. */
static double
row_times(const float *row, const double *column, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)row[i] * (column ? column[i] : (double)weight(i));
    return sum;
}

/* c * w = a * (b * w), for a vector of weights: n * n steps, not n * n * n. */
bool
kernel_matrix_is_product(const float *c, const float *a, const float *b,
        size_t n)
{
    static double product[MATRIX];

    for (size_t i = 0; i < n; i++)
        product[i] = row_times(b + i * n, NULL, n);
    for (size_t i = 0; i < n; i++) {
        double expected = row_times(a + i * n, product, n);

        if (fabs(row_times(c + i * n, NULL, n) - expected) > 0.5)
            return false;
    }
    return true;
}

void
kernel_numbers_fill(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (double)(i % 16);
}

double
kernel_numbers_total(size_t n)
{
    size_t rest = n % 16;

    return (double)(n / 16 * 120 + rest * (rest - (rest > 0)) / 2);
}

double
kernel_sum(const double *x, size_t n)
{
    double_vector sum[4] = { { 0 } };
    double total = 0;
    size_t i = 0;

    for (; i + 4 * VECTOR_DOUBLES <= n; i += 4 * VECTOR_DOUBLES) {
        for (size_t j = 0; j < 4; j++)
            sum[j] += *(const double_vector *)(x + i + j * VECTOR_DOUBLES);
    }
    sum[0] += sum[1] + sum[2] + sum[3];
    for (size_t j = 0; j < VECTOR_DOUBLES; j++)
        total += sum[0][j];
    for (; i < n; i++)
        total += x[i];
    return total;
}

void
kernel_tiny_fill(struct tiny *tiny)
{
    for (size_t i = 0; i < TINY; i++) {
        tiny->x[i] = (float)(i % 4);
        tiny->y[i] = 1;
    }
}

static void
add_doubled(float *restrict y, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += 2 * x[i];
}

void
kernel_tiny_add(struct tiny *tiny, size_t begin, size_t end)
{
    add_doubled(tiny->y + begin, tiny->x + begin, end - begin);
}

bool
kernel_tiny_is(const struct tiny *tiny, uint64_t times)
{
    for (size_t i = 0; i < TINY; i++) {
        if (tiny->y[i] != 1 + 2 * tiny->x[i] * (float)times)
            return false;
    }
    return true;
}
