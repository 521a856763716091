/*
 * reader.c - a buffer between a stream and who takes it apart.
 *
 *     buffer      begin            end       size
 *     | consumed  | read, not yet  | room    |
 *                 | consumed       |
 *
 * An operation is a step that is tried on what the buffer has, and again after
 * each read from the stream.  After the end of the stream there is always room
 * for one byte: it was found out by a read into that room.
 */
#include <steal/reader.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "../base/assert.h"

static size_t
available(const struct steal_reader *reader)
{
    return reader->end - reader->begin;
}

/*
 * Reading from the stream
 */

/* Moves what is there to the front once there is more behind than ahead. */
static void
make_room(struct steal_reader *reader)
{
    size_t n = available(reader);

    if (n && reader->size - reader->end >= reader->size / 2 + 1)
        return;
    if (n && reader->begin)
        memmove(reader->buffer, reader->buffer + reader->begin, n);
    reader->begin = 0;
    reader->end = n;
}

/* Large reads go past an empty buffer. */
static bool
goes_past_buffer(const struct steal_read *read)
{
    return read->into && available(read->reader) == 0 &&
           read->size - read->done >= read->reader->size;
}

static struct steal_future *
fetch(struct steal_read *read)
{
    struct steal_reader *reader = read->reader;

    read->direct = goes_past_buffer(read);
    if (read->direct)
        return steal_fd_read(&read->io, reader->fd, read->into + read->done,
                read->size - read->done);
    make_room(reader);
    return steal_fd_read(&read->io, reader->fd, reader->buffer + reader->end,
            reader->size - reader->end);
}

static int
fetched(struct steal_read *read)
{
    int result = read->io.future.result;

    if (result < 0)
        return result;
    if (result == 0)
        read->reader->ended = true;
    else if (read->direct)
        read->done += (size_t)result;
    else
        read->reader->end += (size_t)result;
    return 0;
}

static enum steal_poll
read_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_read *read = (struct steal_read *)future;
    int error;

    STEAL_BEGIN(&read->async);
    while (!read->step(read)) {
        STEAL_AWAIT(cx, fetch(read));
        error = fetched(read);
        if (error)
            STEAL_RETURN(error);
    }
    STEAL_END();
}

static const struct steal_future_ops read_ops = { .name = "read",
    .poll = read_poll };

static struct steal_future *
make(struct steal_read *read, struct steal_reader *reader,
        bool (*step)(struct steal_read *read), size_t size)
{
    steal_async_init(&read->async, &read_ops);
    read->data = NULL;
    read->done = 0;
    read->reader = reader;
    read->step = step;
    read->into = NULL;
    read->size = size;
    read->scanned = 0;
    read->direct = false;
    return &read->future;
}

/*
 * Pieces
 */

static bool
finish(struct steal_read *read, int result)
{
    read->future.result = result;
    return true;
}

/* Gives `length` bytes out. */
static bool
give(struct steal_read *read, size_t length)
{
    struct steal_reader *reader = read->reader;

    read->data = reader->buffer + reader->begin;
    reader->begin += length;
    return finish(read, (int)length);
}

/* There is no delimiter.  False if there may be one after another read. */
static bool
ends_without(struct steal_read *read, size_t n)
{
    if (read->reader->ended)
        return n ? give(read, n) : finish(read, STEAL_EOF);
    if (n == read->reader->size)
        return finish(read, -EMSGSIZE);
    read->scanned = n;
    return false;
}

static bool
until_step(struct steal_read *read)
{
    const char *start = read->reader->buffer + read->reader->begin;
    size_t n = available(read->reader);
    const char *found = memchr(start + read->scanned, read->delimiter,
            n - read->scanned);

    if (!found)
        return ends_without(read, n);
    return give(read, (size_t)(found - start) + 1);
}

/* Cuts the end of the line off. */
static bool
line_step(struct steal_read *read)
{
    size_t length;

    if (!until_step(read))
        return false;
    if (read->future.result <= 0)
        return true;
    length = (size_t)read->future.result;
    if (read->data[length - 1] == '\n') {
        length--;
        if (length && read->data[length - 1] == '\r')
            length--;
    }
    read->data[length] = '\0';
    return finish(read, (int)length);
}

struct steal_future *
steal_reader_until(struct steal_read *read, struct steal_reader *reader,
        char delimiter)
{
    read->delimiter = delimiter;
    return make(read, reader, until_step, 0);
}

struct steal_future *
steal_reader_line(struct steal_read *read, struct steal_reader *reader)
{
    read->delimiter = '\n';
    return make(read, reader, line_step, 0);
}

/*
 * Bytes
 */

/* Moves what it can from the buffer to the caller's memory. */
static void
move(struct steal_read *read)
{
    struct steal_reader *reader = read->reader;
    size_t n = available(reader);

    if (n > read->size - read->done)
        n = read->size - read->done;
    if (n == 0)
        return;
    memcpy(read->into + read->done, reader->buffer + reader->begin, n);
    reader->begin += n;
    read->done += n;
}

static bool
some_step(struct steal_read *read)
{
    move(read);
    if (read->done || read->size == 0 || read->reader->ended)
        return finish(read, (int)read->done);
    return false;
}

static bool
exact_step(struct steal_read *read)
{
    move(read);
    if (read->done == read->size)
        return finish(read, read->size < INT_MAX ? (int)read->size : INT_MAX);
    return read->reader->ended && finish(read, STEAL_EOF);
}

struct steal_future *
steal_reader_read(struct steal_read *read, struct steal_reader *reader,
        void *into, size_t size)
{
    make(read, reader, some_step, size < INT_MAX ? size : INT_MAX);
    read->into = into;
    return &read->future;
}

struct steal_future *
steal_reader_exact(struct steal_read *read, struct steal_reader *reader,
        void *into, size_t size)
{
    make(read, reader, exact_step, size);
    read->into = into;
    return &read->future;
}

/*
 * For parsers
 */

static bool
fill_step(struct steal_read *read)
{
    size_t n = available(read->reader);

    if (read->size > read->reader->size)
        return finish(read, -EMSGSIZE);
    if (n >= read->size) {
        read->data = read->reader->buffer + read->reader->begin;
        return finish(read, (int)n);
    }
    return read->reader->ended && finish(read, STEAL_EOF);
}

struct steal_future *
steal_reader_fill(struct steal_read *read, struct steal_reader *reader,
        size_t least)
{
    return make(read, reader, fill_step, least);
}

char *
steal_reader_data(const struct steal_reader *reader, size_t *size)
{
    *size = available(reader);
    return reader->buffer + reader->begin;
}

void
steal_reader_consume(struct steal_reader *reader, size_t n)
{
    must(n <= available(reader));
    reader->begin += n;
}

void
steal_reader_init(struct steal_reader *reader, struct steal_fd *fd,
        void *buffer, size_t size)
{
    must(size > 0);
    reader->fd = fd;
    reader->buffer = buffer;
    reader->size = size < INT_MAX ? size : INT_MAX;
    reader->begin = 0;
    reader->end = 0;
    reader->ended = false;
}
