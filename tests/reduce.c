/*
 * tests/reduce.c - loops that put something together.
 */
#include <steal/loop.h>

#include "loops.h"

#include "failing.h"

#define N 100000

/*
 * Polynomials, as hashes of strings are: the order counts, and what is joined
 * must be beside each other.
 */

struct hash {
    _Alignas(max_align_t) uint64_t value;
    uint64_t power; /* of the base, to the number of items */
    size_t begin;   /* of the range, if there is one */
    size_t end;
};

#define BASE UINT64_C(1000003)

static uint64_t
item(size_t i)
{
    return i * UINT64_C(0x9e3779b97f4a7c15) >> 7;
}

static void
hash_init(void *accumulator, void *data)
{
    (void)data;
    require((uintptr_t)accumulator % _Alignof(max_align_t) == 0);
    *(struct hash *)accumulator = (struct hash){ 0, 1, 0, 0 };
}

static int
hash_body(size_t begin, size_t end, void *accumulator, void *data)
{
    struct hash *hash = accumulator;

    (void)data;
    require(begin < end);
    if (hash->end == 0)
        hash->begin = begin;
    else
        require(hash->end == begin);
    hash->end = end;
    for (size_t i = begin; i < end; i++) {
        hash->value = hash->value * BASE + item(i);
        hash->power *= BASE;
    }
    return 0;
}

static void
hash_join(void *left, const void *right, void *data)
{
    struct hash *a = left;
    const struct hash *b = right;

    (void)data;
    if (b->end == 0)
        return;
    if (a->end == 0)
        a->begin = b->begin;
    else
        require(a->end == b->begin);
    a->end = b->end;
    a->value = a->value * b->power + b->value;
    a->power *= b->power;
}

/* The same in accumulators of any size, `data`: what is behind stays 42. */
static void
check_padding(const void *accumulator, void *data)
{
    size_t size = *(const size_t *)data;

    if (size > sizeof(struct hash))
        require(((const unsigned char *)accumulator)[size - 1] == 42);
}

static void
padded_init(void *accumulator, void *data)
{
    size_t size = *(const size_t *)data;

    memset(accumulator, 42, size);
    hash_init(accumulator, NULL);
}

static int
padded_body(size_t begin, size_t end, void *accumulator, void *data)
{
    check_padding(accumulator, data);
    return hash_body(begin, end, accumulator, NULL);
}

static void
padded_join(void *left, const void *right, void *data)
{
    check_padding(left, data);
    check_padding(right, data);
    hash_join(left, right, NULL);
}

static struct hash
serial_hash(size_t begin, size_t end)
{
    struct hash hash;

    hash_init(&hash, NULL);
    if (begin < end)
        hash_body(begin, end, &hash, NULL);
    return hash;
}

static void
reduce_size(size_t size, const struct steal_loop_options *options)
{
    const struct steal_reduction reduction = { size, padded_init, padded_body,
        padded_join };
    static const size_t sizes[] = { 0, 1, 2, 3, 17, 1000, N };
    void *result = __real_malloc(size);

    for (size_t i = 0; i < LENGTH(sizes); i++) {
        struct hash expected = serial_hash(5, 5 + sizes[i]);

        for (int times = 0; times < 5; times++) {
            padded_init(result, &size);
            require(steal_reduce(5, 5 + sizes[i], &reduction, result, &size,
                            options) == 0);
            check_padding(result, &size);
            require(memcmp(result, &expected, sizeof expected) == 0);
        }
    }
    __real_free(result);
}

static void
reduce_all_sizes(const struct steal_loop_options *options)
{
    static const size_t sizes[] = { sizeof(struct hash), 64, 65, 100, 256, 257,
        10000 };

    for (size_t i = 0; i < LENGTH(sizes); i++)
        reduce_size(sizes[i], options);
}

START_TEST(the_order_is_kept_whatever_the_size_of_an_accumulator)
{
    everywhere(reduce_all_sizes);
    loops_end();
}
END_TEST

static const struct steal_reduction hashing = { sizeof(struct hash), hash_init,
    hash_body, hash_join };

static void
add_to_result(const struct steal_loop_options *options)
{
    struct hash hash;
    struct hash expected = serial_hash(0, 3 * N);

    hash_init(&hash, NULL);
    for (size_t i = 0; i < 3; i++)
        require(steal_reduce(i * N, (i + 1) * N, &hashing, &hash, NULL,
                        options) == 0);
    require(memcmp(&hash, &expected, sizeof hash) == 0);
}

START_TEST(the_range_is_added_to_the_result)
{
    everywhere(add_to_result);
    loops_end();
}
END_TEST

/* Each index is on a thread of its own. */
static int
body_in_company(size_t begin, size_t end, void *accumulator, void *data)
{
    require(end - begin == 1);
    company_wait();
    return hash_body(begin, end, accumulator, data);
}

static void
reduce_in_company(const struct steal_loop_options *options)
{
    const struct steal_reduction reduction = { sizeof(struct hash), hash_init,
        body_in_company, hash_join };

    for (int turn = 0; turn < scaled(200); turn++) {
        size_t n = (size_t)turn % WORKERS + 1;
        struct hash expected = serial_hash(1, 1 + n);
        struct hash hash;

        company_expect((int)n);
        hash_init(&hash, NULL);
        require(steal_reduce(1, 1 + n, &reduction, &hash, NULL, options) == 0);
        require(memcmp(&hash, &expected, sizeof hash) == 0);
    }
}

START_TEST(as_many_indices_as_workers_run_at_the_same_time)
{
    in_computation(reduce_in_company);
    loops_end();
}
END_TEST

/* Makes a piece of any length take long, so that others come. */
static int
body_that_yields(size_t begin, size_t end, void *accumulator, void *data)
{
    sched_yield();
    return hash_body(begin, end, accumulator, data);
}

static void
reduce_grains(const struct steal_loop_options *given)
{
    struct steal_loop_options options = *given;
    const struct steal_reduction reduction = { sizeof(struct hash), hash_init,
        body_that_yields, hash_join };
    struct hash expected = serial_hash(0, N);

    for (options.grain = 1; options.grain < N; options.grain *= 7) {
        struct hash hash;

        hash_init(&hash, NULL);
        require(steal_reduce(0, N, &reduction, &hash, NULL, &options) == 0);
        require(memcmp(&hash, &expected, sizeof hash) == 0);
    }
}

START_TEST(the_order_is_kept_whatever_the_grain)
{
    everywhere(reduce_grains);
    loops_end();
}
END_TEST

/*
 * Errors
 */

/* What accumulators own is told by how many there are. */
struct failing_loop {
    size_t bad;
    _Atomic(int) made;
    _Atomic(int) joined;
};

static void
count_made(void *accumulator, void *data)
{
    struct failing_loop *self = data;

    (void)accumulator;
    add_relaxed(&self->made, 1); /* a count */
}

static int
body_that_fails(size_t begin, size_t end, void *accumulator, void *data)
{
    const struct failing_loop *self = data;

    (void)accumulator;
    sched_yield();
    return begin <= self->bad && self->bad < end ? -EIO : 0;
}

static void
count_joined(void *left, const void *right, void *data)
{
    struct failing_loop *self = data;

    require(left != right);
    add_relaxed(&self->joined, 1); /* a count */
}

static void
reduce_with_errors(const struct steal_loop_options *given)
{
    const struct steal_reduction reduction = { 8, count_made, body_that_fails,
        count_joined };
    struct steal_loop_options options = *given;
    struct steal_cancel token = STEAL_CANCEL_INIT;
    struct failing_loop self = { 0, 0, 0 };
    _Alignas(max_align_t) char result[8];

    options.grain = 100;
    for (self.bad = 0; self.bad < N; self.bad += 5009) {
        require(steal_reduce(0, N, &reduction, result, &self, &options) ==
                -EIO);
        require(load_relaxed(&self.made) == load_relaxed(&self.joined));
    }
    options.cancel = &token;
    steal_cancel_request(&token);
    require(steal_reduce(0, N, &reduction, result, &self, &options) ==
            -ECANCELED);
}

START_TEST(errors_are_returned)
{
    everywhere(reduce_with_errors);
    loops_end();
}
END_TEST

/*
 * Small loops, which stay with the caller
 */

/* So long that the next loop is measured. */
static void
pause_a_little(void)
{
    uint64_t begin = steal_now();

    while (steal_now() - begin < STEAL_US(5))
        cpu_relax();
}

static void
reduce_a_little(const struct steal_loop_options *options)
{
    static const struct steal_reduction hash = { sizeof(struct hash), hash_init,
        hash_body, hash_join };

    for (size_t n = 16; n < 24; n++) {
        for (size_t begin = 24; begin < 40; begin++) {
            struct hash result;

            for (int i = 0; i < 5; i++) {
                pause_a_little();
                hash_init(&result, NULL);
                require(steal_reduce(begin, begin + n, &hash, &result, NULL,
                                options) == 0);
                require(result.begin == begin && result.end == begin + n);
            }
        }
    }
}

START_TEST(pieces_of_small_loops_are_not_empty)
{
    everywhere(reduce_a_little); /* hash_body() sees to that */
    loops_end();
}
END_TEST

static int
request_in_the_end(size_t begin, size_t end, void *accumulator, void *data)
{
    (void)begin;
    (void)accumulator;
    if (end == 64 && data)
        steal_cancel_request(data);
    return 0;
}

static void
add_nothing(void *left, const void *right, void *data)
{
    (void)left;
    (void)right;
    (void)data;
}

static void
init_nothing(void *accumulator, void *data)
{
    (void)accumulator;
    (void)data;
}

static void
request_late(const struct steal_loop_options *given)
{
    static const struct steal_reduction nothing = { 0, init_nothing,
        request_in_the_end, add_nothing };
    struct steal_loop_options options = *given;
    struct steal_cancel idle = STEAL_CANCEL_INIT;

    for (int i = 0; i < 100; i++) {
        struct steal_cancel token = STEAL_CANCEL_INIT;

        options.cancel = &idle;
        require(steal_reduce(0, 64, &nothing, &token, NULL, &options) == 0);
        options.cancel = &token;
        require(steal_reduce(0, 64, &nothing, &token, &token, &options) ==
                -ECANCELED);
    }
}

START_TEST(a_token_counts_that_the_last_piece_requests)
{
    everywhere(request_late);
    loops_end();
}
END_TEST

/*
 * Memory
 */

static int
body_without_company(size_t begin, size_t end, void *accumulator, void *data)
{
    (void)data;
    sched_yield();
    return padded_body(begin, end, accumulator, &(size_t){ 300 });
}

static void
padded_300_init(void *accumulator, void *data)
{
    (void)data;
    padded_init(accumulator, &(size_t){ 300 });
}

static void
padded_300_join(void *left, const void *right, void *data)
{
    (void)data;
    padded_join(left, right, &(size_t){ 300 });
}

static void
reduce_without_memory(const struct steal_loop_options *given)
{
    struct steal_loop_options options = *given;
    const struct steal_reduction reduction = { 300, padded_300_init,
        body_without_company, padded_300_join };
    struct hash expected = serial_hash(0, N);
    _Alignas(max_align_t) char result[300];

    options.grain = 100;
    for (int n = 1; n < 8; n++) {
        failing_begin(n);
        failing_arm(true);
        padded_300_init(result, NULL);
        require(steal_reduce(0, N, &reduction, result, NULL, &options) == 0);
        failing_arm(false);
        failing_check_leaks(n);
        failing_end();
        require(memcmp(result, &expected, sizeof expected) == 0);
    }
}

START_TEST(without_memory_fewer_take_part_and_nothing_else_happens)
{
    in_computation(reduce_without_memory);
    loops_end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        the_order_is_kept_whatever_the_size_of_an_accumulator,
        the_range_is_added_to_the_result,
        as_many_indices_as_workers_run_at_the_same_time,
        the_order_is_kept_whatever_the_grain,
        errors_are_returned,
        pieces_of_small_loops_are_not_empty,
        a_token_counts_that_the_last_piece_requests,
        without_memory_fewer_take_part_and_nothing_else_happens,
    };

    return run_suite_with("reduce", loops_reset, tests, LENGTH(tests));
}
