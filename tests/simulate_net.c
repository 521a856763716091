/*
 * tests/simulate_net.c - the network of a deterministic runtime, and what goes
 * wrong there.
 */
#include <steal/simulate.h>

#include <stdio.h>

#include "sockets.h"

static struct steal_runtime *runtime;

static struct steal_runtime *
start(uint64_t seed)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *result = NULL;

    options.deterministic = true;
    options.seed = seed;
    options.workers = 3;
    ck_assert_int_eq(steal_runtime_new(&result, &options), 0);
    return result;
}

static int
connect_to(const char *text)
{
    struct steal_address address = address_of(text);
    struct steal_connect connect;
    int error = steal_block_on(runtime,
            steal_connect(&connect, &address, NULL));

    if (!error)
        steal_fd_unref(connect.fd);
    return error;
}

static void
assert_address(const struct steal_address *address, const char *expected)
{
    char text[STEAL_ADDRESS_TEXT];

    ck_assert_int_gt(steal_address_format(address, text, sizeof text), 0);
    ck_assert_str_eq(text, expected);
}

static struct steal_address
peer_address(struct steal_fd *fd)
{
    struct steal_address address;

    ck_assert_int_eq(steal_fd_peer_address(fd, &address), 0);
    return address;
}

/*
 * Addresses
 */

START_TEST(connection_has_the_addresses_that_were_asked_for)
{
    struct steal_fd *listener;
    struct steal_fd *end[2];
    struct steal_address own;
    struct steal_address address;

    runtime = start(1);
    listener = listen_at(runtime, "127.0.0.1:80", NULL); /* without rights */
    address = local_address(listener);
    assert_address(&address, "127.0.0.1:80");
    connect_ends(runtime, listener, end);
    own = local_address(end[0]);
    ck_assert_int_eq(own.u.any.sa_family, AF_INET);
    ck_assert_uint_eq(ntohl(own.u.ip4.sin_addr.s_addr), INADDR_LOOPBACK);
    address = peer_address(end[0]);
    assert_address(&address, "127.0.0.1:80");
    address = local_address(end[1]);
    assert_address(&address, "127.0.0.1:80");
    address = peer_address(end[1]);
    ck_assert(same_address(&address, &own));
    write_text(runtime, end[0], "hello");
    expect_text(runtime, end[1], "hello");
    steal_fd_unref(end[0]);
    ck_assert_int_eq(read_one(runtime, end[1]), 0);
    steal_fd_unref(end[1]);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(accept_tells_who_has_come)
{
    struct steal_fd *listener;
    struct steal_accept accept;
    struct steal_connect connect;
    struct steal_address address;
    struct steal_join_all all;

    runtime = start(1);
    listener = listen_at(runtime, "[::]:7", NULL);
    address = address_of("[::1]:7");
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_join2(&all, steal_accept(&accept, listener),
                                     steal_connect(&connect, &address, NULL))),
            0);
    address = local_address(connect.fd);
    ck_assert(same_address(&accept.peer, &address));
    address = local_address(accept.fd);
    assert_address(&address, "[::1]:7"); /* not that of the listener */
    steal_fd_unref(accept.fd);
    steal_fd_unref(connect.fd);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(where_nobody_listens_connections_are_refused)
{
    struct steal_fd *listener;

    runtime = start(1);
    ck_assert_int_eq(connect_to("127.0.0.1:80"), -ECONNREFUSED);
    listener = listen_at(runtime, "127.0.0.1:80", NULL);
    ck_assert_int_eq(connect_to("127.0.0.1:80"), 0);
    ck_assert_int_eq(connect_to("127.0.0.1:81"), -ECONNREFUSED);
    ck_assert_int_eq(connect_to("127.0.0.2:80"), -ECONNREFUSED);
    ck_assert_int_eq(connect_to("[::1]:80"), -ECONNREFUSED);
    steal_fd_unref(listener);
    ck_assert_int_eq(connect_to("127.0.0.1:80"), -ECONNREFUSED);
    runtime_end(runtime);
}
END_TEST

START_TEST(listener_at_any_address_is_found_under_each)
{
    struct steal_socket_options only = { .only_ip6 = true };
    struct steal_fd *listener;

    runtime = start(1);
    listener = listen_at(runtime, "0.0.0.0:80", NULL);
    ck_assert_int_eq(connect_to("127.0.0.1:80"), 0);
    ck_assert_int_eq(connect_to("192.0.2.7:80"), 0);
    ck_assert_int_eq(connect_to("0.0.0.0:80"), 0);
    ck_assert_int_eq(connect_to("[::ffff:127.0.0.1]:80"), 0);
    ck_assert_int_eq(connect_to("[::1]:80"), -ECONNREFUSED);
    steal_fd_unref(listener);
    listener = listen_at(runtime, ":80", NULL);
    ck_assert_int_eq(connect_to("127.0.0.1:80"), 0);
    ck_assert_int_eq(connect_to("[2001:db8::1]:80"), 0);
    steal_fd_unref(listener);
    listener = listen_at(runtime, ":80", &only);
    ck_assert_int_eq(connect_to("127.0.0.1:80"), -ECONNREFUSED);
    ck_assert_int_eq(connect_to("[::1]:80"), 0);
    steal_fd_unref(listener);
    runtime_end(runtime);
}
END_TEST

START_TEST(a_port_is_given_to_one_unless_it_is_shared)
{
    struct steal_socket_options shared = { .reuse_port = true };
    struct steal_address address = address_of("127.0.0.1:80");
    struct steal_fd *first;
    struct steal_fd *second;
    struct steal_address own[2];

    runtime = start(1);
    first = listen_at(runtime, "127.0.0.1:80", NULL);
    ck_assert_int_eq(steal_listen(&second, runtime, &address, NULL),
            -EADDRINUSE);
    steal_fd_unref(first);
    first = listen_at(runtime, "127.0.0.1:80", &shared);
    second = listen_at(runtime, "127.0.0.1:80", &shared);
    steal_fd_unref(first);
    ck_assert_int_eq(connect_to("127.0.0.1:80"), 0);
    steal_fd_unref(second);
    first = listen_at(runtime, "127.0.0.1:0", NULL);
    second = listen_at(runtime, "127.0.0.1:0", NULL);
    own[0] = local_address(first);
    own[1] = local_address(second);
    ck_assert(!same_address(&own[0], &own[1]));
    steal_fd_unref(first);
    steal_fd_unref(second);
    runtime_end(runtime);
}
END_TEST

START_TEST(each_runtime_has_a_world_of_its_own)
{
    struct steal_runtime *other = start(1);
    struct steal_fd *listener[2];

    runtime = start(1);
    listener[0] = listen_at(other, "127.0.0.1:80", NULL);
    ck_assert_int_eq(connect_to("127.0.0.1:80"), -ECONNREFUSED);
    listener[1] = listen_at(runtime, "127.0.0.1:80", NULL);
    ck_assert_int_eq(connect_to("127.0.0.1:80"), 0);
    steal_fd_unref(listener[0]);
    steal_fd_unref(listener[1]);
    runtime_end(other);
    runtime_end(runtime);
}
END_TEST

START_TEST(nothing_leaks_when_nobody_accepts)
{
    int before = open_descriptors();
    struct steal_address address = address_of("127.0.0.1:80");
    struct steal_connect connect;
    struct steal_fd *listener;

    runtime = start(1);
    listener = listen_at(runtime, "127.0.0.1:80", NULL);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_connect(&connect, &address, NULL)),
            0);
    ck_assert_int_eq(connect_to("127.0.0.1:80"), 0);
    steal_fd_unref(listener);
    runtime_end(runtime);
    steal_fd_unref(connect.fd); /* outlives all of it */
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

/*
 * Datagrams
 */

static struct steal_fd *
datagram_at(const char *text)
{
    struct steal_address address = address_of(text);
    struct steal_fd *fd;

    ck_assert_int_eq(steal_datagram(&fd, runtime, &address, NULL), 0);
    return fd;
}

static int
send_to(struct steal_fd *fd, const char *data, const char *target)
{
    struct steal_address address = address_of(target);
    struct steal_datagram_io io;

    return steal_block_on(runtime,
            steal_fd_send_to(&io, fd, data, strlen(data), &address));
}

START_TEST(datagrams_come_with_the_address_of_their_sender)
{
    struct steal_datagram_io io;
    struct steal_address source;
    struct steal_fd *fd[2];
    char buffer[10];

    runtime = start(1);
    fd[0] = datagram_at("127.0.0.1:1");
    fd[1] = datagram_at("127.0.0.1:2");
    ck_assert_int_eq(send_to(fd[0], "ping", "127.0.0.1:2"), 4);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_recv_from(&io, fd[1], buffer,
                                     sizeof buffer, &source)),
            4);
    assert_address(&source, "127.0.0.1:1");
    ck_assert_mem_eq(buffer, "ping", 4);
    steal_fd_unref(fd[0]);
    steal_fd_unref(fd[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(datagrams_that_nobody_takes_are_lost)
{
    struct steal_fd *fd[2];

    runtime = start(1);
    fd[0] = datagram_at("127.0.0.1:1");
    fd[1] = datagram_at("127.0.0.1:2");
    ck_assert_int_eq(send_to(fd[0], "ping", "127.0.0.1:3"), 4);
    for (int i = 0; i < 1000; i++) /* more than there is room for */
        ck_assert_int_eq(send_to(fd[0], "ping", "127.0.0.1:2"), 4);
    steal_fd_unref(fd[0]);
    steal_fd_unref(fd[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(many_datagrams_take_one_call)
{
    char data[3][4] = { "one", "two", "six" };
    struct sockaddr_storage from[3];
    struct iovec piece[3];
    struct mmsghdr out[3] = { 0 };
    struct mmsghdr in[3] = { 0 };
    struct steal_address to = address_of("127.0.0.1:2");
    struct steal_fd *fd[2];
    struct steal_io io;
    char buffer[3][4];
    struct iovec place[3];

    runtime = start(1);
    fd[0] = datagram_at("127.0.0.1:1");
    fd[1] = datagram_at("127.0.0.1:2");
    for (int i = 0; i < 3; i++) {
        piece[i] = (struct iovec){ data[i], sizeof data[i] };
        place[i] = (struct iovec){ buffer[i], sizeof buffer[i] };
        out[i].msg_hdr = (struct msghdr){ .msg_name = &to.u,
            .msg_namelen = to.size,
            .msg_iov = &piece[i],
            .msg_iovlen = 1 };
        in[i].msg_hdr = (struct msghdr){ .msg_name = &from[i],
            .msg_namelen = sizeof from[i],
            .msg_iov = &place[i],
            .msg_iovlen = 1 };
    }
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_sendmmsg(&io, fd[0], out, 3)),
            3);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_recvmmsg(&io, fd[1], in, 3)),
            3);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(in[i].msg_len, 4);
        ck_assert_str_eq(buffer[i], data[i]);
        ck_assert_uint_eq(ntohs(((struct sockaddr_in *)(void *)&from[i])
                                          ->sin_port),
                1);
    }
    steal_fd_unref(fd[0]);
    steal_fd_unref(fd[1]);
    runtime_end(runtime);
}
END_TEST

/*
 * What goes wrong
 */

#define PACKET 3000

struct talk {
    struct steal_async async;
    struct steal_fd *fd;
    bool writes;
    struct steal_io io;
    unsigned char data[PACKET];
    size_t moved;
    unsigned polls; /* reads that were not enough */
};

static enum steal_poll
talk_poll(struct steal_future *future, struct steal_context *cx)
{
    struct talk *self = (struct talk *)future;

    STEAL_BEGIN(&self->async);
    if (self->writes) {
        for (size_t i = 0; i < PACKET; i++)
            self->data[i] = (unsigned char)(i * 7 + i / 256);
        STEAL_AWAIT(cx,
                steal_fd_write_all(&self->io, self->fd, self->data, PACKET));
        STEAL_RETURN(self->io.future.result);
    }
    while (self->moved < PACKET) {
        STEAL_AWAIT(cx,
                steal_fd_read(&self->io, self->fd, self->data + self->moved,
                        PACKET - self->moved));
        if (self->io.future.result <= 0)
            STEAL_RETURN(self->io.future.result);
        self->moved += (size_t)self->io.future.result;
        self->polls++;
    }
    for (size_t i = 0; i < PACKET; i++)
        require(self->data[i] == (unsigned char)(i * 7 + i / 256));
    STEAL_RETURN(PACKET);
    STEAL_END();
}

static const struct steal_future_ops talk_ops = { .name = "talk",
    .poll = talk_poll };

static struct talk writer;
static struct talk reader;

/* A packet from one end to the other; returns when it has come, or not. */
static uint64_t
talk(struct steal_fd *end[2])
{
    struct steal_join_all all;

    writer = (struct talk){ .async = STEAL_ASYNC(&talk_ops),
        .fd = end[0],
        .writes = true };
    reader = (struct talk){ .async = STEAL_ASYNC(&talk_ops), .fd = end[1] };
    steal_block_on(runtime,
            steal_join2(&all, &writer.async.future, &reader.async.future));
    return steal_now();
}

START_TEST(what_is_cut_short_arrives_in_pieces)
{
    struct steal_faults faults = STEAL_FAULTS_INIT;
    unsigned pieces = 0;

    faults.cuts = 900000;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct steal_fd *end[2];

        runtime = start(seed);
        tcp_ends(runtime, end);
        ck_assert_int_eq(steal_simulate_faults(runtime, &faults), 0);
        talk(end);
        ck_assert_int_eq(writer.async.future.result, PACKET);
        ck_assert_int_eq(reader.async.future.result, PACKET);
        pieces += reader.polls;
        steal_fd_unref(end[0]);
        steal_fd_unref(end[1]);
        runtime_end(runtime);
    }
    ck_assert_uint_gt(pieces, 60);
}
END_TEST

START_TEST(what_is_delayed_comes_later)
{
    struct steal_faults faults = STEAL_FAULTS_INIT;
    uint64_t longest = 0;

    faults.delays = 500000;
    faults.longest_delay = STEAL_SECONDS(2);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct steal_fd *end[2];
        uint64_t begin;
        uint64_t end_time;

        runtime = start(seed);
        tcp_ends(runtime, end);
        begin = talk(end); /* in a fraction of a second, and it watches */
        ck_assert_uint_lt(begin, STEAL_SECONDS(1000) + STEAL_MS(10));
        ck_assert_int_eq(steal_simulate_faults(runtime, &faults), 0);
        end_time = talk(end);
        ck_assert_int_eq(reader.async.future.result, PACKET);
        if (end_time - begin > longest)
            longest = end_time - begin;
        steal_simulate_faults(runtime, NULL);
        begin = steal_now();
        ck_assert_uint_lt(talk(end) - begin, STEAL_MS(10) + STEAL_SECONDS(2));
        steal_fd_unref(end[0]);
        steal_fd_unref(end[1]);
        runtime_end(runtime);
    }
    ck_assert_uint_gt(longest, STEAL_SECONDS(1));
}
END_TEST

#define READS 200

/* Though the byte is there, and the system says so.  Half of them are. */
START_TEST(an_operation_is_delayed_once_and_to_the_end)
{
    unsigned delayed = 0;
    struct steal_faults faults = STEAL_FAULTS_INIT;
    uint64_t sum = 0;

    faults.delays = 500000;
    faults.longest_delay = STEAL_SECONDS(1);
    for (uint64_t seed = 1; seed <= READS; seed++) {
        struct steal_fd *pair[2];
        uint64_t begin;
        uint64_t took;

        runtime = start(seed);
        ck_assert_int_eq(steal_pipe(pair, runtime), 0);
        write_text(runtime, pair[1], "x");
        ck_assert_int_eq(steal_simulate_faults(runtime, &faults), 0);
        begin = steal_now();
        ck_assert_int_eq(read_one(runtime, pair[0]), 1);
        took = steal_now() - begin;
        ck_assert_uint_lt(took, STEAL_SECONDS(1) + STEAL_MS(1));
        sum += took;
        delayed += took > STEAL_MS(1);
        steal_fd_unref(pair[0]);
        steal_fd_unref(pair[1]);
        runtime_end(runtime);
    }
    ck_assert_uint_gt(delayed, READS * 2 / 5);
    ck_assert_uint_lt(delayed, READS * 3 / 5);
    ck_assert_uint_gt(sum, STEAL_SECONDS(READS / 5));
}
END_TEST

START_TEST(a_connection_that_is_lost_is_lost_at_both_ends)
{
    struct steal_faults faults = STEAL_FAULTS_INIT;
    struct steal_fd *end[2];

    runtime = start(1);
    tcp_ends(runtime, end);
    faults.losses = 1000000;
    ck_assert_int_eq(steal_simulate_faults(runtime, &faults), 0);
    talk(end);
    ck_assert_int_eq(writer.async.future.result, -ECONNRESET);
    ck_assert_int_eq(reader.async.future.result, -ECONNRESET);
    steal_simulate_faults(runtime, NULL);
    ck_assert_int_eq(read_one(runtime, end[0]), -ECONNRESET);
    steal_fd_unref(end[0]);
    steal_fd_unref(end[1]);
    runtime_end(runtime);
}
END_TEST

static int
lose_now(void *arg)
{
    struct steal_faults faults = STEAL_FAULTS_INIT;

    (void)arg;
    faults.losses = 1000000;
    return steal_simulate_faults(runtime, &faults);
}

/* The reader waits when the writer finds the connection gone. */
START_TEST(who_waits_on_a_lost_connection_is_woken)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct steal_sleep sleep;
        struct steal_fd *end[2];
        struct steal_task *task;
        char byte;
        struct steal_io io;

        runtime = start(seed);
        tcp_ends(runtime, end);
        reader = (struct talk){ .async = STEAL_ASYNC(&talk_ops), .fd = end[1] };
        ck_assert_int_eq(steal_spawn(runtime, &reader.async.future,
                                 sizeof reader, &task),
                0);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_sleep(&sleep, STEAL_MS(5))),
                0);
        ck_assert_int_eq(call_inside(runtime, lose_now, NULL), 0);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_fd_write(&io, end[0], &byte, 1)),
                -ECONNRESET);
        ck_assert_int_eq(join_task(runtime, task), -ECONNRESET);
        steal_fd_unref(end[0]);
        steal_fd_unref(end[1]);
        runtime_end(runtime);
    }
}
END_TEST

START_TEST(a_runtime_stops_with_delays_under_way)
{
    struct steal_faults faults = STEAL_FAULTS_INIT;

    faults.delays = 1000000;
    faults.longest_delay = STEAL_SECONDS(3600);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct steal_sleep sleep;
        struct steal_task *task;
        struct steal_fd *end[2];
        int before = open_descriptors();

        runtime = start(seed);
        tcp_ends(runtime, end);
        ck_assert_int_eq(steal_simulate_faults(runtime, &faults), 0);
        reader = (struct talk){ .async = STEAL_ASYNC(&talk_ops), .fd = end[1] };
        ck_assert_int_eq(steal_spawn(runtime, &reader.async.future,
                                 sizeof reader, &task),
                0);
        steal_block_on(runtime, steal_sleep(&sleep, STEAL_MS(1)));
        runtime_end(runtime);
        steal_task_detach(task);
        steal_fd_unref(end[0]);
        steal_fd_unref(end[1]);
        ck_assert_int_eq(open_descriptors(), before);
    }
}
END_TEST

START_TEST(faults_belong_to_simulations)
{
    struct steal_faults faults = STEAL_FAULTS_INIT;

    runtime = runtime_start(1);
    ck_assert_int_eq(steal_simulate_faults(runtime, &faults), -EINVAL);
    runtime_end(runtime);
    runtime = start(1);
    faults.size = 3;
    ck_assert_int_eq(steal_simulate_faults(runtime, &faults), -EINVAL);
    runtime_end(runtime);
}
END_TEST

/* All that is left to chance, in one number: when it was over. */
static uint64_t
time_of_talk(uint64_t seed)
{
    struct steal_faults faults = STEAL_FAULTS_INIT;
    struct steal_fd *end[2];
    uint64_t time;

    faults.delays = 200000;
    faults.longest_delay = STEAL_MS(7);
    faults.cuts = 300000;
    faults.losses = 10000;
    runtime = start(seed);
    ck_assert_int_eq(steal_simulate_faults(runtime, &faults), 0);
    tcp_ends(runtime, end);
    time = talk(end);
    steal_fd_unref(end[0]);
    steal_fd_unref(end[1]);
    runtime_end(runtime);
    return time;
}

START_TEST(faults_come_again_with_the_seed)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        uint64_t time = time_of_talk(seed);
        int result = reader.async.future.result;

        ck_assert_uint_eq(time_of_talk(seed), time);
        ck_assert_int_eq(reader.async.future.result, result);
        ck_assert_uint_ne(time_of_talk(seed + 1), time);
    }
}
END_TEST

/*
 * Readiness
 */

static char came[3];
static int ncame;

struct listener {
    struct steal_async async;
    struct steal_fd *fd;
    char name;
    struct steal_io io;
};

static enum steal_poll
listener_poll(struct steal_future *future, struct steal_context *cx)
{
    struct listener *self = (struct listener *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_fd_read(&self->io, self->fd, &self->name, 1));
    came[ncame++] = self->name;
    STEAL_END();
}

static const struct steal_future_ops listener_ops = { .name = "listener",
    .poll = listener_poll };

struct writes {
    int number[2];
};

static int
write_both(void *arg)
{
    const struct writes *writes = arg;

    require(write(writes->number[0], "a", 1) == 1);
    require(write(writes->number[1], "b", 1) == 1);
    return 0;
}

/* With one worker, which would keep the order in which they are told. */
START_TEST(what_is_ready_together_is_told_in_any_order)
{
    bool forth = false;
    bool back = false;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct steal_fd *pair[2][2];
        struct steal_options options = STEAL_OPTIONS_INIT;
        struct steal_task *task[2];
        struct steal_sleep sleep;
        struct writes writes;

        options.deterministic = true;
        options.seed = seed;
        options.workers = 1;
        ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
        ncame = 0;
        for (int i = 0; i < 2; i++) {
            struct listener listener = { .async = STEAL_ASYNC(&listener_ops) };

            ck_assert_int_eq(steal_pipe(pair[i], runtime), 0);
            listener.fd = pair[i][0];
            ck_assert_int_eq(steal_spawn(runtime, &listener.async.future,
                                     sizeof listener, &task[i]),
                    0);
        }
        steal_block_on(runtime, steal_sleep(&sleep, STEAL_MS(1)));
        writes.number[0] = steal_fd_number(pair[0][1]);
        writes.number[1] = steal_fd_number(pair[1][1]);
        ck_assert_int_eq(call_inside(runtime, write_both, &writes), 0);
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(join_task(runtime, task[i]), 0);
            steal_fd_unref(pair[i][0]);
            steal_fd_unref(pair[i][1]);
        }
        forth |= memcmp(came, "ab", 2) == 0;
        back |= memcmp(came, "ba", 2) == 0;
        runtime_end(runtime);
    }
    ck_assert(forth && back);
}
END_TEST

/* The first loop of a process makes a pipe that libuv keeps. */
static void
reset(void)
{
    runtime_end(runtime_start(1));
    unsetenv("STEAL_SEED"); /* these tests have seeds of their own */
}

int
main(void)
{
    const TTest *const tests[] = {
        connection_has_the_addresses_that_were_asked_for,
        accept_tells_who_has_come,
        where_nobody_listens_connections_are_refused,
        listener_at_any_address_is_found_under_each,
        a_port_is_given_to_one_unless_it_is_shared,
        each_runtime_has_a_world_of_its_own,
        nothing_leaks_when_nobody_accepts,
        datagrams_come_with_the_address_of_their_sender,
        datagrams_that_nobody_takes_are_lost,
        many_datagrams_take_one_call,
        what_is_cut_short_arrives_in_pieces,
        what_is_delayed_comes_later,
        an_operation_is_delayed_once_and_to_the_end,
        a_connection_that_is_lost_is_lost_at_both_ends,
        who_waits_on_a_lost_connection_is_woken,
        a_runtime_stops_with_delays_under_way,
        faults_belong_to_simulations,
        faults_come_again_with_the_seed,
        what_is_ready_together_is_told_in_any_order,
    };

    return run_suite_with("simulate_net", reset, tests, LENGTH(tests));
}
