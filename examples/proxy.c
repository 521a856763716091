/*
 * proxy.c - a TCP forwarder: each connection goes on to another host.
 *
 *     $ examples/proxy www.example.org:80 127.0.0.1:8080 &
 *
 * What one side sends the other gets.  When a side has said all it has to say,
 * the other one is told, and may still answer: "half-close".  A side that reads
 * slowly slows down the other.
 */
#include <stdio.h>
#include <string.h>

#include "serve.h"

/* Where all connections go to. */
struct target {
    char *host;
    char *port;
};

struct forward {
    struct connection connection;
    struct steal_fd *upstream; /* NULL until there is one */
    struct steal_dial dial;
    struct steal_copy_both both;
};

static enum steal_poll
forward_poll(struct steal_future *future, struct steal_context *cx)
{
    struct forward *self = (struct forward *)future;
    const struct target *target = self->connection.shared;

    STEAL_BEGIN(&self->connection.async);
    STEAL_AWAIT(cx, steal_dial(&self->dial, target->host, target->port, NULL));
    if (self->dial.future.result < 0)
        STEAL_RETURN(self->dial.future.result);
    self->upstream = self->dial.fd;
    STEAL_AWAIT(cx,
            steal_copy_both(&self->both, self->connection.fd, self->upstream));
    STEAL_RETURN(self->both.future.result);
    STEAL_END();
}

static void
forward_drop(struct steal_future *future)
{
    struct forward *self = (struct forward *)future;

    if (self->upstream != NULL)
        steal_fd_close(self->upstream);
    connection_end(&self->connection);
}

static const struct steal_future_ops forward_ops = {
    .name = "forward",
    .poll = forward_poll,
    .drop = forward_drop,
};

/* Takes "host:port" or "[::1]:port" apart. */
static bool
parse_target(struct target *target, char *text)
{
    char *colon = strrchr(text, ':');

    if (colon == NULL)
        return false;
    *colon = '\0';
    target->port = colon + 1;
    target->host = text;
    if (text[0] == '[' && colon[-1] == ']') {
        colon[-1] = '\0';
        target->host = text + 1;
    }
    return true;
}

int
main(int argc, char **argv)
{
    struct target target;
    struct service service = {
        .usage = "host:port address...",
        .ops = &forward_ops,
        .size = sizeof(struct forward),
        .shared = &target,
    };
    char **arguments = service_arguments(&service, argc, argv, 2);

    if (!parse_target(&target, arguments[0])) {
        fprintf(stderr, "%s: no host:port\n", arguments[0]);
        return 2;
    }
    return serve(&service, arguments + 1);
}
