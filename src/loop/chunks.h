/*
 * chunks.h - a range in chunks that are summed and walked: who does what next.
 *
 *           oldest          front                                 rest
 *     walked | walking known | walking  reserved  summed  summing | not cut yet
 *
 *     front     the first chunk whose sum is not yet in the prefix.  One thread
 *               at a time has it, and with it the prefix.
 *     known     summed when the front came by: its prefix is with it, and it is
 *               anybody's to walk.
 *     reserved  the next one for the front, where walking is all that it takes:
 *               others sum those behind it.
 *
 *     FREE ---------------> WALKING -----> WALKED
 *      |      the front         ^
 *      v                        |
 *     SUMMING --> SUMMED --> KNOWN
 *                   the front
 *
 *   C1  Who has the front is the only one that changes `front`, and goes on until
 *       that chunk is not summed.
 *   C2  Who ends a chunk looks for another.  So a chunk that can be gone on with
 *       is seen by somebody, and nobody waits.
 *
 * Threads: any; the functions take the lock.
 */
#ifndef STEAL_LOOP_CHUNKS_H
#define STEAL_LOOP_CHUNKS_H

#include "span.h"

#define CHUNKS_MOST 32

enum chunk_state {
    CHUNK_FREE,
    CHUNK_SUMMING,
    CHUNK_SUMMED,
    CHUNK_KNOWN,
    CHUNK_WALKING,
    CHUNK_WALKED
};

struct chunk {
    size_t begin;
    size_t end;
    enum chunk_state state;
};

struct chunks {
    struct span span; /* what is not cut yet */
    unsigned slots;   /* chunks at a time; 1: nothing is summed */

    CACHE_ALIGNED struct lock lock;
    bool is_advancing; /* somebody has the front */
    unsigned known;    /* chunks */
    size_t rest;       /* of the span */
    size_t oldest;     /* the chunks from here, */
    size_t newest;     /* until before that, are in their slots */
    size_t front;
    size_t reserved; /* if it is there, and free */
    struct measure measure;
    struct chunk chunk[CHUNKS_MOST]; /* number n is in slot n % slots */
};

enum chunk_work {
    CHUNK_FRONT, /* walk, with the prefix */
    CHUNK_WALK,  /* walk, with the prefix of the chunk */
    CHUNK_SUM
};

struct chunk_claim {
    enum chunk_work work;
    size_t begin;
    size_t end;
    size_t number;
    unsigned slot;
    unsigned others; /* for how many there is work beside, about */
};

void steal__chunks_init(struct chunks *chunks, const struct cut *range,
        unsigned slots);

/* False: there is nothing to do for the moment. */
bool steal__chunks_claim(struct chunks *chunks, struct chunk_claim *claim);

/* It is done; the next chunks are measured as told.  True: the caller has the
 * front, and calls steal__chunks_advance(). */
bool steal__chunks_finish(struct chunks *chunks,
        const struct chunk_claim *claim, const struct measure *measure);

/*
 * True: the chunk in *slot has been summed, and the prefix is for the caller to
 * give to it; when it has one, the caller calls again.  False: the caller does
 * not have the front any more.  `is_again` is false in the first call.
 */
bool steal__chunks_advance(struct chunks *chunks, bool is_again,
        unsigned *slot);

#endif
