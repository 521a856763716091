/*
 * serve.h - what the servers among the examples have in common.
 *
 * A server listens at some addresses and gives each connection a task of its
 * own.  On SIGINT or SIGTERM it ends in good order: nobody new is let in, the
 * clients are heard no more, and what they have asked for is still answered.
 * That takes as long as it takes, but ten seconds at most, or until the next
 * signal; then the rest is canceled.
 *
 * A connection is an async function.  Its struct begins with a struct
 * connection, the rest is zeros at its first poll, and its drop function ends
 * with connection_end().
 *
 * Threads: connections run on all workers at the same time.
 */
#ifndef SERVE_H
#define SERVE_H

#include <steal.h>

struct server;

struct service {
    const char *usage;                  /* what follows the program's name */
    const struct steal_future_ops *ops; /* of a connection */
    size_t size;                        /* of its struct */
    void *shared;                       /* by all connections */
    unsigned workers;                   /* 0: as many as suit the machine */
    struct steal_future *beside;        /* may be NULL: runs as long as the
                                           server does */
};

struct connection {
    struct steal_async async;
    struct steal_fd *fd;
    void *shared; /* that of the service */
    /* private */
    struct server *server;
    struct connection *next;
    struct connection **link;
};

/* Reads -w, the number of workers, and returns the other arguments.  Tells the
 * usage and exits if there are fewer than `least`. */
char **service_arguments(struct service *service, int argc, char **argv,
        int least);

/* Serves at these addresses, up to a NULL, until a signal ends it; writes a line
 * for each once it listens.  Returns the exit status of the program. */
int serve(const struct service *service, char **addresses);

/* Closes the connection. */
void connection_end(struct connection *connection);

#endif
