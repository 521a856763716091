/*
 * tests/sort.c - elements of any size, in an order that the caller tells.
 *
 * An element is a number, and another one that is its place at first, in as many
 * bytes as it has; the rest is filled with what both make.
 */
#include <steal/cancel.h>
#include <steal/sort.h>

#include "kit.h"
#include "sort_patterns.h"

#define BYTES ((size_t)8 << 20)

static unsigned char array[BYTES];
static uint32_t values[100000]; /* of the adversary */

static size_t element_size;
static size_t made;  /* bytes of the elements */
static uint64_t sum; /* of the elements that went in */

static size_t
most(void)
{
    return (size_t)scaled(200) * 1000;
}

/* The first bytes are the number, up to four of them, and the next the place. */
static size_t
number_size(void)
{
    return element_size < 8 ? (element_size + 1) / 2 : 4;
}

static uint32_t
read_number(const unsigned char *element, size_t begin, size_t end)
{
    uint32_t number = 0;

    for (size_t i = begin; i < end; i++)
        number = number << 8 | element[i];
    return number;
}

static uint32_t
number_of(const void *element)
{
    return read_number(element, 0, number_size());
}

static uint32_t
place_of(const void *element)
{
    size_t begin = number_size();
    size_t end = element_size < 8 ? element_size : 8;

    return read_number(element, begin, end);
}

static void
write_number(unsigned char *element, size_t begin, size_t end, uint64_t number)
{
    for (size_t i = end; i-- > begin; number >>= 8)
        element[i] = (unsigned char)number;
}

static void
make(size_t n, pattern_fn *pattern)
{
    uint64_t seed = n;

    for (size_t i = 0; i < n; i++) {
        unsigned char *element = array + i * element_size;
        size_t second = number_size();
        size_t end = element_size < 8 ? element_size : 8;

        write_number(element, 0, second, pattern(i, n, next_random(&seed)));
        write_number(element, second, end, i);
        for (size_t at = end; at < element_size; at++)
            element[at] = (unsigned char)(element[at - end] + at);
    }
    made = n * element_size;
    sum = sum_of(array, n, element_size);
}

/* By number. */
static int
by_number(const void *a, const void *b, void *data)
{
    uint32_t x = number_of(a);
    uint32_t y = number_of(b);

    require(data == &element_size);
    return (x > y) - (x < y);
}

/* What comes out has the order, and the elements that went in. */
static void
check_sort(size_t n, pattern_fn *pattern, unsigned flags,
        const struct steal_loop_options *options)
{
    make(n, pattern);
    require(steal_sort(array, n, element_size, by_number, &element_size, flags,
                    options) == 0);
    for (size_t i = 1; i < n; i++) {
        const unsigned char *element = array + i * element_size;
        const unsigned char *last = element - element_size;

        require(number_of(last) <= number_of(element));
        if (flags & STEAL_SORT_STABLE && element_size >= 8 &&
                number_of(last) == number_of(element))
            require(place_of(last) < place_of(element));
    }
    require(sum_of(array, n, element_size) == sum);
}

static void
check_patterns(size_t n, const struct steal_loop_options *options)
{
    for (size_t p = 0; p < LENGTH(patterns); p++) {
        check_sort(n, patterns[p], 0, options);
        check_sort(n, patterns[p], STEAL_SORT_STABLE, options);
    }
}

START_TEST(elements_of_all_patterns_and_counts_are_sorted)
{
    element_size = 16;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        if (sizes[i] <= most())
            check_patterns(sizes[i], NULL);
    }
}
END_TEST

START_TEST(elements_of_any_size_are_sorted)
{
    static const size_t counts[] = { 5, 31, 40, 300, 3000 };

    for (element_size = 1; element_size <= 101; element_size++) {
        if (element_size == 41)
            element_size = 100;
        for (size_t i = 0; i < LENGTH(counts); i++) {
            check_sort(counts[i], any, 0, NULL);
            check_sort(counts[i], any, STEAL_SORT_STABLE, NULL);
            check_sort(counts[i], few_distinct, STEAL_SORT_STABLE, NULL);
            check_sort(counts[i], median_killer, 0, NULL);
        }
    }
}
END_TEST

START_TEST(huge_elements_are_sorted)
{
    element_size = 5000;
    check_sort(500, any, 0, NULL);
    check_sort(500, any, STEAL_SORT_STABLE, NULL);
}
END_TEST

START_TEST(elements_are_sorted_by_the_workers_of_a_runtime)
{
    static const size_t some[] = { 8, 16, 24, 12 };

    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        struct steal_runtime *runtime = runtime_start(workers);
        struct steal_loop_options options = { .runtime = runtime };

        for (size_t i = 0; i < LENGTH(some); i++) {
            element_size = some[i];
            check_patterns(most(), &options);
        }
        runtime_end(runtime);
    }
}
END_TEST

static int
check_inside(void *data)
{
    check_patterns(*(size_t *)data, NULL);
    return 0;
}

START_TEST(elements_are_sorted_inside_of_a_task)
{
    struct steal_runtime *runtime = runtime_start(2);
    size_t n = most();

    element_size = 16;
    call_inside(runtime, check_inside, &n);
    runtime_end(runtime);
}
END_TEST

START_TEST(senseless_arguments_are_refused)
{
    ck_assert_int_eq(steal_sort(array, 2, 0, by_number, NULL, 0, NULL),
            -EINVAL);
    ck_assert_int_eq(steal_sort(array, 2, 4, by_number, NULL, 2, NULL),
            -EINVAL);
    ck_assert_int_eq(steal_sort(array, SIZE_MAX / 4, 8, by_number, NULL, 0,
                             NULL),
            -EINVAL);
}
END_TEST

/*
 * Orders that are none
 */

static uint64_t lies; /* what the next answers are made of: of one thread */

static void
check_place(const void *element)
{
    const unsigned char *at = element;

    require(at < array || at >= array + BYTES || at < array + made);
    require(place_of(at) < made / element_size);
}

static int
at_random(const void *a, const void *b, void *data)
{
    (void)data;
    check_place(a);
    check_place(b);
    return (int)(next_random(&lies) % 3) - 1;
}

static int
always_less(const void *a, const void *b, void *data)
{
    (void)data;
    check_place(a);
    check_place(b);
    return -1;
}

static int
always_greater(const void *a, const void *b, void *data)
{
    (void)data;
    check_place(a);
    check_place(b);
    return 1;
}

/* Right, but for one comparison in a while. */
static int
mostly(const void *a, const void *b, void *data)
{
    int answer = at_random(a, b, data);

    return lies / 7 % 50 ? by_number(a, b, &element_size) : answer;
}

static void
check_there(size_t n)
{
    require(sum_of(array, n, element_size) == sum);
}

START_TEST(order_that_is_none_loses_no_element)
{
    int (*const orders[])(const void *, const void *, void *) = { at_random,
        always_less, always_greater, mostly };
    static const size_t some[] = { 8, 16, 24, 20, 100 };
    size_t limit = most() / 20;

    for (size_t o = 0; o < LENGTH(orders) * LENGTH(some); o++) {
        element_size = some[o % LENGTH(some)];
        for (size_t i = 0; i < LENGTH(sizes) && sizes[i] < limit; i++) {
            for (unsigned flags = 0; flags <= STEAL_SORT_STABLE; flags++) {
                make(sizes[i], any);
                ck_assert_int_eq(steal_sort(array, sizes[i], element_size,
                                         orders[o / LENGTH(some)], NULL, flags,
                                         NULL),
                        0);
                check_there(sizes[i]);
            }
        }
    }
}
END_TEST

/* An order that makes up its mind only when it is asked, so that each pivot turns
 * out to be among the least (McIlroy, "A Killer Adversary for Quicksort"). */
static uint32_t solid;
static uint32_t gas;
static uint32_t candidate;
static size_t comparisons;

static int
adversary(const void *a, const void *b, void *data)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    (void)data;
    comparisons++;
    if (values[x] == gas && values[y] == gas)
        values[x == candidate ? x : y] = solid++;
    if (values[x] == gas)
        candidate = x;
    else if (values[y] == gas)
        candidate = y;
    return (values[x] > values[y]) - (values[x] < values[y]);
}

START_TEST(adversary_does_not_make_it_slow)
{
    uint32_t n = LENGTH(values);
    uint32_t *keys = (uint32_t *)(void *)array;

    gas = n;
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = i;
        values[i] = gas;
    }
    values[0] = 1; /* neither in order nor reversed */
    values[1] = 0;
    values[2] = 2;
    solid = 3;
    ck_assert_int_eq(steal_sort(keys, n, sizeof *keys, adversary, NULL, 0,
                             NULL),
            0);
    for (uint32_t i = 1; i < n; i++)
        require(values[keys[i - 1]] <= values[keys[i]]);
    ck_assert_uint_lt(comparisons, 100 * (size_t)n); /* n log n is 17 n */
}
END_TEST

static int
counted(const void *a, const void *b, void *data)
{
    (*(size_t *)data)++;
    return by_number(a, b, &element_size);
}

START_TEST(what_is_in_order_or_reversed_is_compared_once)
{
    pattern_fn *const easy[] = { sorted, reversed, equal };

    element_size = 16;
    for (size_t i = 0; i < 2 * LENGTH(easy); i++) {
        size_t n = 10000;
        size_t times = 0;

        make(n, easy[i / 2]);
        ck_assert_int_eq(steal_sort(array, n, element_size, counted, &times,
                                 i % 2, NULL),
                0);
        ck_assert_uint_le(times, n + 2);
        check_there(n);
    }
}
END_TEST

START_TEST(elements_that_are_equal_are_compared_a_few_times)
{
    size_t n = 100000;
    size_t times = 0;

    element_size = 16;
    make(n, few_distinct);
    ck_assert_int_eq(steal_sort(array, n, element_size, counted, &times, 0,
                             NULL),
            0);
    ck_assert_uint_lt(times, 8 * n); /* n log n is 17 n */
}
END_TEST

/*
 * Tokens
 */

struct canceling {
    struct steal_cancel token;
    _Atomic(int) left; /* comparisons until the request */
};

static int
by_number_until(const void *a, const void *b, void *data)
{
    struct canceling *c = data;

    if (sub_acq_rel(&c->left, 1) == 1)
        steal_cancel_request(&c->token);
    return by_number(a, b, &element_size);
}

/* Whenever the request comes, the elements are all there. */
START_TEST(token_keeps_the_elements)
{
    struct steal_runtime *runtime = runtime_start(2);
    size_t n = most() / 3;

    element_size = 16;
    for (int round = 0; round < scaled(40) * 2; round++) {
        struct canceling c = { STEAL_CANCEL_INIT, 1 + (round / 2) * 20011 };
        struct steal_loop_options options = { .cancel = &c.token,
            .runtime = runtime };

        make(n, any);
        ck_assert_int_eq(steal_sort(array, n, element_size, by_number_until, &c,
                                 round % 2, &options),
                steal_cancel_is_requested(&c.token) ? -ECANCELED : 0);
        check_there(n);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(token_ends_a_sort_early)
{
    struct canceling c = { STEAL_CANCEL_INIT, 1000 };
    struct steal_loop_options options = { .cancel = &c.token };

    for (unsigned flags = 0; flags <= STEAL_SORT_STABLE; flags++) {
        c = (struct canceling){ STEAL_CANCEL_INIT, 1000 };
        element_size = 16;
        make(200000, any);
        ck_assert_int_eq(steal_sort(array, 200000, element_size,
                                 by_number_until, &c, flags, &options),
                -ECANCELED);
        ck_assert_int_ge(load_acquire(&c.left), -600000); /* of 3,500,000 */
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        elements_of_all_patterns_and_counts_are_sorted,
        elements_of_any_size_are_sorted,
        huge_elements_are_sorted,
        elements_are_sorted_by_the_workers_of_a_runtime,
        elements_are_sorted_inside_of_a_task,
        senseless_arguments_are_refused,
        order_that_is_none_loses_no_element,
        adversary_does_not_make_it_slow,
        what_is_in_order_or_reversed_is_compared_once,
        elements_that_are_equal_are_compared_a_few_times,
        token_keeps_the_elements,
        token_ends_a_sort_early,
    };

    return run_suite("sort", tests, LENGTH(tests));
}
