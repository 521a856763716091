#include "sync.h"

#include <sys/uio.h>

#include <steal/file.h>

/* As documented: on Unix a uv_buf_t is an iovec. */
_Static_assert(sizeof(uv_buf_t) == sizeof(struct iovec) &&
                       offsetof(uv_buf_t, base) ==
                               offsetof(struct iovec, iov_base) &&
                       offsetof(uv_buf_t, len) ==
                               offsetof(struct iovec, iov_len),
        "a uv_buf_t is an iovec");

/* What libuv returns is cut down to an int, what it stores is not; but it does
 * not store what it refused before it began. */
ssize_t
steal__sync_end(uv_fs_t *request, int error)
{
    ssize_t result = request->result ? request->result : error;

    uv_fs_req_cleanup(request);
    return result;
}

int
steal__sync_open(const char *path, int flags, unsigned mode)
{
    uv_fs_t request;

    /* libuv adds O_CLOEXEC. */
    return (int)steal__sync_end(&request,
            uv_fs_open(NULL, &request, path, flags, (int)mode, NULL));
}

int
steal__sync_close(int file)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_close(NULL, &request, file, NULL));
}

ssize_t
steal__sync_readv(int file, const struct iovec *vector, unsigned count,
        long long offset)
{
    uv_fs_t request;
    ssize_t n;

    do {
        n = steal__sync_end(&request,
                uv_fs_read(NULL, &request, file, (const uv_buf_t *)vector,
                        count, offset, NULL));
    } while (n == UV_EINTR); /* which libuv retries for all but reads */
    return n;
}

ssize_t
steal__sync_writev(int file, const struct iovec *vector, unsigned count,
        long long offset)
{
    uv_fs_t request;

    return steal__sync_end(&request,
            uv_fs_write(NULL, &request, file, (const uv_buf_t *)vector, count,
                    offset, NULL));
}

ssize_t
steal__sync_read(int file, void *buffer, size_t size, long long offset)
{
    struct iovec piece = { buffer, size };

    return steal__sync_readv(file, &piece, 1, offset);
}

ssize_t
steal__sync_write(int file, const void *data, size_t size, long long offset)
{
    struct iovec piece = { (void *)data, size };

    return steal__sync_writev(file, &piece, 1, offset);
}

ssize_t
steal__sync_send(int to, int from, long long offset, size_t size)
{
    uv_fs_t request;

    return steal__sync_end(&request,
            uv_fs_sendfile(NULL, &request, to, from, offset, size, NULL));
}

int
steal__sync_fsync(int file)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_fsync(NULL, &request, file, NULL));
}

int
steal__sync_ftruncate(int file, long long size)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_ftruncate(NULL, &request, file, size, NULL));
}

int
steal__sync_fchmod(int file, unsigned mode)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_fchmod(NULL, &request, file, (int)mode, NULL));
}

static int64_t
nanoseconds(uv_timespec_t time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int
end_stat(uv_fs_t *request, int error, struct steal_stat *stat)
{
    const uv_stat_t *from = &request->statbuf;

    if (error == 0)
        *stat = (struct steal_stat){
            .device = from->st_dev,
            .inode = from->st_ino,
            .mode = from->st_mode,
            .links = from->st_nlink,
            .uid = from->st_uid,
            .gid = from->st_gid,
            .special = from->st_rdev,
            .size = from->st_size,
            .block_size = from->st_blksize,
            .blocks = from->st_blocks,
            .accessed = nanoseconds(from->st_atim),
            .modified = nanoseconds(from->st_mtim),
            .changed = nanoseconds(from->st_ctim),
            .born = nanoseconds(from->st_birthtim),
        };
    return (int)steal__sync_end(request, error);
}

int
steal__sync_fstat(int file, struct steal_stat *stat)
{
    uv_fs_t request;

    return end_stat(&request, uv_fs_fstat(NULL, &request, file, NULL), stat);
}

int
steal__sync_stat(const char *path, struct steal_stat *stat)
{
    uv_fs_t request;

    return end_stat(&request, uv_fs_stat(NULL, &request, path, NULL), stat);
}

int
steal__sync_lstat(const char *path, struct steal_stat *stat)
{
    uv_fs_t request;

    return end_stat(&request, uv_fs_lstat(NULL, &request, path, NULL), stat);
}

int
steal__sync_rename(const char *path, const char *new_path)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_rename(NULL, &request, path, new_path, NULL));
}

int
steal__sync_unlink(const char *path)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_unlink(NULL, &request, path, NULL));
}

int
steal__sync_mkdir(const char *path, unsigned mode)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_mkdir(NULL, &request, path, (int)mode, NULL));
}
