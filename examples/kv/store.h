/*
 * store.h - keys, their values, and when they expire.
 *
 * The keys are spread over shards, each with a lock of its own.  Whoever reads or
 * writes keys first locks the shards of all of them, so a command with many keys
 * is one step for everybody else.  What is done under the locks is short: a
 * worker that waits for one runs no other task meanwhile.
 *
 * A key that has expired is gone at once for those who ask, and its memory when
 * the next sweep comes by.
 */
#ifndef KV_STORE_H
#define KV_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

struct store;

/* NULL: out of memory. */
struct store *store_new(void);
void store_free(struct store *store);

/* Which shard a key is in, as a set of one; sets are joined with "|". */
uint64_t store_shard(const struct store *store, struct bytes key);

void store_lock(struct store *store, uint64_t shards);
void store_unlock(struct store *store, uint64_t shards);

struct entry {
    struct entry *next;
    uint64_t hash;
    uint64_t expires; /* ns of steal_now(), or STEAL_FOREVER */
    size_t key_size;
    size_t size; /* of the value */
    size_t room; /* for the value */
    char bytes[];
};

static inline struct bytes
entry_value(const struct entry *entry)
{
    return (struct bytes){ entry->bytes + entry->key_size, entry->size };
}

/* The entry of a key, or NULL.  `now` is the time.  With the lock held, as the
 * next ones: the entry is good until the key changes, or the unlock. */
struct entry *store_find(struct store *store, struct bytes key, uint64_t now);

/* Gives a key a value and a time to expire.  False: out of memory, no change. */
bool store_set(struct store *store, struct bytes key, struct bytes value,
        uint64_t expires);
void store_remove(struct store *store, struct bytes key);

/* These lock by themselves.  How many keys there are, expired or not; removing
 * all of them; and freeing some of those that have expired. */
size_t store_count(struct store *store);
void store_clear(struct store *store);
void store_sweep(struct store *store, uint64_t now);

#endif
