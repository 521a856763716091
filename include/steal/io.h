/*
 * steal/io.h - reading and writing descriptors from a task.
 *
 *     STEAL_AWAIT(cx, steal_fd_read(&self->io, self->conn, buffer, size));
 *     if (self->io.future.result <= 0)
 *         STEAL_RETURN(self->io.future.result);
 *     STEAL_AWAIT(cx, steal_fd_write_all(&self->io, self->conn, buffer,
 *                             (size_t)self->io.future.result));
 *
 * Each is a future.  It tries at its first poll and waits only if the system
 * says that it would block.  Its result is the number of bytes moved (at most
 * INT_MAX; `io.done` has all of it) or a negative errno code:
 *
 *     -ECANCELED   the descriptor was closed, here
 *     STEAL_EOF    the other side has ended, and read_exact wants more
 *     -EPIPE       writing: the other side does not read any more (no SIGPIPE)
 *     -ENOSPC      the system watches as many descriptors as it may; -ENOMEM
 *     else         what the system says, as -ECONNRESET
 *
 * An operation that moves "all" counts in `io.done` also when it ends with an
 * error.  Dropping a read loses no data; dropping a write_all leaves in
 * `io.done` how much of it has gone.
 *
 * A task that finds its descriptors always ready gives way to the others after
 * 128 operations in one poll.
 *
 * Threads: a descriptor may be read and written by many tasks; two that write
 * "all" at the same time mix their pieces.
 */
#ifndef STEAL_IO_H
#define STEAL_IO_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <steal/fd.h>
#include <steal/future.h>

STEAL_BEGIN_DECLS

#define STEAL_EOF (-4095) /* end of stream, as UV_EOF */

struct steal_io;

/* Does one operation without blocking: returns >= 0, or a negative errno code;
 * -EAGAIN if it would block. */
typedef ssize_t steal_io_fn(struct steal_io *io, int number);

struct steal_io {
    struct steal_future future;
    size_t done;
    /* private */
    struct steal_fd *fd;
    steal_io_fn *attempt;
    union {
        void *into;
        const void *from;
        struct iovec *vector;
        struct msghdr *message;
        void *argument;
    } data;
    size_t size;
    long long offset;
    int flags;
    unsigned char mode;
    bool waits;
    struct steal_wait wait;
};

/* Up to `size` bytes, at least one; result 0 at the end of the stream. */
STEAL_API struct steal_future *steal_fd_read(struct steal_io *io,
        struct steal_fd *fd, void *buffer, size_t size);

/* Exactly `size` bytes; STEAL_EOF if the stream ends before. */
STEAL_API struct steal_future *steal_fd_read_exact(struct steal_io *io,
        struct steal_fd *fd, void *buffer, size_t size);

STEAL_API struct steal_future *steal_fd_write(struct steal_io *io,
        struct steal_fd *fd, const void *data, size_t size);
STEAL_API struct steal_future *steal_fd_write_all(struct steal_io *io,
        struct steal_fd *fd, const void *data, size_t size);

/* The same with several pieces.  writev_all counts them down in `vector`. */
STEAL_API struct steal_future *steal_fd_readv(struct steal_io *io,
        struct steal_fd *fd, const struct iovec *vector, int count);
STEAL_API struct steal_future *steal_fd_writev(struct steal_io *io,
        struct steal_fd *fd, const struct iovec *vector, int count);
STEAL_API struct steal_future *steal_fd_writev_all(struct steal_io *io,
        struct steal_fd *fd, struct iovec *vector, int count);

/* Sockets: recvmsg() and sendmsg(), with their flags. */
STEAL_API struct steal_future *steal_fd_recvmsg(struct steal_io *io,
        struct steal_fd *fd, struct msghdr *message, int flags);
STEAL_API struct steal_future *steal_fd_sendmsg(struct steal_io *io,
        struct steal_fd *fd, const struct msghdr *message, int flags);

/* `size` bytes of a file, from `offset` on, to a descriptor; fewer if the file
 * ends before. */
STEAL_API struct steal_future *steal_fd_sendfile(struct steal_io *io,
        struct steal_fd *fd, int file, long long offset, size_t size);

/*
 * Anything else that would block: `attempt` is called until it says something
 * other than -EAGAIN, and in between the task waits for `events`.  `argument`
 * is io->data.argument.  The result is what it returned.
 */
STEAL_API struct steal_future *steal_fd_attempt(struct steal_io *io,
        struct steal_fd *fd, unsigned events, steal_io_fn *attempt,
        void *argument);

/* Half-closes a socket; `how` as for shutdown(2).  0 or a negative errno code. */
STEAL_API int steal_fd_shutdown(struct steal_fd *fd, int how);

/* Pairs of waitable descriptors: a pipe (reads from [0]), a socketpair.  The array
 * is written only if that succeeds. */
STEAL_API STEAL_MUST_CHECK int steal_pipe(struct steal_fd *fd[2],
        struct steal_runtime *runtime);
STEAL_API STEAL_MUST_CHECK int steal_socketpair(struct steal_fd *fd[2],
        struct steal_runtime *runtime, int type);

STEAL_END_DECLS

#endif
