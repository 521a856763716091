/*
 * resolve.c - names of hosts.
 *
 * A look-up belongs to its call on the blocking pool, which goes on when the
 * future is dropped; the last of the two destroys it.
 */
#include <steal/resolve.h>

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "../base/atomic.h"
#include "address.h"

_Static_assert(STEAL_NAME_UNKNOWN == UV_EAI_NONAME, "libuv's codes");
_Static_assert(STEAL_NAME_EMPTY == UV_EAI_NODATA, "libuv's codes");
_Static_assert(STEAL_NAME_FAMILY == UV_EAI_ADDRFAMILY, "libuv's codes");
_Static_assert(STEAL_NAME_SERVICE == UV_EAI_SERVICE, "libuv's codes");
_Static_assert(STEAL_NAME_AGAIN == UV_EAI_AGAIN, "libuv's codes");
_Static_assert(STEAL_NAME_FAILED == UV_EAI_FAIL, "libuv's codes");

/* What getaddrinfo() and getnameinfo() return. */
static int
error_of(int code)
{
    switch (code) {
    case 0:
        return 0;
    case EAI_SYSTEM:
        return errno ? -errno : -EIO;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_FAMILY:
        return -EAFNOSUPPORT;
    case EAI_ADDRFAMILY:
        return STEAL_NAME_FAMILY;
    case EAI_AGAIN:
        return STEAL_NAME_AGAIN;
    case EAI_FAIL:
        return STEAL_NAME_FAILED;
    case EAI_NODATA:
        return STEAL_NAME_EMPTY;
    case EAI_NONAME:
        return STEAL_NAME_UNKNOWN;
    case EAI_SERVICE:
        return STEAL_NAME_SERVICE;
    default:
        return -EINVAL;
    }
}

/*
 * The addresses of a name
 */

struct lookup {
    struct addrinfo hints;
    struct steal_address *address;
    size_t count;
    const char *host; /* these two point to the text, or nowhere */
    const char *service;
    char text[];
};

static struct lookup *
lookup_new(const struct steal_resolve *resolve)
{
    const char *service = resolve->service ? resolve->service : "0";
    size_t host_size = resolve->host ? strlen(resolve->host) + 1 : 0;
    size_t service_size = strlen(service) + 1;
    struct lookup *lookup = calloc(1,
            sizeof *lookup + host_size + service_size);

    if (!lookup)
        return NULL;
    lookup->hints.ai_family = resolve->family;
    lookup->hints.ai_socktype = SOCK_STREAM; /* each address once */
    if (resolve->flags & STEAL_RESOLVE_PASSIVE)
        lookup->hints.ai_flags = AI_PASSIVE;
    lookup->service = lookup->text;
    memcpy(lookup->text, service, service_size);
    if (host_size) {
        lookup->host = lookup->text + service_size;
        memcpy(lookup->text + service_size, resolve->host, host_size);
    }
    return lookup;
}

static void
lookup_free(void *arg)
{
    struct lookup *lookup = arg;

    free(lookup->address);
    free(lookup);
}

static size_t
count_entries(const struct addrinfo *entry)
{
    size_t n = 0;

    for (; entry; entry = entry->ai_next)
        n++;
    return n;
}

static int
keep_addresses(struct lookup *lookup, const struct addrinfo *entry)
{
    lookup->address = calloc(count_entries(entry), sizeof *lookup->address);
    if (!lookup->address)
        return -ENOMEM;
    for (; entry; entry = entry->ai_next) {
        struct steal_address *address = &lookup->address[lookup->count];

        if (entry->ai_addrlen > sizeof address->u)
            continue;
        memcpy(&address->u, entry->ai_addr, entry->ai_addrlen);
        address->size = entry->ai_addrlen;
        lookup->count++;
    }
    return lookup->count ? 0 : STEAL_NAME_EMPTY;
}

/* On a thread of the pool. */
static int
look_up(void *arg)
{
    struct lookup *lookup = arg;
    struct addrinfo *entries = NULL;
    int error = error_of(getaddrinfo(lookup->host, lookup->service,
            &lookup->hints, &entries));

    if (!error)
        error = keep_addresses(lookup, entries);
    if (entries)
        freeaddrinfo(entries);
    return error;
}

/* True if there is nothing to ask anyone for: the future is ready. */
static bool
is_in_digits(struct steal_resolve *resolve)
{
    struct steal_address address;
    unsigned port = 0;

    if (!resolve->host)
        return false;
    if (resolve->service && steal__port_parse(&port, resolve->service))
        return false;
    if (steal__address_from_host(&address, resolve->host, port))
        return false;
    if (resolve->family && resolve->family != address.u.any.sa_family)
        return false;
    resolve->address = malloc(sizeof *resolve->address);
    if (!resolve->address) {
        resolve->future.result = -ENOMEM;
        return true;
    }
    *resolve->address = address;
    resolve->count = 1;
    return true;
}

static enum steal_poll
resolve_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_resolve *resolve = (struct steal_resolve *)future;
    struct lookup *lookup = resolve->lookup;

    if (!lookup) {
        if (is_in_digits(resolve))
            return STEAL_READY;
        lookup = lookup_new(resolve);
        if (!lookup) {
            future->result = -ENOMEM;
            return STEAL_READY;
        }
        steal_blocking_owned(&resolve->call, look_up, lookup, lookup_free);
        signal_fence(); /* awaited() looks */
        resolve->lookup = lookup;
    }
    if (steal_future_poll(&resolve->call.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    future->result = resolve->call.future.result;
    if (!future->result) {
        resolve->address = lookup->address;
        resolve->count = lookup->count;
        lookup->address = NULL;
    }
    return STEAL_READY;
}

static void
resolve_drop(struct steal_future *future)
{
    struct steal_resolve *resolve = (struct steal_resolve *)future;

    if (resolve->lookup)
        steal_future_drop(&resolve->call.future);
}

static struct steal_future *
resolve_awaited(struct steal_future *future, size_t i)
{
    struct steal_resolve *resolve = (struct steal_resolve *)future;

    return i || !resolve->lookup ? NULL : &resolve->call.future;
}

static const struct steal_future_ops resolve_ops = { .name = "resolve",
    .poll = resolve_poll,
    .drop = resolve_drop,
    .awaited = resolve_awaited };

struct steal_future *
steal_resolve(struct steal_resolve *resolve, const char *host,
        const char *service, int family, unsigned flags)
{
    steal_future_init(&resolve->future, &resolve_ops);
    resolve->address = NULL;
    resolve->count = 0;
    resolve->host = host;
    resolve->service = service;
    resolve->family = family;
    resolve->flags = flags;
    resolve->lookup = NULL;
    return &resolve->future;
}

/*
 * The name of an address
 */

struct reverse {
    struct steal_address address;
    char name[NI_MAXHOST];
};

/* On a thread of the pool. */
static int
look_back(void *arg)
{
    struct reverse *reverse = arg;

    return error_of(getnameinfo(&reverse->address.u.any, reverse->address.size,
            reverse->name, sizeof reverse->name, NULL, 0, NI_NAMEREQD));
}

static int
begin_reverse(struct steal_resolve_name *resolve)
{
    struct reverse *reverse;

    if (resolve->address.u.any.sa_family == AF_UNIX)
        return -EAFNOSUPPORT;
    reverse = malloc(sizeof *reverse);
    if (!reverse)
        return -ENOMEM;
    reverse->address = resolve->address;
    steal_blocking_owned(&resolve->call, look_back, reverse, free);
    signal_fence(); /* awaited() looks */
    resolve->lookup = reverse;
    return 0;
}

static int
tell_name(struct steal_resolve_name *resolve)
{
    const struct reverse *reverse = resolve->lookup;
    size_t size = strlen(reverse->name) + 1;

    if (size > resolve->size)
        return -EMSGSIZE;
    memcpy(resolve->name, reverse->name, size);
    return 0;
}

static enum steal_poll
reverse_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_resolve_name *resolve = (struct steal_resolve_name *)future;

    if (!resolve->lookup) {
        future->result = begin_reverse(resolve);
        if (future->result)
            return STEAL_READY;
    }
    if (steal_future_poll(&resolve->call.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    future->result = resolve->call.future.result;
    if (!future->result)
        future->result = tell_name(resolve);
    return STEAL_READY;
}

static void
reverse_drop(struct steal_future *future)
{
    struct steal_resolve_name *resolve = (struct steal_resolve_name *)future;

    if (resolve->lookup)
        steal_future_drop(&resolve->call.future);
}

static struct steal_future *
reverse_awaited(struct steal_future *future, size_t i)
{
    struct steal_resolve_name *resolve = (struct steal_resolve_name *)future;

    return i || !resolve->lookup ? NULL : &resolve->call.future;
}

static const struct steal_future_ops reverse_ops = { .name = "resolve_name",
    .poll = reverse_poll,
    .drop = reverse_drop,
    .awaited = reverse_awaited };

struct steal_future *
steal_resolve_name(struct steal_resolve_name *resolve,
        const struct steal_address *address, char *name, size_t size)
{
    steal_future_init(&resolve->future, &reverse_ops);
    resolve->address = *address;
    resolve->name = name;
    resolve->size = size;
    resolve->lookup = NULL;
    return &resolve->future;
}
