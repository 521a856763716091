/*
 * steal/reader.h - reading a stream piece by piece, through a buffer.
 *
 *     steal_reader_init(&self->reader, conn, self->buffer, sizeof self->buffer);
 *     ...
 *     STEAL_AWAIT(cx, steal_reader_line(&self->read, &self->reader));
 *     if (self->read.future.result < 0)
 *         STEAL_RETURN(self->read.future.result);
 *     puts(self->read.data);
 *
 * The buffer is the caller's.  What an operation gives in `data` lies there, and
 * stays until the next operation of the same reader.  The largest piece is one
 * that fills the buffer.
 *
 * Each is a future; dropping it loses nothing.  Its result is a length, or
 *
 *     STEAL_EOF    the stream has ended, and there is not what was asked for
 *     -EMSGSIZE    the buffer is full without it; what it holds stays there
 *     else         as for steal_fd_read()
 *
 * Threads: a reader belongs to one task at a time.
 */
#ifndef STEAL_READER_H
#define STEAL_READER_H

#include <stdbool.h>
#include <stddef.h>

#include <steal/async.h>
#include <steal/fd.h>
#include <steal/future.h>
#include <steal/io.h>

STEAL_BEGIN_DECLS

struct steal_reader {
    /* private */
    struct steal_fd *fd;
    char *buffer;
    size_t size;
    size_t begin; /* what was read and not consumed: from here */
    size_t end;   /* to here */
    bool ended;
};

/* `size` is at least 1, and at most INT_MAX of it are used. */
STEAL_API void steal_reader_init(struct steal_reader *reader,
        struct steal_fd *fd, void *buffer, size_t size);

struct steal_read {
    union {
        struct steal_future future;
        struct steal_async async; /* private */
    };
    char *data;  /* of until, line and fill */
    size_t done; /* of read and exact: bytes in the caller's memory */
    /* private */
    struct steal_reader *reader;
    bool (*step)(struct steal_read *read);
    char *into;
    size_t size;
    size_t scanned;
    char delimiter;
    bool direct;
    struct steal_io io;
};

/* Up to a delimiter, with it; what comes before the end of the stream without a
 * delimiter is given as the last piece. */
STEAL_API struct steal_future *steal_reader_until(struct steal_read *read,
        struct steal_reader *reader, char delimiter);

/* A line, without its "\n" or "\r\n": a string, ended by a NUL in its place.  The
 * result is its length; an empty one has 0. */
STEAL_API struct steal_future *steal_reader_line(struct steal_read *read,
        struct steal_reader *reader);

/* As steal_fd_read(): some bytes, at least one; result 0 at the end. */
STEAL_API struct steal_future *steal_reader_read(struct steal_read *read,
        struct steal_reader *reader, void *into, size_t size);

/* As steal_fd_read_exact().  Dropping it leaves in `done` how much it took. */
STEAL_API struct steal_future *steal_reader_exact(struct steal_read *read,
        struct steal_reader *reader, void *into, size_t size);

/*
 * For parsers: waits until at least `least` bytes are in the buffer; the result
 * is how many are.  "More than there are now" is one more than the size that
 * steal_reader_data() tells.
 */
STEAL_API struct steal_future *steal_reader_fill(struct steal_read *read,
        struct steal_reader *reader, size_t least);

/* What is in the buffer, without waiting, and taking the first `n` bytes of it
 * away. */
STEAL_API char *steal_reader_data(const struct steal_reader *reader,
        size_t *size);
STEAL_API void steal_reader_consume(struct steal_reader *reader, size_t n);

STEAL_END_DECLS

#endif
