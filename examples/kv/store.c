/*
 * store.c - hash tables, sixty-four of them.
 */
#include "store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SHARDS       64
#define LEAST_CHAINS 16
#define SWEEP_CHAINS 64 /* of a shard, in one sweep */

struct shard {
    _Alignas(64) pthread_mutex_t lock;
    struct entry **chain;
    size_t chains; /* a power of two */
    size_t count;
    size_t swept; /* where the next sweep begins */
};

struct store {
    struct shard shard[SHARDS];
    uint64_t seed; /* so that nobody can know which keys share a chain */
};

struct store *
store_new(void)
{
    struct store *store = aligned_alloc(64, sizeof *store);

    if (store == NULL)
        return NULL;
    memset(store, 0, sizeof *store);
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &store->shard[i];

        pthread_mutex_init(&shard->lock, NULL);
        shard->chain = calloc(LEAST_CHAINS, sizeof(struct entry *));
        if (shard->chain == NULL) {
            store_free(store);
            return NULL;
        }
        shard->chains = LEAST_CHAINS;
    }
    if (getrandom(&store->seed, sizeof store->seed, GRND_NONBLOCK) < 0)
        store->seed = (uintptr_t)store;
    return store;
}

void
store_free(struct store *store)
{
    store_clear(store);
    for (int i = 0; i < SHARDS; i++)
        free(store->shard[i].chain);
    free(store);
}

static uint64_t
mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

static uint64_t
hash_of(const struct store *store, struct bytes key)
{
    uint64_t hash = store->seed ^ key.size;
    uint64_t word;

    for (; key.size >= sizeof word; key.size -= sizeof word) {
        memcpy(&word, key.data, sizeof word);
        hash = mix(hash ^ word);
        key.data += sizeof word;
    }
    word = 0;
    memcpy(&word, key.data, key.size);
    return mix(mix(hash ^ word));
}

/* The upper bits choose the shard, the lower ones the chain. */
static struct shard *
shard_of(struct store *store, uint64_t hash)
{
    return &store->shard[hash >> 58];
}

uint64_t
store_shard(const struct store *store, struct bytes key)
{
    return UINT64_C(1) << (hash_of(store, key) >> 58);
}

/* In order, so that two who want the same shards do not wait for each other. */
void
store_lock(struct store *store, uint64_t shards)
{
    for (; shards != 0; shards &= shards - 1)
        pthread_mutex_lock(&store->shard[__builtin_ctzll(shards)].lock);
}

void
store_unlock(struct store *store, uint64_t shards)
{
    for (; shards != 0; shards &= shards - 1)
        pthread_mutex_unlock(&store->shard[__builtin_ctzll(shards)].lock);
}

/* Where the pointer to the entry of this key is; NULL is there if there is none. */
static struct entry **
place_of(struct shard *shard, struct bytes key, uint64_t hash)
{
    struct entry **place = &shard->chain[hash & (shard->chains - 1)];
    struct entry *entry;

    for (; (entry = *place) != NULL; place = &entry->next) {
        if (entry->hash == hash && entry->key_size == key.size &&
                memcmp(entry->bytes, key.data, key.size) == 0)
            break;
    }
    return place;
}

static void
remove_at(struct shard *shard, struct entry **place)
{
    struct entry *entry = *place;

    *place = entry->next;
    shard->count--;
    free(entry);
}

struct entry *
store_find(struct store *store, struct bytes key, uint64_t now)
{
    uint64_t hash = hash_of(store, key);
    struct shard *shard = shard_of(store, hash);
    struct entry **place = place_of(shard, key, hash);

    if (*place != NULL && (*place)->expires <= now)
        remove_at(shard, place);
    else if (*place != NULL)
        return *place;
    return NULL;
}

/* Twice as many chains; if there is no memory for them they get longer. */
static void
grow(struct shard *shard)
{
    size_t chains = shard->chains * 2;
    struct entry **chain = calloc(chains, sizeof *chain);
    struct entry *entry;

    if (chain == NULL)
        return;
    for (size_t i = 0; i < shard->chains; i++) {
        while ((entry = shard->chain[i]) != NULL) {
            shard->chain[i] = entry->next;
            entry->next = chain[entry->hash & (chains - 1)];
            chain[entry->hash & (chains - 1)] = entry;
        }
    }
    free(shard->chain);
    shard->chain = chain;
    shard->chains = chains;
}

static struct entry *
new_entry(struct bytes key, uint64_t hash, size_t room)
{
    struct entry *entry = malloc(sizeof *entry + key.size + room);

    if (entry != NULL) {
        entry->hash = hash;
        entry->key_size = key.size;
        entry->room = room;
        memcpy(entry->bytes, key.data, key.size);
    }
    return entry;
}

/* An entry of this key with room for `room` bytes, in the place of the one that
 * is there, or that one. */
static struct entry *
make_room(struct shard *shard, struct bytes key, uint64_t hash, size_t room)
{
    struct entry **place = place_of(shard, key, hash);
    struct entry *old = *place;
    struct entry *entry;

    if (old != NULL && old->room >= room && old->room / 2 <= room)
        return old;
    entry = new_entry(key, hash, room);
    if (entry == NULL)
        return NULL;
    entry->next = old != NULL ? old->next : NULL;
    *place = entry;
    free(old);
    shard->count += old == NULL;
    if (shard->count > shard->chains)
        grow(shard);
    return entry;
}

bool
store_set(struct store *store, struct bytes key, struct bytes value,
        uint64_t expires)
{
    uint64_t hash = hash_of(store, key);
    struct entry *entry = make_room(shard_of(store, hash), key, hash,
            value.size);

    if (entry == NULL)
        return false;
    memcpy(entry->bytes + key.size, value.data, value.size);
    entry->size = value.size;
    entry->expires = expires;
    return true;
}

void
store_remove(struct store *store, struct bytes key)
{
    uint64_t hash = hash_of(store, key);
    struct shard *shard = shard_of(store, hash);
    struct entry **place = place_of(shard, key, hash);

    if (*place != NULL)
        remove_at(shard, place);
}

/*
 * All shards, one after the other
 */

size_t
store_count(struct store *store)
{
    size_t count = 0;

    for (int i = 0; i < SHARDS; i++) {
        store_lock(store, UINT64_C(1) << i);
        count += store->shard[i].count;
        store_unlock(store, UINT64_C(1) << i);
    }
    return count;
}

/* Frees what has expired by `now` in this chain. */
static void
sweep_chain(struct shard *shard, size_t chain, uint64_t now)
{
    struct entry **place = &shard->chain[chain];

    while (*place != NULL) {
        if ((*place)->expires <= now)
            remove_at(shard, place);
        else
            place = &(*place)->next;
    }
}

void
store_clear(struct store *store)
{
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &store->shard[i];

        pthread_mutex_lock(&shard->lock);
        for (size_t k = 0; k < shard->chains; k++)
            sweep_chain(shard, k, UINT64_MAX);
        pthread_mutex_unlock(&shard->lock);
    }
}

void
store_sweep(struct store *store, uint64_t now)
{
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &store->shard[i];

        pthread_mutex_lock(&shard->lock);
        for (int k = 0; k < SWEEP_CHAINS && shard->count > 0; k++)
            sweep_chain(shard, shard->swept++ & (shard->chains - 1), now);
        pthread_mutex_unlock(&shard->lock);
    }
}
