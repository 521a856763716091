/*
 * conn.h - one connection of the load: what it sends, and what is under way.
 *
 * Threads: that of the client it belongs to.
 */
#ifndef STEAL_PERF_LOAD_CONN_H
#define STEAL_PERF_LOAD_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "load.h"
#include "wire.h"

struct conn {
    int fd;
    bool stuck;    /* part of `out` waits until the socket takes it */
    uint64_t sent; /* requests made; those answered are state.number in all */
    uint64_t answered;
    struct wire_state state;
    size_t from;     /* in `out`: the first byte that has not gone */
    size_t to;       /* and where they end */
    char *out;       /* room for `depth` requests */
    uint64_t *began; /* when request n was sent, at n % depth */
};

/* No connection yet; false: no memory. */
bool conn_init(struct conn *conn, const struct plan *plan,
        const struct wire *wire);
void conn_fini(struct conn *conn);

/*
 * Connects; fails for good if that does not work.  `source` picks the address
 * to come from, so that many short connections do not run out of ports.
 */
void conn_open(struct conn *conn, const struct plan *plan, unsigned source);

/* An ordinary close: no reset. */
void conn_close(struct conn *conn);

/* Makes `count` requests and sends what the socket takes. */
void conn_request(struct conn *conn, const struct plan *plan,
        const struct wire *wire, unsigned count, uint64_t now);

/* Sends what is left; sets `stuck`. */
void conn_flush(struct conn *conn);

#endif
