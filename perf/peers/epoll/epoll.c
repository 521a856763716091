/*
 * epoll.c - the floor: one thread and a bare epoll loop, level-triggered.
 *
 * In steady state a request costs one read, one write and its share of one
 * epoll_wait.  What a runtime takes above that is its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../../hello.h"
#include "../../server.h"

#define EVENTS 1024

struct conn {
    int fd;
    bool stuck;  /* waits until it can write, and does not read meanwhile */
    size_t used; /* bytes in `in` */
    size_t from; /* what is to be written: from here in `out`... */
    size_t size; /* ...so many bytes */
    char *out;   /* the echo's is `in` */
    char in[SERVER_BUFFER];
};

struct loop {
    int epoll;
    int listener;
    bool http;
};

static void
watch(struct loop *loop, int op, int fd, uint32_t events, void *ptr)
{
    struct epoll_event event = { .events = events, .data.ptr = ptr };

    if (epoll_ctl(loop->epoll, op, fd, &event))
        server_fail("epoll_ctl", -errno);
}

static void
conn_open(struct loop *loop, int fd)
{
    struct conn *conn = malloc(sizeof *conn);

    if (!conn)
        server_fail("malloc", -ENOMEM);
    conn->fd = fd;
    conn->stuck = false;
    conn->used = 0;
    conn->from = 0;
    conn->size = 0;
    conn->out = loop->http ? malloc(SERVER_BUFFER) : conn->in;
    if (!conn->out)
        server_fail("malloc", -ENOMEM);
    watch(loop, EPOLL_CTL_ADD, fd, EPOLLIN, conn);
}

static void
conn_close(struct conn *conn)
{
    close(conn->fd);
    if (conn->out != conn->in)
        free(conn->out);
    free(conn);
}

/* Writes what there is to write: 1 when it has gone, 0 when the rest has to
 * wait, or a negative errno code. */
static int
flush(struct conn *conn)
{
    while (conn->size > 0) {
        ssize_t n = send(conn->fd, conn->out + conn->from, conn->size,
                MSG_NOSIGNAL);

        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        conn->from += (size_t)n;
        conn->size -= (size_t)n;
    }
    conn->from = 0;
    return 1;
}

/* Makes of what was read what is to be written; false if it cannot. */
static bool
answer(const struct loop *loop, struct conn *conn)
{
    ssize_t n = (ssize_t)conn->used;

    if (loop->http)
        n = hello_answer(conn->in, &conn->used, sizeof conn->in, conn->out,
                SERVER_BUFFER);
    else
        conn->used = 0;
    conn->size = n < 0 ? 0 : (size_t)n;
    return n >= 0;
}

/* Writes, and answers the rest, until nothing is left or the socket is full. */
static int
advance(const struct loop *loop, struct conn *conn)
{
    int err;

    while ((err = flush(conn)) > 0) {
        if (!answer(loop, conn))
            return -EPROTO;
        if (conn->size == 0)
            return 1;
    }
    return err;
}

/* Returns as advance(), or a negative errno code at the end of the stream. */
static int
conn_read(const struct loop *loop, struct conn *conn)
{
    ssize_t n = recv(conn->fd, conn->in + conn->used,
            sizeof conn->in - conn->used, 0);

    if (n < 0)
        return errno == EAGAIN ? 1 : -errno;
    if (n == 0)
        return -ECONNRESET;
    conn->used += (size_t)n;
    return advance(loop, conn);
}

static void
conn_event(struct loop *loop, struct conn *conn)
{
    int rc = conn->stuck ? advance(loop, conn) : conn_read(loop, conn);

    if (rc < 0) {
        conn_close(conn);
    } else if (conn->stuck != (rc == 0)) {
        conn->stuck = rc == 0;
        watch(loop, EPOLL_CTL_MOD, conn->fd, rc ? EPOLLIN : EPOLLOUT, conn);
    }
}

static void
accept_all(struct loop *loop)
{
    int fd;

    while ((fd = accept4(loop->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
        conn_open(loop, fd);
    if (errno != EAGAIN && errno != ECONNABORTED)
        server_fail("accept", -errno);
}

_Noreturn static void
run(struct loop *loop)
{
    static struct epoll_event event[EVENTS];

    for (;;) {
        int n = epoll_wait(loop->epoll, event, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (event[i].data.ptr)
                conn_event(loop, event[i].data.ptr);
            else
                accept_all(loop);
        }
    }
}

int
main(int argc, char **argv)
{
    struct server_options options = server_parse(argc, argv);
    struct loop loop = { .http = options.http };
    struct utsname kernel;

    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop.epoll < 0)
        server_fail("epoll_create1", -errno);
    loop.listener = server_bind(&options);
    if (listen(loop.listener, SERVER_BACKLOG))
        server_fail("listen", -errno);
    watch(&loop, EPOLL_CTL_ADD, loop.listener, EPOLLIN, NULL);
    uname(&kernel);
    server_ready(loop.listener, "epoll", kernel.release);
    run(&loop);
}
