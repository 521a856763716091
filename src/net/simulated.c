#include "simulated.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* How many listeners may share a port. */
#define SHARERS 4

/* How many ports are tried before there is none left. */
#define PORTS 30000

/* The name of a socket, after the path's first byte, which is 0. */
struct name {
    char mark[7];
    uint32_t process;
    uint64_t world;
    uint8_t host[16];
    uint32_t scope;
    uint32_t serial; /* of the wire; of a listener: which of the sharers */
    uint16_t family;
    uint16_t type;
    uint16_t port;
    uint16_t only_ip6;
};

static const char mark[7] = "stealsi";

#define HEAD (offsetof(struct sockaddr_un, sun_path) + 1)

_Static_assert(HEAD + sizeof(struct name) <= sizeof(struct sockaddr_un),
        "a path has room for a name");

/*
 * Names
 */

static bool
is_any(const struct name *name)
{
    static const uint8_t zero[16];

    return memcmp(name->host, zero, sizeof zero) == 0;
}

static void
set_loopback(struct name *name, int family)
{
    memset(name->host, 0, sizeof name->host);
    name->family = (uint16_t)family;
    if (family == AF_INET6)
        name->host[15] = 1;
    else
        memcpy(name->host, &(uint32_t){ htonl(INADDR_LOOPBACK) }, 4);
}

/* All bytes of it, for they are compared. */
static void
init_name(struct name *name, const struct world *world, int family, int type)
{
    memset(name, 0, sizeof *name);
    memcpy(name->mark, mark, sizeof mark);
    name->process = (uint32_t)getpid();
    name->world = world->number;
    name->family = (uint16_t)family;
    name->type = (uint16_t)type;
}

static int
name_of(struct name *name, const struct world *world,
        const struct steal_address *address, int type)
{
    const struct sockaddr_in6 *ip6 = &address->u.ip6;

    init_name(name, world, address->u.any.sa_family, type);
    if (name->family == AF_INET) {
        memcpy(name->host, &address->u.ip4.sin_addr, 4);
        name->port = ntohs(address->u.ip4.sin_port);
    } else if (name->family == AF_INET6) {
        memcpy(name->host, &ip6->sin6_addr, sizeof name->host);
        name->port = ntohs(ip6->sin6_port);
        name->scope = ip6->sin6_scope_id;
    } else {
        return -EAFNOSUPPORT;
    }
    if (name->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&ip6->sin6_addr)) {
        name->family = AF_INET;
        memmove(name->host, name->host + 12, 4);
        memset(name->host + 4, 0, 12);
    }
    return 0;
}

static socklen_t
path_of(struct sockaddr_un *path, const struct name *name)
{
    memset(path, 0, sizeof *path);
    path->sun_family = AF_UNIX;
    memcpy(path->sun_path + 1, name, sizeof *name);
    return HEAD + sizeof *name;
}

/* False if it is the name of something else. */
static bool
read_path(struct name *name, const struct steal_address *address)
{
    if (address->size != HEAD + sizeof *name ||
            address->u.any.sa_family != AF_UNIX || address->u.local.sun_path[0])
        return false;
    memcpy(name, address->u.local.sun_path + 1, sizeof *name);
    return memcmp(name->mark, mark, sizeof mark) == 0;
}

static void
write_address(struct steal_address *address, const struct name *name)
{
    memset(address, 0, sizeof *address);
    address->u.any.sa_family = name->family;
    if (name->family == AF_INET) {
        memcpy(&address->u.ip4.sin_addr, name->host, 4);
        address->u.ip4.sin_port = htons(name->port);
        address->size = sizeof address->u.ip4;
    } else {
        memcpy(&address->u.ip6.sin6_addr, name->host, sizeof name->host);
        address->u.ip6.sin6_port = htons(name->port);
        address->u.ip6.sin6_scope_id = name->scope;
        address->size = sizeof address->u.ip6;
    }
}

/*
 * Having a name
 */

static int
bind_name(int number, const struct name *name)
{
    struct sockaddr_un path;
    socklen_t size = path_of(&path, name);

    return bind(number, (struct sockaddr *)&path, size) ? -errno : 0;
}

/* With a port that nobody has. */
static int
bind_somewhere(struct steal_fd *fd, struct name *name)
{
    struct world *world = steal__world_of(fd->runtime);
    int error = -EADDRINUSE;

    for (int i = 0; i < PORTS && error == -EADDRINUSE; i++) {
        name->port = steal__world_port(world);
        error = bind_name(fd->number, name);
    }
    return error;
}

static int
bind_shared(struct steal_fd *fd, struct name *name)
{
    int error = -EADDRINUSE;

    while (name->serial < SHARERS && error == -EADDRINUSE) {
        error = bind_name(fd->number, name);
        name->serial++;
    }
    return error;
}

int
steal__simulated_bind(struct steal_fd *fd, const struct steal_address *address,
        int type, const struct steal_socket_options *options)
{
    struct name name;
    int error = name_of(&name, steal__world_of(fd->runtime), address, type);

    if (error)
        return error;
    name.only_ip6 = name.family == AF_INET6 && is_any(&name) &&
                    options->only_ip6;
    if (!name.port)
        return bind_somewhere(fd, &name);
    if (options->reuse_port)
        return bind_shared(fd, &name);
    return bind_name(fd->number, &name);
}

int
steal__simulated_dial(struct steal_fd *fd, int family)
{
    struct name name;
    int error;

    init_name(&name, steal__world_of(fd->runtime), family, SOCK_STREAM);
    set_loopback(&name, family);
    error = steal__wire_open(fd, &name.serial);
    return error ? error : bind_somewhere(fd, &name);
}

/*
 * Finding one: that address; else any address of its family; else, for one of IPv4,
 * any of IPv6 that takes both
 */

struct search {
    struct name name;
    unsigned tried; /* counts sharers, and then kinds of name */
};

static bool
begin_search(struct search *search, struct steal_fd *fd,
        const struct steal_address *address, int type)
{
    search->tried = 0;
    if (name_of(&search->name, steal__world_of(fd->runtime), address, type))
        return false;
    if (is_any(&search->name))
        set_loopback(&search->name, search->name.family);
    return true;
}

/* False if there are no more names to try. */
static bool
next_name(struct search *search)
{
    struct name *name = &search->name;
    unsigned kind = ++search->tried / SHARERS;

    name->serial = search->tried % SHARERS;
    if (name->serial)
        return true;
    memset(name->host, 0, sizeof name->host);
    name->scope = 0;
    if (kind == 1)
        return true;
    if (kind == 2) {
        name->only_ip6 = name->family == AF_INET6;
        name->family = AF_INET6;
        return true;
    }
    return false;
}

int
steal__simulated_connect(struct steal_fd *fd,
        const struct steal_address *address, int type)
{
    struct search search;
    struct sockaddr_un path;

    if (!begin_search(&search, fd, address, type))
        return -EAFNOSUPPORT;
    do {
        socklen_t size = path_of(&path, &search.name);

        if (connect(fd->number, (struct sockaddr *)&path, size) == 0 ||
                errno == EISCONN)
            return 0;
    } while (errno == ECONNREFUSED && next_name(&search));
    return -errno;
}

/*
 * Telling it
 */

void
steal__simulated_accept(struct steal_fd *fd, struct steal_address *peer)
{
    struct name name;

    if (!read_path(&name, peer))
        return;
    steal__wire_accept(fd, name.serial);
    write_address(peer, &name);
}

/* The family of this end: that of the other may be of both. */
static int
own_family(int number, int otherwise)
{
    struct steal_address own = { .size = sizeof own.u };
    struct name name;

    if (getsockname(number, &own.u.any, &own.size) || !read_path(&name, &own))
        return otherwise;
    return name.family;
}

static bool
is_connected(int number)
{
    struct sockaddr_un peer;
    socklen_t size = sizeof peer;

    return getpeername(number, (struct sockaddr *)&peer, &size) == 0;
}

/* A connection to any address is one to this host. */
void
steal__simulated_reveal(int number, struct steal_address *address, bool is_peer)
{
    struct name name;

    if (!read_path(&name, address))
        return;
    if (is_any(&name) && (is_peer || is_connected(number)))
        set_loopback(&name,
                is_peer ? own_family(number, name.family) : name.family);
    write_address(address, &name);
}

/*
 * Messages
 */

ssize_t
steal__simulated_recvmsg(int number, struct msghdr *message, int flags)
{
    struct steal_address from;
    void *into = message->msg_name;
    socklen_t room = message->msg_namelen;
    struct name name;
    ssize_t n;

    memset(&from, 0, sizeof from);
    message->msg_name = &from.u;
    message->msg_namelen = sizeof from.u;
    n = recvmsg(number, message, flags);
    from.size = message->msg_namelen;
    message->msg_name = into;
    message->msg_namelen = room; /* as it was, for the next attempt */
    if (n < 0)
        return -errno;
    message->msg_namelen = 0;
    if (read_path(&name, &from))
        write_address(&from, &name);
    if (into) {
        memcpy(into, &from.u, from.size < room ? from.size : room);
        message->msg_namelen = from.size;
    }
    return n;
}

static ssize_t
length_of(const struct msghdr *message)
{
    size_t n = 0;

    for (size_t i = 0; i < message->msg_iovlen; i++)
        n += message->msg_iov[i].iov_len;
    return (ssize_t)n;
}

ssize_t
steal__simulated_sendmsg(struct steal_fd *fd, const struct msghdr *message,
        int flags)
{
    struct msghdr copy = *message;
    struct steal_address to = { .size = message->msg_namelen };
    struct search search;
    struct sockaddr_un path;
    ssize_t n;

    if (message->msg_name && to.size <= sizeof to.u)
        memcpy(&to.u, message->msg_name, to.size);
    if (!message->msg_name || to.u.any.sa_family == AF_UNIX) {
        n = sendmsg(fd->number, message, flags);
        return n < 0 ? -errno : n;
    }
    if (!begin_search(&search, fd, &to, SOCK_DGRAM))
        return -EAFNOSUPPORT;
    copy.msg_name = &path;
    do {
        copy.msg_namelen = path_of(&path, &search.name);
        n = sendmsg(fd->number, &copy, flags);
    } while (n < 0 && errno == ECONNREFUSED && next_name(&search));
    if (n < 0 && errno != ECONNREFUSED && errno != EAGAIN && errno != EPERM)
        return -errno;
    return n < 0 ? length_of(message) : n; /* lost, as datagrams may be */
}
