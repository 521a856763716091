/*
 * tests/sort_memory.c - sorts for which there is no memory.
 */
#include <steal/sort.h>

#include "kit.h"
#include "sort_patterns.h"

#include <sys/mman.h>

#define MANY ((size_t)500000) /* keys: more than are allocated */
#define SOME ((size_t)5000)

static uint32_t keys[MANY];
static uint32_t before[MANY];

static bool is_failing;
static int blocks; /* that are out */

void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
void *__real_mmap(void *at, size_t size, int protection, int flags, int file,
        off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file,
        off_t offset);

void *
__wrap_aligned_alloc(size_t align, size_t size)
{
    blocks++;
    return is_failing ? NULL : __real_aligned_alloc(align, size);
}

void *
__wrap_mmap(void *at, size_t size, int protection, int flags, int file,
        off_t offset)
{
    blocks++;
    if (is_failing)
        return MAP_FAILED;
    return __real_mmap(at, size, protection, flags, file, offset);
}

static int
by_number(const void *a, const void *b, void *data)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    (void)data;
    return (x > y) - (x < y);
}

static void
make(void)
{
    uint64_t seed = 1;

    for (size_t i = 0; i < MANY; i++)
        keys[i] = (uint32_t)next_random(&seed);
    memcpy(before, keys, sizeof keys);
}

static void
set_failing(bool failing)
{
    blocks = 0;
    is_failing = failing;
}

static int
sort_stably(size_t n)
{
    return steal_sort(keys, n, sizeof *keys, by_number, NULL, STEAL_SORT_STABLE,
            NULL);
}

START_TEST(sort_without_memory_changes_nothing)
{
    make();
    set_failing(true);
    ck_assert_int_eq(steal_sort_u32(keys, MANY, NULL), -ENOMEM);
    ck_assert_int_eq(steal_sort_u32(keys, SOME, NULL), -ENOMEM);
    ck_assert_int_eq(sort_stably(MANY), -ENOMEM);
    ck_assert_int_eq(sort_stably(SOME), -ENOMEM);
    set_failing(false);
    ck_assert_mem_eq(keys, before, sizeof keys);
    ck_assert_int_eq(steal_sort_u32(keys, MANY, NULL), 0);
}
END_TEST

START_TEST(sort_that_need_not_be_stable_needs_no_memory)
{
    make();
    set_failing(true);
    ck_assert_int_eq(steal_sort(keys, MANY, sizeof *keys, by_number, NULL, 0,
                             NULL),
            0);
    ck_assert_int_eq(blocks, 0);
    set_failing(false);
    for (size_t i = 1; i < MANY; i++)
        require(keys[i - 1] <= keys[i]);
}
END_TEST

START_TEST(few_keys_need_no_memory)
{
    make();
    set_failing(true);
    ck_assert_int_eq(steal_sort_u32(keys, 1000, NULL), 0);
    ck_assert_int_eq(sort_stably(32), 0);
    ck_assert_int_eq(blocks, 0);
    set_failing(false);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        sort_without_memory_changes_nothing,
        sort_that_need_not_be_stable_needs_no_memory,
        few_keys_need_no_memory,
    };

    return run_suite("sort_memory", tests, LENGTH(tests));
}
