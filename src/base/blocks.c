#include "blocks.h"

#include <stdlib.h>

#include "compiler.h"

/* The most that a depot keeps, in bytes. */
#define KEEP ((size_t)16 << 20)

static void *
default_allocate(size_t size, void *data)
{
    (void)data;
    return malloc(size);
}

static void
default_release(void *block, size_t size, void *data)
{
    (void)size;
    (void)data;
    free(block);
}

void
steal__depot_init(struct block_depot *depot,
        const struct steal_allocator *allocator)
{
    *depot = (struct block_depot){ .allocator = *allocator };
    if (!depot->allocator.allocate) {
        depot->allocator.allocate = default_allocate;
        depot->allocator.release = default_release;
    }
    lock_init(&depot->lock);
}

static size_t
size_of(unsigned bin)
{
    return (size_t)bin * BLOCK_UNIT;
}

static void *
allocate(struct block_depot *depot, unsigned bin)
{
    return depot->allocator.allocate(size_of(bin), depot->allocator.data);
}

static void
release(struct block_depot *depot, void *block, unsigned bin)
{
    depot->allocator.release(block, size_of(bin), depot->allocator.data);
}

static void
release_list(struct block_depot *depot, struct block *list, unsigned bin)
{
    while (list) {
        struct block *block = list;

        list = block->next;
        release(depot, block, bin);
    }
}

void
steal__depot_fini(struct block_depot *depot)
{
    for (unsigned bin = 0; bin < BLOCK_CLASSES; bin++) {
        while (depot->bundles[bin]) {
            struct block *bundle = depot->bundles[bin];

            depot->bundles[bin] = bundle->bundle;
            release_list(depot, bundle, bin);
        }
        release_list(depot, depot->loose[bin], bin);
        depot->loose[bin] = NULL;
    }
}

bool
steal__depot_close(struct block_depot *depot, int64_t balance)
{
    bool over;

    lock_take(&depot->lock);
    depot->closed = true;
    depot->balance += balance;
    over = depot->balance == 0;
    lock_give(&depot->lock);
    return over;
}

/* False if the depot holds enough already. */
static bool
put_bundle(struct block_depot *depot, struct block *bundle, unsigned bin)
{
    size_t bytes = size_of(bin) * BLOCK_BUNDLE;
    bool kept;

    lock_take(&depot->lock);
    kept = depot->kept + bytes <= KEEP;
    if (kept) {
        bundle->bundle = depot->bundles[bin];
        depot->bundles[bin] = bundle;
        depot->kept += bytes;
    }
    lock_give(&depot->lock);
    return kept;
}

static struct block *
get_bundle(struct block_depot *depot, unsigned bin)
{
    struct block *bundle;

    lock_take(&depot->lock);
    bundle = depot->bundles[bin];
    if (bundle) {
        depot->bundles[bin] = bundle->bundle;
        depot->kept -= size_of(bin) * BLOCK_BUNDLE;
    }
    lock_give(&depot->lock);
    return bundle;
}

/* A single block for a thread without a cache, from an opened bundle. */
static struct block *
get_loose_locked(struct block_depot *depot, unsigned bin)
{
    struct block *block = depot->loose[bin];

    if (!block) {
        block = depot->bundles[bin];
        if (!block)
            return NULL;
        depot->bundles[bin] = block->bundle;
    }
    depot->loose[bin] = block->next;
    depot->kept -= size_of(bin);
    return block;
}

void *
steal__depot_allocate(struct block_depot *depot, size_t size)
{
    struct block *block = NULL;

    lock_take(&depot->lock);
    if (size <= BLOCK_LARGEST)
        block = get_loose_locked(depot, block_bin(size));
    depot->balance++;
    lock_give(&depot->lock);
    if (block)
        return block;
    block = allocate(depot, block_bin(size));
    if (!block)
        steal__depot_hold(depot, -1);
    return block;
}

void
steal__depot_hold(struct block_depot *depot, int64_t n)
{
    lock_take(&depot->lock);
    depot->balance += n;
    lock_give(&depot->lock);
}

/* False if the depot does not keep it. */
static bool
put_loose(struct block_depot *depot, struct block *block, unsigned bin)
{
    bool keep;

    lock_take(&depot->lock);
    keep = !depot->closed && size_of(bin) <= BLOCK_LARGEST &&
           depot->kept + size_of(bin) <= KEEP;
    if (keep) {
        block->next = depot->loose[bin];
        depot->loose[bin] = block;
        depot->kept += size_of(bin);
    }
    lock_give(&depot->lock);
    return keep;
}

bool
steal__depot_release(struct block_depot *depot, void *memory, size_t size)
{
    struct block *block = memory;
    unsigned bin = block_bin(size);
    bool over;

    /* Counted when it is back, not before: the last to count frees the depot. */
    if (block && !put_loose(depot, block, bin))
        release(depot, block, bin);
    lock_take(&depot->lock);
    over = --depot->balance == 0 && depot->closed;
    lock_give(&depot->lock);
    return over;
}

void
steal__cache_init(struct block_cache *cache, struct block_depot *depot)
{
    *cache = (struct block_cache){ .depot = depot };
}

void
steal__cache_fini(struct block_cache *cache)
{
    for (unsigned bin = 0; bin < BLOCK_CLASSES; bin++) {
        release_list(cache->depot, cache->free[bin].first, bin);
        cache->free[bin].first = NULL;
        cache->free[bin].n = 0;
    }
}

COLD void *
steal__cache_refill(struct block_cache *cache, unsigned bin)
{
    struct block *bundle = get_bundle(cache->depot, bin);

    if (!bundle)
        return allocate(cache->depot, bin);
    cache->free[bin].first = bundle->next;
    cache->free[bin].n = BLOCK_BUNDLE - 1;
    return bundle;
}

COLD void
steal__cache_drain(struct block_cache *cache, unsigned bin)
{
    struct block *last = cache->free[bin].first;
    struct block *bundle;

    for (unsigned i = 1; i < BLOCK_BUNDLE; i++)
        last = last->next;
    bundle = last->next;
    last->next = NULL;
    cache->free[bin].n = BLOCK_BUNDLE;
    if (!put_bundle(cache->depot, bundle, bin))
        release_list(cache->depot, bundle, bin);
}
