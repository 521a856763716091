/*
 * socket.c - making sockets.
 *
 * Accepted sockets inherit the options of their listener, so that a connection
 * costs no system call but the accept4() itself.
 */
#include "socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "../driver/source.h"
#include "address.h"
#include "simulated.h"

#define DEFAULT_BACKLOG 4096

static const struct steal_socket_options no_options;

static int
set_option(int number, int level, int name, int value)
{
    return setsockopt(number, level, name, &value, sizeof value) ? -errno : 0;
}

static int
set_tcp_options(int number, const struct steal_socket_options *options)
{
    int error = 0;

    if (!options->delay)
        error = set_option(number, IPPROTO_TCP, TCP_NODELAY, 1);
    if (error || !options->keep_alive)
        return error;
    error = set_option(number, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (error)
        return error;
    return set_option(number, IPPROTO_TCP, TCP_KEEPIDLE,
            (int)options->keep_alive);
}

static int
set_options(int number, int family, int type,
        const struct steal_socket_options *options)
{
    int error = 0;

    if (options->send_buffer)
        error = set_option(number, SOL_SOCKET, SO_SNDBUF, options->send_buffer);
    if (!error && options->receive_buffer)
        error = set_option(number, SOL_SOCKET, SO_RCVBUF,
                options->receive_buffer);
    if (!error && type == SOCK_STREAM && family != AF_UNIX)
        error = set_tcp_options(number, options);
    return error;
}

int
steal__socket_adopt(struct steal_fd **fd, struct steal_runtime *runtime,
        int number, int family, int type)
{
    unsigned kind = SOURCE_SOCKET;
    int error;

    if (type != SOCK_STREAM)
        kind |= SOURCE_PACKETS;
    if (type == SOCK_STREAM && family != AF_UNIX)
        kind |= SOURCE_DRAINS;
    error = steal__source_new(fd, runtime, number, kind);
    if (error)
        close(number);
    return error;
}

int
steal__socket_new(struct steal_fd **fd, struct steal_runtime *runtime,
        int family, int type, const struct steal_socket_options *options)
{
    int number;
    int error;

    family = simulated_family(runtime, family);
    if (!options)
        options = &no_options;
    number = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (number < 0)
        return -errno;
    error = set_options(number, family, type, options);
    if (error) {
        close(number);
        return error;
    }
    return steal__socket_adopt(fd, runtime, number, family, type);
}

/*
 * Binding
 */

static int
set_port_options(int number, const struct steal_address *address, int type,
        const struct steal_socket_options *options)
{
    int family = address->u.any.sa_family;
    int error = 0;

    if (family == AF_UNIX)
        return 0;
    if (type == SOCK_STREAM)
        error = set_option(number, SOL_SOCKET, SO_REUSEADDR, 1);
    if (!error && options->reuse_port)
        error = set_option(number, SOL_SOCKET, SO_REUSEPORT, 1);
    if (!error && family == AF_INET6)
        error = set_option(number, IPPROTO_IPV6, IPV6_V6ONLY,
                options->only_ip6);
    return error;
}

static int
bind_to(struct steal_fd *fd, const struct steal_address *address, int type,
        const struct steal_socket_options *options)
{
    int error;

    if (is_simulated(fd, address))
        return steal__simulated_bind(fd, address, type, options);
    error = set_port_options(fd->number, address, type, options);
    if (!error && bind(fd->number, &address->u.any, address->size))
        error = -errno;
    return error;
}

/* ":80" where there is no IPv6. */
static bool
is_any_ip6(const struct steal_address *address)
{
    return address->u.any.sa_family == AF_INET6 &&
           IN6_IS_ADDR_UNSPECIFIED(&address->u.ip6.sin6_addr);
}

int
steal__socket_bound(struct steal_fd **fd, struct steal_runtime *runtime,
        const struct steal_address *address, int type,
        const struct steal_socket_options *options)
{
    struct steal_address ip4;
    int error;

    if (!options)
        options = &no_options;
    error = steal__socket_new(fd, runtime, address->u.any.sa_family, type,
            options);
    if (error == -EAFNOSUPPORT && is_any_ip6(address) && !options->only_ip6) {
        steal__address_any(&ip4, AF_INET, ntohs(address->u.ip6.sin6_port));
        address = &ip4;
        error = steal__socket_new(fd, runtime, AF_INET, type, options);
    }
    if (error)
        return error;
    error = bind_to(*fd, address, type, options);
    if (error)
        steal_fd_unref(*fd);
    return error;
}

int
steal_listen(struct steal_fd **fd, struct steal_runtime *runtime,
        const struct steal_address *address,
        const struct steal_socket_options *options)
{
    int backlog = options && options->backlog ? options->backlog
                                              : DEFAULT_BACKLOG;
    struct steal_fd *listener;
    int error;

    error = steal__socket_bound(&listener, runtime, address, SOCK_STREAM,
            options);
    if (error)
        return error;
    if (listen(listener->number, backlog)) {
        error = -errno;
        steal_fd_unref(listener);
        return error;
    }
    *fd = listener;
    return 0;
}
