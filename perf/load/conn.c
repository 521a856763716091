#include "conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOURCES 64 /* addresses of this host to come from */

bool
conn_init(struct conn *conn, const struct plan *plan, const struct wire *wire)
{
    *conn = (struct conn){ .fd = -1 };
    conn->out = malloc(wire->size * plan->depth);
    conn->began = calloc(plan->depth, sizeof *conn->began);
    return conn->out && conn->began;
}

void
conn_fini(struct conn *conn)
{
    if (conn->fd >= 0)
        conn_close(conn);
    free(conn->out);
    free(conn->began);
}

/* From 127.0.0.2 on; the port is chosen when the destination is known. */
static void
bind_source(int fd, unsigned source)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + source % SOURCES);
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) ||
            bind(fd, (struct sockaddr *)&address, sizeof address))
        fail("bind", -errno);
}

void
conn_open(struct conn *conn, const struct plan *plan, unsigned source)
{
    const struct sockaddr *address = (const struct sockaddr *)&plan->address;
    int on = 1;

    conn->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (conn->fd < 0)
        fail("socket", -errno);
    if (address->sa_family == AF_INET) {
        bind_source(conn->fd, source);
        setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (connect(conn->fd, address, plan->address_size))
        fail("connect", -errno);
}

void
conn_close(struct conn *conn)
{
    close(conn->fd);
    conn->fd = -1;
    wire_reset(&conn->state);
    conn->sent = 0;
    conn->answered = 0;
    conn->from = 0;
    conn->to = 0;
}

void
conn_flush(struct conn *conn)
{
    conn->stuck = false;
    while (conn->from < conn->to && !conn->stuck) {
        ssize_t n = send(conn->fd, conn->out + conn->from,
                conn->to - conn->from, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN)
            fail("send", -errno);
        if (n < 0)
            conn->stuck = true;
        else
            conn->from += (size_t)n;
    }
}

/* `out` has room for all that is in flight, hence for what has not gone. */
void
conn_request(struct conn *conn, const struct plan *plan,
        const struct wire *wire, unsigned count, uint64_t now)
{
    memmove(conn->out, conn->out + conn->from, conn->to - conn->from);
    conn->to -= conn->from;
    conn->from = 0;
    for (unsigned i = 0; i < count; i++) {
        wire_request(wire, conn->out + conn->to, conn->sent);
        conn->to += wire->size;
        conn->began[conn->sent++ % plan->depth] = now;
    }
    conn_flush(conn);
}
