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
size_of(unsigned class)
{
    return (size_t) class * BLOCK_UNIT;
}

void *
steal__depot_allocate(struct block_depot *depot, size_t size)
{
    return depot->allocator.allocate(size_of(block_class(size)),
            depot->allocator.data);
}

void
steal__depot_release(struct block_depot *depot, void *block, size_t size)
{
    depot->allocator.release(block, size_of(block_class(size)),
            depot->allocator.data);
}

static void
release_list(struct block_depot *depot, struct block *list, unsigned class)
{
    while (list) {
        struct block *block = list;

        list = block->next;
        steal__depot_release(depot, block, size_of(class));
    }
}

void
steal__depot_fini(struct block_depot *depot)
{
    for (unsigned class = 0; class < BLOCK_CLASSES; class ++) {
        while (depot->bundles[class]) {
            struct block *bundle = depot->bundles[class];

            depot->bundles[class] = bundle->bundle;
            release_list(depot, bundle, class);
        }
    }
}

/* False if the depot holds enough already. */
static bool
put_bundle(struct block_depot *depot, struct block *bundle, unsigned class)
{
    size_t bytes = size_of(class) * BLOCK_BUNDLE;
    bool kept;

    lock_take(&depot->lock);
    kept = depot->kept + bytes <= KEEP;
    if (kept) {
        bundle->bundle = depot->bundles[class];
        depot->bundles[class] = bundle;
        depot->kept += bytes;
    }
    lock_give(&depot->lock);
    return kept;
}

static struct block *
get_bundle(struct block_depot *depot, unsigned class)
{
    struct block *bundle;

    lock_take(&depot->lock);
    bundle = depot->bundles[class];
    if (bundle) {
        depot->bundles[class] = bundle->bundle;
        depot->kept -= size_of(class) * BLOCK_BUNDLE;
    }
    lock_give(&depot->lock);
    return bundle;
}

void
steal__cache_init(struct block_cache *cache, struct block_depot *depot)
{
    *cache = (struct block_cache){ .depot = depot };
}

void
steal__cache_fini(struct block_cache *cache)
{
    for (unsigned class = 0; class < BLOCK_CLASSES; class ++) {
        release_list(cache->depot, cache->free[class].first, class);
        cache->free[class].first = NULL;
        cache->free[class].n = 0;
    }
}

COLD void *
steal__cache_refill(struct block_cache *cache, unsigned class)
{
    struct block *bundle = get_bundle(cache->depot, class);

    if (!bundle)
        return steal__depot_allocate(cache->depot, size_of(class));
    cache->free[class].first = bundle->next;
    cache->free[class].n = BLOCK_BUNDLE - 1;
    return bundle;
}

COLD void
steal__cache_drain(struct block_cache *cache, unsigned class)
{
    struct block *last = cache->free[class].first;
    struct block *bundle;

    for (unsigned i = 1; i < BLOCK_BUNDLE; i++)
        last = last->next;
    bundle = last->next;
    last->next = NULL;
    cache->free[class].n = BLOCK_BUNDLE;
    if (!put_bundle(cache->depot, bundle, class))
        release_list(cache->depot, bundle, class);
}
