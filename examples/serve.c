/*
 * serve.c - listen, accept, spawn; and stop in good order.
 */
#include "serve.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LISTENERS 8
#define PATIENCE  STEAL_SECONDS(10) /* with clients, when it ends */

/* A future: waits until the last connection has ended. */
struct farewell {
    struct steal_future future;
    struct server *server;
};

struct server {
    struct steal_async async;
    const struct service *service;
    char **addresses;
    struct steal_fd *listener[LISTENERS];
    int listeners;
    struct steal_signal *signal[2];
    struct steal_signal_next next[2];
    struct steal_future *branch[4];
    size_t branches;
    struct steal_select select;
    struct steal_sleep limit;
    struct farewell farewell;

    /* The lock covers these. */
    pthread_mutex_t lock;
    struct connection *connections;
    bool closing;
    struct steal_waker waker; /* of who waits for the last connection */
};

/* False if the server has stopped listening meanwhile. */
static bool
enlist(struct server *server, struct connection *connection)
{
    bool welcome;

    pthread_mutex_lock(&server->lock);
    welcome = !server->closing;
    if (welcome) {
        connection->next = server->connections;
        connection->link = &server->connections;
        if (connection->next != NULL)
            connection->next->link = &connection->next;
        server->connections = connection;
    }
    pthread_mutex_unlock(&server->lock);
    return welcome;
}

void
connection_end(struct connection *connection)
{
    struct server *server = connection->server;
    struct steal_waker waker = STEAL_WAKER_INIT;

    pthread_mutex_lock(&server->lock);
    *connection->link = connection->next;
    if (connection->next != NULL)
        connection->next->link = connection->link;
    if (server->connections == NULL) {
        waker = server->waker;
        server->waker = steal_waker_noop();
    }
    pthread_mutex_unlock(&server->lock);
    steal_waker_wake(&waker);
    steal_fd_close(connection->fd);
}

/* Gives a new connection a task; or closes it if that cannot be. */
static void
welcome(struct server *server, struct steal_fd *fd)
{
    const struct service *service = server->service;
    struct connection *connection;
    struct steal_task *task;

    if (steal_task_new(NULL, service->size, &task) < 0) {
        steal_fd_close(fd);
        return;
    }
    connection = (struct connection *)steal_task_memory(task);
    memset(connection, 0, service->size);
    steal_async_init(&connection->async, service->ops);
    connection->fd = fd;
    connection->shared = service->shared;
    connection->server = server;
    if (!enlist(server, connection)) {
        steal_task_discard(task);
        steal_fd_close(fd);
        return;
    }
    steal_task_start(task);
    steal_task_detach(task);
}

/* Accepts until its listener is closed. */
struct acceptor {
    struct steal_async async;
    struct server *server;
    struct steal_fd *listener;
    struct steal_accept accept;
};

static enum steal_poll
acceptor_poll(struct steal_future *future, struct steal_context *cx)
{
    struct acceptor *self = (struct acceptor *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_accept(&self->accept, self->listener));
        if (self->accept.future.result < 0)
            STEAL_RETURN(self->accept.future.result);
        welcome(self->server, self->accept.fd);
    }
    STEAL_END();
}

static void
acceptor_drop(struct steal_future *future)
{
    steal_fd_unref(((struct acceptor *)future)->listener);
}

static const struct steal_future_ops acceptor_ops = {
    .name = "acceptor",
    .poll = acceptor_poll,
    .drop = acceptor_drop,
};

/* Listens; the acceptor has a reference of its own to the listener. */
static int
open_listener(struct server *server, const char *text)
{
    struct acceptor acceptor = { .async = STEAL_ASYNC(&acceptor_ops) };
    struct steal_address address;
    struct steal_fd *listener;
    char name[STEAL_ADDRESS_TEXT];
    int error = steal_address_parse(&address, text);

    if (error == 0)
        error = steal_listen(&listener, NULL, &address, NULL);
    if (error < 0)
        return error;
    server->listener[server->listeners++] = listener;

    acceptor.server = server;
    acceptor.listener = steal_fd_ref(listener);
    error = steal_spawn(NULL, &acceptor.async.future, sizeof acceptor, NULL);
    if (error < 0) {
        steal_fd_unref(acceptor.listener);
        return error;
    }
    steal_fd_local_address(listener, &address);
    steal_address_format(&address, name, sizeof name);
    printf("listening at %s\n", name);
    return 0;
}

static int
open_server(struct server *self)
{
    const int signals[2] = { SIGINT, SIGTERM };
    int error = 0;

    for (int i = 0; i < 2 && error == 0; i++)
        error = steal_signal_new(&self->signal[i], NULL, signals[i]);
    for (int i = 0; self->addresses[i] != NULL && error == 0; i++) {
        error = i < LISTENERS ? open_listener(self, self->addresses[i])
                              : -E2BIG;
        if (error < 0)
            fprintf(stderr, "%s: %s\n", self->addresses[i], strerror(-error));
    }
    fflush(stdout);
    return error;
}

static void
close_listener(struct steal_fd *listener)
{
    struct steal_address address;

    if (steal_fd_local_address(listener, &address) == 0 &&
            address.u.any.sa_family == AF_UNIX &&
            address.u.local.sun_path[0] != '\0')
        unlink(address.u.local.sun_path);
    steal_fd_close(listener);
}

/* Lets nobody in any more, and hears no more from those who are in: each reads
 * the end of its stream once it has read what came before. */
static void
close_server(struct server *self)
{
    while (self->listeners > 0)
        close_listener(self->listener[--self->listeners]);
    pthread_mutex_lock(&self->lock);
    self->closing = true;
    for (struct connection *c = self->connections; c != NULL; c = c->next)
        steal_fd_shutdown(c->fd, SHUT_RD);
    pthread_mutex_unlock(&self->lock);
}

/* The future that a server ends with. */
static enum steal_poll
farewell_poll(struct steal_future *future, struct steal_context *cx)
{
    struct server *server = ((struct farewell *)future)->server;
    struct steal_waker before;
    bool empty;

    pthread_mutex_lock(&server->lock);
    before = server->waker;
    empty = server->connections == NULL;
    server->waker = empty ? steal_waker_noop()
                          : steal_waker_clone(steal_context_waker(cx));
    pthread_mutex_unlock(&server->lock);
    steal_waker_drop(&before);
    return empty ? STEAL_READY : STEAL_PENDING;
}

static void
farewell_drop(struct steal_future *future)
{
    struct server *server = ((struct farewell *)future)->server;
    struct steal_waker before;

    pthread_mutex_lock(&server->lock);
    before = server->waker;
    server->waker = steal_waker_noop();
    pthread_mutex_unlock(&server->lock);
    steal_waker_drop(&before);
}

static const struct steal_future_ops farewell_ops = {
    .name = "farewell",
    .poll = farewell_poll,
    .drop = farewell_drop,
};

/* A signal, or the end of what runs beside the server. */
static struct steal_future *
await_signal(struct server *self)
{
    self->branches = 0;
    for (int i = 0; i < 2; i++)
        self->branch[self->branches++] = steal_signal_next(&self->next[i],
                self->signal[i]);
    if (self->service->beside != NULL)
        self->branch[self->branches++] = self->service->beside;
    return steal_select(&self->select, self->branch, self->branches);
}

/* The last connection, the end of our patience, or another signal. */
static struct steal_future *
await_farewell(struct server *self)
{
    steal_future_init(&self->farewell.future, &farewell_ops);
    self->farewell.server = self;
    self->branch[0] = &self->farewell.future;
    self->branch[1] = steal_sleep(&self->limit, PATIENCE);
    for (int i = 0; i < 2; i++)
        self->branch[2 + i] = steal_signal_next(&self->next[i],
                self->signal[i]);
    return steal_select(&self->select, self->branch, 4);
}

static enum steal_poll
server_poll(struct steal_future *future, struct steal_context *cx)
{
    struct server *self = (struct server *)future;
    int error;

    STEAL_BEGIN(&self->async);
    error = open_server(self);
    if (error < 0)
        STEAL_RETURN(error);
    STEAL_AWAIT(cx, await_signal(self));
    close_server(self);
    STEAL_AWAIT(cx, await_farewell(self));
    STEAL_END();
}

static void
server_drop(struct steal_future *future)
{
    struct server *self = (struct server *)future;

    close_server(self);
    for (int i = 0; i < 2; i++) {
        if (self->signal[i] != NULL)
            steal_signal_free(self->signal[i]);
    }
}

static const struct steal_future_ops server_ops = {
    .name = "server",
    .poll = server_poll,
    .drop = server_drop,
};

/* Each connection takes a descriptor: as many as the system lets us have. */
static void
raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int
serve(const struct service *service, char **addresses)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime;
    struct server server = {
        .async = STEAL_ASYNC(&server_ops),
        .service = service,
        .addresses = addresses,
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    int error;

    raise_limit();
    options.workers = service->workers;
    error = steal_runtime_new(&runtime, &options);
    if (error == 0) {
        error = steal_block_on(runtime, &server.async.future);
        /* Cancels the connections that are still there. */
        steal_runtime_stop(runtime, STEAL_FOREVER);
    }
    if (error < 0)
        fprintf(stderr, "cannot serve: %s\n", strerror(-error));
    return error < 0;
}

static void
tell_usage(const struct service *service, const char *program)
{
    fprintf(stderr, "usage: %s [-w workers] %s\n", program, service->usage);
    exit(2);
}

char **
service_arguments(struct service *service, int argc, char **argv, int least)
{
    int option;

    while ((option = getopt(argc, argv, "w:")) != -1) {
        if (option != 'w')
            tell_usage(service, argv[0]);
        service->workers = (unsigned)strtoul(optarg, NULL, 10);
    }
    if (argc - optind < least)
        tell_usage(service, argv[0]);
    return argv + optind;
}
