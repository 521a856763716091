/*
 * steal/fd.h - a descriptor that tasks can wait for.
 *
 * Anything that poll(2) knows: sockets, pipes, terminals, eventfds, what hiredis,
 * libpq or libcurl hand out.  The operations of steal/io.h try first and wait
 * only if they must; a program that has its own way to read or write waits by
 * itself:
 *
 *     while ((n = read(number, buffer, size)) < 0 && errno == EAGAIN) {
 *         STEAL_AWAIT(cx, steal_fd_readable(&self->ready, self->fd));
 *         if (self->ready.future.result < 0)
 *             STEAL_RETURN(self->ready.future.result);
 *     }
 *
 * Waiting tells the state of the descriptor, not a change of it: no readiness
 * is missed, whoever else reads.  A wake-up may be one too many, hence the loop.
 *
 * Threads: any number of tasks may read, write and wait on one
 * descriptor at the same time, in both directions.
 *
 * Ownership: whoever makes a steal_fd has the first reference.  For two halves
 * that go their own ways take a second: the last steal_fd_unref() closes.
 * steal_fd_close() closes at once, whoever else still has a reference: who waits
 * gets -ECANCELED, and so does who comes later.  The number is given back to
 * the system when the last operation that is using it has returned, so that
 * none meets a descriptor that took its number.
 */
#ifndef STEAL_FD_H
#define STEAL_FD_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_fd;

/*
 * Makes `number` waitable and takes it over: it is in non-blocking mode from
 * now on, and closed with the steal_fd.  One steal_fd a descriptor.
 * Errors: -ENOMEM, -ECANCELED (stopping), -EINVAL (no runtime), or what fcntl()
 * says of the number, as -EBADF; then the number is still the caller's.  What
 * never blocks in the sense of poll(2), as a regular file, is always ready.
 */
STEAL_API STEAL_MUST_CHECK int steal_fd_new(struct steal_fd **fd,
        struct steal_runtime *runtime, int number);

/* A second reference.  Returns `fd`. */
STEAL_API struct steal_fd *steal_fd_ref(struct steal_fd *fd);

/* Gives a reference back; the last one closes the descriptor.  Never waits. */
STEAL_API void steal_fd_unref(struct steal_fd *fd);

/* Closes the descriptor and gives the reference back.  Never waits. */
STEAL_API void steal_fd_close(struct steal_fd *fd);

/* The reverse of steal_fd_new(): closes the steal_fd but not the descriptor,
 * which is the caller's again; gives the reference back.  Returns the number.
 * Waits for operations that are inside a system call. */
STEAL_API int steal_fd_release(struct steal_fd *fd);

/* The number, for setsockopt() and the like; not to be closed. */
STEAL_API int steal_fd_number(const struct steal_fd *fd);

#define STEAL_READABLE 1u
#define STEAL_WRITABLE 2u
#define STEAL_PRIORITY 4u /* urgent data of TCP, or a change of a sysfs file */

/* A future: 0 once one of `events` is there, or the descriptor has failed,
 * which the next read or write will tell; -ECANCELED if it is closed.
 * `ready->events` then tells which. */
struct steal_ready {
    struct steal_future future;
    unsigned events;
    /* private */
    struct steal_fd *fd;
    bool begun;
    struct steal_wait wait;
};

STEAL_API struct steal_future *steal_fd_ready(struct steal_ready *ready,
        struct steal_fd *fd, unsigned events);
STEAL_API struct steal_future *steal_fd_readable(struct steal_ready *ready,
        struct steal_fd *fd);
STEAL_API struct steal_future *steal_fd_writable(struct steal_ready *ready,
        struct steal_fd *fd);

STEAL_END_DECLS

#endif
