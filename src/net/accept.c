/*
 * accept.c - connections that come.
 */
#include <steal/net.h>

#include <errno.h>
#include <unistd.h>

#include "../driver/source.h"
#include "simulated.h"
#include "socket.h"

#define LONGEST_PAUSE STEAL_SECONDS(1)
#define TRIES         16

/* The system, or this process, has no room for one more: that passes. */
static bool
is_shortage(int error)
{
    switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC: /* of the set that the driver watches */
        return true;
    default:
        return false;
    }
}

/* The connection broke before it was accepted: the next one may be well.  Linux
 * passes on what the network has said about it. */
static bool
is_of_connection(int error)
{
    switch (error) {
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EINTR:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EPROTO:
        return true;
    default:
        return false;
    }
}

static ssize_t
take_connection(struct steal_io *io, int number)
{
    struct steal_accept *accept = io->data.argument;
    int connection;
    int tries = 0;

    do {
        accept->peer.size = sizeof accept->peer.u;
        connection = accept4(number, &accept->peer.u.any, &accept->peer.size,
                SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (connection < 0 && is_of_connection(errno) && ++tries < TRIES);
    return connection < 0 ? -errno : connection;
}

/* Makes a steal_fd of what accept4() gave. */
static int
keep(struct steal_accept *accept, int connection)
{
    int error;

    if (connection < 0)
        return connection;
    error = steal__socket_adopt(&accept->fd, accept->listener->runtime,
            connection, accept->peer.u.any.sa_family, SOCK_STREAM);
    if (!error && unlikely(accept->fd->kind & SOURCE_SIMULATED))
        steal__simulated_accept(accept->fd, &accept->peer);
    return error;
}

static enum steal_poll
accept_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_accept *accept = (struct steal_accept *)future;

    STEAL_BEGIN(&accept->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_fd_attempt(&accept->wait.io, accept->listener,
                                STEAL_READABLE, take_connection, accept));
        future->result = keep(accept, accept->wait.io.future.result);
        if (!is_shortage(-future->result) && !is_of_connection(-future->result))
            STEAL_RETURN(future->result);
        STEAL_AWAIT(cx, steal_sleep(&accept->wait.nap,
                                next_pause(&accept->pause, LONGEST_PAUSE)));
        if (accept->wait.nap.future.result < 0)
            STEAL_RETURN(future->result); /* nobody here can sleep */
    }
    STEAL_END();
}

static const struct steal_future_ops accept_ops = { .name = "accept",
    .poll = accept_poll };

struct steal_future *
steal_accept(struct steal_accept *accept, struct steal_fd *listener)
{
    steal_async_init(&accept->async, &accept_ops);
    accept->fd = NULL;
    accept->peer.size = 0;
    accept->listener = listener;
    accept->pause = 0;
    return &accept->future;
}
