/*
 * memory.h - what a thread may see: shared words, views, and plain data.
 *
 * Each word keeps all that was stored in it, in order.  An actor's view tells,
 * for each word, the oldest store that it may still see, and for each other
 * actor how much of its plain accesses happened before.  A release leaves the
 * view with the store; an acquire that reads the store takes it over.  Stores
 * join the order of a word when they are made, and read-modify-writes see the
 * newest one.
 *
 * Threads: the actors are the threads of a case and, last, MEMORY_MAIN, which
 *          is setup() and finish(): before and after all of them.
 */
#ifndef EXPLORE_MEMORY_H
#define EXPLORE_MEMORY_H

#include "explore_atomic.h"
#include "search.h"

#define MEMORY_MAIN   SEARCH_THREADS
#define MEMORY_ACTORS (SEARCH_THREADS + 1)
#define MEMORY_WORDS  96
#define MEMORY_FENCE  63 /* the bit of fences and of the futex queues */
#define MEMORY_STORES 128

/* The bit of a word in a footprint.  The last of many have one together: so their
 * steps are tried in more orders than need be. */
static inline uint64_t
memory_bit(unsigned word)
{
    return UINT64_C(1) << (word < MEMORY_FENCE ? word : MEMORY_FENCE - 1);
}

/* Starts an execution: all words are as the program holds them. */
void memory_begin(void);

/* Ends it: what was stored is undone. */
void memory_end(void);

/* All threads know what MAIN did; MAIN knows what all threads did. */
void memory_fork(void);
void memory_join(void);

/* The number of the word at this address. */
unsigned memory_word(unsigned actor, const volatile void *address, size_t size);

/* Stores in a word that nobody has met so far, which gets no number for that:
 * before the threads begin.  False if there is one. */
bool memory_store_early(const volatile void *address, size_t size,
        uint64_t value);

/* The words from `address` on, as bits. */
uint64_t memory_words_in(const volatile void *address, size_t size);

/*
 * The stores of `word` that `actor` may see, newest first; at most `history`
 * old ones.  Those are left out that it could as well have seen earlier: the
 * search has, or will have, the path where it reads before the next store.
 */
unsigned memory_candidates(unsigned actor, unsigned word, unsigned history,
        unsigned found[MEMORY_STORES]);

unsigned memory_newest(unsigned word);
uint64_t memory_value(unsigned word, unsigned store);

uint64_t memory_load(unsigned actor, unsigned word, unsigned store,
        enum explore_order order);
void memory_store(unsigned actor, unsigned word, uint64_t value,
        enum explore_order order);
/* Reads the newest store and puts `value` right after it. */
void memory_rmw(unsigned actor, unsigned word, uint64_t value,
        enum explore_order order);
void memory_fence(unsigned actor, enum explore_order order);
void memory_fence_seq_cst(unsigned actor);
/* As the kernel does: it orders words, and nobody may pass data by it. */
void memory_fence_kernel(unsigned actor);
/* As if every thread made a fence at the point where it is. */
void memory_fence_all(unsigned actor);

/* From now on `actor` sees nothing older in `word` than its newest store. */
void memory_catch_up(unsigned actor, unsigned word);
void memory_catch_up_all(unsigned actor);

/* Was an old store left out because of the bound on the history? */
bool memory_was_cut(void);

/* Describes a race of this plain access with an earlier one; NULL if there is
 * none. */
const char *memory_plain(unsigned actor, const volatile void *data, size_t size,
        bool write);

#endif
