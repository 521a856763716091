/*
 * tests/blocks.c - caches of blocks and their depot, over an allocator that
 * counts and can be made to fail.
 */
#include "../src/base/blocks.h"

#include "kit.h"

/* Builds with a memory checker keep nothing (blocks.c). */
#if defined(__SANITIZE_ADDRESS__) || defined(STEAL_DEBUG)
# define KEEPS false
#else
# define KEEPS true
#endif

static struct {
    int calls;
    int out;      /* blocks */
    size_t bytes; /* out */
    bool fails;
} heap;

static struct block_depot depot;
static struct block_cache cache;

static void *
heap_allocate(size_t size, void *data)
{
    require(data == &heap);
    heap.calls++;
    if (heap.fails)
        return NULL;
    heap.out++;
    heap.bytes += size;
    return malloc(size);
}

static void
heap_release(void *block, size_t size, void *data)
{
    require(data == &heap);
    heap.out--;
    heap.bytes -= size;
    free(block);
}

static void
setup(void)
{
    const struct steal_allocator allocator = { heap_allocate, heap_release,
        &heap };

    memset(&heap, 0, sizeof heap);
    steal__depot_init(&depot, &allocator);
    steal__cache_init(&cache, &depot);
}

static void
teardown(void)
{
    steal__cache_fini(&cache);
    steal__depot_fini(&depot);
    ck_assert_int_eq(heap.out, 0);
    ck_assert_uint_eq(heap.bytes, 0);
}

START_TEST(blocks_are_aligned_and_apart)
{
    char *a;
    char *b;

    setup();
    a = steal__cache_allocate(&cache, 33);
    b = steal__cache_allocate(&cache, 33);
    ck_assert_uint_eq((uintptr_t)a % 16, 0);
    ck_assert_uint_eq((uintptr_t)b % 16, 0);
    memset(a, 1, 33);
    memset(b, 2, 33);
    ck_assert_int_eq(a[32], 1);
    steal__cache_release(&cache, a, 33);
    steal__cache_release(&cache, b, 33);
    teardown();
}
END_TEST

START_TEST(released_block_is_the_next_of_its_class)
{
    void *block;

    setup();
    block = steal__cache_allocate(&cache, 100);
    steal__cache_release(&cache, block, 100);
    if (KEEPS) {
        ck_assert_ptr_eq(steal__cache_allocate(&cache, 112), block);
        ck_assert_int_eq(heap.calls, 1);
        steal__cache_release(&cache, block, 112);
    }
    teardown();
}
END_TEST

START_TEST(other_classes_do_not_share_blocks)
{
    void *small;
    void *large;

    setup();
    small = steal__cache_allocate(&cache, 16);
    steal__cache_release(&cache, small, 16);
    large = steal__cache_allocate(&cache, 17);
    ck_assert_int_eq(heap.calls, 2);
    steal__cache_release(&cache, large, 17);
    teardown();
}
END_TEST

START_TEST(large_blocks_are_not_kept)
{
    size_t size = (size_t)BLOCK_CLASSES * BLOCK_UNIT;
    void *block;

    setup();
    block = steal__cache_allocate(&cache, size);
    ck_assert_uint_ge(heap.bytes, size);
    steal__cache_release(&cache, block, size);
    ck_assert_int_eq(heap.out, 0);
    teardown();
}
END_TEST

START_TEST(no_memory_gives_null_and_counts_nothing)
{
    setup();
    heap.fails = true;
    ck_assert_ptr_null(steal__cache_allocate(&cache, 64));
    ck_assert_ptr_null(steal__cache_allocate(&cache, 100000));
    ck_assert_ptr_null(steal__depot_allocate(&depot, 64));
    ck_assert_int_eq(cache.balance, 0);
    teardown();
}
END_TEST

/* Blocks that caches keep are counted there, the others by the depot. */
START_TEST(balance_counts_what_is_out)
{
    void *a;
    void *b;
    void *c;

    setup();
    a = steal__cache_allocate(&cache, 64);
    b = steal__cache_allocate(&cache, 1000);
    c = steal__depot_allocate(&depot, 64);
    ck_assert_int_eq(cache.balance + depot.balance, 3);
    steal__cache_release(&cache, a, 64);
    steal__cache_release(&cache, b, 1000);
    ck_assert_int_eq(cache.balance + depot.balance, 1);
    steal__depot_release(&depot, c, 64);
    ck_assert_int_eq(cache.balance + depot.balance, 0);
    teardown();
}
END_TEST

/* Moves `n` blocks from one cache to the other, and frees them there. */
static void
move(struct block_cache *from, struct block_cache *to, int n)
{
    void *block[4 * BLOCK_BUNDLE];

    ck_assert_int_le(n, 4 * BLOCK_BUNDLE);
    for (int i = 0; i < n; i++) {
        block[i] = steal__cache_allocate(from, 64);
        require(block[i]);
    }
    for (int i = 0; i < n; i++)
        steal__cache_release(to, block[i], 64);
}

START_TEST(blocks_find_their_way_back_through_the_depot)
{
    struct block_cache other;
    int calls;

    setup();
    steal__cache_init(&other, &depot);
    for (int i = 0; i < 4; i++)
        move(&cache, &other, 4 * BLOCK_BUNDLE);
    calls = heap.calls;
    for (int i = 0; i < 100; i++)
        move(&cache, &other, 4 * BLOCK_BUNDLE);
    if (KEEPS)
        ck_assert_int_eq(heap.calls, calls);
    steal__cache_fini(&other);
    teardown();
}
END_TEST

START_TEST(cache_keeps_less_than_two_bundles)
{
    setup();
    move(&cache, &cache, 4 * BLOCK_BUNDLE);
    for (int i = 0; i < BLOCK_CLASSES; i++)
        ck_assert_uint_lt(cache.free[i].n, 2 * BLOCK_BUNDLE);
    teardown();
}
END_TEST

START_TEST(depot_keeps_a_bounded_amount)
{
    enum {
        MANY = 40000,
        SIZE = 624
    };
    static void *block[MANY];

    setup();
    for (int i = 0; i < MANY; i++)
        block[i] = steal__cache_allocate(&cache, SIZE);
    for (int i = 0; i < MANY; i++)
        steal__cache_release(&cache, block[i], SIZE);
    ck_assert_uint_le(depot.kept, 16u << 20);
    ck_assert_uint_le(heap.bytes, (16u << 20) + 2 * BLOCK_BUNDLE * SIZE);
    teardown();
}
END_TEST

START_TEST(loose_block_is_kept_for_the_next_thread)
{
    void *block;

    setup();
    block = steal__depot_allocate(&depot, 100);
    steal__depot_release(&depot, block, 100);
    if (KEEPS) {
        ck_assert_ptr_eq(steal__depot_allocate(&depot, 112), block);
        ck_assert_int_eq(heap.calls, 1);
        steal__depot_release(&depot, block, 112);
    }
    teardown();
}
END_TEST

START_TEST(last_block_of_a_closed_depot_is_told)
{
    void *a;
    void *b;

    setup();
    a = steal__depot_allocate(&depot, 64);
    b = steal__cache_allocate(&cache, 64);
    ck_assert(!steal__depot_release(&depot, a, 64)); /* not closed */
    a = steal__depot_allocate(&depot, 64);
    steal__depot_hold(&depot, 1);
    steal__cache_fini(&cache);
    ck_assert(!steal__depot_close(&depot, cache.balance));
    steal__depot_fini(&depot);
    ck_assert(!steal__depot_release(&depot, a, 64));
    ck_assert(!steal__depot_release(&depot, NULL, 0));
    ck_assert(steal__depot_release(&depot, b, 64));
    ck_assert_int_eq(heap.out, 0);
}
END_TEST

START_TEST(depot_without_blocks_is_over_when_it_closes)
{
    setup();
    ck_assert(steal__depot_close(&depot, 0));
    teardown();
}
END_TEST

START_TEST(without_an_allocator_malloc_serves)
{
    const struct steal_allocator none = { NULL, NULL, NULL };
    void *block;

    steal__depot_init(&depot, &none);
    block = steal__depot_allocate(&depot, 48);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq((uintptr_t)block % 16, 0);
    steal__depot_release(&depot, block, 48);
    steal__depot_fini(&depot);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        blocks_are_aligned_and_apart,
        released_block_is_the_next_of_its_class,
        other_classes_do_not_share_blocks,
        large_blocks_are_not_kept,
        no_memory_gives_null_and_counts_nothing,
        balance_counts_what_is_out,
        blocks_find_their_way_back_through_the_depot,
        cache_keeps_less_than_two_bundles,
        depot_keeps_a_bounded_amount,
        loose_block_is_kept_for_the_next_thread,
        last_block_of_a_closed_depot_is_told,
        depot_without_blocks_is_over_when_it_closes,
        without_an_allocator_malloc_serves,
    };

    return run_suite("blocks", tests, LENGTH(tests));
}
