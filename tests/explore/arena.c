#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE  ((size_t)256 * 1024)
#define BLOCKS      256
#define BLOCK_ALIGN 64

struct block {
    unsigned char *start;
    size_t size;
    bool freed;
};

static _Alignas(BLOCK_ALIGN) unsigned char arena[ARENA_SIZE];
static size_t used;
static struct block blocks[BLOCKS];
static unsigned block_count;

void
arena_begin(void)
{
    used = 0;
    block_count = 0;
}

void *
arena_alloc(size_t size)
{
    struct block *block = &blocks[block_count];
    size_t room = (size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;

    if (block_count == BLOCKS || ARENA_SIZE - used < room) {
        fprintf(stderr, "explore: the arena is full\n");
        exit(1);
    }
    block->start = arena + used;
    block->size = size;
    block->freed = false;
    used += room;
    block_count++;
    /* What nobody set must not look like what somebody set. */
    memset(block->start, 0xa5, size);
    return block->start;
}

static struct block *
find_block(const volatile void *address)
{
    uintptr_t at = (uintptr_t)address;

    if (at - (uintptr_t)arena >= used)
        return NULL;
    for (unsigned i = 0; i < block_count; i++)
        if (at - (uintptr_t)blocks[i].start < blocks[i].size)
            return &blocks[i];
    return NULL;
}

void
arena_free(void *block)
{
    struct block *found = find_block(block);

    if (!found || found->start != block) {
        fprintf(stderr, "explore: frees what is no block\n");
        exit(1);
    }
    found->freed = true;
}

size_t
arena_size(const void *block)
{
    const struct block *found = find_block(block);

    return found ? found->size : 0;
}

bool
arena_is_freed(const volatile void *address)
{
    const struct block *found = find_block(address);

    return found && found->freed;
}

unsigned
arena_blocks(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < block_count; i++)
        n += !blocks[i].freed;
    return n;
}
