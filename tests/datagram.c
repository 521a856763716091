/*
 * tests/datagram.c - sockets of single messages: UDP and Unix.
 */
#include <steal/net.h>

#include "sockets.h"

#include <sys/uio.h>

static struct steal_runtime *runtime;

static void
reset(void)
{
    runtime = runtime_start(2);
}

static struct steal_fd *
datagram_at(const char *text)
{
    struct steal_address address = address_of(text);
    struct steal_fd *fd;

    ck_assert_int_eq(steal_datagram(&fd, runtime, &address, NULL), 0);
    return fd;
}

static int
send_text(struct steal_fd *fd, const char *text,
        const struct steal_address *address)
{
    struct steal_datagram_io datagram;

    return steal_block_on(runtime,
            steal_fd_send_to(&datagram, fd, text, strlen(text), address));
}

/* Sends from one to the other and back, by the address that was told. */
static void
try_address(const char *text)
{
    struct steal_fd *one = datagram_at(text);
    struct steal_fd *two = datagram_at(text);
    struct steal_address address = local_address(two);
    struct steal_address expected = local_address(one);
    struct steal_datagram_io datagram;
    struct steal_address from;
    char buffer[64];

    ck_assert_int_eq(send_text(one, "there", &address), 5);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_recv_from(&datagram, two, buffer,
                                     sizeof buffer, &from)),
            5);
    ck_assert_int_eq(memcmp(buffer, "there", 5), 0);
    ck_assert_uint_eq(datagram.whole, 5);
    ck_assert(same_address(&from, &expected));
    ck_assert_int_eq(send_text(two, "back", &from), 4);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_recv_from(&datagram, one, buffer,
                                     sizeof buffer, NULL)),
            4);
    steal_fd_unref(one);
    steal_fd_unref(two);
}

START_TEST(datagram_tells_where_it_is_from)
{
    int before = open_descriptors();

    try_address("127.0.0.1:0");
    try_address("unix:");
    if (has_ip6(runtime))
        try_address("[::1]:0");
    ck_assert_int_eq(open_descriptors(), before);
    runtime_end(runtime);
}
END_TEST

START_TEST(datagram_that_is_too_long_is_cut_off)
{
    static const char *const texts[] = { "127.0.0.1:0", "unix:" };

    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct steal_fd *one = datagram_at(texts[i]);
        struct steal_fd *two = datagram_at(texts[i]);
        struct steal_address address = local_address(two);
        struct steal_datagram_io datagram;
        char buffer[8] = "-------";

        ck_assert_int_eq(send_text(one, "0123456789", &address), 10);
        ck_assert_int_eq(send_text(one, "next", &address), 4);
        ck_assert_int_eq(steal_block_on(runtime, steal_fd_recv_from(&datagram,
                                                         two, buffer, 4, NULL)),
                4);
        ck_assert_str_eq(buffer, "0123---");
        ck_assert_uint_eq(datagram.whole, 10);
        ck_assert_int_eq(steal_block_on(runtime, steal_fd_recv_from(&datagram,
                                                         two, buffer, 4, NULL)),
                4);
        ck_assert_str_eq(buffer, "next---");
        ck_assert_uint_eq(datagram.whole, 4);
        steal_fd_unref(one);
        steal_fd_unref(two);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(empty_datagram_is_a_datagram)
{
    struct steal_fd *one = datagram_at("127.0.0.1:0");
    struct steal_fd *two = datagram_at("127.0.0.1:0");
    struct steal_address address = local_address(two);
    struct steal_datagram_io datagram;
    char buffer[8];

    ck_assert_int_eq(send_text(one, "", &address), 0);
    ck_assert_int_eq(send_text(one, "x", &address), 1);
    for (int expected = 0; expected < 2; expected++)
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_fd_recv_from(&datagram, two, buffer,
                                         sizeof buffer, NULL)),
                expected);
    steal_fd_unref(one);
    steal_fd_unref(two);
    runtime_end(runtime);
}
END_TEST

START_TEST(socket_with_a_peer_hears_nobody_else)
{
    struct steal_fd *one = datagram_at("127.0.0.1:0");
    struct steal_fd *two = datagram_at("127.0.0.1:0");
    struct steal_fd *other = datagram_at("127.0.0.1:0");
    struct steal_address address[2] = { local_address(one),
        local_address(two) };
    struct steal_datagram_io datagram;
    struct steal_address peer;
    char buffer[8];

    ck_assert_int_eq(steal_fd_set_peer(two, &address[0]), 0);
    ck_assert_int_eq(steal_fd_peer_address(two, &peer), 0);
    ck_assert(same_address(&peer, &address[0]));
    ck_assert_int_eq(send_text(other, "other", &address[1]), 5);
    ck_assert_int_eq(send_text(one, "one", &address[1]), 3);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_recv_from(&datagram, two, buffer,
                                     sizeof buffer, NULL)),
            3);
    ck_assert_int_eq(send_text(two, "no address", NULL), 10);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_recv_from(&datagram, one, buffer,
                                     sizeof buffer, NULL)),
            8);
    steal_fd_unref(one);
    steal_fd_unref(other);
    /* Nobody is there any more, which the system tells a socket with a peer. */
    ck_assert_int_eq(send_text(two, "gone", NULL), 4);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_recv_from(&datagram, two, buffer,
                                     sizeof buffer, NULL)),
            -ECONNREFUSED);
    steal_fd_unref(two);
    runtime_end(runtime);
}
END_TEST

/* The future moves to its task. */
static struct steal_task *
spawn_future(struct steal_datagram_io *datagram)
{
    struct steal_task *task;

    ck_assert_int_eq(steal_spawn(runtime, &datagram->io.future,
                             sizeof *datagram, &task),
            0);
    return task;
}

enum {
    MANY = 32
};

static void
prepare(struct mmsghdr messages[], struct iovec pieces[], int bytes[])
{
    memset(messages, 0, MANY * sizeof *messages);
    for (int i = 0; i < MANY; i++) {
        pieces[i] = (struct iovec){ &bytes[i], sizeof bytes[i] };
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
}

START_TEST(many_datagrams_take_one_call)
{
    struct steal_fd *one = datagram_at("127.0.0.1:0");
    struct steal_fd *two = datagram_at("127.0.0.1:0");
    struct steal_address address = local_address(two);
    struct mmsghdr messages[MANY];
    struct iovec pieces[MANY];
    int sent[MANY];
    int received[MANY] = { 0 };
    struct steal_io io;
    int n = 0;

    prepare(messages, pieces, sent);
    for (int i = 0; i < MANY; i++) {
        sent[i] = 1000 + i;
        messages[i].msg_hdr.msg_name = &address.u;
        messages[i].msg_hdr.msg_namelen = address.size;
    }
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_sendmmsg(&io, one, messages, MANY)),
            MANY);
    prepare(messages, pieces, received);
    while (n < MANY) {
        int got = steal_block_on(runtime,
                steal_fd_recvmmsg(&io, two, messages + n,
                        (unsigned)(MANY - n)));

        ck_assert_int_gt(got, 0);
        n += got;
    }
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(received[i], 1000 + i);
        ck_assert_uint_eq(messages[i].msg_len, sizeof *received);
    }
    steal_fd_unref(one);
    steal_fd_unref(two);
    runtime_end(runtime);
}
END_TEST

START_TEST(receivers_wait_and_are_told_of_the_close)
{
    struct steal_fd *fd = datagram_at("127.0.0.1:0");
    struct steal_address address = local_address(fd);
    struct steal_io io;
    struct steal_task *task;
    struct mmsghdr messages[MANY];
    struct iovec pieces[MANY];
    int received[MANY];

    prepare(messages, pieces, received);
    steal_fd_recvmmsg(&io, fd, messages, MANY);
    ck_assert_int_eq(steal_spawn(runtime, &io.future, sizeof io, &task), 0);
    ck_assert_int_eq(send_text(fd, "to itself", &address), 9);
    ck_assert_int_eq(join_task(runtime, task), 1);
    ck_assert_uint_eq(messages[0].msg_len, sizeof *received);

    steal_fd_recvmmsg(&io, fd, messages, MANY);
    ck_assert_int_eq(steal_spawn(runtime, &io.future, sizeof io, &task), 0);
    steal_fd_ref(fd); /* the task's */
    steal_fd_close(fd);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    steal_fd_unref(fd);
    runtime_end(runtime);
}
END_TEST

START_TEST(futures_may_move_before_their_first_poll)
{
    struct steal_fd *fd = datagram_at("127.0.0.1:0");
    struct steal_address address = local_address(fd);
    struct steal_datagram_io datagram;
    struct steal_datagram_io moved;
    struct steal_join join;
    struct steal_task *task;
    char buffer[8];

    steal_fd_send_to(&datagram, fd, "text", 4, &address);
    task = spawn_future(&datagram);
    memset(&datagram, 0xff, sizeof datagram);
    ck_assert_int_eq(join_task(runtime, task), 4);
    steal_fd_recv_from(&datagram, fd, buffer, 2, NULL);
    task = spawn_future(&datagram);
    memset(&datagram, 0xff, sizeof datagram);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_join_into(&join, task, &moved.io.future,
                                     sizeof moved)),
            2);
    ck_assert_uint_eq(moved.whole, 4);
    steal_fd_unref(fd);
    runtime_end(runtime);
}
END_TEST

START_TEST(closed_socket_has_no_address)
{
    struct steal_fd *fd = datagram_at("127.0.0.1:0");
    struct steal_address address = local_address(fd);
    struct steal_datagram_io datagram;
    struct steal_address told;
    char byte;

    steal_fd_ref(fd);
    steal_fd_close(fd);
    ck_assert_int_eq(steal_fd_local_address(fd, &told), -ECANCELED);
    ck_assert_int_eq(steal_fd_peer_address(fd, &told), -ECANCELED);
    ck_assert_int_eq(steal_fd_set_peer(fd, &address), -ECANCELED);
    ck_assert_int_eq(send_text(fd, "x", &address), -ECANCELED);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_recv_from(&datagram, fd, &byte, 1, NULL)),
            -ECANCELED);
    steal_fd_unref(fd);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        datagram_tells_where_it_is_from,
        datagram_that_is_too_long_is_cut_off,
        empty_datagram_is_a_datagram,
        socket_with_a_peer_hears_nobody_else,
        many_datagrams_take_one_call,
        receivers_wait_and_are_told_of_the_close,
        futures_may_move_before_their_first_poll,
        closed_socket_has_no_address,
    };

    return run_suite_with("datagram", reset, tests, LENGTH(tests));
}
