/*
 * steal/resolve.h - names of hosts, and connecting to them.
 *
 *     STEAL_AWAIT(cx, steal_dial(&self->dial, "www.example.org", "http", NULL));
 *     if (self->dial.future.result < 0)
 *         STEAL_RETURN(self->dial.future.result);
 *     ... self->dial.fd is the connection
 *
 * Names are looked up with getaddrinfo(3) on a thread of the blocking pool
 * (steal/blocking.h).  Dropping a look-up does not wait for its answer: the
 * thread goes on by itself and throws it away.  An address in digits is told at
 * once, without a thread.
 *
 * Errors: those below, -ENOMEM, -EAFNOSUPPORT (no such family), what steal/
 * blocking.h tells, and what the system says of sockets.
 */
#ifndef STEAL_RESOLVE_H
#define STEAL_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include <steal/async.h>
#include <steal/blocking.h>
#include <steal/future.h>
#include <steal/net.h>
#include <steal/time.h>

STEAL_BEGIN_DECLS

/* What name services say; the numbers are libuv's, of UV_EAI_NONAME and so on. */
#define STEAL_NAME_UNKNOWN (-3008) /* no such host */
#define STEAL_NAME_EMPTY   (-3007) /* it has no address */
#define STEAL_NAME_FAMILY  (-3000) /* it has none of that family */
#define STEAL_NAME_SERVICE (-3010) /* no such service */
#define STEAL_NAME_AGAIN   (-3001) /* no answer; perhaps later */
#define STEAL_NAME_FAILED  (-3004) /* the answer is an error */

/*
 * A future: the addresses of a host, in the order in which to try them.
 * `host` NULL stands for this host: "any address" with STEAL_RESOLVE_PASSIVE, for
 * listeners, else its loopback.  `service` is a name or a number; NULL stands for
 * port 0.  `family` is AF_INET, AF_INET6, or AF_UNSPEC for both.  The strings are
 * used by the first poll only.
 *
 * Its result is 0, with `count` addresses, at least one, at `address`, which is
 * the caller's to free().
 */
struct steal_resolve {
    struct steal_future future;
    struct steal_address *address;
    size_t count;
    /* private */
    const char *host;
    const char *service;
    int family;
    unsigned flags;
    void *lookup;
    struct steal_blocking call;
};

#define STEAL_RESOLVE_PASSIVE 1u

STEAL_API struct steal_future *steal_resolve(struct steal_resolve *resolve,
        const char *host, const char *service, int family, unsigned flags);

/*
 * A future: the name of an address, with getnameinfo(3).  Its result is 0, and the
 * name is in `name`; -EMSGSIZE if that is too small.  A host without a name gives
 * STEAL_NAME_UNKNOWN.
 */
struct steal_resolve_name {
    struct steal_future future;
    /* private */
    struct steal_address address;
    char *name;
    size_t size;
    void *lookup;
    struct steal_blocking call;
};

STEAL_API struct steal_future *
steal_resolve_name(struct steal_resolve_name *resolve,
        const struct steal_address *address, char *name, size_t size);

#define STEAL_DIAL_ATTEMPTS 3

/*
 * A future: a TCP connection to a host, whichever of its addresses answers first
 * ("happy eyeballs", RFC 8305).  IPv6 and IPv4 take turns.  The next address is
 * tried when one has failed, or after 250 ms; STEAL_DIAL_ATTEMPTS at the same
 * time, and if there are more, one that has taken two seconds is given up.
 *
 * Its result is 0, with the connection in `fd` (the caller's) and its address in
 * `peer`; or, if all have failed, what the last one said.  `host` and `service`
 * as for steal_resolve().  Inside a task only.
 */
struct steal_dial {
    struct steal_future future;
    struct steal_fd *fd;
    struct steal_address peer;
    /* private */
    struct steal_resolve resolve;
    struct steal_socket_options options;
    const struct steal_address *address;
    size_t count;
    size_t next;  /* the address to try next */
    uint64_t due; /* when, if there is room */
    int error;
    bool resolves;
    bool paces;
    struct steal_sleep pace;
    struct {
        struct steal_connect connect;
        uint64_t started;
        size_t index;
        bool runs;
    } attempt[STEAL_DIAL_ATTEMPTS];
};

STEAL_API struct steal_future *steal_dial(struct steal_dial *dial,
        const char *host, const char *service,
        const struct steal_socket_options *options);

/* The same with addresses that are known, in the order in which to try them.  The
 * array stays the caller's until the future is ready. */
STEAL_API struct steal_future *steal_dial_addresses(struct steal_dial *dial,
        const struct steal_address *address, size_t count,
        const struct steal_socket_options *options);

STEAL_END_DECLS

#endif
