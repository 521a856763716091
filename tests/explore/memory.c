#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"

/* What an actor knows, or what a store tells. */
struct view {
    uint32_t clock[MEMORY_ACTORS];
    uint16_t oldest[MEMORY_WORDS];
};

struct store {
    uint64_t value;
    unsigned actor;
    uint32_t stamp; /* of the search: when the actor made it */
    struct view message;
};

struct word {
    volatile void *address;
    size_t size;
    uint64_t before; /* what the program held before this execution */
    unsigned count;
    struct store store[MEMORY_STORES];
};

struct actor {
    struct view now;
    struct view heard; /* by relaxed loads: an acquire fence takes it over */
    struct view told;  /* by the last release fence: relaxed stores tell it */
};

/* The last accesses of one byte of plain data, by the clocks of the actors. */
struct byte {
    unsigned writer;
    uint32_t written;
    uint32_t read[MEMORY_ACTORS];
};

#define SHADOW_CELLS (1u << 13)
#define CELL_BYTES   8

struct cell {
    uintptr_t base;
    uint32_t execution;
    struct byte byte[CELL_BYTES];
};

static struct word words[MEMORY_WORDS];
static unsigned word_count;
static struct actor actors[MEMORY_ACTORS];
static struct view fences; /* what the seq_cst fences so far have seen */
static struct cell shadow[SHADOW_CELLS];
static unsigned shadow_used;
static uint32_t execution;
static bool cut;

static void
view_join(struct view *view, const struct view *other)
{
    for (unsigned i = 0; i < MEMORY_ACTORS; i++)
        if (view->clock[i] < other->clock[i])
            view->clock[i] = other->clock[i];
    for (unsigned i = 0; i < word_count; i++)
        if (view->oldest[i] < other->oldest[i])
            view->oldest[i] = other->oldest[i];
}

/* Fences order words, but carry no plain data from one thread to another. */
static void
view_join_words(struct view *view, const struct view *other)
{
    for (unsigned i = 0; i < word_count; i++)
        if (view->oldest[i] < other->oldest[i])
            view->oldest[i] = other->oldest[i];
}

void
memory_begin(void)
{
    word_count = 0;
    memset(actors, 0, sizeof actors);
    memset(&fences, 0, sizeof fences);
    execution++;
    shadow_used = 0;
    cut = false;
    for (unsigned i = 0; i < MEMORY_ACTORS; i++)
        actors[i].now.clock[i] = 1;
}

static uint64_t
peek(const volatile void *address, size_t size)
{
    switch (size) {
    case 1:
        return *(const volatile uint8_t *)address;
    case 2:
        return *(const volatile uint16_t *)address;
    case 4:
        return *(const volatile uint32_t *)address;
    case 8:
        return *(const volatile uint64_t *)address;
    default:
        fprintf(stderr, "explore: a shared word of %zu bytes\n", size);
        exit(1);
    }
}

static void
poke(volatile void *address, size_t size, uint64_t value)
{
    switch (size) {
    case 1:
        *(volatile uint8_t *)address = (uint8_t)value;
        break;
    case 2:
        *(volatile uint16_t *)address = (uint16_t)value;
        break;
    case 4:
        *(volatile uint32_t *)address = (uint32_t)value;
        break;
    default:
        *(volatile uint64_t *)address = value;
        break;
    }
}

static uint64_t
fit(const struct word *word, uint64_t value)
{
    return word->size == 8 ? value
                           : value & ((UINT64_C(1) << 8 * word->size) - 1);
}

void
memory_end(void)
{
    for (unsigned i = 0; i < word_count; i++)
        poke(words[i].address, words[i].size, words[i].before);
}

void
memory_fork(void)
{
    struct actor *main = &actors[MEMORY_MAIN];

    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        view_join(&actors[i].now, &main->now);
    main->now.clock[MEMORY_MAIN]++;
}

void
memory_join(void)
{
    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        view_join(&actors[MEMORY_MAIN].now, &actors[i].now);
    memory_catch_up_all(MEMORY_MAIN);
}

bool
memory_store_early(const volatile void *address, size_t size, uint64_t value)
{
    for (unsigned i = 0; i < word_count; i++)
        if (words[i].address == address)
            return false;
    poke((volatile void *)(uintptr_t)address, size, value);
    return true;
}

/* Adds a store; its message is for the caller to fill in. */
static struct store *
append(unsigned actor, struct word *word, uint64_t value)
{
    struct store *store = &word->store[word->count];
    unsigned number = (unsigned)(word - words);

    if (word->count == MEMORY_STORES)
        explore_fail("no end: more than %d stores to one word", MEMORY_STORES);
    store->value = value;
    store->actor = actor;
    store->stamp = actor < SEARCH_THREADS ? search_stamp(actor) : 0;
    actors[actor].now.oldest[number] = (uint16_t)word->count++;
    poke(word->address, word->size, value);
    return store;
}

static unsigned
add_word(const volatile void *address, size_t size)
{
    struct word *word = &words[word_count];

    if (word_count == MEMORY_WORDS) {
        fprintf(stderr, "explore: more than %d shared words\n", MEMORY_WORDS);
        exit(1);
    }
    word->address = (volatile void *)(uintptr_t)address;
    word->size = size;
    word->before = peek(address, size);
    word->count = 1;
    memset(&word->store[0], 0, sizeof word->store[0]);
    word->store[0].value = word->before;
    word->store[0].actor = MEMORY_MAIN;
    return word_count++;
}

/* Memory that was set by plain means, say by an initializer, gets a store. */
static void
adopt(unsigned actor, struct word *word)
{
    uint64_t value = peek(word->address, word->size);

    if (value != word->store[word->count - 1].value)
        append(actor, word, value)->message = actors[actor].told;
}

unsigned
memory_word(unsigned actor, const volatile void *address, size_t size)
{
    for (unsigned i = 0; i < word_count; i++)
        if (words[i].address == address) {
            if (words[i].size != size) {
                fprintf(stderr, "explore: one word in two sizes\n");
                exit(1);
            }
            adopt(actor, &words[i]);
            return i;
        }
    return add_word(address, size);
}

uint64_t
memory_words_in(const volatile void *address, size_t size)
{
    uint64_t found = 0;

    for (unsigned i = 0; i < word_count; i++)
        if ((uintptr_t)words[i].address - (uintptr_t)address < size)
            found |= memory_bit(i);
    return found;
}

unsigned
memory_candidates(unsigned actor, unsigned number, unsigned history,
        unsigned found[MEMORY_STORES])
{
    const struct word *word = &words[number];
    unsigned oldest = actors[actor].now.oldest[number];
    unsigned n = 0;

    found[n++] = word->count - 1;
    if (actor == MEMORY_MAIN)
        return n;
    for (unsigned i = word->count - 1; i-- > oldest;) {
        const struct store *next = &word->store[i + 1];

        if (next->actor < SEARCH_THREADS &&
                !search_knows(actor, next->actor, next->stamp))
            continue;
        if (n > history) {
            cut = true;
            break;
        }
        found[n++] = i;
    }
    return n;
}

unsigned
memory_newest(unsigned word)
{
    return words[word].count - 1;
}

uint64_t
memory_value(unsigned word, unsigned store)
{
    return words[word].store[store].value;
}

/* What an actor published up to now no longer covers its next plain access. */
static void
tick(unsigned actor)
{
    actors[actor].now.clock[actor]++;
}

static void
see(struct actor *actor, unsigned number, unsigned index,
        enum explore_order order)
{
    const struct store *store = &words[number].store[index];

    if (actor->now.oldest[number] < index)
        actor->now.oldest[number] = (uint16_t)index;
    view_join(&actor->heard, &store->message);
    if (order & EXPLORE_ACQUIRE)
        view_join(&actor->now, &store->message);
}

uint64_t
memory_load(unsigned actor, unsigned number, unsigned index,
        enum explore_order order)
{
    see(&actors[actor], number, index, order);
    return words[number].store[index].value;
}

void
memory_store(unsigned actor, unsigned number, uint64_t value,
        enum explore_order order)
{
    struct word *word = &words[number];
    struct store *store = append(actor, word, fit(word, value));

    store->message = order & EXPLORE_RELEASE ? actors[actor].now
                                             : actors[actor].told;
    if ((order & EXPLORE_CONTINUE) && store[-1].actor == actor)
        view_join(&store->message, &store[-1].message);
    tick(actor);
}

void
memory_rmw(unsigned actor, unsigned number, uint64_t value,
        enum explore_order order)
{
    struct word *word = &words[number];
    unsigned last = word->count - 1;
    struct store *store;

    see(&actors[actor], number, last, order);
    store = append(actor, word, fit(word, value));
    store->message = order & EXPLORE_RELEASE ? actors[actor].now
                                             : actors[actor].told;
    /* A release sequence: who reads this one acquires from that one too. */
    view_join(&store->message, &word->store[last].message);
    tick(actor);
}

void
memory_fence(unsigned number, enum explore_order order)
{
    struct actor *actor = &actors[number];

    if (order & EXPLORE_ACQUIRE)
        view_join(&actor->now, &actor->heard);
    if (order & EXPLORE_RELEASE) {
        actor->told = actor->now;
        tick(number);
    }
}

void
memory_fence_kernel(unsigned number)
{
    struct actor *actor = &actors[number];

    view_join_words(&fences, &actor->now);
    view_join_words(&actor->now, &fences);
}

void
memory_fence_seq_cst(unsigned number)
{
    memory_fence(number, EXPLORE_ACQUIRE);
    memory_fence_kernel(number);
    memory_fence(number, EXPLORE_RELEASE);
}

void
memory_fence_all(unsigned number)
{
    (void)number;
    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        view_join_words(&fences, &actors[i].now);
    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        memory_fence_seq_cst(i);
}

void
memory_catch_up(unsigned actor, unsigned word)
{
    actors[actor].now.oldest[word] = (uint16_t)(words[word].count - 1);
}

void
memory_catch_up_all(unsigned actor)
{
    for (unsigned i = 0; i < word_count; i++)
        memory_catch_up(actor, i);
}

bool
memory_was_cut(void)
{
    return cut;
}

static struct cell *
find_cell(uintptr_t base)
{
    unsigned at = (unsigned)((base >> 3) * 2654435761u) % SHADOW_CELLS;

    while (shadow[at].execution == execution && shadow[at].base != base)
        at = (at + 1) % SHADOW_CELLS;
    if (shadow[at].execution == execution)
        return &shadow[at];
    if (++shadow_used == SHADOW_CELLS) {
        fprintf(stderr, "explore: too much plain data\n");
        exit(1);
    }
    memset(&shadow[at], 0, sizeof shadow[at]);
    shadow[at].execution = execution;
    shadow[at].base = base;
    return &shadow[at];
}

static const char *
touch(unsigned actor, struct byte *byte, bool write)
{
    const uint32_t *clock = actors[actor].now.clock;

    if (byte->written > clock[byte->writer])
        return write ? "writes what another thread writes"
                     : "reads what another thread writes";
    if (!write) {
        byte->read[actor] = clock[actor];
        return NULL;
    }
    for (unsigned i = 0; i < MEMORY_ACTORS; i++)
        if (byte->read[i] > clock[i])
            return "writes what another thread reads";
    byte->writer = actor;
    byte->written = clock[actor];
    return NULL;
}

const char *
memory_plain(unsigned actor, const volatile void *data, size_t size, bool write)
{
    uintptr_t address = (uintptr_t)data;
    struct cell *cell = NULL;
    const char *race = NULL;

    for (size_t i = 0; i < size && !race; i++, address++) {
        if (!cell || address % CELL_BYTES == 0)
            cell = find_cell(address - address % CELL_BYTES);
        race = touch(actor, &cell->byte[address % CELL_BYTES], write);
    }
    return race;
}
