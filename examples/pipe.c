/*
 * pipe.c - two tasks and a pipe: waiting for descriptors.
 *
 * A task does its own reads and writes: it tries, and waits only if that gave
 * EAGAIN.  The megabyte here is more than a pipe holds, so the writer waits for
 * the reader, too.
 */
#include <steal.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* One end of the pipe. */
struct end {
    struct steal_async async;
    struct steal_ready ready;
    struct steal_fd *fd;
    size_t bytes; /* read, or still to be written */
};

static enum steal_poll
reader_poll(struct steal_future *future, struct steal_context *cx)
{
    struct end *self = (struct end *)future;
    char buffer[4096];
    ssize_t n;

    STEAL_BEGIN(&self->async);
    while ((n = read(steal_fd_number(self->fd), buffer, sizeof buffer)) != 0) {
        if (n > 0)
            self->bytes += (size_t)n;
        else if (errno == EAGAIN)
            STEAL_AWAIT(cx, steal_fd_readable(&self->ready, self->fd));
        else
            STEAL_RETURN(-errno);
        if (self->ready.future.result < 0) /* of the last wait */
            STEAL_RETURN(self->ready.future.result);
    }
    STEAL_END();
}

static enum steal_poll
writer_poll(struct steal_future *future, struct steal_context *cx)
{
    static const char zeros[4096];
    struct end *self = (struct end *)future;
    ssize_t n;

    STEAL_BEGIN(&self->async);
    while (self->bytes > 0) {
        n = write(steal_fd_number(self->fd), zeros, sizeof zeros);
        if (n > 0)
            self->bytes -= (size_t)n;
        else if (errno == EAGAIN)
            STEAL_AWAIT(cx, steal_fd_writable(&self->ready, self->fd));
        else
            STEAL_RETURN(-errno);
        if (self->ready.future.result < 0) /* of the last wait */
            STEAL_RETURN(self->ready.future.result);
    }
    STEAL_END();
}

/* Closes its end, which is what ends the reader. */
static void
end_drop(struct steal_future *future)
{
    struct end *self = (struct end *)future;
    int number = steal_fd_number(self->fd);

    steal_fd_free(self->fd);
    close(number);
}

static const struct steal_future_ops reader_ops = {
    .name = "reader",
    .poll = reader_poll,
    .drop = end_drop,
};

static const struct steal_future_ops writer_ops = {
    .name = "writer",
    .poll = writer_poll,
    .drop = end_drop,
};

int
main(void)
{
    struct end reader = { .async = STEAL_ASYNC(&reader_ops) };
    struct end writer = { .async = STEAL_ASYNC(&writer_ops), .bytes = 1 << 20 };
    struct steal_runtime *runtime;
    int number[2];

    if (pipe(number) < 0 || steal_runtime_new(&runtime, NULL) < 0)
        return 1;
    if (steal_fd_new(&reader.fd, runtime, number[0]) < 0 ||
            steal_fd_new(&writer.fd, runtime, number[1]) < 0 ||
            steal_spawn(runtime, &writer.async.future, sizeof writer, NULL) < 0)
        return 1;
    if (steal_block_on(runtime, &reader.async.future) == 0)
        printf("%zu bytes went through the pipe\n", reader.bytes);
    return steal_runtime_stop(runtime, STEAL_FOREVER) < 0;
}
