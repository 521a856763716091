/*
 * httpd.c - an HTTP/1.1 server for the files of a folder, and for the metrics of
 * the runtime that serves them.
 *
 *     $ examples/httpd/httpd . 127.0.0.1:8080 &
 *     $ curl http://127.0.0.1:8080/README.md
 *     $ curl http://127.0.0.1:8080/metrics
 *
 *     request.c  parses the head of a request
 *     body.c     finds the end of its body
 *     path.c     tells which file it means
 *     reply.c    writes the head of an answer
 *     hear.c     reads a request from the client
 *     answer.c   opens the file and sends it
 *     metrics.c  writes what is sent for /metrics
 *
 * The first four know nothing of sockets or tasks.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "client.h"

/* Throws away what still comes. */
static struct steal_future *
listen_on(struct client *self)
{
    return steal_timeout_at(&self->limit,
            steal_fd_read(&self->io, self->connection.fd, self->in,
                    sizeof self->in),
            self->deadline);
}

static enum steal_poll
client_poll(struct steal_future *future, struct steal_context *cx)
{
    struct client *self = (struct client *)future;

    STEAL_BEGIN(&self->connection.async);
    steal_reader_init(&self->reader, self->connection.fd, self->in,
            sizeof self->in);
    do {
        STEAL_AWAIT(cx, hear(self));
        if (!self->part.async.future.result)
            STEAL_RETURN(0);
        STEAL_AWAIT(cx, answer(self));
        if (self->part.async.future.result < 0)
            STEAL_RETURN(self->part.async.future.result);
    } while (self->keep_alive);
    STEAL_AWAIT(cx, flush(self));

    /* A socket that is closed with bytes unread takes the answer with it. */
    steal_fd_shutdown(self->connection.fd, SHUT_WR);
    self->deadline = steal_now() + LINGER_TIME;
    do {
        STEAL_AWAIT(cx, listen_on(self));
    } while (self->limit.future.result > 0);
    STEAL_END();
}

static void
client_drop(struct steal_future *future)
{
    struct client *self = (struct client *)future;

    drop_content(self);
    connection_end(&self->connection);
}

static const struct steal_future_ops client_ops = {
    .name = "client",
    .poll = client_poll,
    .drop = client_drop,
};

int
main(int argc, char **argv)
{
    struct service service = {
        .usage = "folder address...",
        .ops = &client_ops,
        .size = sizeof(struct client),
    };
    char **arguments = service_arguments(&service, argc, argv, 2);
    int folder = open(arguments[0], O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0) {
        perror(arguments[0]);
        return 1;
    }
    service.shared = &folder;
    return serve(&service, arguments + 1);
}
