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

#include "lock.h"

#define BLOCK_UNIT    16
#define BLOCK_CLASSES 40 /* up to 640 bytes; larger ones are not kept */
#define BLOCK_BUNDLE  64

/* A free block; a bundle is a list of them, with `bundle` set in its first. */
struct block {
    struct block *next;
    struct block *bundle;
};

struct block_depot {
    struct steal_allocator allocator;
    struct lock lock;
    struct block *bundles[BLOCK_CLASSES];
    size_t kept; /* bytes */
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

/* NULL if there is no memory.  The block is aligned to 16 bytes. */
void *steal__cache_allocate(struct block_cache *cache, size_t size);
void steal__cache_release(struct block_cache *cache, void *block, size_t size);

/* The same for threads that have no cache. */
void *steal__depot_allocate(struct block_depot *depot, size_t size);
void steal__depot_release(struct block_depot *depot, void *block, size_t size);

#endif
