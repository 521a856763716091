#include "listen.h"

#include <stdio.h>
#include <unistd.h>

#include "../server.h"

struct acceptor {
    struct steal_async async;
    struct steal_accept accept;
    struct steal_fd *listener;
    connection_fn *connection;
    size_t size;
};

static int
spawn(const struct acceptor *self, struct steal_fd *fd)
{
    struct steal_task *task;
    int err = steal_task_new(NULL, self->size, &task);

    if (err < 0) {
        steal_fd_unref(fd);
        return err;
    }
    self->connection(steal_task_memory(task), fd);
    steal_task_start(task);
    steal_task_detach(task);
    return 0;
}

static enum steal_poll
acceptor_poll(struct steal_future *future, struct steal_context *cx)
{
    struct acceptor *self = (struct acceptor *)future;
    int err = 0;

    STEAL_BEGIN(&self->async);
    while (err >= 0) {
        STEAL_AWAIT(cx, steal_accept(&self->accept, self->listener));
        err = self->accept.future.result;
        if (err >= 0)
            err = spawn(self, self->accept.fd);
    }
    STEAL_RETURN(err);
    STEAL_END();
}

static const struct steal_future_ops acceptor_ops = { .name = "acceptor",
    .poll = acceptor_poll };

static int
listen_at(struct steal_fd **listener, struct steal_runtime *runtime,
        const struct server_options *options)
{
    struct steal_address address;
    char text[STEAL_ADDRESS_TEXT];
    int err;

    if (options->path) {
        unlink(options->path);
        snprintf(text, sizeof text, "unix:%s", options->path);
    } else {
        snprintf(text, sizeof text, "127.0.0.1:%u", options->port);
    }
    err = steal_address_parse(&address, text);
    if (err == 0)
        err = steal_listen(listener, runtime, &address, NULL);
    return err;
}

int
serve(int argc, char **argv, connection_fn *connection, size_t size)
{
    struct server_options options = server_parse(argc, argv);
    struct steal_options wanted = STEAL_OPTIONS_INIT;
    struct acceptor acceptor = { .async = STEAL_ASYNC(&acceptor_ops),
        .connection = connection,
        .size = size };
    struct steal_runtime *runtime;
    char version[32];
    int err;

    wanted.workers = options.workers;
    err = steal_runtime_new(&runtime, &wanted);
    if (err < 0)
        server_fail("runtime", err);
    err = listen_at(&acceptor.listener, runtime, &options);
    if (err < 0)
        server_fail("listen", err);
    snprintf(version, sizeof version, "%d.%d.%d", STEAL_VERSION_MAJOR,
            STEAL_VERSION_MINOR, STEAL_VERSION_PATCH);
    server_ready(steal_fd_number(acceptor.listener), "libsteal", version);
    err = steal_block_on(runtime, &acceptor.async.future);
    steal_fd_unref(acceptor.listener);
    steal_runtime_stop(runtime, STEAL_FOREVER);
    server_fail("accept", err);
}
