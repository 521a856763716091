/*
 * simulated.h - the network of a simulation: sockets of this machine's memory that
 * look like those of TCP and UDP.
 *
 * In a runtime that is simulated an IP socket is an abstract Unix socket, whose
 * name is made of the address, the world (driver/world.h) and this process.  What
 * it carries is there at once, and nobody outside looks for the name, which is no
 * secret.  All hosts are one: a listener of any address is found under each.  Unix
 * sockets proper are left as they are.
 *
 * Threads: any.
 */
#ifndef STEAL_NET_SIMULATED_H
#define STEAL_NET_SIMULATED_H

#include <stdint.h>

#include <steal/net.h>

#include "../driver/source.h"
#include "../driver/world.h"

/* The family of the socket that stands for one of `family`. */
static inline int
simulated_family(struct steal_runtime *runtime, int family)
{
    if (family != AF_UNIX && unlikely(steal__world_of(runtime) != NULL))
        return AF_UNIX;
    return family;
}

/* True for a socket that stands for one of that address. */
static inline bool
is_simulated(const struct steal_fd *fd, const struct steal_address *address)
{
    return unlikely(fd->kind & SOURCE_SIMULATED) &&
           address->u.any.sa_family != AF_UNIX;
}

int steal__simulated_bind(struct steal_fd *fd,
        const struct steal_address *address, int type,
        const struct steal_socket_options *options);

/* Gives a socket that is to connect a name of its own, and a wire. */
int steal__simulated_dial(struct steal_fd *fd, int family);

/* -EAGAIN if the listener has no room, else what connect() says. */
int steal__simulated_connect(struct steal_fd *fd,
        const struct steal_address *address, int type);

/* The socket was accepted: `peer`, as the system has told it, becomes what it stands
 * for. */
void steal__simulated_accept(struct steal_fd *fd, struct steal_address *peer);

/* What the socket `number` has as its own name, or that of its peer, becomes what it
 * stands for, if it stands for something. */
void steal__simulated_reveal(int number, struct steal_address *address,
        bool is_peer);

/* Messages, with the addresses that they stand for.  What nobody receives is
 * lost. */
ssize_t steal__simulated_recvmsg(int number, struct msghdr *message, int flags);
ssize_t steal__simulated_sendmsg(struct steal_fd *fd,
        const struct msghdr *message, int flags);

#endif
