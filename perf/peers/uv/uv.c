/*
 * uv.c - the servers on one bare libuv loop.
 *
 * An answer is written at once where the socket takes it (uv_try_write); what it
 * does not take goes with a uv_write(), and until that is through nothing more
 * is read.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

#include "../../hello.h"
#include "../../server.h"

struct conn {
    union {
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } u;
    uv_write_t write;
    size_t used; /* bytes in `in` */
    char *out;   /* the echo's is `in` */
    char in[SERVER_BUFFER];
};

static struct server_options options;

static void resume(struct conn *conn);

static void
must(const char *what, int err)
{
    if (err < 0)
        server_fail(what, err);
}

static void
on_close(uv_handle_t *handle)
{
    struct conn *conn = handle->data;

    if (conn->out != conn->in)
        free(conn->out);
    free(conn);
}

static void
conn_close(struct conn *conn)
{
    uv_handle_t *handle = (uv_handle_t *)&conn->u;

    if (!uv_is_closing(handle))
        uv_close(handle, on_close);
}

static void
on_written(uv_write_t *write, int status)
{
    struct conn *conn = write->data;

    if (status < 0)
        conn_close(conn);
    else
        resume(conn);
}

/* True if all of it has gone; else the rest is under way, or the connection is
 * being closed. */
static bool
reply(struct conn *conn, size_t size)
{
    uv_buf_t buf = uv_buf_init(conn->out, (unsigned)size);
    int n = uv_try_write(&conn->u.stream, &buf, 1);

    if (n == (int)size)
        return true;
    if (n < 0 && n != UV_EAGAIN) {
        conn_close(conn);
        return false;
    }
    if (n > 0)
        buf = uv_buf_init(conn->out + n, (unsigned)(size - (size_t)n));
    uv_read_stop(&conn->u.stream);
    conn->write.data = conn;
    if (uv_write(&conn->write, &conn->u.stream, &buf, 1, on_written))
        conn_close(conn);
    return false;
}

/* Answers everything that was read; false if it stopped half way. */
static bool
answer_all(struct conn *conn)
{
    for (;;) {
        ssize_t n = (ssize_t)conn->used;

        if (options.http)
            n = hello_answer(conn->in, &conn->used, sizeof conn->in, conn->out,
                    SERVER_BUFFER);
        else
            conn->used = 0;
        if (n < 0)
            conn_close(conn);
        if (n <= 0)
            return n == 0;
        if (!reply(conn, (size_t)n))
            return false;
    }
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct conn *conn = handle->data;

    (void)suggested;
    *buf = uv_buf_init(conn->in + conn->used,
            (unsigned)(sizeof conn->in - conn->used));
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *conn = stream->data;

    (void)buf;
    if (n < 0) {
        conn_close(conn);
    } else if (n > 0) {
        conn->used += (size_t)n;
        answer_all(conn);
    }
}

static void
resume(struct conn *conn)
{
    if (answer_all(conn) && uv_read_start(&conn->u.stream, on_alloc, on_read))
        conn_close(conn);
}

static void
init_stream(uv_loop_t *loop, struct conn *conn)
{
    if (options.path)
        uv_pipe_init(loop, &conn->u.pipe, 0);
    else
        uv_tcp_init(loop, &conn->u.tcp);
    conn->u.stream.data = conn;
}

static void
on_connection(uv_stream_t *listener, int status)
{
    struct conn *conn;

    must("accept", status);
    conn = malloc(sizeof *conn);
    if (!conn)
        server_fail("malloc", -ENOMEM);
    conn->used = 0;
    conn->out = options.http ? malloc(SERVER_BUFFER) : conn->in;
    if (!conn->out)
        server_fail("malloc", -ENOMEM);
    init_stream(listener->loop, conn);
    must("uv_accept", uv_accept(listener, &conn->u.stream));
    if (!options.path)
        uv_tcp_nodelay(&conn->u.tcp, 1);
    must("uv_read_start", uv_read_start(&conn->u.stream, on_alloc, on_read));
}

int
main(int argc, char **argv)
{
    struct conn listener;
    uv_loop_t *loop = uv_default_loop();
    int fd;

    signal(SIGPIPE, SIG_IGN);
    options = server_parse(argc, argv);
    fd = server_bind(&options);
    init_stream(loop, &listener);
    if (options.path)
        must("uv_pipe_open", uv_pipe_open(&listener.u.pipe, fd));
    else
        must("uv_tcp_open", uv_tcp_open(&listener.u.tcp, fd));
    must("uv_listen",
            uv_listen(&listener.u.stream, SERVER_BACKLOG, on_connection));
    server_ready(fd, "libuv", uv_version_string());
    return uv_run(loop, UV_RUN_DEFAULT);
}
