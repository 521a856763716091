/*
 * echo.c - a server that sends back what it gets: a task a connection.
 */
#include "listen.h"

#include "../server.h"

struct connection {
    struct steal_async async;
    struct steal_io io;
    struct steal_fd *fd;
    char buffer[SERVER_BUFFER];
};

static enum steal_poll
connection_poll(struct steal_future *future, struct steal_context *cx)
{
    struct connection *self = (struct connection *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_fd_read(&self->io, self->fd, self->buffer,
                                sizeof self->buffer));
        if (self->io.future.result <= 0)
            break;
        STEAL_AWAIT(cx, steal_fd_write_all(&self->io, self->fd, self->buffer,
                                (size_t)self->io.future.result));
        if (self->io.future.result < 0)
            break;
    }
    STEAL_END();
}

static void
connection_drop(struct steal_future *future)
{
    struct connection *self = (struct connection *)future;

    steal_fd_unref(self->fd);
}

static const struct steal_future_ops connection_ops = { .name = "connection",
    .poll = connection_poll,
    .drop = connection_drop };

static void
connection_init(struct steal_future *future, struct steal_fd *fd)
{
    struct connection *self = (struct connection *)future;

    steal_async_init(&self->async, &connection_ops);
    self->fd = fd;
}

int
main(int argc, char **argv)
{
    return serve(argc, argv, connection_init, sizeof(struct connection));
}
