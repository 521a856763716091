/*
 * steal/fd.h - waiting for a descriptor from a task.
 *
 * Anything that poll(2) knows can be waited for: sockets, pipes, eventfds, what
 * hiredis, libpq or libcurl hand out.  Put the descriptor in non-blocking mode,
 * try, and wait only after EAGAIN:
 *
 *     while ((n = read(fd, buffer, size)) < 0 && errno == EAGAIN) {
 *         STEAL_AWAIT(cx, steal_fd_readable(&self->ready, self->fd));
 *         if (self->ready.future.result < 0)
 *             STEAL_RETURN(self->ready.future.result);
 *     }
 *
 * Waiting tells the state of the descriptor, not a change of it: no readiness
 * is missed, whoever else reads.  A wake-up may be one too many, hence the loop.
 *
 * Threads: any number of tasks, of one runtime, may wait on one descriptor.
 */
#ifndef STEAL_FD_H
#define STEAL_FD_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_fd;

/*
 * Makes `number` waitable; it stays the caller's to read, write and close, and
 * is in non-blocking mode afterwards.  One steal_fd a descriptor at a time.
 * Errors: -ENOMEM, -ECANCELED (stopping), -EINVAL (no runtime), or what fcntl()
 * says of the number, as -EBADF.  What cannot be polled, as a regular file,
 * shows as -EPERM from the first wait.
 */
STEAL_API STEAL_MUST_CHECK int steal_fd_new(struct steal_fd **fd,
        struct steal_runtime *runtime, int number);

/*
 * Ends it, before or after the runtime: who still waits gets -ECANCELED.  Blocks until the loop has let go
 * of the descriptor, which may then be closed and its number used anew.
 */
STEAL_API void steal_fd_free(struct steal_fd *fd);

STEAL_API int steal_fd_number(const struct steal_fd *fd);

/* A future: 0 once the descriptor is readable (writable), or has failed, which
 * the next read (write) will tell; -ECANCELED if the steal_fd was freed. */
struct steal_ready {
    struct steal_future future;
    /* private */
    struct {
        void *next;
        void *prev;
        struct steal_waker waker;
        struct steal_fd *fd;
        unsigned events;
        int status;
        bool begun;
    } wait;
};

STEAL_API struct steal_future *steal_fd_readable(struct steal_ready *ready,
        struct steal_fd *fd);
STEAL_API struct steal_future *steal_fd_writable(struct steal_ready *ready,
        struct steal_fd *fd);

STEAL_END_DECLS

#endif
