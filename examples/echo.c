/*
 * echo.c - a server that sends back what it is sent, over TCP or a Unix socket.
 *
 *     $ examples/echo 127.0.0.1:7000 unix:/tmp/echo &
 *     $ nc 127.0.0.1 7000
 *
 * This is all that a connection is: a loop that reads and writes.  A client that
 * does not read what it is sent is not read from either, so memory stays flat.
 */
#include "serve.h"

struct echo {
    struct connection connection;
    struct steal_io io;
    char buffer[4096];
};

static enum steal_poll
echo_poll(struct steal_future *future, struct steal_context *cx)
{
    struct echo *self = (struct echo *)future;

    STEAL_BEGIN(&self->connection.async);
    for (;;) {
        STEAL_AWAIT(cx, steal_fd_read(&self->io, self->connection.fd,
                                self->buffer, sizeof self->buffer));
        if (self->io.future.result <= 0)
            STEAL_RETURN(self->io.future.result);
        STEAL_AWAIT(cx, steal_fd_write_all(&self->io, self->connection.fd,
                                self->buffer, self->io.done));
        if (self->io.future.result < 0)
            STEAL_RETURN(self->io.future.result);
    }
    STEAL_END();
}

static void
echo_drop(struct steal_future *future)
{
    connection_end((struct connection *)future);
}

static const struct steal_future_ops echo_ops = {
    .name = "echo",
    .poll = echo_poll,
    .drop = echo_drop,
};

int
main(int argc, char **argv)
{
    struct service service = {
        .usage = "address...",
        .ops = &echo_ops,
        .size = sizeof(struct echo),
    };

    return serve(&service, service_arguments(&service, argc, argv, 1));
}
