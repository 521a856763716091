/*
 * tests/scan.c - prefixes, with an operation for which the order counts: the
 * hash of a string.
 */
#include <steal/loop.h>

#include "loops.h"

#include "../src/loop/helpers.h"
#include "failing.h"

#define N MARKS

#define BASE UINT64_C(1000003)

struct hash {
    _Alignas(max_align_t) uint64_t value;
    uint64_t power; /* of the base, to the number of items */
};

struct scan {
    size_t size; /* of an accumulator, which is a hash and 42s */
    size_t first;
    size_t bad; /* an index where the walk fails */
    _Atomic(int) sums;
    bool yields;
};

static uint64_t prefix[N]; /* what walks store: the hash with the index */
static uint64_t expected[N];

static uint64_t
item(size_t i)
{
    return i * UINT64_C(0x9e3779b97f4a7c15) >> 7;
}

static void
check_padding(const void *accumulator, const struct scan *self)
{
    if (self->size > sizeof(struct hash))
        require(((const unsigned char *)accumulator)[self->size - 1] == 42);
}

static void
init(void *accumulator, void *data)
{
    struct scan *self = data;

    require((uintptr_t)accumulator % _Alignof(max_align_t) == 0);
    memset(accumulator, 42, self->size);
    *(struct hash *)accumulator = (struct hash){ 0, 1 };
}

static void
add(struct hash *hash, size_t i)
{
    hash->value = hash->value * BASE + item(i);
    hash->power *= BASE;
}

static int
body(size_t begin, size_t end, void *accumulator, void *data)
{
    struct scan *self = data;

    require(begin < end);
    check_padding(accumulator, self);
    add_relaxed(&self->sums, 1); /* a sum */
    if (self->yields)
        sched_yield();
    for (size_t i = begin; i < end; i++)
        add(accumulator, i);
    return 0;
}

static void
join(void *left, const void *right, void *data)
{
    struct hash *a = left;
    const struct hash *b = right;

    check_padding(left, data);
    check_padding(right, data);
    a->value = a->value * b->power + b->value;
    a->power *= b->power;
}

static int
walk(size_t begin, size_t end, void *accumulator, void *data)
{
    struct scan *self = data;
    struct hash *hash = accumulator;

    require(begin < end);
    check_padding(accumulator, self);
    marks_add(begin - self->first, end - self->first);
    if (self->yields)
        sched_yield();
    for (size_t i = begin; i < end; i++) {
        add(hash, i);
        prefix[i - self->first] = hash->value;
    }
    return begin <= self->bad && self->bad < end ? -EIO : 0;
}

static struct hash
expect(size_t first, size_t n)
{
    struct hash hash = { 7, 1 };

    for (size_t i = 0; i < n; i++) {
        add(&hash, first + i);
        expected[i] = hash.value;
    }
    return hash;
}

static const struct steal_scanning scanning = { { 0, init, body, join }, walk };

static struct steal_scanning
scanning_of(const struct scan *self)
{
    struct steal_scanning sized = scanning;

    sized.reduction.size = self->size;
    return sized;
}

/* Scans n indices, and compares. */
static void
scan(struct scan *self, size_t n, const struct steal_loop_options *options)
{
    struct steal_scanning sized = scanning_of(self);
    struct hash last = expect(self->first, n);
    struct hash *before = __real_malloc(self->size);

    marks_clear();
    init(before, self);
    before->value = 7;
    require(steal_scan(self->first, self->first + n, &sized, before, self,
                    options) == 0);
    check_padding(before, self);
    marks_check(n, 1);
    require(memcmp(prefix, expected, n * sizeof *prefix) == 0);
    require(before->value == last.value && before->power == last.power);
    __real_free(before);
}

static void
scan_all_sizes(const struct steal_loop_options *options)
{
    static const size_t sizes[] = { 0, 1, 2, 3, 17, 1000, N };

    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (int times = 0; times < 5; times++) {
            struct scan self = { sizeof(struct hash), 11, SIZE_MAX, 0, false };

            scan(&self, sizes[i], options);
        }
    }
}

START_TEST(each_index_has_what_precedes_it)
{
    everywhere(scan_all_sizes);
    loops_end();
}
END_TEST

static void
scan_all_grains(const struct steal_loop_options *given)
{
    struct steal_loop_options options = *given;

    for (options.grain = 10; options.grain < N; options.grain *= 7) {
        struct scan self = { 16, SIZE_MAX - N, SIZE_MAX, 0, true };

        scan(&self, N, &options);
    }
}

START_TEST(others_take_part_whatever_the_grain)
{
    everywhere(scan_all_grains);
    loops_end();
}
END_TEST

static void
scan_all_accumulators(const struct steal_loop_options *given)
{
    static const size_t sizes[] = { 16, 64, 65, 100, 256, 257, 1000 };
    struct steal_loop_options options = *given;

    options.grain = 50;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        struct scan self = { sizes[i], 0, SIZE_MAX, 0, true };

        scan(&self, N, &options);
    }
}

START_TEST(accumulators_may_be_large)
{
    everywhere(scan_all_accumulators);
    loops_end();
}
END_TEST

static void
scan_without_memory(const struct steal_loop_options *options)
{
    struct scan self = { 300, 0, SIZE_MAX, 0, true };

    failing_begin(1);
    failing_arm(true);
    scan(&self, N, options);
    failing_arm(false);
    require(load_relaxed(&self.sums) == 0);
    require(load_acquire(&failing.failures) == 1);
    scan(&self, N, options);
    failing_check_leaks(1);
    failing_end();
}

START_TEST(without_memory_the_caller_walks_alone)
{
    in_computation(scan_without_memory);
    loops_end();
}
END_TEST

START_TEST(alone_nothing_is_summed)
{
    struct scan self = { 16, 0, SIZE_MAX, 0, false };

    scan(&self, N, NULL);
    ck_assert_int_eq(load_relaxed(&self.sums), 0);
    loops_end();
}
END_TEST

/* The front waits until somebody runs ahead. */
static int
walk_in_company(size_t begin, size_t end, void *accumulator, void *data)
{
    struct scan *self = data;

    if (begin == self->first)
        wait_until(load_acquire(&self->sums) >= 3);
    return walk(begin, end, accumulator, data);
}

static void
scan_in_company(const struct steal_loop_options *given)
{
    struct steal_loop_options options = *given;
    struct steal_scanning sized = scanning;
    struct scan self = { 16, 0, SIZE_MAX, 0, false };
    struct hash before = { 7, 1 };
    struct hash last = expect(0, 1000);

    sized.reduction.size = sizeof before;
    sized.walk = walk_in_company;
    options.grain = 10;
    marks_clear();
    require(steal_scan(0, 1000, &sized, &before, &self, &options) == 0);
    marks_check(1000, 1);
    require(memcmp(prefix, expected, 1000 * sizeof *prefix) == 0);
    require(before.value == last.value);
}

START_TEST(others_run_ahead_of_the_front)
{
    in_computation(scan_in_company);
    loops_end();
}
END_TEST

static void
scan_with_errors(const struct steal_loop_options *given)
{
    struct steal_loop_options options = *given;
    struct steal_cancel token = STEAL_CANCEL_INIT;
    struct scan self = { 16, 0, 0, 0, false };
    struct steal_scanning sized = scanning_of(&self);
    struct hash before = { 0, 1 };

    for (self.bad = 0; self.bad < N; self.bad += 4999)
        require(steal_scan(0, N, &sized, &before, &self, &options) == -EIO);
    options.cancel = &token;
    require(steal_scan(0, 10, &sized, &before, &self, &options) == 0);
    steal_cancel_request(&token);
    marks_clear();
    require(steal_scan(0, N, &sized, &before, &self, &options) == -ECANCELED);
    marks_check(0, 0);
}

START_TEST(errors_are_returned)
{
    everywhere(scan_with_errors);
    loops_end();
}
END_TEST

/*
 * Helpers
 */

static _Atomic(size_t) came;

static void
come_and_go(struct steal_job *job)
{
    (void)job;
    add_relaxed(&came, 1); /* a count */
}

static void
call_helpers(const struct steal_loop_options *options)
{
    struct helpers helpers;
    size_t before = load_relaxed(&came);

    (void)options;
    helpers_init(&helpers);
    for (size_t n = 1; n <= 3 * HELPERS_MOST; n++)
        wait_until((steal__helpers_fork(&helpers, 1, come_and_go, NULL),
                steal_share(), load_relaxed(&came) - before >= n));
    steal__helpers_join(&helpers);
}

START_TEST(helpers_come_however_many_have_come_and_gone)
{
    in_computation(call_helpers);
    loops_end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        each_index_has_what_precedes_it,
        others_take_part_whatever_the_grain,
        accumulators_may_be_large,
        without_memory_the_caller_walks_alone,
        alone_nothing_is_summed,
        others_run_ahead_of_the_front,
        errors_are_returned,
        helpers_come_however_many_have_come_and_gone,
    };

    return run_suite_with("scan", loops_reset, tests, LENGTH(tests));
}
