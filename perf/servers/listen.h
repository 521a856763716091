/*
 * listen.h - what perf/servers/ have in common: a task that accepts, and
 * spawns one for each connection.
 */
#ifndef STEAL_PERF_SERVERS_LISTEN_H
#define STEAL_PERF_SERVERS_LISTEN_H

#include <steal.h>

/* Makes the future of a connection, which owns `fd`, in the memory of its task;
 * that is not cleared. */
typedef void connection_fn(struct steal_future *future, struct steal_fd *fd);

/* Serves until it is killed, or something fails; main() returns what it
 * returns.  `size` is that of a connection's future. */
int serve(int argc, char **argv, connection_fn *connection, size_t size);

#endif
