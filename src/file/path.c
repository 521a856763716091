/*
 * path.c - operations on names.
 */
#include <steal/file.h>

#include <string.h>

#include "operation.h"
#include "sync.h"

static int
run_stat(struct steal_file_io *io)
{
    return steal__sync_stat(io->path, io->with.stat);
}

static const struct operation stat_op = OPERATION("file stat", run_stat, NULL);

struct steal_future *
steal_file_stat(struct steal_file_io *io, const char *path,
        struct steal_stat *stat)
{
    io->with.stat = stat;
    return steal__operation_init(io, &stat_op, path);
}

static int
run_lstat(struct steal_file_io *io)
{
    return steal__sync_lstat(io->path, io->with.stat);
}

static const struct operation lstat_op = OPERATION("file lstat", run_lstat,
        NULL);

struct steal_future *
steal_file_lstat(struct steal_file_io *io, const char *path,
        struct steal_stat *stat)
{
    io->with.stat = stat;
    return steal__operation_init(io, &lstat_op, path);
}

static int
run_access(struct steal_file_io *io)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_access(NULL, &request, io->path, io->flags, NULL));
}

static const struct operation access_op = OPERATION("file access", run_access,
        NULL);

struct steal_future *
steal_file_access(struct steal_file_io *io, const char *path, int mode)
{
    steal__operation_init(io, &access_op, path);
    io->flags = mode;
    return &io->future;
}

static int
run_chmod(struct steal_file_io *io)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_chmod(NULL, &request, io->path, (int)io->mode, NULL));
}

static const struct operation chmod_op = OPERATION("file chmod", run_chmod,
        NULL);

struct steal_future *
steal_file_chmod(struct steal_file_io *io, const char *path, unsigned mode)
{
    steal__operation_init(io, &chmod_op, path);
    io->mode = mode;
    return &io->future;
}

/*
 * Names that come and go
 */

static int
run_rename(struct steal_file_io *io)
{
    return steal__sync_rename(io->path, io->with.path);
}

static const struct operation rename_op = OPERATION("file rename", run_rename,
        NULL);

struct steal_future *
steal_file_rename(struct steal_file_io *io, const char *path,
        const char *new_path)
{
    io->with.path = new_path;
    return steal__operation_init(io, &rename_op, path);
}

static int
run_unlink(struct steal_file_io *io)
{
    return steal__sync_unlink(io->path);
}

static const struct operation unlink_op = OPERATION("file unlink", run_unlink,
        NULL);

struct steal_future *
steal_file_unlink(struct steal_file_io *io, const char *path)
{
    return steal__operation_init(io, &unlink_op, path);
}

static int
run_link(struct steal_file_io *io)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_link(NULL, &request, io->path, io->with.path, NULL));
}

static const struct operation link_op = OPERATION("file link", run_link, NULL);

struct steal_future *
steal_file_link(struct steal_file_io *io, const char *path,
        const char *new_path)
{
    io->with.path = new_path;
    return steal__operation_init(io, &link_op, path);
}

static int
run_symlink(struct steal_file_io *io)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_symlink(NULL, &request, io->path, io->with.path, 0, NULL));
}

static const struct operation symlink_op = OPERATION("file symlink",
        run_symlink, NULL);

struct steal_future *
steal_file_symlink(struct steal_file_io *io, const char *target,
        const char *path)
{
    io->with.path = path;
    return steal__operation_init(io, &symlink_op, target);
}

/*
 * Where paths lead to
 */

/* Copies the string that a request has found. */
static int
end_text(struct steal_file_io *io, uv_fs_t *request, int error)
{
    size_t length = error == 0 ? strlen(request->ptr) : 0;

    if (error == 0 && length >= io->size)
        error = UV_ENAMETOOLONG;
    if (error == 0)
        memcpy(io->with.text, request->ptr, length + 1);
    uv_fs_req_cleanup(request);
    return error ? error : operation_moved(io, length);
}

static int
run_readlink(struct steal_file_io *io)
{
    uv_fs_t request;

    return end_text(io, &request,
            uv_fs_readlink(NULL, &request, io->path, NULL));
}

static const struct operation readlink_op = OPERATION("file readlink",
        run_readlink, NULL);

struct steal_future *
steal_file_readlink(struct steal_file_io *io, const char *path, char *buffer,
        size_t size)
{
    steal__operation_init(io, &readlink_op, path);
    io->with.text = buffer;
    io->size = size;
    return &io->future;
}

static int
run_realpath(struct steal_file_io *io)
{
    uv_fs_t request;

    return end_text(io, &request,
            uv_fs_realpath(NULL, &request, io->path, NULL));
}

static const struct operation realpath_op = OPERATION("file realpath",
        run_realpath, NULL);

struct steal_future *
steal_file_realpath(struct steal_file_io *io, const char *path, char *buffer,
        size_t size)
{
    steal__operation_init(io, &realpath_op, path);
    io->with.text = buffer;
    io->size = size;
    return &io->future;
}
