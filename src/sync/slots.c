#include "slots.h"

#include <stdlib.h>

/* So many empty blocks are kept. */
#ifndef SPARE_MOST
# define SPARE_MOST 4
#endif

/* The size of a block, unless its messages are large. */
#ifndef BLOCK_SIZE
# define BLOCK_SIZE  4096
# define BLOCK_LEAST 8 /* messages */
#endif

struct block {
    _Alignas(16) struct block *next;
    size_t nspare; /* of a spare one: how many there are from here on */
};

static size_t
block_size(const struct slots *s)
{
    size_t least = sizeof(struct block) + BLOCK_LEAST * (size_t)s->size;

    return least > BLOCK_SIZE ? least : BLOCK_SIZE;
}

static char *
block_begin(struct block *block)
{
    return (char *)(block + 1);
}

static char *
block_end(const struct slots *s, struct block *block)
{
    size_t bytes = block_size(s) - sizeof *block;

    return block_begin(block) + bytes - bytes % s->size;
}

struct block *
steal__slots_allocate(const struct slots *s)
{
    return malloc(block_size(s));
}

void
steal__slots_add(struct slots *s, struct block *block)
{
    block->nspare = s->spare ? s->spare->nspare + 1 : 1;
    block->next = s->spare;
    s->spare = block;
}

struct block *
steal__slots_take_surplus(struct slots *s)
{
    struct block *surplus = NULL;

    while (unlikely(s->spare && s->spare->nspare > SPARE_MOST)) {
        struct block *block = s->spare;

        s->spare = block->next;
        block->next = surplus;
        surplus = block;
    }
    return surplus;
}

void
steal__slots_free(struct block *blocks)
{
    while (blocks) {
        struct block *next = blocks->next;

        free(blocks);
        blocks = next;
    }
}

/* A spare block becomes the last. */
static bool
append_spare(struct slots *s)
{
    struct block *block = s->spare;

    if (!block)
        return false;
    s->spare = block->next;
    block->next = NULL;
    s->tail = block_begin(block);
    s->tail_end = block_end(s, block);
    if (s->last) {
        s->last->next = block;
    } else {
        s->first = block;
        s->head = s->tail;
        s->head_end = s->tail_end;
    }
    s->last = block;
    return true;
}

/* The ends of a ring are not known before, for it may be a static one. */
COLD bool
steal__slots_next_tail(struct slots *s)
{
    if (!s->ring)
        return append_spare(s);
    if (!s->ring_size)
        return false;
    s->tail = s->ring;
    s->tail_end = s->ring + s->ring_size;
    s->head_end = s->tail_end;
    return true;
}

COLD void
steal__slots_next_head(struct slots *s)
{
    struct block *block = s->first;

    if (s->ring) {
        s->head = s->ring;
        return;
    }
    s->first = block->next;
    s->head = block_begin(s->first);
    s->head_end = block_end(s, s->first);
    steal__slots_add(s, block);
}
