/*
 * sockets.h - what the tests of sockets share.
 */
#ifndef STEAL_TESTS_SOCKETS_H
#define STEAL_TESTS_SOCKETS_H

#include <dirent.h>
#include <time.h>

#include "kit.h"

static inline int
count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 3; /* ".", ".." and that of the folder */
}

/* How many descriptors this process has, without those that somebody has for a moment,
 * as a thread that looks for a standstill. */
static inline int
open_descriptors(void)
{
    const struct timespec moment = { 0, 1000000 };
    int n = count_descriptors();
    int before;

    do {
        before = n;
        nanosleep(&moment, NULL);
        n = count_descriptors();
    } while (n != before);
    return n;
}

/* False where a limit would be that of the other tests, and of the memory checker
 * that they run under, too. */
static inline bool
may_lower_limits(void)
{
    const char *fork_mode = getenv("CK_FORK");

    return !fork_mode || strcmp(fork_mode, "no") != 0;
}

/* Leaves the process without descriptors to make; returns what it had. */
static inline struct rlimit
refuse_descriptors(void)
{
    struct rlimit limit;
    struct rlimit low;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    return limit;
}

static inline struct steal_address
address_of(const char *text)
{
    struct steal_address address;

    ck_assert_int_eq(steal_address_parse(&address, text), 0);
    return address;
}

static inline struct steal_address
local_address(struct steal_fd *fd)
{
    struct steal_address address;

    ck_assert_int_eq(steal_fd_local_address(fd, &address), 0);
    return address;
}

static inline bool
same_address(const struct steal_address *a, const struct steal_address *b)
{
    char text[2][STEAL_ADDRESS_TEXT];

    ck_assert_int_ge(steal_address_format(a, text[0], sizeof *text), 0);
    ck_assert_int_ge(steal_address_format(b, text[1], sizeof *text), 0);
    return strcmp(text[0], text[1]) == 0;
}

static inline struct steal_fd *
listen_at(struct steal_runtime *runtime, const char *text,
        const struct steal_socket_options *options)
{
    struct steal_address address = address_of(text);
    struct steal_fd *listener;

    ck_assert_int_eq(steal_listen(&listener, runtime, &address, options), 0);
    return listener;
}

/* False on machines without IPv6. */
static inline bool
has_ip6(struct steal_runtime *runtime)
{
    struct steal_address address = address_of("[::1]:0");
    struct steal_fd *listener;

    if (steal_listen(&listener, runtime, &address, NULL))
        return false;
    steal_fd_unref(listener);
    return true;
}

/* A connection: end[0] connected, end[1] accepted. */
static inline void
connect_ends(struct steal_runtime *runtime, struct steal_fd *listener,
        struct steal_fd *end[2])
{
    struct steal_address address = local_address(listener);
    struct steal_connect connect;
    struct steal_accept accept;

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_connect(&connect, &address, NULL)),
            0);
    ck_assert_int_eq(steal_block_on(runtime, steal_accept(&accept, listener)),
            0);
    end[0] = connect.fd;
    end[1] = accept.fd;
}

static inline void
tcp_ends(struct steal_runtime *runtime, struct steal_fd *end[2])
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);

    connect_ends(runtime, listener, end);
    steal_fd_unref(listener);
}

static inline void
write_text(struct steal_runtime *runtime, struct steal_fd *fd, const char *text)
{
    struct steal_io io;

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_fd_write_all(&io, fd, text, strlen(text))),
            (int)strlen(text));
}

static inline void
expect_text(struct steal_runtime *runtime, struct steal_fd *fd,
        const char *text)
{
    char buffer[256] = "";
    struct steal_io io;

    ck_assert_int_eq(steal_block_on(runtime, steal_fd_read_exact(&io, fd,
                                                     buffer, strlen(text))),
            (int)strlen(text));
    ck_assert_str_eq(buffer, text);
}

/* What a read finds: 0 is the end. */
static inline int
read_one(struct steal_runtime *runtime, struct steal_fd *fd)
{
    struct steal_io io;
    char byte;

    return steal_block_on(runtime, steal_fd_read(&io, fd, &byte, 1));
}

/*
 * A listener that does not answer: its queue is full.
 */

struct deaf {
    struct steal_fd *listener;
    struct steal_address address;
    int knocking[8];
};

static inline void
deaf_start(struct deaf *deaf, struct steal_runtime *runtime, const char *text)
{
    struct steal_socket_options options = { .backlog = 1 };

    deaf->listener = listen_at(runtime, text, &options);
    deaf->address = local_address(deaf->listener);
    for (size_t i = 0; i < LENGTH(deaf->knocking); i++) {
        int number = socket(deaf->address.u.any.sa_family,
                SOCK_STREAM | SOCK_NONBLOCK, 0);

        ck_assert_int_ge(number, 0);
        if (connect(number, &deaf->address.u.any, deaf->address.size))
            ck_assert(errno == EINPROGRESS || errno == EAGAIN);
        deaf->knocking[i] = number;
    }
}

static inline void
deaf_end(struct deaf *deaf)
{
    for (size_t i = 0; i < LENGTH(deaf->knocking); i++)
        close(deaf->knocking[i]);
    steal_fd_unref(deaf->listener);
}

#endif
