/*
 * fd.c - descriptors of the caller's, and waiting for them by hand.
 *
 * Somebody else may read such a descriptor, so what the source remembers may be
 * old, in one way: it may take the descriptor for ready when it is not any more.
 * Then the system is asked, and what it says is remembered as if an operation had
 * been tried.
 */
#include <steal/fd.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "source.h"

static int
set_nonblocking(int number)
{
    int flags = fcntl(number, F_GETFL);

    if (flags < 0)
        return -errno;
    if (!(flags & O_NONBLOCK) && fcntl(number, F_SETFL, flags | O_NONBLOCK))
        return -errno;
    return 0;
}

/* A Unix socket is none that drains: a read stops where descriptors are passed. */
static unsigned
kind_of_socket(int number)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    socklen_t type_size = sizeof(int);
    int type;

    if (getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &type_size) ||
            getsockname(number, (struct sockaddr *)&address, &size))
        return SOURCE_SOCKET;
    if (type == SOCK_STREAM &&
            (address.ss_family == AF_INET || address.ss_family == AF_INET6))
        return SOURCE_SOCKET | SOURCE_DRAINS;
    return type == SOCK_STREAM ? SOURCE_SOCKET : SOURCE_SOCKET | SOURCE_PACKETS;
}

static unsigned
kind_of(int number)
{
    struct stat stat;

    if (fstat(number, &stat))
        return 0;
    return S_ISSOCK(stat.st_mode) ? kind_of_socket(number) : 0;
}

int
steal_fd_new(struct steal_fd **fd, struct steal_runtime *runtime, int number)
{
    int error = set_nonblocking(number);

    if (error)
        return error;
    return steal__source_new(fd, runtime, number, kind_of(number));
}

/*
 * struct steal_ready
 */

static short
to_poll(unsigned events)
{
    int mask = 0;

    if (events & STEAL_READABLE)
        mask |= POLLIN | POLLRDHUP;
    if (events & STEAL_WRITABLE)
        mask |= POLLOUT;
    if (events & STEAL_PRIORITY)
        mask |= POLLPRI;
    return (short)mask;
}

static unsigned
from_poll(int mask, unsigned events)
{
    unsigned found = 0;

    if (mask & (POLLIN | POLLRDHUP))
        found |= STEAL_READABLE;
    if (mask & POLLOUT)
        found |= STEAL_WRITABLE;
    if (mask & POLLPRI)
        found |= STEAL_PRIORITY;
    if (mask & (POLLERR | POLLHUP | POLLNVAL))
        found |= events;
    return found & events;
}

/* Which of the events the system says are there. */
static int
ask_system(struct steal_ready *ready, unsigned *found)
{
    struct steal_fd *fd = ready->fd;
    unsigned events = ready->wait.events;
    struct pollfd pollfd = { .events = to_poll(events) };
    uint64_t seen;

    if (!steal__source_enter(fd, &seen))
        return -ECANCELED;
    pollfd.fd = fd->number;
    poll(&pollfd, 1, 0);
    *found = from_poll(pollfd.revents, events);
    steal__source_leave(fd, seen, events & ~*found);
    return 0;
}

static enum steal_poll
finish(struct steal_ready *ready, int result, unsigned found)
{
    steal__source_done(ready->fd, wait_of(&ready->wait));
    ready->events = found;
    ready->future.result = result;
    return STEAL_READY;
}

/* Ready, or waits; `found` is what is there, or in error. */
static enum steal_poll
settle(struct steal_ready *ready, struct steal_context *cx)
{
    struct wait *wait = wait_of(&ready->wait);
    unsigned found = 0;
    int answer = 1;

    while (answer == 1) {
        if (steal__source_is_worth_trying(ready->fd, wait->events)) {
            answer = ask_system(ready, &found);
            if (answer || found)
                break;
        }
        answer = steal__source_wait(ready->fd, wait, cx);
    }
    ready->begun = !answer && !found;
    return ready->begun ? STEAL_PENDING : finish(ready, answer, found);
}

static enum steal_poll
ready_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_ready *ready = (struct steal_ready *)future;
    struct wait *wait = wait_of(&ready->wait);
    unsigned found;

    if (ready->begun) {
        if (!steal__source_has_ended(ready->fd, wait, cx))
            return STEAL_PENDING;
        ready->begun = false;
        found = steal__source_bits(ready->fd) & wait->events;
        if (wait->status || found)
            return finish(ready, wait->status, found);
    }
    return settle(ready, cx);
}

static void
ready_drop(struct steal_future *future)
{
    struct steal_ready *ready = (struct steal_ready *)future;

    steal__source_give_up(ready->fd, wait_of(&ready->wait));
}

static void
ready_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_ready *ready = (struct steal_ready *)future;

    steal__source_tell(ready->fd, wait_of(&ready->wait), await);
}

static const struct steal_future_ops ready_ops = { .name = "fd",
    .poll = ready_poll,
    .drop = ready_drop,
    .waits = ready_waits };

struct steal_future *
steal_fd_ready(struct steal_ready *ready, struct steal_fd *fd, unsigned events)
{
    steal_future_init(&ready->future, &ready_ops);
    ready->events = 0;
    ready->fd = fd;
    ready->begun = false;
    wait_init(wait_of(&ready->wait), events);
    return &ready->future;
}

struct steal_future *
steal_fd_readable(struct steal_ready *ready, struct steal_fd *fd)
{
    return steal_fd_ready(ready, fd, STEAL_READABLE);
}

struct steal_future *
steal_fd_writable(struct steal_ready *ready, struct steal_fd *fd)
{
    return steal_fd_ready(ready, fd, STEAL_WRITABLE);
}
