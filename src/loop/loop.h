/*
 * loop.h - a loop, and the parts that threads have in it.
 *
 *     caller   part [0, n)   pieces: 0.. | 1.. | ...
 *                 cut 0 -> thief A   part [n/2, n)   pieces ...
 *                                       cut 0 -> thief C   part [3n/4, n)
 *                 cut 1 -> thief B   part [n/4, n/2)
 *
 * A part is a range and the thread that works on it, on whose stack it is.  It
 * goes piece by piece, and looks in between whether somebody wants a share, the
 * loop has failed, or was canceled.  Pieces are as long as they take, about
 * LOOP_PIECE, by what the last one took.  A part is over when its range is done
 * and all are over that were cut off it.
 *
 * What a loop does with a piece, and what else a part needs, is its kind's.
 *
 * Orderings: what parts write is visible to who joins them, by their jobs.  The
 * error is a flag; the joins bring the rest.
 */
#ifndef STEAL_LOOP_LOOP_H
#define STEAL_LOOP_LOOP_H

#include <steal/loop.h>

#include "../base/compiler.h"
#include "helpers.h"
#include "pace.h"
#include "span.h"

#define LOOP_PIECE (20 * TICKS_PER_US)

struct loop;

/* On the stack of the thread, in what its kind adds. */
struct part {
    CACHE_ALIGNED struct span span;
    CACHE_ALIGNED struct loop *loop;
    unsigned most_cuts;
    uint64_t ticks; /* that its pieces took */
    struct helpers helpers;
};

struct loop_kind {
    /* Runs a part: makes one on the stack, and calls steal__part_run().  `of` is
     * the part that the range was cut off, or NULL: it is the whole. */
    void (*run)(struct loop *loop, struct part *of, const struct cut *range);
    /* Runs a piece of it; 0 or the error. */
    int (*piece)(struct part *part, size_t begin, size_t end);
};

struct loop {
    /* constant */
    const struct loop_kind *kind;
    pace_key body; /* NULL: not to be remembered */
    size_t begin;
    size_t end;
    size_t grain;
    struct steal_cancel *cancel;
    struct steal_runtime *runtime;
    size_t block_size; /* of what each cut wants, from malloc(); 0: nothing */
    bool is_quiet;     /* it is thought to be over before anybody could come */

    _Atomic(int) error;      /* the first one */
    _Atomic(uint64_t) ticks; /* of all parts that are over */
    struct steal_job job;    /* the whole, for a caller outside */
};

void steal__loop_init(struct loop *loop, const struct loop_kind *kind,
        pace_key body, size_t begin, size_t end,
        const struct steal_loop_options *options);

/* True if the loop may be run by small_run(), and then fills that in. */
static inline bool
loop_is_small(struct small *small, pace_key body, size_t begin, size_t end,
        const struct steal_loop_options *options)
{
    size_t n = end - begin;

    if (begin >= end || n < PACE_LEAST || n > pace_small(body))
        return false;
    small->body = body;
    small->begin = begin;
    small->end = end;
    small->cancel = NULL;
    if (options) {
        small->cancel = options->cancel;
        return n / 16 >= options->grain;
    }
    return true;
}

/*
 * True if nobody is to be called yet, after `ticks` of work.  To wake a thread
 * costs more than a small loop.  Who looks for work finds what is forked all
 * the same, and so does, within 10 ms, who sleeps.
 */
static inline bool
loop_is_quiet(const struct loop *loop, uint64_t ticks)
{
    return loop->is_quiet && ticks <= PACE_EIGHTH;
}

/* Runs it, all of it, with the help of others.  Returns its error. */
int steal__loop_run(struct loop *loop);

/* The loop has failed; counts if it is the first time. */
void steal__loop_fail(struct loop *loop, int error);

/* True if no piece is to begin any more. */
bool steal__loop_is_over(struct loop *loop);

/* How the next piece is measured out, after `indices` took `ticks`. */
void steal__loop_measure(const struct loop *loop, struct measure *measure,
        size_t indices, uint64_t ticks);

/* The same before the first. */
void steal__loop_measure_first(const struct loop *loop,
        struct measure *measure);

void steal__part_init(struct part *part, struct loop *loop,
        const struct cut *range, unsigned most_cuts);

/* Works on it until it is over. */
void steal__part_run(struct part *part);

#endif
