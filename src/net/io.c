/*
 * io.c - one operation on a descriptor: tries, and waits only if it must.
 *
 *                  would block                 woken
 *     poll: try ----------------> wait ... ------------> try ...
 *            |  ^                                         |
 *      done  |  +---- part of "all" moved ----------------+
 *            v
 *          READY
 */
#include <steal/io.h>

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#ifdef __linux__
# include <sys/sendfile.h>
#endif

#include "../base/dice.h"
#include "../base/finish.h"
#include "../base/system.h"
#include "../driver/source.h"
#include "../task/budget.h"
#include "simulated.h"

/* When it ends. */
enum mode {
    NOTHING,    /* at once: there is nothing to move */
    ONCE,       /* with the first that is moved */
    ALL,        /* when all of it is written */
    ALL_VECTOR, /* the same, of several pieces */
    EXACT       /* when the buffer is full */
};

/*
 * Attempts: one system call each
 */

static size_t
at_most(size_t size)
{
    return size < INT_MAX ? size : INT_MAX;
}

static ssize_t
attempt_recv(struct steal_io *io, int number)
{
    return system_recv(number, (char *)io->data.into + io->done,
            at_most(io->size - io->done));
}

static ssize_t
attempt_read(struct steal_io *io, int number)
{
    return system_read(number, (char *)io->data.into + io->done,
            at_most(io->size - io->done));
}

static ssize_t
attempt_send(struct steal_io *io, int number)
{
    return system_send(number, (const char *)io->data.from + io->done,
            at_most(io->size - io->done));
}

static ssize_t
attempt_write(struct steal_io *io, int number)
{
    return system_write(number, (const char *)io->data.from + io->done,
            at_most(io->size - io->done));
}

static ssize_t
attempt_readv(struct steal_io *io, int number)
{
    return system_told(readv(number, io->data.vector, (int)io->size));
}

static ssize_t
attempt_writev(struct steal_io *io, int number)
{
    struct msghdr message = { .msg_iov = io->data.vector,
        .msg_iovlen = io->size };

    if (!(io->fd->kind & SOURCE_SOCKET))
        return system_told(writev(number, io->data.vector, (int)io->size));
    return system_told(sendmsg(number, &message, MSG_NOSIGNAL));
}

static ssize_t
attempt_recvmsg(struct steal_io *io, int number)
{
    if (unlikely(io->fd->kind & SOURCE_SIMULATED))
        return steal__simulated_recvmsg(number, io->data.message, io->flags);
    return system_told(recvmsg(number, io->data.message, io->flags));
}

static ssize_t
attempt_sendmsg(struct steal_io *io, int number)
{
    if (unlikely(io->fd->kind & SOURCE_SIMULATED))
        return steal__simulated_sendmsg(io->fd, io->data.message,
                io->flags | MSG_NOSIGNAL);
    return system_told(
            sendmsg(number, io->data.message, io->flags | MSG_NOSIGNAL));
}

static ssize_t
attempt_sendfile(struct steal_io *io, int number)
{
    off_t offset = (off_t)io->offset + (off_t)io->done;

    return system_told(
            sendfile(number, io->flags, &offset, at_most(io->size - io->done)));
}

/*
 * Polling
 */

/* Counts written bytes down in the vector; true if there are none left. */
static bool
shorten_vector(struct steal_io *io, size_t n)
{
    while (io->size && n >= io->data.vector->iov_len) {
        n -= io->data.vector->iov_len;
        io->data.vector++;
        io->size--;
    }
    if (!io->size)
        return true;
    io->data.vector->iov_base = (char *)io->data.vector->iov_base + n;
    io->data.vector->iov_len -= n;
    return false;
}

/* `n` bytes were moved, or it has ended.  True if that was all. */
static bool
advance(struct steal_io *io, size_t n)
{
    io->done += n;
    switch ((enum mode)io->mode) {
    case NOTHING:
    case ONCE:
        break;
    case ALL:
        return io->done == io->size || !n;
    case ALL_VECTOR:
        return shorten_vector(io, n);
    case EXACT:
        if (!n && io->size > io->done) {
            io->future.result = STEAL_EOF;
            return true;
        }
        return io->done == io->size;
    }
    return true;
}

/* A read that leaves room in the buffer has emptied some descriptors. */
static bool
has_drained(const struct steal_io *io, ssize_t n, uint64_t seen)
{
    return io->attempt == attempt_recv &&
           (size_t)n < at_most(io->size - io->done) && n > 0 &&
           io->fd->kind & SOURCE_DRAINS && !(seen & READY_ENDED);
}

/* True for what may move less than all without harm. */
static bool
can_be_cut(const struct steal_io *io)
{
    unsigned kind = io->fd->kind;

    if (kind & SOURCE_PACKETS)
        return false;
    if (io->attempt == attempt_recv || io->attempt == attempt_read ||
            io->attempt == attempt_readv)
        return true;
    /* What goes to a pipe in one write may count on staying together. */
    return kind & SOURCE_SOCKET &&
           (io->attempt == attempt_send || io->attempt == attempt_writev ||
                   io->attempt == attempt_sendfile);
}

static ssize_t
attempt_less(struct steal_io *io, int number)
{
    size_t size = io->size;
    size_t left = size - io->done;
    ssize_t n;

    if (io->attempt == attempt_readv || io->attempt == attempt_writev)
        left = size; /* a count of pieces */
    if (left > 1 && can_be_cut(io))
        io->size -= dice_below(left < UINT32_MAX ? (uint32_t)left : UINT32_MAX);
    n = io->attempt(io, number);
    io->size = size;
    if (n == -EINVAL) /* it moves whole things only, as an eventfd does */
        n = io->attempt(io, number);
    return n;
}

/* The same in a world where things go wrong. */
static COLD ssize_t
try_simulated(struct steal_io *io, unsigned *consumed)
{
    enum fate fate = steal__world_decide(io->fd, io->wait.events);
    ssize_t n = -EINTR;

    if (fate == FATE_LOST)
        return -ECONNRESET;
    if (fate == FATE_WAIT)
        n = -EAGAIN;
    while (n == -EINTR)
        n = fate == FATE_CUT ? attempt_less(io, io->fd->number)
                             : io->attempt(io, io->fd->number);
    if (n == -EAGAIN)
        *consumed = io->wait.events;
    return n;
}

static ssize_t
try_real(struct steal_io *io, uint64_t seen, unsigned *consumed)
{
    ssize_t n;

    do
        n = io->attempt(io, io->fd->number);
    while (unlikely(n == -EINTR));
    if (n == -EAGAIN)
        *consumed = io->wait.events;
    else if (has_drained(io, n, seen))
        *consumed = STEAL_READABLE;
    return n;
}

static ssize_t
try(struct steal_io *io)
{
    unsigned consumed = 0;
    uint64_t seen;
    ssize_t n;

    if (unlikely(!steal__source_enter(io->fd, &seen)))
        return -ECANCELED;
    if (unlikely(io->fd->kind & SOURCE_SIMULATED))
        n = try_simulated(io, &consumed);
    else
        n = try_real(io, seen, &consumed);
    steal__source_leave(io->fd, seen, consumed);
    return n;
}

static enum steal_poll
finish(struct steal_io *io, int error)
{
    steal__source_done(io->fd, wait_of(&io->wait));
    if (error)
        return future_finish(&io->future, error);
    if (io->future.result)
        return future_finish(&io->future, io->future.result);
    return future_finish(&io->future, (int)at_most(io->done));
}

static enum steal_poll
go_on(struct steal_io *io, struct steal_context *cx)
{
    for (;;) {
        ssize_t n = -EAGAIN;

        if (unlikely(!steal__may_go_on(cx)))
            return STEAL_PENDING;
        if (steal__source_is_worth_trying(io->fd, io->wait.events))
            n = try(io);
        if (n >= 0) {
            if (advance(io, (size_t)n))
                return finish(io, 0);
            continue;
        }
        if (n == -EAGAIN)
            n = steal__source_wait(io->fd, wait_of(&io->wait), cx);
        if (n < 0)
            return finish(io, (int)n);
        if (n == 0) {
            io->waits = true;
            return STEAL_PENDING;
        }
    }
}

static enum steal_poll
io_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_io *io = (struct steal_io *)future;

    if (io->waits) {
        if (!steal__source_has_ended(io->fd, wait_of(&io->wait), cx))
            return STEAL_PENDING;
        io->waits = false;
        if (unlikely(io->wait.status))
            return finish(io, io->wait.status);
    }
    return io->mode == NOTHING ? finish(io, 0) : go_on(io, cx);
}

static void
io_drop(struct steal_future *future)
{
    struct steal_io *io = (struct steal_io *)future;

    steal__source_give_up(io->fd, wait_of(&io->wait));
}

static void
io_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_io *io = (struct steal_io *)future;

    steal__source_tell(io->fd, wait_of(&io->wait), await);
}

static const struct steal_future_ops io_ops = { .name = "io",
    .poll = io_poll,
    .drop = io_drop,
    .waits = io_waits };

/*
 * The operations
 */

static struct steal_future *
begin(struct steal_io *io, struct steal_fd *fd, unsigned events,
        steal_io_fn *attempt, enum mode mode, size_t size)
{
    steal_future_init(&io->future, &io_ops);
    io->done = 0;
    io->fd = fd;
    io->attempt = attempt;
    io->size = size;
    io->mode = (unsigned char)mode;
    io->waits = false;
    wait_init(wait_of(&io->wait), events);
    return &io->future;
}

static struct steal_future *
begin_read(struct steal_io *io, struct steal_fd *fd, void *buffer, size_t size,
        enum mode mode)
{
    io->data.into = buffer;
    return begin(io, fd, STEAL_READABLE,
            fd->kind & SOURCE_SOCKET ? attempt_recv : attempt_read,
            size ? mode : NOTHING, size);
}

struct steal_future *
steal_fd_read(struct steal_io *io, struct steal_fd *fd, void *buffer,
        size_t size)
{
    return begin_read(io, fd, buffer, size, ONCE);
}

struct steal_future *
steal_fd_read_exact(struct steal_io *io, struct steal_fd *fd, void *buffer,
        size_t size)
{
    return begin_read(io, fd, buffer, size, EXACT);
}

static struct steal_future *
begin_write(struct steal_io *io, struct steal_fd *fd, const void *data,
        size_t size, enum mode mode)
{
    io->data.from = data;
    return begin(io, fd, STEAL_WRITABLE,
            fd->kind & SOURCE_SOCKET ? attempt_send : attempt_write,
            size ? mode : NOTHING, size);
}

struct steal_future *
steal_fd_write(struct steal_io *io, struct steal_fd *fd, const void *data,
        size_t size)
{
    return begin_write(io, fd, data, size, ONCE);
}

struct steal_future *
steal_fd_write_all(struct steal_io *io, struct steal_fd *fd, const void *data,
        size_t size)
{
    return begin_write(io, fd, data, size, ALL);
}

struct steal_future *
steal_fd_readv(struct steal_io *io, struct steal_fd *fd,
        const struct iovec *vector, int count)
{
    io->data.vector = (struct iovec *)vector; /* only read */
    return begin(io, fd, STEAL_READABLE, attempt_readv, ONCE, (size_t)count);
}

struct steal_future *
steal_fd_writev(struct steal_io *io, struct steal_fd *fd,
        const struct iovec *vector, int count)
{
    io->data.vector = (struct iovec *)vector; /* only read */
    return begin(io, fd, STEAL_WRITABLE, attempt_writev, ONCE, (size_t)count);
}

struct steal_future *
steal_fd_writev_all(struct steal_io *io, struct steal_fd *fd,
        struct iovec *vector, int count)
{
    io->data.vector = vector;
    return begin(io, fd, STEAL_WRITABLE, attempt_writev, ALL_VECTOR,
            (size_t)count);
}

struct steal_future *
steal_fd_recvmsg(struct steal_io *io, struct steal_fd *fd,
        struct msghdr *message, int flags)
{
    io->data.message = message;
    io->flags = flags;
    return begin(io, fd, STEAL_READABLE, attempt_recvmsg, ONCE, 0);
}

struct steal_future *
steal_fd_sendmsg(struct steal_io *io, struct steal_fd *fd,
        const struct msghdr *message, int flags)
{
    io->data.message = (struct msghdr *)message; /* only read */
    io->flags = flags;
    return begin(io, fd, STEAL_WRITABLE, attempt_sendmsg, ONCE, 0);
}

struct steal_future *
steal_fd_sendfile(struct steal_io *io, struct steal_fd *fd, int file,
        long long offset, size_t size)
{
    io->flags = file;
    io->offset = offset;
    return begin(io, fd, STEAL_WRITABLE, attempt_sendfile, ALL, size);
}

struct steal_future *
steal_fd_attempt(struct steal_io *io, struct steal_fd *fd, unsigned events,
        steal_io_fn *attempt, void *argument)
{
    io->data.argument = argument;
    return begin(io, fd, events, attempt, ONCE, 0);
}

int
steal_fd_shutdown(struct steal_fd *fd, int how)
{
    uint64_t seen;
    int error;

    if (!steal__source_enter(fd, &seen))
        return -ECANCELED;
    error = shutdown(fd->number, how) ? -errno : 0;
    steal__source_leave(fd, seen, 0);
    return error;
}
