/*
 * operation.h - a file operation: a call on the pool, and what is left of it
 * when nobody wants its result.
 *
 *     made --first poll--> begun --READY--> done
 *       |                    |
 *       +--------drop--------+--> undo
 *
 * Threads: `run` is called by a thread of the pool, all else by the poller.
 * The two never touch the struct at the same time, but for `stop`.
 *
 * Orderings
 *   None of its own: the queue of the pool makes what precedes the first poll
 *   visible to `run`, and what `run` did to the poll that is ready or to the
 *   end of the drop.  `stop` is a hint, read relaxed.
 */
#ifndef STEAL_FILE_OPERATION_H
#define STEAL_FILE_OPERATION_H

#include <steal/file.h>

#include "../base/atomic.h"

enum operation_stage {
    OPERATION_MADE,
    OPERATION_BEGUN,
    OPERATION_DONE
};

/* The ops of a future, and what is behind them. */
struct operation {
    struct steal_future_ops ops;
    /* Returns the result; counts in io->done. */
    int (*run)(struct steal_file_io *io);
    /* Gives back what the caller was not told of: after a failure, and when the
     * future is dropped before it is ready, also before it began.  May be
     * NULL. */
    void (*undo)(struct steal_file_io *io);
};

/* clang-format off */
#define OPERATION(title, run, undo)                                           \
    { { .name = (title), .poll = steal__operation_poll,                       \
        .drop = steal__operation_drop,                                        \
        .awaited = steal__operation_awaited },                                \
      (run), (undo) }
/* clang-format on */

/* A step of an operation that has many: after it the operation looks whether
 * anybody still wants it. */
#define OPERATION_STEP ((size_t)1 << 20)

/* Prepares the struct; the caller fills in what else the operation needs. */
struct steal_future *steal__operation_init(struct steal_file_io *io,
        const struct operation *operation, const char *path);

/* For those that work on a descriptor. */
struct steal_future *steal__operation_init_file(struct steal_file_io *io,
        const struct operation *operation, int file);

enum steal_poll steal__operation_poll(struct steal_future *future,
        struct steal_context *cx);
void steal__operation_drop(struct steal_future *future);
struct steal_future *steal__operation_awaited(struct steal_future *future,
        size_t i);

/* True once the future is being dropped: `run` may give up. */
static inline bool
operation_stops(struct steal_file_io *io)
{
    return load_relaxed((_Atomic(uint32_t) *)&io->stop) != 0; /* a hint */
}

/* The result of an operation that has moved so many bytes. */
static inline int
operation_moved(struct steal_file_io *io, size_t n)
{
    io->done = n;
    return n > INT32_MAX ? INT32_MAX : (int)n;
}

#endif
