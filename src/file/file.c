/*
 * file.c - operations on descriptors.
 */
#include <steal/file.h>

#include "cached.h"
#include "operation.h"
#include "sync.h"

/*
 * Open and close: io->file is a descriptor that is ours, or -1.
 */

static void
undo_open(struct steal_file_io *io)
{
    if (io->file >= 0)
        steal__sync_close(io->file);
    io->file = -1;
}

static int
run_open(struct steal_file_io *io)
{
    io->file = steal__sync_open(io->path, io->flags, io->mode);
    return io->file;
}

static const struct operation open_op = OPERATION("file open", run_open,
        undo_open);

struct steal_future *
steal_file_open(struct steal_file_io *io, const char *path, int flags,
        unsigned mode)
{
    steal__operation_init(io, &open_op, path);
    io->flags = flags;
    io->mode = mode;
    return &io->future;
}

static int
run_close(struct steal_file_io *io)
{
    int file = io->file;

    io->file = -1;
    return steal__sync_close(file);
}

/* A close that never came to run is made up for. */
static const struct operation close_op = OPERATION("file close", run_close,
        undo_open);

struct steal_future *
steal_file_close(struct steal_file_io *io, int file)
{
    return steal__operation_init_file(io, &close_op, file);
}

/*
 * Reads and writes
 */

static struct steal_future *
init_transfer(struct steal_file_io *io, const struct operation *operation,
        int file, size_t size, long long offset)
{
    steal__operation_init_file(io, operation, file);
    io->size = size;
    io->offset = offset;
    return &io->future;
}

static int
moved(struct steal_file_io *io, ssize_t n)
{
    return n < 0 ? (int)n : operation_moved(io, (size_t)n);
}

/* Of 128 reads in a row that need not wait, the last gives way to other tasks. */
static bool
gives_way(struct steal_context *cx)
{
    static _Thread_local unsigned row;

    if (++row % 128)
        return false;
    steal_context_wake(cx);
    return true;
}

static bool
try_cached(struct steal_file_io *io)
{
    ssize_t n;

    if (io->offset < 0 || io->size > CACHED_LARGEST)
        return false;
    n = steal__cached_read(io->file, io->with.into, io->size, io->offset);
    if (n < 0)
        return false;
    io->future.result = operation_moved(io, (size_t)n);
    return true;
}

static enum steal_poll
read_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_file_io *io = (struct steal_file_io *)future;

    if (io->stage == OPERATION_MADE) {
        if (gives_way(cx))
            return STEAL_PENDING;
        if (try_cached(io))
            return STEAL_READY;
    }
    return steal__operation_poll(future, cx);
}

static int
run_read(struct steal_file_io *io)
{
    return moved(io,
            steal__sync_read(io->file, io->with.into, io->size, io->offset));
}

static const struct operation read_op = {
    { .name = "file read",
            .poll = read_poll,
            .drop = steal__operation_drop,
            .awaited = steal__operation_awaited },
    run_read,
    NULL,
};

struct steal_future *
steal_file_read(struct steal_file_io *io, int file, void *buffer, size_t size,
        long long offset)
{
    io->with.into = buffer;
    return init_transfer(io, &read_op, file, size, offset);
}

static int
run_write(struct steal_file_io *io)
{
    return moved(io,
            steal__sync_write(io->file, io->with.from, io->size, io->offset));
}

static const struct operation write_op = OPERATION("file write", run_write,
        NULL);

struct steal_future *
steal_file_write(struct steal_file_io *io, int file, const void *data,
        size_t size, long long offset)
{
    io->with.from = data;
    return init_transfer(io, &write_op, file, size, offset);
}

/* The size of the next step, and where in the file it is. */
static size_t
next_step(const struct steal_file_io *io, long long *offset)
{
    size_t left = io->size - io->done;

    *offset = io->offset < 0 ? io->offset : io->offset + (long long)io->done;
    return left < OPERATION_STEP ? left : OPERATION_STEP;
}

static int
run_read_exact(struct steal_file_io *io)
{
    while (io->done < io->size) {
        long long offset;
        size_t step = next_step(io, &offset);
        ssize_t n;

        if (operation_stops(io))
            return UV_ECANCELED;
        n = steal__sync_read(io->file, (char *)io->with.into + io->done, step,
                offset);
        if (n <= 0)
            return n == 0 ? STEAL_EOF : (int)n;
        io->done += (size_t)n;
    }
    return operation_moved(io, io->done);
}

static enum steal_poll
read_exact_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_file_io *io = (struct steal_file_io *)future;

    if (read_poll(future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    if (future->result >= 0 && io->done < io->size)
        future->result = STEAL_EOF; /* of a file in memory */
    return STEAL_READY;
}

static const struct operation read_exact_op = {
    { .name = "file read exact",
            .poll = read_exact_poll,
            .drop = steal__operation_drop,
            .awaited = steal__operation_awaited },
    run_read_exact,
    NULL,
};

struct steal_future *
steal_file_read_exact(struct steal_file_io *io, int file, void *buffer,
        size_t size, long long offset)
{
    io->with.into = buffer;
    return init_transfer(io, &read_exact_op, file, size, offset);
}

static int
run_write_all(struct steal_file_io *io)
{
    while (io->done < io->size) {
        long long offset;
        size_t step = next_step(io, &offset);
        ssize_t n;

        if (operation_stops(io))
            return UV_ECANCELED;
        n = steal__sync_write(io->file, (const char *)io->with.from + io->done,
                step, offset);
        if (n <= 0)
            return n == 0 ? UV_EIO : (int)n; /* 0: a device that is no file */
        io->done += (size_t)n;
    }
    return operation_moved(io, io->done);
}

static const struct operation write_all_op = OPERATION("file write all",
        run_write_all, NULL);

struct steal_future *
steal_file_write_all(struct steal_file_io *io, int file, const void *data,
        size_t size, long long offset)
{
    io->with.from = data;
    return init_transfer(io, &write_all_op, file, size, offset);
}

static int
run_readv(struct steal_file_io *io)
{
    return moved(io, steal__sync_readv(io->file, io->with.vector,
                             (unsigned)io->size, io->offset));
}

static const struct operation readv_op = OPERATION("file readv", run_readv,
        NULL);

struct steal_future *
steal_file_readv(struct steal_file_io *io, int file, const struct iovec *vector,
        unsigned count, long long offset)
{
    io->with.vector = vector;
    return init_transfer(io, &readv_op, file, count, offset);
}

static int
run_writev(struct steal_file_io *io)
{
    return moved(io, steal__sync_writev(io->file, io->with.vector,
                             (unsigned)io->size, io->offset));
}

static const struct operation writev_op = OPERATION("file writev", run_writev,
        NULL);

struct steal_future *
steal_file_writev(struct steal_file_io *io, int file,
        const struct iovec *vector, unsigned count, long long offset)
{
    io->with.vector = vector;
    return init_transfer(io, &writev_op, file, count, offset);
}

/*
 * The rest
 */

static int
run_fsync(struct steal_file_io *io)
{
    return steal__sync_fsync(io->file);
}

static const struct operation fsync_op = OPERATION("file fsync", run_fsync,
        NULL);

struct steal_future *
steal_file_fsync(struct steal_file_io *io, int file)
{
    return steal__operation_init_file(io, &fsync_op, file);
}

static int
run_fdatasync(struct steal_file_io *io)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_fdatasync(NULL, &request, io->file, NULL));
}

static const struct operation fdatasync_op = OPERATION("file fdatasync",
        run_fdatasync, NULL);

struct steal_future *
steal_file_fdatasync(struct steal_file_io *io, int file)
{
    return steal__operation_init_file(io, &fdatasync_op, file);
}

static int
run_ftruncate(struct steal_file_io *io)
{
    return steal__sync_ftruncate(io->file, io->offset);
}

static const struct operation ftruncate_op = OPERATION("file ftruncate",
        run_ftruncate, NULL);

struct steal_future *
steal_file_ftruncate(struct steal_file_io *io, int file, long long size)
{
    return init_transfer(io, &ftruncate_op, file, 0, size);
}

static int
run_fstat(struct steal_file_io *io)
{
    return steal__sync_fstat(io->file, io->with.stat);
}

static const struct operation fstat_op = OPERATION("file fstat", run_fstat,
        NULL);

struct steal_future *
steal_file_fstat(struct steal_file_io *io, int file, struct steal_stat *stat)
{
    io->with.stat = stat;
    return steal__operation_init_file(io, &fstat_op, file);
}
