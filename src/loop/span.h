/*
 * span.h - the rest of a range, from which its owner takes pieces at the front
 * and thieves take halves at the back.
 *
 *     done | piece | rest ----------> <---------- cut 1 | cut 0
 *                  begin           end
 *
 * Cuts are numbered in their order, from right to left.
 *
 * Threads: init and take are the owner's, cut is for any.
 */
#ifndef STEAL_LOOP_SPAN_H
#define STEAL_LOOP_SPAN_H

#include <stdbool.h>
#include <stddef.h>

#include "../base/lock.h"

/* How pieces are measured out. */
struct measure {
    size_t want;  /* indices in a piece */
    size_t least; /* not worth sharing; at least the grain */
};

struct span {
    struct lock lock;
    unsigned cuts;
    bool is_tree; /* leaves of one: whole subtrees are taken; tree.h */
    size_t begin;
    size_t end;
    struct measure measure; /* the owner's latest */
};

/* A cut. */
struct cut {
    size_t begin;
    size_t end;
    unsigned number;
    void *block; /* loop.h */
    struct measure measure;
};

/*
 * Pieces that are not short begin and end at such indices, where those of
 * arrays that begin on a line of the cache do, too: a loop that the compiler
 * has unrolled takes half as long again when it begins elsewhere, and nobody
 * shares a line.
 */
#define SPAN_ROUND 32

static inline size_t
span_round_down(size_t i)
{
    return i & ~(size_t)(SPAN_ROUND - 1);
}

/* What a thief takes; both sides are worth a piece then. */
static inline size_t
span_half(size_t rest, size_t least)
{
    if (rest < least)
        return 0;
    return rest / 2 < least ? rest : rest / 2;
}

/* How many may come for a rest. */
static inline unsigned
span_shares(size_t rest, size_t least)
{
    unsigned n = 0;

    for (; rest >= least && rest; rest -= span_half(rest, least))
        n++;
    return n;
}

void steal__span_init(struct span *span, const struct cut *range);

/* Takes the first piece, [*begin, *end), of which there is always something
 * left for others while it is worth it; *rest is what is left.  False: nothing
 * is. */
bool steal__span_take(struct span *span, const struct measure *measure,
        size_t *begin, size_t *end, size_t *rest);

/* Takes the last half, or all if that is too little to be halved.  False: it is
 * not worth it, or `most` cuts were made already. */
bool steal__span_cut(struct span *span, unsigned most, struct cut *cut);

#endif
