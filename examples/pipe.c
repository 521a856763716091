/*
 * pipe.c - two tasks and a pipe: reading and writing descriptors.
 *
 * A read or write tries first, and waits only if it would block.  The megabyte
 * here is more than a pipe holds, so the writer waits for the reader, too.
 */
#include <steal.h>

#include <stdio.h>

struct reader {
    struct steal_async async;
    struct steal_io io;
    struct steal_fd *fd;
    size_t bytes;
    char buffer[4096];
};

static enum steal_poll
reader_poll(struct steal_future *future, struct steal_context *cx)
{
    struct reader *self = (struct reader *)future;

    STEAL_BEGIN(&self->async);
    do {
        STEAL_AWAIT(cx, steal_fd_read(&self->io, self->fd, self->buffer,
                                sizeof self->buffer));
        self->bytes += self->io.done;
    } while (self->io.future.result > 0);
    STEAL_RETURN(self->io.future.result);
    STEAL_END();
}

static void
reader_drop(struct steal_future *future)
{
    steal_fd_close(((struct reader *)future)->fd);
}

static const struct steal_future_ops reader_ops = {
    .name = "reader",
    .poll = reader_poll,
    .drop = reader_drop,
};

struct writer {
    struct steal_async async;
    struct steal_io io;
    struct steal_fd *fd;
};

static enum steal_poll
writer_poll(struct steal_future *future, struct steal_context *cx)
{
    static const char zeros[1 << 20];
    struct writer *self = (struct writer *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx,
            steal_fd_write_all(&self->io, self->fd, zeros, sizeof zeros));
    STEAL_RETURN(self->io.future.result);
    STEAL_END();
}

/* Closes its end, which is what ends the reader. */
static void
writer_drop(struct steal_future *future)
{
    steal_fd_close(((struct writer *)future)->fd);
}

static const struct steal_future_ops writer_ops = {
    .name = "writer",
    .poll = writer_poll,
    .drop = writer_drop,
};

int
main(void)
{
    struct reader reader = { .async = STEAL_ASYNC(&reader_ops) };
    struct writer writer = { .async = STEAL_ASYNC(&writer_ops) };
    struct steal_runtime *runtime;
    struct steal_fd *fd[2];

    if (steal_runtime_new(&runtime, NULL) < 0 || steal_pipe(fd, runtime) < 0)
        return 1;
    reader.fd = fd[0];
    writer.fd = fd[1];
    if (steal_spawn(runtime, &writer.async.future, sizeof writer, NULL) < 0)
        return 1;
    if (steal_block_on(runtime, &reader.async.future) == 0)
        printf("%zu bytes went through the pipe\n", reader.bytes);
    return steal_runtime_stop(runtime, STEAL_FOREVER) < 0;
}
