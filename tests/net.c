/*
 * tests/net.c - sockets of streams: listen, accept, connect.
 */
#include <steal/net.h>

#include "sockets.h"

#include <netinet/tcp.h>
#include <stdio.h>

static struct steal_runtime *runtime;

/* What accept4() is told to say: a list of errno codes that ends with 0. */
static const int *_Atomic accept_errors;
static _Atomic(int) accept_calls;

/* How many accepted connections are to meet that there is no memory. */
static _Atomic(int) losses;
static _Thread_local bool refuse_memory;

static void
reset(void)
{
    store_release(&accept_errors, NULL);
    store_release(&accept_calls, 0);
    store_release(&losses, 0);
    runtime = runtime_start(2);
}

/* In place of the real ones (tests/Makefile.inc). */
int __real_accept4(int number, struct sockaddr *address, socklen_t *size,
        int flags);
int __wrap_accept4(int number, struct sockaddr *address, socklen_t *size,
        int flags);
void *__real_steal__runtime_allocate(struct steal_runtime *where, size_t size);
void *__wrap_steal__runtime_allocate(struct steal_runtime *where, size_t size);

int
__wrap_accept4(int number, struct sockaddr *address, socklen_t *size, int flags)
{
    const int *error = load_acquire(&accept_errors);

    add_acq_rel(&accept_calls, 1);
    if (!error || !*error) {
        int connection = __real_accept4(number, address, size, flags);

        refuse_memory = connection >= 0 && sub_acq_rel(&losses, 1) > 0;
        return connection;
    }
    store_release(&accept_errors, error + 1);
    errno = *error;
    return -1;
}

void *
__wrap_steal__runtime_allocate(struct steal_runtime *where, size_t size)
{
    if (!refuse_memory)
        return __real_steal__runtime_allocate(where, size);
    refuse_memory = false;
    return NULL;
}

static void
close_ends(struct steal_fd *end[2])
{
    steal_fd_unref(end[0]);
    steal_fd_unref(end[1]);
}

/* A connection to a listener at this address carries bytes both ways. */
static void
try_address(const char *text)
{
    struct steal_fd *listener = listen_at(runtime, text, NULL);
    struct steal_address address = local_address(listener);
    struct steal_connect connect;
    struct steal_accept accept;
    struct steal_future *both[] = { steal_accept(&accept, listener),
        steal_connect(&connect, &address, NULL) };
    struct steal_join_all all;
    struct steal_address peer;

    ck_assert_int_eq(steal_block_on(runtime, steal_join_all(&all, both, 2)), 0);
    ck_assert_int_eq(steal_fd_peer_address(connect.fd, &peer), 0);
    ck_assert(same_address(&peer, &address));
    peer = local_address(connect.fd);
    ck_assert(same_address(&peer, &accept.peer));

    write_text(runtime, connect.fd, "there");
    expect_text(runtime, accept.fd, "there");
    write_text(runtime, accept.fd, "and back");
    expect_text(runtime, connect.fd, "and back");
    steal_fd_unref(connect.fd);
    ck_assert_int_eq(read_one(runtime, accept.fd), 0);
    steal_fd_unref(accept.fd);
    steal_fd_unref(listener);
}

START_TEST(connection_carries_bytes_both_ways)
{
    char folder[] = "/tmp/steal-net-XXXXXX";
    char path[64];
    int before = open_descriptors();

    try_address("127.0.0.1:0");
    try_address("unix:");
    try_address("unix:@steal-tests-net");
    if (has_ip6(runtime))
        try_address("[::1]:0");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "unix:%s/socket", folder);
    try_address(path);
    ck_assert_int_eq(unlink(path + 5), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(open_descriptors(), before);
    runtime_end(runtime);
}
END_TEST

START_TEST(any_address_takes_both_families)
{
    struct steal_fd *listener = listen_at(runtime, ":0", NULL);
    struct steal_address address = local_address(listener);
    struct steal_connect connect;
    char text[64];

    if (address.u.any.sa_family == AF_INET6) {
        snprintf(text, sizeof text, "127.0.0.1:%d",
                ntohs(address.u.ip6.sin6_port));
        address = address_of(text);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_connect(&connect, &address, NULL)),
                0);
        steal_fd_unref(connect.fd);
    }
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

static int
option(struct steal_fd *fd, int level, int name)
{
    socklen_t size = sizeof(int);
    int value = -1;

    ck_assert_int_eq(getsockopt(steal_fd_number(fd), level, name, &value,
                             &size),
            0);
    return value;
}

START_TEST(accepted_socket_has_the_options_of_its_listener)
{
    struct steal_socket_options options = { .keep_alive = 77,
        .receive_buffer = 9000,
        .send_buffer = 9000 };
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", &options);
    struct steal_fd *end[2];

    connect_ends(runtime, listener, end);
    ck_assert_int_eq(option(end[1], IPPROTO_TCP, TCP_NODELAY), 1);
    ck_assert_int_eq(option(end[1], SOL_SOCKET, SO_KEEPALIVE), 1);
    ck_assert_int_eq(option(end[1], IPPROTO_TCP, TCP_KEEPIDLE), 77);
    ck_assert_int_eq(option(end[1], SOL_SOCKET, SO_SNDBUF), 18000);
    ck_assert_int_eq(option(end[0], IPPROTO_TCP, TCP_NODELAY), 1);
    ck_assert_int_eq(option(end[0], SOL_SOCKET, SO_KEEPALIVE), 0);
    for (int i = 0; i < 2; i++) {
        int number = steal_fd_number(end[i]);

        ck_assert(fcntl(number, F_GETFL) & O_NONBLOCK);
        ck_assert(fcntl(number, F_GETFD) & FD_CLOEXEC);
    }
    close_ends(end);
    steal_fd_unref(listener);

    options.delay = true;
    listener = listen_at(runtime, "127.0.0.1:0", &options);
    connect_ends(runtime, listener, end);
    ck_assert_int_eq(option(end[1], IPPROTO_TCP, TCP_NODELAY), 0);
    close_ends(end);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(listeners_share_a_port_only_if_asked_to)
{
    struct steal_socket_options options = { .reuse_port = true };
    int before = open_descriptors();

    for (int shared = 0; shared < 2; shared++) {
        struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0",
                shared ? &options : NULL);
        struct steal_address address = local_address(listener);
        struct steal_fd *second;
        int error = steal_listen(&second, runtime, &address,
                shared ? &options : NULL);

        ck_assert_int_eq(error, shared ? 0 : -EADDRINUSE);
        if (!error)
            steal_fd_unref(second);
        steal_fd_unref(listener);
    }
    ck_assert_int_eq(open_descriptors(), before);
    runtime_end(runtime);
}
END_TEST

START_TEST(what_cannot_be_listened_at_is_told)
{
    struct steal_address address = address_of("192.0.2.1:80");
    struct steal_fd *fd;
    int before = open_descriptors();

    ck_assert_int_eq(steal_listen(&fd, runtime, &address, NULL),
            -EADDRNOTAVAIL);
    address = address_of("unix:/no/such/folder/socket");
    ck_assert_int_eq(steal_listen(&fd, runtime, &address, NULL), -ENOENT);
    address = address_of("127.0.0.1:0");
    ck_assert_int_eq(steal_listen(&fd, NULL, &address, NULL), -EINVAL);
    refuse_memory = true;
    ck_assert_int_eq(steal_listen(&fd, runtime, &address, NULL), -ENOMEM);
    ck_assert_int_eq(open_descriptors(), before);
    runtime_end(runtime);
}
END_TEST

/*
 * Connecting
 */

START_TEST(refused_connection_is_told_and_leaks_nothing)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_address address = local_address(listener);
    struct steal_connect connect;
    int before;

    steal_fd_unref(listener);
    before = open_descriptors();
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_connect(&connect, &address, NULL)),
                -ECONNREFUSED);
        ck_assert_ptr_null(connect.fd);
    }
    address = address_of("unix:@steal-nobody-listens");
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_connect(&connect, &address, NULL)),
            -ECONNREFUSED);
    ck_assert_int_eq(open_descriptors(), before);
    runtime_end(runtime);
}
END_TEST

START_TEST(dropped_connect_leaks_nothing)
{
    static const char *const texts[] = { "127.0.0.1:0", "unix:" };
    struct steal_connect connect;
    struct steal_timeout timeout;
    struct deaf deaf;
    int before = open_descriptors();

    for (size_t i = 0; i < LENGTH(texts); i++) {
        deaf_start(&deaf, runtime, texts[i]);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_timeout(&timeout,
                                         steal_connect(&connect, &deaf.address,
                                                 NULL),
                                         STEAL_MS(20))),
                -ETIMEDOUT);
        ck_assert_ptr_null(connect.fd);
        deaf_end(&deaf);
        ck_assert_int_eq(open_descriptors(), before);
    }
    runtime_end(runtime);
}
END_TEST

/* Accepts as many as it is told to, and closes them. */
struct emptier {
    struct steal_async async;
    struct steal_accept accept;
    struct steal_sleep nap;
    struct steal_fd *listener;
    int n;
};

static enum steal_poll
emptier_poll(struct steal_future *future, struct steal_context *cx)
{
    struct emptier *self = (struct emptier *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_sleep(&self->nap, STEAL_MS(5)));
    while (self->n-- > 0) {
        STEAL_AWAIT(cx, steal_accept(&self->accept, self->listener));
        if (self->accept.future.result < 0)
            STEAL_RETURN(self->accept.future.result);
        steal_fd_unref(self->accept.fd);
    }
    STEAL_END();
}

static const struct steal_future_ops emptier_ops = { .name = "emptier",
    .poll = emptier_poll };

START_TEST(full_queue_of_a_unix_listener_is_waited_for)
{
    struct emptier emptier = { .async = STEAL_ASYNC(&emptier_ops) };
    struct steal_connect connect;
    struct steal_task *task;
    struct deaf deaf;

    deaf_start(&deaf, runtime, "unix:");
    emptier.listener = deaf.listener;
    emptier.n = 1;
    ck_assert_int_eq(steal_spawn(runtime, &emptier.async.future, sizeof emptier,
                             &task),
            0);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_connect(&connect, &deaf.address, NULL)),
            0);
    ck_assert_int_eq(join_task(runtime, task), 0);
    steal_fd_unref(connect.fd);
    deaf_end(&deaf);
    runtime_end(runtime);
}
END_TEST

START_TEST(connect_outside_of_a_task_is_refused)
{
    struct steal_address address = address_of("127.0.0.1:1");
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_connect connect;
    int before = open_descriptors();

    steal_connect(&connect, &address, NULL);
    ck_assert_int_eq(steal_future_poll(&connect.future, &cx), STEAL_READY);
    ck_assert_int_eq(connect.future.result, -EINVAL);
    steal_future_drop(&connect.future);
    ck_assert_int_eq(open_descriptors(), before);
    runtime_end(runtime);
}
END_TEST

START_TEST(half_closed_connection_still_answers)
{
    struct steal_fd *end[2];

    tcp_ends(runtime, end);
    write_text(runtime, end[0], "request");
    ck_assert_int_eq(steal_fd_shutdown(end[0], SHUT_WR), 0);
    expect_text(runtime, end[1], "request");
    ck_assert_int_eq(read_one(runtime, end[1]), 0);
    write_text(runtime, end[1], "answer");
    expect_text(runtime, end[0], "answer");
    close_ends(end);
    runtime_end(runtime);
}
END_TEST

/*
 * Accepting
 */

static struct steal_task *
spawn_accept(struct steal_fd *listener)
{
    struct steal_accept accept;
    struct steal_task *task;

    steal_accept(&accept, listener);
    ck_assert_int_eq(steal_spawn(runtime, &accept.future, sizeof accept, &task),
            0);
    return task;
}

static int
join_accept(struct steal_task *task, struct steal_fd **fd)
{
    struct steal_accept accept;
    struct steal_join join;
    int result;

    accept.fd = NULL;
    result = steal_block_on(runtime,
            steal_join_into(&join, task, &accept.future, sizeof accept));
    *fd = accept.fd;
    return result;
}

START_TEST(accept_waits_out_shortages_and_broken_connections)
{
    static const int errors[] = { EMFILE, ENFILE, ECONNABORTED, EINTR, ENOBUFS,
        EPROTO, ENOMEM, ENETDOWN, EMFILE, 0 };
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_fd *end[2];
    uint64_t start = steal_now();

    store_release(&accept_errors, errors);
    connect_ends(runtime, listener, end);
    ck_assert_int_eq(*load_acquire(&accept_errors), 0);
    /* 1 + 2 + 4 + 8 + 16 ms for the five shortages */
    ck_assert_uint_ge(steal_now() - start, STEAL_MS(31));
    close_ends(end);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(accept_passes_on_what_does_not_pass)
{
    static const int errors[] = { EOPNOTSUPP, 0 };
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_accept accept;

    store_release(&accept_errors, errors);
    ck_assert_int_eq(steal_block_on(runtime, steal_accept(&accept, listener)),
            -EOPNOTSUPP);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(endless_broken_connections_do_not_hold_the_worker)
{
    static const int errors[] = { [0 ... 99] = ECONNABORTED, 0 };
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_fd *end[2];
    uint64_t start = steal_now();

    store_release(&accept_errors, errors);
    connect_ends(runtime, listener, end);
    ck_assert_uint_ge(steal_now() - start, STEAL_MS(1));
    close_ends(end);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(accept_without_descriptors_backs_off_and_recovers)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_address address = local_address(listener);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    struct steal_task *task;
    struct steal_fd *fd;
    struct rlimit limit;
    uint64_t start;

    if (!may_lower_limits())
        goto out;
    limit = refuse_descriptors();
    ck_assert_int_eq(connect(client, &address.u.any, address.size), 0);
    start = steal_now();
    task = spawn_accept(listener);
    wait_until(load_acquire(&accept_calls) >= 6);
    ck_assert_uint_ge(steal_now() - start, STEAL_MS(1 + 2 + 4 + 8 + 16));
    ck_assert(!steal_task_is_finished(task));
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(join_accept(task, &fd), 0);
    steal_fd_unref(fd);
out:
    steal_fd_unref(listener);
    close(client);
    runtime_end(runtime);
}
END_TEST

/* The number is closed if there is no memory for it, and that is waited out. */
START_TEST(accept_without_memory_leaks_nothing)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_address address = local_address(listener);
    int before = open_descriptors();
    struct steal_accept accept;
    struct steal_address third;
    int client[3];

    for (int i = 0; i < 3; i++) {
        client[i] = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_eq(connect(client[i], &address.u.any, address.size), 0);
    }
    third.size = sizeof third.u;
    ck_assert_int_eq(getsockname(client[2], &third.u.any, &third.size), 0);
    store_release(&losses, 2);
    ck_assert_int_eq(steal_block_on(runtime, steal_accept(&accept, listener)),
            0);
    ck_assert(same_address(&accept.peer, &third));
    ck_assert_int_eq(open_descriptors(), before + 4);
    steal_fd_unref(accept.fd);
    for (int i = 0; i < 3; i++)
        close(client[i]);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(closed_listener_ends_those_who_wait)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_task *task[4];
    struct steal_fd *fd;

    for (int i = 0; i < 4; i++)
        task[i] = spawn_accept(steal_fd_ref(listener));
    wait_until(load_acquire(&accept_calls) >= 1);
    steal_fd_close(listener);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(join_accept(task[i], &fd), -ECANCELED);
        ck_assert_ptr_null(fd);
        steal_fd_unref(listener);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(aborted_accept_leaves_the_connection_to_the_next)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_task *task = spawn_accept(listener);
    struct steal_fd *end[2];
    struct steal_fd *fd;

    wait_until(load_acquire(&accept_calls) == 1);
    steal_task_abort(task);
    ck_assert_int_eq(join_accept(task, &fd), -ECANCELED);
    connect_ends(runtime, listener, end);
    close_ends(end);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

/*
 * Many
 */

/* Connects, sends a number, wants it back. */
struct client {
    struct steal_async async;
    struct steal_connect connect;
    struct steal_io io;
    const struct steal_address *address;
    int sent;
    int received;
};

static enum steal_poll
client_poll(struct steal_future *future, struct steal_context *cx)
{
    struct client *self = (struct client *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_connect(&self->connect, self->address, NULL));
    if (self->connect.future.result < 0)
        STEAL_RETURN(self->connect.future.result);
    STEAL_AWAIT(cx, steal_fd_write_all(&self->io, self->connect.fd, &self->sent,
                            sizeof self->sent));
    STEAL_AWAIT(cx, steal_fd_read_exact(&self->io, self->connect.fd,
                            &self->received, sizeof self->received));
    steal_fd_unref(self->connect.fd);
    if (self->io.future.result < 0)
        STEAL_RETURN(self->io.future.result);
    STEAL_RETURN(self->received == self->sent ? 0 : -EIO);
    STEAL_END();
}

static const struct steal_future_ops client_ops = { .name = "client",
    .poll = client_poll };

/* Accepts and echoes one number each. */
struct server {
    struct steal_async async;
    struct steal_accept accept;
    struct steal_io io;
    struct steal_fd *listener;
    int number;
    int n;
};

static enum steal_poll
server_poll(struct steal_future *future, struct steal_context *cx)
{
    struct server *self = (struct server *)future;

    STEAL_BEGIN(&self->async);
    while (self->n-- > 0) {
        STEAL_AWAIT(cx, steal_accept(&self->accept, self->listener));
        if (self->accept.future.result < 0)
            STEAL_RETURN(self->accept.future.result);
        STEAL_AWAIT(cx, steal_fd_read_exact(&self->io, self->accept.fd,
                                &self->number, sizeof self->number));
        STEAL_AWAIT(cx, steal_fd_write_all(&self->io, self->accept.fd,
                                &self->number, sizeof self->number));
        steal_fd_unref(self->accept.fd);
    }
    STEAL_END();
}

static const struct steal_future_ops server_ops = { .name = "server",
    .poll = server_poll };

static void
storm(const char *text)
{
    enum {
        SERVERS = 4,
        CLIENTS = 200
    };
    struct steal_fd *listener = listen_at(runtime, text, NULL);
    struct steal_address address = local_address(listener);
    struct steal_task *servers[SERVERS];
    struct steal_task *clients[CLIENTS];

    for (int i = 0; i < SERVERS; i++) {
        struct server server = { .async = STEAL_ASYNC(&server_ops),
            .listener = listener,
            .n = CLIENTS / SERVERS };

        ck_assert_int_eq(steal_spawn(runtime, &server.async.future,
                                 sizeof server, &servers[i]),
                0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        struct client client = { .async = STEAL_ASYNC(&client_ops),
            .address = &address,
            .sent = i };

        ck_assert_int_eq(steal_spawn(runtime, &client.async.future,
                                 sizeof client, &clients[i]),
                0);
    }
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(join_task(runtime, clients[i]), 0);
    for (int i = 0; i < SERVERS; i++)
        ck_assert_int_eq(join_task(runtime, servers[i]), 0);
    steal_fd_unref(listener);
}

START_TEST(many_connections_find_many_acceptors)
{
    int before = open_descriptors();

    storm("127.0.0.1:0");
    storm("unix:");
    ck_assert_int_eq(open_descriptors(), before);
    runtime_end(runtime);
}
END_TEST

START_TEST(stop_in_the_middle_leaks_nothing)
{
    int before;
    struct steal_address address;
    struct steal_fd *listener;
    struct deaf deaf;

    runtime_end(runtime);
    before = open_descriptors();
    runtime = runtime_start(2);
    listener = listen_at(runtime, "127.0.0.1:0", NULL);
    deaf_start(&deaf, runtime, "127.0.0.1:0");
    address = deaf.address;
    for (int i = 0; i < 20; i++) {
        struct client client = { .async = STEAL_ASYNC(&client_ops),
            .address = &address };

        steal_task_detach(spawn_accept(listener));
        ck_assert_int_eq(steal_spawn(runtime, &client.async.future,
                                 sizeof client, NULL),
                0);
    }
    wait_until(load_acquire(&accept_calls) >= 1);
    runtime_end(runtime);
    deaf_end(&deaf);
    steal_fd_unref(listener);
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        connection_carries_bytes_both_ways,
        any_address_takes_both_families,
        accepted_socket_has_the_options_of_its_listener,
        listeners_share_a_port_only_if_asked_to,
        what_cannot_be_listened_at_is_told,
        refused_connection_is_told_and_leaks_nothing,
        dropped_connect_leaks_nothing,
        full_queue_of_a_unix_listener_is_waited_for,
        connect_outside_of_a_task_is_refused,
        half_closed_connection_still_answers,
        accept_waits_out_shortages_and_broken_connections,
        accept_passes_on_what_does_not_pass,
        endless_broken_connections_do_not_hold_the_worker,
        accept_without_descriptors_backs_off_and_recovers,
        accept_without_memory_leaks_nothing,
        closed_listener_ends_those_who_wait,
        aborted_accept_leaves_the_connection_to_the_next,
        many_connections_find_many_acceptors,
        stop_in_the_middle_leaks_nothing,
    };

    return run_suite_with("net", reset, tests, LENGTH(tests));
}
