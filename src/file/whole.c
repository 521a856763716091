/*
 * whole.c - files as a whole: copy, load, save.
 *
 * Each is many calls on the pool's thread in one go.  Between two of them it
 * looks whether its future is being dropped.
 */
#include <steal/file.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "operation.h"
#include "sync.h"

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Closes; the first error counts. */
static int
close_after(int file, int error)
{
    int closed = steal__sync_close(file);

    return error < 0 ? error : closed;
}

/*
 * Copy.  Not uv_fs_copyfile(), which copies as many bytes as the file had at
 * the start: for ever, if it is cut short meanwhile, and none of a file in
 * /proc, which has no size.
 */

static int
copy_data(struct steal_file_io *io, int to, int from)
{
    ssize_t n = 0;

    do {
        io->done += (size_t)n;
        if (operation_stops(io))
            return UV_ECANCELED;
        n = steal__sync_send(to, from, (long long)io->done, OPERATION_STEP);
    } while (n > 0);
    return (int)n;
}

/* Empties what was there, and gives it the permissions of the other, unless it
 * belongs to somebody else or knows of none. */
static int
prepare_copy(int to, unsigned mode)
{
    int error = steal__sync_ftruncate(to, 0);

    if (error == 0)
        error = steal__sync_fchmod(to, mode);
    return error == UV_EPERM ? 0 : error;
}

static int
copy_between(struct steal_file_io *io, int to, int from,
        const struct steal_stat *from_stat)
{
    struct steal_stat to_stat;
    int error = steal__sync_fstat(to, &to_stat);

    if (error < 0)
        return close_after(to, error);
    if (to_stat.device == from_stat->device &&
            to_stat.inode == from_stat->inode)
        return steal__sync_close(to); /* onto itself */
    if (S_ISREG(to_stat.mode))
        error = prepare_copy(to, from_stat->mode & 07777);
    if (error == 0)
        error = copy_data(io, to, from);
    error = close_after(to, error);
    if (error < 0 && S_ISREG(to_stat.mode)) /* never a device */
        steal__sync_unlink(io->with.path);
    return error;
}

static int
copy_from(struct steal_file_io *io, int from)
{
    struct steal_stat stat;
    int error = steal__sync_fstat(from, &stat);
    int flags = O_WRONLY | O_CREAT;
    int to;

    if (error == 0 && S_ISDIR(stat.mode))
        error = UV_EISDIR;
    if (error < 0)
        return error;
    if (io->flags & STEAL_FILE_NEW)
        flags |= O_EXCL;
    to = steal__sync_open(io->with.path, flags, stat.mode & 07777);
    return to < 0 ? to : copy_between(io, to, from, &stat);
}

static int
run_copy(struct steal_file_io *io)
{
    int from = steal__sync_open(io->path, O_RDONLY, 0);
    int error;

    if (from < 0)
        return from;
    error = copy_from(io, from);
    steal__sync_close(from); /* nothing was written to it */
    return error < 0 ? error : operation_moved(io, io->done);
}

static const struct operation copy_op = OPERATION("file copy", run_copy, NULL);

struct steal_future *
steal_file_copy(struct steal_file_io *io, const char *path,
        const char *new_path, int flags)
{
    steal__operation_init(io, &copy_op, path);
    io->with.path = new_path;
    io->flags = flags;
    return &io->future;
}

/*
 * Load
 */

/* Room for `size` bytes and the 0 behind them. */
static int
resize(struct steal_file_io *io, size_t size)
{
    char *data = size < SIZE_MAX ? realloc(io->data, size + 1) : NULL;

    if (!data)
        return UV_ENOMEM;
    io->data = data;
    return 0;
}

/* Reads to the end, where `room` says how large the data are at the moment.
 * The byte for the 0 serves to find the end of a file that just fits. */
static int
load_data(struct steal_file_io *io, int file, size_t room)
{
    for (;;) {
        size_t step = smaller(room + 1 - io->done, OPERATION_STEP);
        ssize_t n;

        if (operation_stops(io))
            return UV_ECANCELED;
        n = steal__sync_read(file, (char *)io->data + io->done, step,
                STEAL_FILE_POSITION);
        if (n <= 0)
            return (int)n;
        io->done += (size_t)n;
        if (io->done <= room)
            continue;
        if (room == io->size)
            return UV_EFBIG;
        room = room < io->size / 2 ? 2 * room : io->size;
        if (resize(io, room) < 0)
            return UV_ENOMEM;
    }
}

static int
load_from(struct steal_file_io *io, int file)
{
    struct steal_stat stat;
    size_t room;
    int error = steal__sync_fstat(file, &stat);

    if (error < 0)
        return error;
    if (S_ISREG(stat.mode) && stat.size > io->size)
        return UV_EFBIG;
    room = stat.size > 4096 ? (size_t)stat.size : 4096; /* /proc tells 0 */
    room = smaller(room, io->size);
    error = resize(io, room);
    if (error == 0)
        error = load_data(io, file, room);
    if (error == 0) {
        ((char *)io->data)[io->done] = 0;
        (void)resize(io, io->done); /* if that fails it is only too large */
    }
    return error;
}

static void
undo_load(struct steal_file_io *io)
{
    free(io->data);
    io->data = NULL;
}

static int
run_load(struct steal_file_io *io)
{
    int file = steal__sync_open(io->path, O_RDONLY, 0);
    int error;

    if (file < 0)
        return file;
    error = load_from(io, file);
    steal__sync_close(file); /* nothing was written to it */
    return error < 0 ? error : operation_moved(io, io->done);
}

static const struct operation load_op = OPERATION("file load", run_load,
        undo_load);

struct steal_future *
steal_file_load(struct steal_file_io *io, const char *path, size_t limit)
{
    steal__operation_init(io, &load_op, path);
    io->size = limit;
    return &io->future;
}

/*
 * Save
 */

#define TEMPORARY "%.*s.steal-%016llx"

/* The length of the directory's part of a path, with its last slash. */
static size_t
directory_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash + 1 - path) : 0;
}

/* A name that probably nobody has; O_EXCL tells. */
static void
make_name(char *name, size_t size, const char *path)
{
    unsigned long long number = uv_hrtime() * 0x9e3779b97f4a7c15ULL;

    number ^= (unsigned long long)getpid();
    snprintf(name, size, TEMPORARY, (int)directory_part(path), path, number);
}

static int
open_temporary(char *name, size_t size, const struct steal_file_io *io)
{
    int file;

    do {
        make_name(name, size, io->path);
        file = steal__sync_open(name, O_WRONLY | O_CREAT | O_EXCL, io->mode);
    } while (file == UV_EEXIST);
    return file;
}

static int
save_data(struct steal_file_io *io, int file)
{
    while (io->done < io->size) {
        size_t step = smaller(io->size - io->done, OPERATION_STEP);
        ssize_t n;

        if (operation_stops(io))
            return UV_ECANCELED;
        n = steal__sync_write(file, (const char *)io->with.from + io->done,
                step, STEAL_FILE_POSITION);
        if (n <= 0)
            return n == 0 ? UV_EIO : (int)n;
        io->done += (size_t)n;
    }
    return operation_stops(io) ? UV_ECANCELED : steal__sync_fsync(file);
}

/* Makes the new name last.  File systems that cannot do that say -EINVAL. */
static int
sync_directory(const char *path, char *name)
{
    size_t length = directory_part(path);
    int directory;
    int error;

    memcpy(name, path, length);
    memcpy(name + length, length ? "" : ".", length ? 1 : 2);
    directory = steal__sync_open(name, O_RDONLY | O_DIRECTORY, 0);
    if (directory < 0)
        return directory == UV_EACCES ? 0 : directory; /* it may not be read */
    error = steal__sync_fsync(directory);
    steal__sync_close(directory);
    return error == UV_EINVAL ? 0 : error;
}

static int
save_as(struct steal_file_io *io, char *name, size_t size)
{
    int file = open_temporary(name, size, io);
    int error;

    if (file < 0)
        return file;
    error = close_after(file, save_data(io, file));
    if (error == 0)
        error = steal__sync_rename(name, io->path);
    if (error < 0) {
        steal__sync_unlink(name);
        return error;
    }
    return sync_directory(io->path, name);
}

static int
run_save(struct steal_file_io *io)
{
    size_t size = directory_part(io->path) + sizeof ".steal-0123456789abcdef";
    char *name = malloc(size);
    int error;

    if (!name)
        return UV_ENOMEM;
    error = save_as(io, name, size);
    free(name);
    return error < 0 ? error : operation_moved(io, io->done);
}

static const struct operation save_op = OPERATION("file save", run_save, NULL);

struct steal_future *
steal_file_save(struct steal_file_io *io, const char *path, const void *data,
        size_t size, unsigned mode)
{
    steal__operation_init(io, &save_op, path);
    io->with.from = data;
    io->size = size;
    io->mode = mode;
    return &io->future;
}
