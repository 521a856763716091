/*
 * blocks.h - memory for tasks: blocks of a few sizes, kept for the next task.
 *
 *     allocator  <-- one block --  cache of a worker  <-- bundle --> depot
 *
 * A worker takes blocks from its cache and puts them back there, without an
 * atomic operation, whoever made them.  A cache that runs over sends a bundle
 * to the depot, one that runs dry gets one from there, so that blocks find
 * their way from the workers that end tasks to those that spawn them.  (The
 * magazines of Bonwick and Adams, "Magazines and vmem", 2001.)  What the
 * depot holds is bounded; the rest goes back to the allocator.
 *
 * In builds with a memory checker nothing is kept.
 *
 * Threads: a cache is its worker's; a depot is anyone's.
 */
#ifndef STEAL_BASE_BLOCKS_H
#define STEAL_BASE_BLOCKS_H

#include <steal/runtime.h>

#include "compiler.h"
#include "lock.h"

#define BLOCK_UNIT    16
#define BLOCK_CLASSES 40 /* up to 640 bytes; larger ones are not kept */
#define BLOCK_BUNDLE  64

#if defined(__SANITIZE_ADDRESS__) || defined(STEAL_DEBUG)
# define BLOCK_LARGEST 0
#else
# define BLOCK_LARGEST (BLOCK_UNIT * (BLOCK_CLASSES - 1))
#endif

/* A free block; a bundle is a list of them, with `bundle` set in its first. */
struct block {
    struct block *next;
    struct block *bundle;
};

struct block_depot {
    struct steal_allocator allocator;
    struct lock lock;
    struct block *bundles[BLOCK_CLASSES];
    struct block *loose[BLOCK_CLASSES]; /* singles, for threads without cache */
    size_t kept;                        /* bytes, of both */
    int64_t balance; /* blocks out by such threads, then by all */
    bool closed;     /* the workers have added theirs */
};

struct block_cache {
    struct block_depot *depot;
    int64_t balance; /* blocks given out, less those that came back */
    struct {
        struct block *first;
        unsigned n;
    } free[BLOCK_CLASSES];
};

void steal__depot_init(struct block_depot *depot,
        const struct steal_allocator *allocator);
void steal__depot_fini(struct block_depot *depot);

void steal__cache_init(struct block_cache *cache, struct block_depot *depot);
void steal__cache_fini(struct block_cache *cache);

/*
 * For threads that have no cache.  NULL if there is no memory; a block is
 * aligned to 16 bytes.  Releasing gives true if that was the last block that
 * was out of a closed depot: nothing refers to it any more.
 */
void *steal__depot_allocate(struct block_depot *depot, size_t size);
bool steal__depot_release(struct block_depot *depot, void *block, size_t size);

/* Counts as so many blocks; releasing NULL ends that. */
void steal__depot_hold(struct block_depot *depot, int64_t n);

/* Adds the balance of the workers, who are gone.  True if no block is out. */
bool steal__depot_close(struct block_depot *depot, int64_t balance);

/* The cache is dry: gives a block from the depot, or a new one. */
void *steal__cache_refill(struct block_cache *cache, unsigned bin);

/* The cache runs over: its newest blocks, which are still in the processor's
 * cache, stay; a bundle of the older ones goes. */
void steal__cache_drain(struct block_cache *cache, unsigned bin);

/* The size bin; all blocks of a bin have its full size. */
static inline unsigned
block_bin(size_t size)
{
    return (unsigned)((size + BLOCK_UNIT - 1) / BLOCK_UNIT);
}

/* For a worker.  NULL if the cache is dry; the size is a cached one. */
static inline void *
steal__cache_try_allocate(struct block_cache *cache, size_t size)
{
    unsigned bin = block_bin(size);
    struct block *block = cache->free[bin].first;

    if (likely(block != NULL)) {
        cache->free[bin].first = block->next;
        cache->free[bin].n--;
        cache->balance++;
    }
    return block;
}

static inline void *
steal__cache_allocate(struct block_cache *cache, size_t size)
{
    void *block;

    if (unlikely(size > BLOCK_LARGEST))
        return steal__depot_allocate(cache->depot, size);
    block = steal__cache_try_allocate(cache, size);
    if (likely(block != NULL))
        return block;
    block = steal__cache_refill(cache, block_bin(size));
    cache->balance += block != NULL;
    return block;
}

static inline void
steal__cache_release(struct block_cache *cache, void *memory, size_t size)
{
    unsigned bin = block_bin(size);
    struct block *block = memory;

    if (size > BLOCK_LARGEST) {
        steal__depot_release(cache->depot, memory, size); /* never the last */
        return;
    }
    cache->balance--;
    block->next = cache->free[bin].first;
    cache->free[bin].first = block;
    if (unlikely(++cache->free[bin].n == 2 * BLOCK_BUNDLE))
        steal__cache_drain(cache, bin);
}

#endif
