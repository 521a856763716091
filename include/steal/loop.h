/*
 * steal/loop.h - loops over ranges, on all workers that have nothing to do.
 *
 *     static int
 *     scale(size_t begin, size_t end, void *data)
 *     {
 *         struct vector *v = data;
 *
 *         for (size_t i = begin; i < end; i++)
 *             v->x[i] *= v->factor;
 *         return 0;
 *     }
 *
 *     err = steal_for(0, v->n, scale, v, NULL);
 *
 * A range is cut where others can use a piece, while they can: there is no grain
 * to guess.  The caller works from the front, a worker that comes takes the last
 * half of what is left, and so on.  A loop that takes a few microseconds is left
 * to the caller: how long a body takes is remembered by the thread.
 *
 * Errors: a body returns 0, or a negative errno code, which the loop returns; of
 * several the first that came to be known.  The others stop at the end of their
 * pieces, and no piece begins any more.  -ECANCELED, if the token was requested
 * before the end; what is done then is not told.  -ECANCELED, and nothing done,
 * if options->runtime is to help and is stopping.
 *
 * Threads: any.  In a task's poll or a job it runs on that runtime; elsewhere on
 * options->runtime, or, if there is none, on the caller alone.  Bodies run on
 * several threads at once, each of them on pieces of its own; what they did is
 * visible when the loop returns.  They may fork, join, and loop.
 *
 * Memory: none is allocated, unless a function says so.
 */
#ifndef STEAL_LOOP_H
#define STEAL_LOOP_H

#include <stddef.h>

#include <steal/base.h>

STEAL_BEGIN_DECLS

struct steal_cancel;

/* Zero, or NULL, stands for the default everywhere. */
struct steal_loop_options {
    size_t grain;                  /* indices in a piece: not cut below that;
                                      default: by time */
    struct steal_cancel *cancel;   /* looked at between two pieces */
    struct steal_runtime *runtime; /* for callers that are in none */
};

/* The indices from `begin` until before `end`, in pieces. */
STEAL_API int steal_for(size_t begin, size_t end,
        int (*body)(size_t begin, size_t end, void *data), void *data,
        const struct steal_loop_options *options);

/* A rectangle of rows and columns. */
struct steal_tile {
    size_t row_begin, row_end;
    size_t column_begin, column_end;
};

/* In tiles, which stay about square: a half is cut off the longer side.
 * `options->grain` is the number of cells in a tile. */
STEAL_API int steal_for_2d(const struct steal_tile *all,
        int (*body)(const struct steal_tile *tile, void *data), void *data,
        const struct steal_loop_options *options);

/*
 * How parts of a range are put together.  An accumulator is `size` bytes,
 * aligned as for any type; init() makes it neutral, body() adds a piece to it,
 * join() adds to `left` what `right` has, of the indices that follow.  The
 * order of the range is kept, so that join() need be associative only.
 *
 * Accumulators stay where they are.  They are forgotten without a call: what they
 * own is given back by join(), which is called once, after an error too, for each
 * `right` that init() has made.  In steal_scan() it may be called more often or
 * not at all, so that there they own nothing.
 */
struct steal_reduction {
    size_t size;
    void (*init)(void *accumulator, void *data);
    int (*body)(size_t begin, size_t end, void *accumulator, void *data);
    void (*join)(void *left, const void *right, void *data);
};

/* Adds the range to `*result`, which the caller has initialised.  After an error
 * `*result` is some part.  Accumulators above 256 bytes are allocated, as threads
 * come to take part; out of memory, they do not come. */
STEAL_API int steal_reduce(size_t begin, size_t end,
        const struct steal_reduction *reduction, void *result, void *data,
        const struct steal_loop_options *options);

/*
 * Prefixes.  As steal_reduce(), and then walk() is called for each piece with an
 * accumulator of all that precedes the piece, `*before` included, to which it
 * adds the piece while it stores what it wants of each index.  body() may be
 * called or not for a piece, and walk() is called exactly once for each index.
 * `*before` is the sum of all at the end; after an error, of some part.
 *
 * The caller walks alone, and does nothing twice, until others come; these add
 * up what is ahead, and walk it when it is known what precedes it.  Accumulators
 * above 256 bytes are allocated; out of memory, the caller stays alone.
 */
struct steal_scanning {
    struct steal_reduction reduction;
    int (*walk)(size_t begin, size_t end, void *accumulator, void *data);
};

STEAL_API int steal_scan(size_t begin, size_t end,
        const struct steal_scanning *scanning, void *before, void *data,
        const struct steal_loop_options *options);

/* A function and its argument. */
struct steal_call {
    int (*fn)(void *data);
    void *data;
};

/* Calls all of them, each once, unless one fails before it has begun.  Of the
 * options the token and the runtime count. */
STEAL_API int steal_invoke(const struct steal_call *calls, size_t n,
        const struct steal_loop_options *options);

STEAL_END_DECLS

#endif
