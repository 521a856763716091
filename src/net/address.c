/*
 * address.c - addresses as text, and those of sockets.
 */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../driver/source.h"
#include "simulated.h"

#define LOCAL_PREFIX "unix:"
#define LOCAL_HEAD   offsetof(struct sockaddr_un, sun_path)
#define HOST_MAX     (INET6_ADDRSTRLEN + 1 + IF_NAMESIZE)

/*
 * Reading
 */

int
steal__port_parse(unsigned *port, const char *text)
{
    unsigned value = 0;
    size_t length = strspn(text, "0123456789");

    if (length == 0 || length > 5 || text[length])
        return -EINVAL;
    while (*text)
        value = 10 * value + (unsigned)(*text++ - '0');
    if (value > 65535)
        return -EINVAL;
    *port = value;
    return 0;
}

void
steal__address_any(struct steal_address *address, int family, unsigned port)
{
    memset(address, 0, sizeof *address);
    address->u.any.sa_family = (sa_family_t)family;
    if (family == AF_INET) {
        address->u.ip4.sin_port = htons((uint16_t)port);
        address->size = sizeof address->u.ip4;
    } else {
        address->u.ip6.sin6_port = htons((uint16_t)port);
        address->size = sizeof address->u.ip6;
    }
}

/* What follows the '%': an interface, by name or number. */
static int
parse_scope(uint32_t *scope, const char *text)
{
    char *end;
    unsigned long number;

    *scope = if_nametoindex(text);
    if (*scope)
        return 0;
    if (*text < '0' || *text > '9')
        return -EINVAL;
    number = strtoul(text, &end, 10);
    if (*end || number > UINT32_MAX)
        return -EINVAL;
    *scope = (uint32_t)number;
    return 0;
}

static int
ip6_from_host(struct sockaddr_in6 *ip6, const char *host)
{
    char text[HOST_MAX];
    char *scope;

    if (strlen(host) >= sizeof text)
        return -EINVAL;
    strcpy(text, host);
    scope = strchr(text, '%');
    if (scope)
        *scope++ = '\0';
    if (inet_pton(AF_INET6, text, &ip6->sin6_addr) != 1)
        return -EINVAL;
    return scope ? parse_scope(&ip6->sin6_scope_id, scope) : 0;
}

int
steal__address_from_host(struct steal_address *address, const char *host,
        unsigned port)
{
    steal__address_any(address, AF_INET, port);
    if (inet_pton(AF_INET, host, &address->u.ip4.sin_addr) == 1)
        return 0;
    steal__address_any(address, AF_INET6, port);
    return ip6_from_host(&address->u.ip6, host);
}

static int
parse_local(struct steal_address *address, const char *path)
{
    size_t length = strlen(path);

    memset(address, 0, sizeof *address);
    address->u.local.sun_family = AF_UNIX;
    address->size = LOCAL_HEAD;
    if (length == 0)
        return 0; /* no name: bind() then picks one */
    if (length >= sizeof address->u.local.sun_path)
        return -ENAMETOOLONG;
    memcpy(address->u.local.sun_path, path, length);
    if (*path == '@')
        address->u.local.sun_path[0] = '\0';
    else
        length++; /* paths have their NUL */
    address->size += (socklen_t)length;
    return 0;
}

int
steal_address_parse(struct steal_address *address, const char *text)
{
    char host[HOST_MAX];
    const char *colon = strrchr(text, ':');
    size_t length;
    unsigned port;

    if (strncmp(text, LOCAL_PREFIX, sizeof LOCAL_PREFIX - 1) == 0)
        return parse_local(address, text + sizeof LOCAL_PREFIX - 1);
    if (!colon || steal__port_parse(&port, colon + 1))
        return -EINVAL;
    length = (size_t)(colon - text);
    if (length == 0) {
        steal__address_any(address, AF_INET6, port);
        return 0;
    }
    if (length >= sizeof host)
        return -EINVAL;
    memcpy(host, text, length);
    host[length] = '\0';
    if (*host != '[') { /* without brackets: IPv4 */
        steal__address_any(address, AF_INET, port);
        return inet_pton(AF_INET, host, &address->u.ip4.sin_addr) == 1
                       ? 0
                       : -EINVAL;
    }
    if (host[length - 1] != ']')
        return -EINVAL;
    host[length - 1] = '\0';
    steal__address_any(address, AF_INET6, port);
    return ip6_from_host(&address->u.ip6, host + 1);
}

/*
 * Writing
 */

static int
format_ip4(const struct sockaddr_in *ip4, char *text, size_t size)
{
    char host[INET_ADDRSTRLEN];

    inet_ntop(AF_INET, &ip4->sin_addr, host, sizeof host);
    return snprintf(text, size, "%s:%u", host, ntohs(ip4->sin_port));
}

static int
format_ip6(const struct sockaddr_in6 *ip6, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    char scope[IF_NAMESIZE];
    unsigned port = ntohs(ip6->sin6_port);

    inet_ntop(AF_INET6, &ip6->sin6_addr, host, sizeof host);
    if (!ip6->sin6_scope_id)
        return snprintf(text, size, "[%s]:%u", host, port);
    if (!if_indextoname(ip6->sin6_scope_id, scope))
        snprintf(scope, sizeof scope, "%u", (unsigned)ip6->sin6_scope_id);
    return snprintf(text, size, "[%s%%%s]:%u", host, scope, port);
}

static int
format_local(const struct steal_address *address, char *text, size_t size)
{
    const char *path = address->u.local.sun_path;
    size_t length = address->size > LOCAL_HEAD ? address->size - LOCAL_HEAD : 0;
    char name[sizeof address->u.local.sun_path + 1];

    if (length >= sizeof name)
        length = sizeof name - 1;
    memcpy(name, path, length);
    name[length] = '\0';
    if (length == 0 || name[0])
        return snprintf(text, size, "%s%s%s", LOCAL_PREFIX,
                name[0] == '@' ? "./" : "", name);
    for (size_t i = 0; i < length; i++) {
        if (!name[i])
            name[i] = '@';
    }
    return snprintf(text, size, "%s%s", LOCAL_PREFIX, name);
}

int
steal_address_format(const struct steal_address *address, char *text,
        size_t size)
{
    switch (address->u.any.sa_family) {
    case AF_INET:
        return format_ip4(&address->u.ip4, text, size);
    case AF_INET6:
        return format_ip6(&address->u.ip6, text, size);
    case AF_UNIX:
        return format_local(address, text, size);
    default:
        return -EAFNOSUPPORT;
    }
}

/*
 * Of sockets
 */

typedef int name_fn(int number, struct sockaddr *address, socklen_t *size);

static int
ask_name(struct steal_fd *fd, struct steal_address *address, name_fn *ask)
{
    uint64_t seen;
    int error;

    if (!steal__source_enter(fd, &seen))
        return -ECANCELED;
    memset(address, 0, sizeof *address);
    address->size = sizeof address->u;
    error = ask(fd->number, &address->u.any, &address->size) ? -errno : 0;
    if (!error && unlikely(fd->kind & SOURCE_SIMULATED))
        steal__simulated_reveal(fd->number, address, ask == getpeername);
    steal__source_leave(fd, seen, 0);
    return error;
}

int
steal_fd_local_address(struct steal_fd *fd, struct steal_address *address)
{
    return ask_name(fd, address, getsockname);
}

int
steal_fd_peer_address(struct steal_fd *fd, struct steal_address *address)
{
    return ask_name(fd, address, getpeername);
}
