/*
 * arena.h - memory of one execution: given out once, never twice.
 *
 * Blocks have the same addresses in every execution, and a freed one stays
 * recognizable, so that each use of it is found.
 */
#ifndef EXPLORE_ARENA_H
#define EXPLORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* Takes all blocks back. */
void arena_begin(void);

void *arena_alloc(size_t size);
void arena_free(void *block);
size_t arena_size(const void *block);

/* How many are not freed. */
unsigned arena_blocks(void);

/* Is the address inside a freed block? */
bool arena_is_freed(const volatile void *address);

#endif
