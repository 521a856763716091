/*
 * cell.h - a value with a number, which is read while others overwrite it.
 *
 * The value is of any size.  A plain one, of which every copy of its bytes is as
 * good, is read without a lock: who finds the number of the value that it looks
 * for before and after, has read that value (a sequence lock, but a reader never
 * waits for a writer: it learns that its value is gone).
 *
 *     stamp       2 n      the cell holds the value n
 *                 2 n + 1  the value n is being written
 *
 * Threads: one writes at a time, any read.
 *
 * Orderings
 *   O1  end: store stamp, release  ->  get: load stamp, acquire
 *       Who finds the number sees the value, or a later one.
 *   O2  put: store a word, release  ->  get: load a word, acquire
 *       Who has read a word of a later value sees the stamp that was set before
 *       it was written, and so refuses.
 */
#ifndef STEAL_SYNC_CELL_H
#define STEAL_SYNC_CELL_H

#include <stddef.h>
#include <string.h>

#include "../base/atomic.h"
#include "../base/compiler.h"

struct cell {
    _Atomic(uint64_t) stamp;
    _Atomic(uint64_t) word[];
};

/* The cell with this index in the caller's storage; `words` a cell. */
static inline struct cell *
cell_at(void *storage, size_t words, uint64_t index)
{
    return (struct cell *)(void *)((uint64_t *)storage + index * words);
}

/* The value itself, where no others read or write it. */
static inline void *
cell_value(struct cell *cell)
{
    return (void *)cell->word;
}

static inline void
cell_begin(struct cell *cell, uint64_t number)
{
    store_relaxed(&cell->stamp, 2 * number + 1); /* O2 carries it */
}

static inline void
cell_put(struct cell *cell, const void *value, size_t size)
{
    const char *from = value;
    uint64_t word = 0;
    size_t i;

    for (i = 0; i < size / 8; i++) {
        memcpy(&word, from + 8 * i, 8);
        store_release(&cell->word[i], word); /* O2 */
    }
    if (size % 8) {
        memcpy(&word, from + 8 * i, size % 8);
        store_release(&cell->word[i], word); /* O2 */
    }
}

static inline void
cell_end(struct cell *cell, uint64_t number)
{
    store_release(&cell->stamp, 2 * number); /* O1 */
}

static inline bool
cell_holds(struct cell *cell, uint64_t number)
{
    return load_acquire(&cell->stamp) == 2 * number; /* O1 */
}

/* Of the value that is in it or will be next. */
static inline uint64_t
cell_number(struct cell *cell)
{
    return load_relaxed(&cell->stamp) / 2; /* it only grows */
}

/* False if the value with this number is gone; `value` is undefined then. */
static inline bool
cell_get(struct cell *cell, uint64_t number, void *value, size_t size)
{
    char *to = value;
    uint64_t word;
    size_t i;

    if (unlikely(!cell_holds(cell, number)))
        return false;
    for (i = 0; i < size / 8; i++) {
        word = load_acquire(&cell->word[i]); /* O2 */
        memcpy(to + 8 * i, &word, 8);
    }
    if (size % 8) {
        word = load_acquire(&cell->word[i]); /* O2 */
        memcpy(to + 8 * i, &word, size % 8);
    }
    return likely(load_relaxed(&cell->stamp) == 2 * number); /* O2 */
}

#endif
