/*
 * connect.c - connections that go out.
 *
 * How an attempt has ended tells a second connect(): unlike SO_ERROR it also
 * tells when it has not, so that a wake-up may be one too many.
 */
#include <steal/net.h>

#include <errno.h>

#include "../driver/source.h"
#include "simulated.h"
#include "socket.h"

#define LONGEST_PAUSE STEAL_MS(64)
#define QUEUE_IS_FULL \
 1 /* of a Unix listener, which tells nobody when it has
                           room again */

static ssize_t
try_connect(struct steal_io *io, int number)
{
    const struct steal_connect *self = io->data.argument;

    if (is_simulated(self->socket, &self->address)) {
        int error = steal__simulated_connect(self->socket, &self->address,
                SOCK_STREAM);

        return error == -EAGAIN ? QUEUE_IS_FULL : error;
    }
    /* On this host the answer has come by the time that the first call returns,
     * and the second one tells it. */
    do {
        if (connect(number, &self->address.u.any, self->address.size) == 0)
            return 0;
    } while (errno == EINPROGRESS);
    switch (errno) {
    case EISCONN:
        return 0;
    case EALREADY:
    case EINTR: /* goes on nonetheless */
        return -EAGAIN;
    case EAGAIN:
        return self->address.u.any.sa_family == AF_UNIX ? QUEUE_IS_FULL
                                                        : -EADDRNOTAVAIL;
    default:
        return -errno;
    }
}

static enum steal_poll
connect_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_connect *self = (struct steal_connect *)future;

    STEAL_BEGIN(&self->async);
    future->result = steal__socket_new(&self->socket, NULL,
            self->address.u.any.sa_family, SOCK_STREAM, &self->options);
    if (!future->result && is_simulated(self->socket, &self->address))
        future->result = steal__simulated_dial(self->socket,
                self->address.u.any.sa_family);
    if (future->result < 0)
        STEAL_RETURN(future->result);
    for (;;) {
        STEAL_AWAIT(cx, steal_fd_attempt(&self->wait.io, self->socket,
                                STEAL_WRITABLE, try_connect, self));
        if (self->wait.io.future.result < 0)
            STEAL_RETURN(self->wait.io.future.result);
        if (self->wait.io.future.result == 0)
            break;
        STEAL_AWAIT(cx, steal_sleep(&self->wait.nap,
                                next_pause(&self->pause, LONGEST_PAUSE)));
    }
    self->fd = self->socket;
    self->socket = NULL;
    STEAL_RETURN(0);
    STEAL_END();
}

/* Closes what has not become a connection. */
static void
connect_drop(struct steal_future *future)
{
    struct steal_connect *self = (struct steal_connect *)future;

    if (self->socket)
        steal_fd_close(self->socket);
    self->socket = NULL;
}

static const struct steal_future_ops connect_ops = { .name = "connect",
    .poll = connect_poll,
    .drop = connect_drop };

struct steal_future *
steal_connect(struct steal_connect *self, const struct steal_address *address,
        const struct steal_socket_options *options)
{
    static const struct steal_socket_options none;

    steal_async_init(&self->async, &connect_ops);
    self->fd = NULL;
    self->socket = NULL;
    self->address = *address;
    self->options = options ? *options : none;
    self->pause = 0;
    return &self->future;
}
