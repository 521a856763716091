/*
 * tests/sort_keys.c - keys that are sorted by their digits.
 */
#include <steal/cancel.h>
#include <steal/sort.h>

#include "kit.h"
#include "sort_patterns.h"

#include <math.h>

#define MOST ((size_t)600000) /* keys in a test */

static uint64_t keys[MOST];
static uint64_t wanted[MOST];

static size_t
most(void)
{
    return (size_t)scaled(MOST / 1000) * 1000;
}

/*
 * Kinds: how the i-th key is made of a number, which order the keys have, and who
 * sorts them.
 */

struct kind {
    size_t size;
    void (*make)(void *array, size_t i, uint64_t number);
    int (*compare)(const void *a, const void *b);
    int (*sort)(void *array, size_t n,
            const struct steal_loop_options *options);
};

static void
make_u32(void *array, size_t i, uint64_t number)
{
    ((uint32_t *)array)[i] = (uint32_t)(number >> 32 ? number >> 32 : number);
}

static int
compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int
sort_u32(void *array, size_t n, const struct steal_loop_options *options)
{
    return steal_sort_u32(array, n, options);
}

static void
make_i32(void *array, size_t i, uint64_t number)
{
    ((int32_t *)array)[i] = (int32_t)(uint32_t)(i % 2 ? ~number : number);
}

static int
compare_i32(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static int
sort_i32(void *array, size_t n, const struct steal_loop_options *options)
{
    return steal_sort_i32(array, n, options);
}

static void
make_f32(void *array, size_t i, uint64_t number)
{
    ((float *)array)[i] = i % 2 ? -(float)number : (float)number;
}

static int
compare_f32(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    if (x == y)
        return !!signbit(y) - !!signbit(x);
    return x < y ? -1 : 1;
}

static int
sort_f32(void *array, size_t n, const struct steal_loop_options *options)
{
    return steal_sort_f32(array, n, options);
}

static void
make_u64(void *array, size_t i, uint64_t number)
{
    ((uint64_t *)array)[i] = number;
}

static int
compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static int
sort_u64(void *array, size_t n, const struct steal_loop_options *options)
{
    return steal_sort_u64(array, n, options);
}

static void
make_i64(void *array, size_t i, uint64_t number)
{
    ((int64_t *)array)[i] = (int64_t)(i % 2 ? ~number : number);
}

static int
compare_i64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int
sort_i64(void *array, size_t n, const struct steal_loop_options *options)
{
    return steal_sort_i64(array, n, options);
}

static void
make_f64(void *array, size_t i, uint64_t number)
{
    ((double *)array)[i] = i % 2 ? -(double)number : (double)number;
}

static int
compare_f64(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    if (x == y)
        return !!signbit(y) - !!signbit(x);
    return x < y ? -1 : 1;
}

static int
sort_f64(void *array, size_t n, const struct steal_loop_options *options)
{
    return steal_sort_f64(array, n, options);
}

#define KIND_U64 3

static const struct kind kinds[] = {
    { sizeof(uint32_t), make_u32, compare_u32, sort_u32 },
    { sizeof(int32_t), make_i32, compare_i32, sort_i32 },
    { sizeof(float), make_f32, compare_f32, sort_f32 },
    { sizeof(uint64_t), make_u64, compare_u64, sort_u64 },
    { sizeof(int64_t), make_i64, compare_i64, sort_i64 },
    { sizeof(double), make_f64, compare_f64, sort_f64 },
};

/* An array of `n` keys is made of the pattern, and sorted. */
static void
check_kind(const struct kind *kind, pattern_fn *pattern, size_t n,
        const struct steal_loop_options *options)
{
    uint64_t seed = n;
    uint64_t sum;
    const char *key = (const char *)keys;

    for (size_t i = 0; i < n; i++)
        kind->make(keys, i, pattern(i, n, next_random(&seed)));
    sum = sum_of(keys, n, kind->size);
    require(kind->sort(keys, n, options) == 0);
    for (size_t i = 1; i < n; i++, key += kind->size)
        require(kind->compare(key, key + kind->size) <= 0);
    require(sum_of(keys, n, kind->size) == sum);
}

static void
check_all(size_t n, const struct steal_loop_options *options)
{
    for (size_t kind = 0; kind < LENGTH(kinds); kind++) {
        for (size_t p = 0; p < LENGTH(patterns); p++)
            check_kind(&kinds[kind], patterns[p], n, options);
    }
}

static int
check_all_inside(void *data)
{
    check_all(*(size_t *)data, NULL);
    return 0;
}

START_TEST(keys_of_all_kinds_and_patterns_are_sorted)
{
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        if (sizes[i] <= most())
            check_all(sizes[i], NULL);
    }
}
END_TEST

START_TEST(many_keys_are_sorted_outside_of_a_runtime)
{
    check_all(most(), NULL);
}
END_TEST

START_TEST(many_keys_are_sorted_by_the_workers_of_a_runtime)
{
    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        struct steal_runtime *runtime = runtime_start(workers);
        struct steal_loop_options options = { .runtime = runtime };

        check_all(most(), &options);
        runtime_end(runtime);
    }
}
END_TEST

START_TEST(many_keys_are_sorted_inside_of_a_task)
{
    struct steal_runtime *runtime = runtime_start(2);
    size_t n = most();

    call_inside(runtime, check_all_inside, &n);
    runtime_end(runtime);
}
END_TEST

static uint64_t
four_heaps(size_t i, size_t n, uint64_t random)
{
    (void)i, (void)n;
    return random >> 12 | random << 62;
}

/* Each of the four is dealt like the whole, at the same time. */
START_TEST(large_buckets_are_dealt_side_by_side)
{
    struct steal_runtime *runtime = runtime_start(4);
    struct steal_loop_options options = { .runtime = runtime };

    for (int round = 0; round < scaled(40); round++)
        check_kind(&kinds[KIND_U64], four_heaps, 250000 + (size_t)round * 101,
                &options);
    runtime_end(runtime);
}
END_TEST

/*
 * Floats
 */

static uint64_t
bits_of(double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static uint32_t
bits_of_float(float number)
{
    uint32_t bits;

    memcpy(&bits, &number, sizeof bits);
    return bits;
}

START_TEST(doubles_that_are_no_numbers_come_at_the_ends)
{
    double array[] = { 1, NAN, 0.0, -INFINITY, -0.0, copysign(NAN, -1),
        INFINITY, -1, 5e-324, -5e-324 };
    const double order[] = { copysign(NAN, -1), -INFINITY, -1, -5e-324, -0.0,
        0.0, 5e-324, 1, INFINITY, NAN };

    ck_assert_int_eq(steal_sort_f64(array, LENGTH(array), NULL), 0);
    for (size_t i = 0; i < LENGTH(array); i++)
        ck_assert_uint_eq(bits_of(array[i]), bits_of(order[i]));
}
END_TEST

START_TEST(floats_that_are_no_numbers_come_at_the_ends)
{
    float array[] = { 1, NAN, 0.0f, -INFINITY, -0.0f, copysignf(NAN, -1),
        INFINITY, -1 };
    const float order[] = { copysignf(NAN, -1), -INFINITY, -1, -0.0f, 0.0f, 1,
        INFINITY, NAN };

    ck_assert_int_eq(steal_sort_f32(array, LENGTH(array), NULL), 0);
    for (size_t i = 0; i < LENGTH(array); i++)
        ck_assert_uint_eq(bits_of_float(array[i]), bits_of_float(order[i]));
}
END_TEST

START_TEST(many_floats_of_all_bits_are_in_order_of_sign_and_size)
{
    float *array = (float *)keys;
    uint32_t *bits = (uint32_t *)keys;
    size_t n = most();
    uint64_t seed = 1;

    for (size_t i = 0; i < n; i++)
        bits[i] = (uint32_t)next_random(&seed);
    ck_assert_int_eq(steal_sort_f32(array, n, NULL), 0);
    for (size_t i = 1; i < n; i++) {
        bool was_negative = bits[i - 1] >> 31;

        if (bits[i] >> 31)
            require(was_negative && bits[i - 1] >= bits[i]);
        else
            require(was_negative || bits[i - 1] <= bits[i]);
    }
}
END_TEST

/*
 * Arrays that begin anywhere, and neighbours
 */

START_TEST(array_need_not_begin_with_a_line_of_memory)
{
    uint32_t *all = (uint32_t *)keys;
    size_t n = most() / 4;

    for (size_t skew = 1; skew < 32; skew += 3) {
        uint32_t *array = all + skew;

        for (size_t i = 0; i < n + 64; i++)
            all[i] = (uint32_t)(n - i) * 2654435761u;
        memcpy(wanted, all, (n + 64) * sizeof *all);
        qsort((uint32_t *)wanted + skew, n, sizeof *all, compare_u32);
        ck_assert_int_eq(steal_sort_u32(array, n, NULL), 0);
        require(memcmp(all, wanted, (n + 64) * sizeof *all) == 0);
    }
}
END_TEST

/*
 * Tokens
 */

static void
check_permutation(uint32_t *array, size_t n, uint64_t sum)
{
    ck_assert_int_eq(steal_sort_u32(array, n, NULL), 0);
    for (size_t i = 0; i < n; i++) {
        sum -= array[i];
        require(array[i] == i);
    }
    ck_assert_uint_eq(sum, 0);
}

START_TEST(token_that_was_requested_keeps_the_keys)
{
    struct steal_cancel token = STEAL_CANCEL_INIT;
    struct steal_loop_options options = { .cancel = &token };
    uint32_t array[1000];

    for (uint32_t i = 0; i < 1000; i++)
        array[i] = i * 7 % 1000;
    steal_cancel_request(&token);
    ck_assert_int_eq(steal_sort_u32(array, 1000, &options), -ECANCELED);
    check_permutation(array, 1000, 999 * 500);
}
END_TEST

struct canceling {
    struct steal_cancel token;
    _Atomic(int) sorting;
    unsigned pause;
};

static void *
request(void *arg)
{
    struct canceling *c = arg;

    wait_until(load_acquire(&c->sorting));
    for (unsigned i = 0; i < c->pause; i++)
        cpu_relax();
    steal_cancel_request(&c->token);
    return NULL;
}

/* Whenever the request comes, the keys are all there. */
START_TEST(token_that_is_requested_meanwhile_keeps_the_keys)
{
    struct steal_runtime *runtime = runtime_start(2);
    uint32_t *array = (uint32_t *)keys;
    size_t n = most();

    for (unsigned round = 0; round < (unsigned)scaled(60); round++) {
        struct canceling c = { STEAL_CANCEL_INIT, false, round * 4000 };
        struct steal_loop_options options = { .cancel = &c.token,
            .runtime = runtime };
        pthread_t thread = start_thread(request, &c);
        int err;

        for (size_t i = 0; i < n; i++)
            array[i] = (uint32_t)(i * 611953 % n); /* a prime: each once */
        store_release(&c.sorting, true);
        err = steal_sort_u32(array, n, &options);
        ck_assert(err == 0 || err == -ECANCELED);
        join_thread(thread);
        check_permutation(array, n, (uint64_t)n * (n - 1) / 2);
    }
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        keys_of_all_kinds_and_patterns_are_sorted,
        many_keys_are_sorted_outside_of_a_runtime,
        many_keys_are_sorted_by_the_workers_of_a_runtime,
        many_keys_are_sorted_inside_of_a_task,
        large_buckets_are_dealt_side_by_side,
        doubles_that_are_no_numbers_come_at_the_ends,
        floats_that_are_no_numbers_come_at_the_ends,
        many_floats_of_all_bits_are_in_order_of_sign_and_size,
        array_need_not_begin_with_a_line_of_memory,
        token_that_was_requested_keeps_the_keys,
        token_that_is_requested_meanwhile_keeps_the_keys,
    };

    return run_suite("sort_keys", tests, LENGTH(tests));
}
