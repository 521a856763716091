/*
 * datagram.c - sockets that send and receive single messages.
 */
#include <steal/net.h>

#include <errno.h>
#include <stdint.h>

#include "../driver/source.h"
#include "simulated.h"
#include "socket.h"

int
steal_datagram(struct steal_fd **fd, struct steal_runtime *runtime,
        const struct steal_address *address,
        const struct steal_socket_options *options)
{
    return steal__socket_bound(fd, runtime, address, SOCK_DGRAM, options);
}

int
steal_fd_set_peer(struct steal_fd *fd, const struct steal_address *peer)
{
    uint64_t seen;
    int error;

    if (!steal__source_enter(fd, &seen))
        return -ECANCELED;
    if (is_simulated(fd, peer))
        error = steal__simulated_connect(fd, peer, SOCK_DGRAM);
    else
        error = connect(fd->number, &peer->u.any, peer->size) ? -errno : 0;
    steal__source_leave(fd, seen, 0);
    return error;
}

/*
 * One
 */

static ssize_t
receive_simulated(struct steal_datagram_io *self, int number)
{
    struct steal_address *source = self->source;
    struct iovec piece = { self->data.into, self->size };
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
    ssize_t n;

    if (source) {
        message.msg_name = &source->u;
        message.msg_namelen = sizeof source->u;
    }
    n = steal__simulated_recvmsg(number, &message, MSG_TRUNC);
    if (n < 0)
        return n;
    if (source)
        source->size = message.msg_namelen;
    self->whole = (size_t)n;
    return self->whole < self->size ? n : (ssize_t)self->size;
}

static ssize_t
send_simulated(struct steal_datagram_io *self)
{
    const struct steal_address *target = self->target;
    struct iovec piece = { (void *)(uintptr_t)self->data.from, self->size };
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
    ssize_t n;

    if (target) {
        message.msg_name = (void *)(uintptr_t)&target->u;
        message.msg_namelen = target->size;
    }
    n = steal__simulated_sendmsg(self->io.fd, &message, MSG_NOSIGNAL);
    if (n >= 0)
        self->whole = (size_t)n;
    return n;
}

static ssize_t
receive(struct steal_io *io, int number)
{
    struct steal_datagram_io *self = (struct steal_datagram_io *)io;
    struct steal_address *source = self->source;
    ssize_t n;

    if (unlikely(io->fd->kind & SOURCE_SIMULATED))
        return receive_simulated(self, number);
    if (source)
        source->size = sizeof source->u;
    n = recvfrom(number, self->data.into, self->size, MSG_TRUNC,
            source ? &source->u.any : NULL, source ? &source->size : NULL);
    if (n < 0)
        return -errno;
    self->whole = (size_t)n;
    return self->whole < self->size ? n : (ssize_t)self->size;
}

static ssize_t
send_one(struct steal_io *io, int number)
{
    struct steal_datagram_io *self = (struct steal_datagram_io *)io;
    const struct steal_address *target = self->target;
    ssize_t n;

    if (unlikely(io->fd->kind & SOURCE_SIMULATED))
        return send_simulated(self);
    n = sendto(number, self->data.from, self->size, MSG_NOSIGNAL,
            target ? &target->u.any : NULL, target ? target->size : 0);

    if (n < 0)
        return -errno;
    self->whole = (size_t)n;
    return n;
}

struct steal_future *
steal_fd_recv_from(struct steal_datagram_io *datagram, struct steal_fd *fd,
        void *buffer, size_t size, struct steal_address *address)
{
    datagram->whole = 0;
    datagram->data.into = buffer;
    datagram->size = size;
    datagram->source = address;
    return steal_fd_attempt(&datagram->io, fd, STEAL_READABLE, receive, NULL);
}

struct steal_future *
steal_fd_send_to(struct steal_datagram_io *datagram, struct steal_fd *fd,
        const void *data, size_t size, const struct steal_address *address)
{
    datagram->whole = 0;
    datagram->data.from = data;
    datagram->size = size;
    datagram->target = address;
    return steal_fd_attempt(&datagram->io, fd, STEAL_WRITABLE, send_one, NULL);
}

/*
 * Many
 */

static ssize_t
receive_many_simulated(struct steal_io *io, int number)
{
    struct mmsghdr *message = io->data.argument;
    ssize_t n = 0;
    size_t i;

    for (i = 0; i < io->size && n >= 0; i++) {
        n = steal__simulated_recvmsg(number, &message[i].msg_hdr, MSG_DONTWAIT);
        if (n >= 0)
            message[i].msg_len = (unsigned)n;
    }
    if (n >= 0)
        return (ssize_t)i;
    return i > 1 ? (ssize_t)i - 1 : n;
}

static ssize_t
send_many_simulated(struct steal_io *io)
{
    struct mmsghdr *message = io->data.argument;
    ssize_t n = 0;
    size_t i;

    for (i = 0; i < io->size && n >= 0; i++) {
        n = steal__simulated_sendmsg(io->fd, &message[i].msg_hdr,
                MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0)
            message[i].msg_len = (unsigned)n;
    }
    if (n >= 0)
        return (ssize_t)i;
    return i > 1 ? (ssize_t)i - 1 : n;
}

static ssize_t
receive_many(struct steal_io *io, int number)
{
    int n;

    if (unlikely(io->fd->kind & SOURCE_SIMULATED))
        return receive_many_simulated(io, number);
    n = recvmmsg(number, io->data.argument, (unsigned)io->size, MSG_DONTWAIT,
            NULL);

    return n < 0 ? -errno : n;
}

static ssize_t
send_many(struct steal_io *io, int number)
{
    int n;

    if (unlikely(io->fd->kind & SOURCE_SIMULATED))
        return send_many_simulated(io);
    n = sendmmsg(number, io->data.argument, (unsigned)io->size,
            MSG_DONTWAIT | MSG_NOSIGNAL);

    return n < 0 ? -errno : n;
}

struct steal_future *
steal_fd_recvmmsg(struct steal_io *io, struct steal_fd *fd,
        struct mmsghdr *messages, unsigned count)
{
    steal_fd_attempt(io, fd, STEAL_READABLE, receive_many, messages);
    io->size = count;
    return &io->future;
}

struct steal_future *
steal_fd_sendmmsg(struct steal_io *io, struct steal_fd *fd,
        struct mmsghdr *messages, unsigned count)
{
    steal_fd_attempt(io, fd, STEAL_WRITABLE, send_many, messages);
    io->size = count;
    return &io->future;
}
