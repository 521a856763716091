/*
 * socket.h - sockets with their options set.
 */
#ifndef STEAL_NET_SOCKET_H
#define STEAL_NET_SOCKET_H

#include <steal/net.h>

/* For sockets made here, of which all is known: asks the system nothing.  On
 * failure the number is closed. */
int steal__socket_adopt(struct steal_fd **fd, struct steal_runtime *runtime,
        int number, int family, int type);

/* A socket with its options set, for an address of this family; neither bound
 * nor connected. */
int steal__socket_new(struct steal_fd **fd, struct steal_runtime *runtime,
        int family, int type, const struct steal_socket_options *options);

/* The same, bound to the address. */
int steal__socket_bound(struct steal_fd **fd, struct steal_runtime *runtime,
        const struct steal_address *address, int type,
        const struct steal_socket_options *options);

/* How long to wait before something is tried once more that the system had no
 * room for; `*pause` begins at 0. */
static inline uint64_t
next_pause(uint64_t *pause, uint64_t most)
{
    if (*pause == 0)
        *pause = STEAL_MS(1);
    else if (*pause < most)
        *pause *= 2;
    return *pause < most ? *pause : most;
}

#endif
