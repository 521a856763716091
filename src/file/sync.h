/*
 * sync.h - libuv's file operations as plain calls that block.
 *
 * libuv does an operation that has no callback right where it is called, and
 * then needs no loop.  Each call here returns 0 or a number, or a negative
 * errno code.
 *
 * Threads: any that may block; in the library those of the pool.
 */
#ifndef STEAL_FILE_SYNC_H
#define STEAL_FILE_SYNC_H

#include <sys/types.h>

#include <uv.h>

struct iovec;
struct steal_stat;

/* What came of a call of libuv that returned `error`; gives back what the
 * request holds. */
ssize_t steal__sync_end(uv_fs_t *request, int error);

int steal__sync_open(const char *path, int flags, unsigned mode);
int steal__sync_close(int file);

/* A negative offset is the position of the file. */
ssize_t steal__sync_readv(int file, const struct iovec *vector, unsigned count,
        long long offset);
ssize_t steal__sync_writev(int file, const struct iovec *vector, unsigned count,
        long long offset);
ssize_t steal__sync_read(int file, void *buffer, size_t size, long long offset);
ssize_t steal__sync_write(int file, const void *data, size_t size,
        long long offset);

/* From file to file, inside the system where it can. */
ssize_t steal__sync_send(int to, int from, long long offset, size_t size);

int steal__sync_fsync(int file);
int steal__sync_ftruncate(int file, long long size);
int steal__sync_fchmod(int file, unsigned mode);
int steal__sync_fstat(int file, struct steal_stat *stat);
int steal__sync_stat(const char *path, struct steal_stat *stat);
int steal__sync_lstat(const char *path, struct steal_stat *stat);
int steal__sync_rename(const char *path, const char *new_path);
int steal__sync_unlink(const char *path);
int steal__sync_mkdir(const char *path, unsigned mode);

#endif
