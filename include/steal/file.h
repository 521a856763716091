/*
 * steal/file.h - files and directories, from a task.
 *
 *     STEAL_AWAIT(cx, steal_file_open(&self->io, path, O_RDONLY, 0));
 *     self->file = self->io.future.result;
 *     if (self->file < 0)
 *         STEAL_RETURN(self->file);
 *     STEAL_AWAIT(cx, steal_file_read(&self->io, self->file, self->buffer,
 *                             sizeof self->buffer, 0));
 *
 * A disk is always "ready" and may nonetheless take its time, so no descriptor
 * of a file can be waited for: these calls block, on a thread of the pool
 * (steal/blocking.h), while the task waits and its worker runs other tasks.
 * Small reads at an offset, of what the system has in memory, are done at once.
 * Files are plain descriptors, as open(2) and close(2) know them, opened with
 * O_CLOEXEC; steal_fd_sendfile() takes them too.
 *
 * Each operation is a future.  Its result is 0 or a number, as told below, or a
 * negative errno code: what the system says, as -ENOENT, or what
 * steal/blocking.h tells of a call that could not be made.  Numbers of bytes
 * above INT_MAX show as INT_MAX; `io.done` has all of it, also after an error.
 *
 * Ownership: paths, buffers and all else that an operation points to stay valid
 * until it is ready or dropped.  One struct does one operation at a time.
 *
 * Drop: an operation that has not begun does not happen, except a close.  One that runs cannot
 * be stopped half way in the system, so the drop waits for it; one of many
 * steps (as all, exact, copy, load, save) ends with the step that it is in.
 * What it has done stays done, except that what it would have handed to its
 * caller is given back: a file or directory that was opened is closed, memory
 * is freed, files half copied or saved are removed.
 */
#ifndef STEAL_FILE_H
#define STEAL_FILE_H

#include <stdbool.h>
#include <sys/uio.h>

#include <steal/blocking.h>
#include <steal/future.h>
#include <steal/io.h>

STEAL_BEGIN_DECLS

struct steal_directory;
struct steal_entry;

/* What is known of a file.  Times are ns since 1970, and below 0 before. */
struct steal_stat {
    uint64_t device;
    uint64_t inode;
    uint64_t mode; /* type and permissions: S_ISREG(mode) and so on */
    uint64_t links;
    uint64_t uid;
    uint64_t gid;
    uint64_t special; /* the device that a special file stands for */
    uint64_t size;    /* bytes */
    uint64_t block_size;
    uint64_t blocks; /* of 512 bytes, that it takes on the disk */
    int64_t accessed;
    int64_t modified;
    int64_t changed; /* the last change of what is told here */
    int64_t born;    /* 0 where the system does not know */
};

struct steal_file_io {
    struct steal_future future;
    size_t done; /* bytes moved */
    void *data;  /* of steal_file_load() */
    /* private */
    struct steal_blocking blocking;
    const char *path;
    union {
        const char *path;
        char *text;
        void *into;
        const void *from;
        const struct iovec *vector;
        struct steal_stat *stat;
        struct steal_directory **directory;
        struct steal_entry *entry;
    } with;
    struct steal_directory *directory;
    size_t size;
    long long offset;
    int file;
    int flags;
    unsigned mode;
    uint32_t stop;
    unsigned char stage;
};

/*
 * Descriptors
 */

/* Opens with the flags and the mode of open(2).  The result is the descriptor,
 * which is the caller's to close. */
STEAL_API struct steal_future *steal_file_open(struct steal_file_io *io,
        const char *path, int flags, unsigned mode);

/*
 * Closes, and tells errors of earlier writes where the file system tells them
 * late.  It takes the descriptor over: once polled or handed to a task, it
 * closes it whatever the result, and also if it is dropped before it began.
 * Drop functions use close(2).
 */
STEAL_API struct steal_future *steal_file_close(struct steal_file_io *io,
        int file);

/* `offset`: bytes from the start of the file, without moving its position. */
#define STEAL_FILE_POSITION (-1LL) /* at its position, and move it */

/* One read of up to `size` bytes: how many, 0 at the end of the file. */
STEAL_API struct steal_future *steal_file_read(struct steal_file_io *io,
        int file, void *buffer, size_t size, long long offset);

/* Exactly `size` bytes; STEAL_EOF if the file ends before. */
STEAL_API struct steal_future *steal_file_read_exact(struct steal_file_io *io,
        int file, void *buffer, size_t size, long long offset);

/* One write: how many bytes, fewer than `size` as when the disk is full. */
STEAL_API struct steal_future *steal_file_write(struct steal_file_io *io,
        int file, const void *data, size_t size, long long offset);

/* All of it, or an error. */
STEAL_API struct steal_future *steal_file_write_all(struct steal_file_io *io,
        int file, const void *data, size_t size, long long offset);

/* One read or write with several pieces. */
STEAL_API struct steal_future *steal_file_readv(struct steal_file_io *io,
        int file, const struct iovec *vector, unsigned count, long long offset);
STEAL_API struct steal_future *steal_file_writev(struct steal_file_io *io,
        int file, const struct iovec *vector, unsigned count, long long offset);

/* Waits until the disk has it: all, or without what is not needed to read the
 * data again, as times. */
STEAL_API struct steal_future *steal_file_fsync(struct steal_file_io *io,
        int file);
STEAL_API struct steal_future *steal_file_fdatasync(struct steal_file_io *io,
        int file);

/* Makes the file `size` bytes long; what is new is zeros. */
STEAL_API struct steal_future *steal_file_ftruncate(struct steal_file_io *io,
        int file, long long size);

STEAL_API struct steal_future *steal_file_fstat(struct steal_file_io *io,
        int file, struct steal_stat *stat);

/*
 * Paths
 */

/* What a path names; lstat does not follow a symbolic link. */
STEAL_API struct steal_future *steal_file_stat(struct steal_file_io *io,
        const char *path, struct steal_stat *stat);
STEAL_API struct steal_future *steal_file_lstat(struct steal_file_io *io,
        const char *path, struct steal_stat *stat);

/* 0 if this process may: `mode` is F_OK, or some of R_OK, W_OK and X_OK. */
STEAL_API struct steal_future *steal_file_access(struct steal_file_io *io,
        const char *path, int mode);
STEAL_API struct steal_future *steal_file_chmod(struct steal_file_io *io,
        const char *path, unsigned mode);

/* Gives a file another name, in one step; replaces a file of that name. */
STEAL_API struct steal_future *steal_file_rename(struct steal_file_io *io,
        const char *path, const char *new_path);

/* Removes a name, and the file with its last name and last descriptor. */
STEAL_API struct steal_future *steal_file_unlink(struct steal_file_io *io,
        const char *path);

/* A second name for a file, and a file that points to a path. */
STEAL_API struct steal_future *steal_file_link(struct steal_file_io *io,
        const char *path, const char *new_path);
STEAL_API struct steal_future *steal_file_symlink(struct steal_file_io *io,
        const char *target, const char *path);

/* Where a symbolic link points to, and a path without links, dots and double
 * slashes.  They fill `buffer` with a string and tell its length;
 * -ENAMETOOLONG if it does not fit into `size` bytes. */
STEAL_API struct steal_future *steal_file_readlink(struct steal_file_io *io,
        const char *path, char *buffer, size_t size);
STEAL_API struct steal_future *steal_file_realpath(struct steal_file_io *io,
        const char *path, char *buffer, size_t size);

/*
 * Whole files
 */

/* Copies a file to its end, with its permissions; the result is how many bytes.
 * `flags` is 0 or STEAL_FILE_NEW.  A file that is replaced is overwritten, and
 * removed if that fails half way. */
#define STEAL_FILE_NEW 1 /* -EEXIST if there is such a file */
STEAL_API struct steal_future *steal_file_copy(struct steal_file_io *io,
        const char *path, const char *new_path, int flags);

/*
 * Reads a file as a whole: `io.data` has the `io.done` bytes and a 0 behind
 * them, and is the caller's to free().  -EFBIG if there are more than `limit`.
 */
STEAL_API struct steal_future *steal_file_load(struct steal_file_io *io,
        const char *path, size_t limit);

/*
 * Writes a file as a whole: who opens `path` sees what was there before, or all
 * of the new, also after a crash.  The data goes to a temporary file in the
 * same directory, named .steal-*, with this mode (less the umask), to the disk,
 * and then under its name.  A symbolic link is replaced, not followed.
 */
STEAL_API struct steal_future *steal_file_save(struct steal_file_io *io,
        const char *path, const void *data, size_t size, unsigned mode);

/*
 * Directories
 */

STEAL_API struct steal_future *steal_directory_make(struct steal_file_io *io,
        const char *path, unsigned mode);

/* Makes those above it, too; no error if it is there. */
STEAL_API struct steal_future *
steal_directory_make_all(struct steal_file_io *io, const char *path,
        unsigned mode);

/* Makes one of a new name: the six X at the end of `path` are replaced. */
STEAL_API struct steal_future *
steal_directory_make_temporary(struct steal_file_io *io, char *path);

/* -ENOTEMPTY unless it is empty. */
STEAL_API struct steal_future *steal_directory_remove(struct steal_file_io *io,
        const char *path);

enum steal_entry_type {
    STEAL_ENTRY_UNKNOWN, /* this file system does not tell: stat it */
    STEAL_ENTRY_FILE,
    STEAL_ENTRY_DIRECTORY,
    STEAL_ENTRY_LINK,
    STEAL_ENTRY_FIFO,
    STEAL_ENTRY_SOCKET,
    STEAL_ENTRY_CHARACTER,
    STEAL_ENTRY_BLOCK
};

/* A name in a directory, which is valid until the next one is asked for. */
struct steal_entry {
    const char *name;
    enum steal_entry_type type;
};

/*
 * What is in a directory, name by name, in no order, without "." and "..":
 *
 *     STEAL_AWAIT(cx, steal_directory_open(&self->io, &self->directory, "."));
 *     ...
 *     for (;;) {
 *         STEAL_AWAIT(cx, steal_directory_next(&self->io, self->directory,
 *                                 &self->entry));
 *         if (self->io.future.result <= 0)
 *             break;
 *         puts(self->entry.name);
 *     }
 *     steal_directory_close(self->directory);
 *
 * The result of next is 1, or 0 after the last name.  Names are read a hundred
 * at a time, so memory is bounded however many there are, and most of these
 * futures are ready at once.  A name that comes or goes meanwhile may be seen
 * or not.
 */
STEAL_API struct steal_future *steal_directory_open(struct steal_file_io *io,
        struct steal_directory **directory, const char *path);
STEAL_API struct steal_future *steal_directory_next(struct steal_file_io *io,
        struct steal_directory *directory, struct steal_entry *entry);

/* Not while a next is under way.  Does not wait: a directory that was only read
 * has nothing to write back.  NULL is ignored. */
STEAL_API void steal_directory_close(struct steal_directory *directory);

STEAL_END_DECLS

#endif
