/*
 * steal/net.h - TCP, UDP and Unix sockets.
 *
 *     steal_address_parse(&address, "[::1]:7000");
 *     err = steal_listen(&listener, NULL, &address, NULL);
 *     ...
 *     for (;;) {
 *         STEAL_AWAIT(cx, steal_accept(&self->accept, self->listener));
 *         if (self->accept.future.result < 0)
 *             STEAL_RETURN(self->accept.future.result);
 *         ... spawn a task that owns self->accept.fd
 *     }
 *
 * Sockets are plain struct steal_fd: read, write and close them as such.  TCP
 * sockets made here do not delay small writes (TCP_NODELAY).
 *
 * Errors: -ENOMEM, -EMFILE, -ECANCELED (stopping), -EINVAL (no runtime, or no
 * such address), and what the system calls say, as -EADDRINUSE.
 */
#ifndef STEAL_NET_H
#define STEAL_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <steal/async.h>
#include <steal/fd.h>
#include <steal/future.h>
#include <steal/io.h>
#include <steal/time.h>

STEAL_BEGIN_DECLS

/* Where a socket is: an address of IPv4, IPv6 or a Unix socket. */
struct steal_address {
    union {
        struct sockaddr any;
        struct sockaddr_in ip4;
        struct sockaddr_in6 ip6;
        struct sockaddr_un local;
    } u;
    socklen_t size;
};

#define STEAL_ADDRESS_TEXT 128 /* room for any address as text */

/*
 * Reads "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80", ":80" (any IPv4 or IPv6
 * address), "unix:/path", "unix:@abstract", or "unix:" for an address that the
 * system picks.  No names: steal_resolve() is for those.
 * -EINVAL: none of these; -ENAMETOOLONG: more than a Unix socket can have.
 */
STEAL_API STEAL_MUST_CHECK int
steal_address_parse(struct steal_address *address, const char *text);

/* Writes it the same way, cut off at `size`, and returns the length of all of
 * it, as snprintf() does.  -EAFNOSUPPORT: it is none of these. */
STEAL_API int steal_address_format(const struct steal_address *address,
        char *text, size_t size);

/* The address of this end of a socket, and of the other one: 0 or a negative
 * errno code.  A Unix socket that has no name is "unix:". */
STEAL_API int steal_fd_local_address(struct steal_fd *fd,
        struct steal_address *address);
STEAL_API int steal_fd_peer_address(struct steal_fd *fd,
        struct steal_address *address);

/* Zero, or NULL for all of it, stands for the defaults. */
struct steal_socket_options {
    int backlog;         /* of a listener; default 4096, or the system's less */
    bool reuse_port;     /* several listeners share one port: SO_REUSEPORT */
    bool only_ip6;       /* an IPv6 socket that takes no IPv4 */
    bool delay;          /* TCP: gather small writes (Nagle's algorithm) */
    unsigned keep_alive; /* TCP: seconds of silence, then probe; 0: do not */
    int send_buffer;     /* bytes */
    int receive_buffer;  /* bytes */
};

/* A socket that connections come to: TCP, or a Unix stream socket.  A Unix
 * socket's path must not exist; unlinking it afterwards is the caller's. */
STEAL_API STEAL_MUST_CHECK int steal_listen(struct steal_fd **fd,
        struct steal_runtime *runtime, const struct steal_address *address,
        const struct steal_socket_options *options);

/*
 * A future: the next connection.  Its result is 0, with the connection in `fd`
 * (the caller's) and its address in `peer`; or what steal/io.h tells.  While the
 * process is out of descriptors or memory it waits, 1 ms at first and 1 s at
 * most, and tries again; a connection that broke before it was accepted is
 * passed over.
 */
struct steal_accept {
    union {
        struct steal_future future;
        struct steal_async async; /* private */
    };
    struct steal_fd *fd;
    struct steal_address peer;
    /* private */
    struct steal_fd *listener;
    uint64_t pause;
    union {
        struct steal_io io;
        struct steal_sleep nap;
    } wait;
};

STEAL_API struct steal_future *steal_accept(struct steal_accept *accept,
        struct steal_fd *listener);

/*
 * A future: a connection to `address`, TCP or Unix stream.  Its result is 0,
 * with the connection in `fd` (the caller's), or what connect(2) says.  While
 * the queue of a Unix listener is full it waits.  Inside a task only: -EINVAL.
 * Dropping it gives up, and closes the socket.
 */
struct steal_connect {
    union {
        struct steal_future future;
        struct steal_async async; /* private */
    };
    struct steal_fd *fd;
    /* private */
    struct steal_fd *socket;
    struct steal_address address;
    struct steal_socket_options options;
    uint64_t pause;
    union {
        struct steal_io io;
        struct steal_sleep nap;
    } wait;
};

STEAL_API struct steal_future *steal_connect(struct steal_connect *connect,
        const struct steal_address *address,
        const struct steal_socket_options *options);

/* A datagram socket, UDP or Unix, bound to `address`: with port 0, or "unix:",
 * to one that the system picks. */
STEAL_API STEAL_MUST_CHECK int steal_datagram(struct steal_fd **fd,
        struct steal_runtime *runtime, const struct steal_address *address,
        const struct steal_socket_options *options);

/* Sends datagrams to `peer` unless they say where to, and takes none from
 * elsewhere.  0 or a negative errno code. */
STEAL_API int steal_fd_set_peer(struct steal_fd *fd,
        const struct steal_address *peer);

/*
 * One datagram.  The result, in io.future, is the number of bytes as for reads
 * and writes; 0 is an empty datagram and no end.  What does not fit is cut off;
 * `whole` is what was sent.  `address` may be NULL: do not tell; to the peer.
 */
struct steal_datagram_io {
    struct steal_io io;
    size_t whole;
    /* private */
    union {
        void *into;
        const void *from;
    } data;
    size_t size;
    struct steal_address *source;
    const struct steal_address *target;
};

STEAL_API struct steal_future *
steal_fd_recv_from(struct steal_datagram_io *datagram, struct steal_fd *fd,
        void *buffer, size_t size, struct steal_address *address);
STEAL_API struct steal_future *
steal_fd_send_to(struct steal_datagram_io *datagram, struct steal_fd *fd,
        const void *data, size_t size, const struct steal_address *address);

/* Many datagrams with one system call; the result is how many, at least one.
 * The headers are those of recvmmsg(2) and sendmmsg(2), which need _GNU_SOURCE;
 * msg_name and msg_namelen are to be set again before each receive. */
struct mmsghdr;

STEAL_API struct steal_future *steal_fd_recvmmsg(struct steal_io *io,
        struct steal_fd *fd, struct mmsghdr *messages, unsigned count);
STEAL_API struct steal_future *steal_fd_sendmmsg(struct steal_io *io,
        struct steal_fd *fd, struct mmsghdr *messages, unsigned count);

#define STEAL_PASS_MAX 253 /* descriptors in one message */

/*
 * Descriptors through a Unix socket, beside at least one byte of data.
 * The result, in io.future, is the number of bytes as for reads and writes.
 *
 * Sending: the numbers stay the caller's, and may be closed once it is ready.
 * All of them go with the first byte, also if not all bytes could be written.
 *
 * Receiving: `count` descriptors came, close-on-exec, and are the caller's.  If
 * `lost`, there were more than `max`, or more than the process may have; they
 * are closed.  None is open if it is dropped.
 *
 * -EINVAL: no byte, or more than STEAL_PASS_MAX descriptors.
 */
struct steal_pass {
    struct steal_io io;
    unsigned count;
    bool lost;
    /* private */
    union {
        void *into;
        const void *from;
    } data;
    size_t size;
    union {
        int *into;
        const int *from;
    } numbers;
    unsigned max;
};

STEAL_API struct steal_future *steal_fd_send_fds(struct steal_pass *pass,
        struct steal_fd *fd, const void *data, size_t size, const int *numbers,
        unsigned count);
STEAL_API struct steal_future *steal_fd_recv_fds(struct steal_pass *pass,
        struct steal_fd *fd, void *buffer, size_t size, int *numbers,
        unsigned max);

STEAL_END_DECLS

#endif
