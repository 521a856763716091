/*
 * dnsq.c - asks a DNS server: UDP, with a timeout and a second try.
 *
 *     $ examples/dnsq/dnsq -s 127.0.0.1:53 example.org MX
 *
 * To ask is an async function; how long it may take is for the one who awaits it
 * to say.  When time is up it is dropped, whatever it is waiting for.  An answer
 * that is too long for a datagram is asked for again, by TCP.
 *
 * Exit status: 0 there is an answer, 1 the server says no, 2 there is none.
 */
#include <errno.h>
#include <stdlib.h>
#include <steal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "dns.h"

struct ask {
    struct steal_async async;
    struct steal_address server;
    struct steal_fd *fd; /* NULL between two questions */
    struct steal_datagram_io datagram;
    struct steal_connect connect;
    struct steal_io io;
    size_t query_size;
    size_t size; /* of the answer */
    uint8_t prefix[2];
    uint8_t query[DNS_QUERY_MAX];
    uint8_t answer[65536];
};

struct program {
    struct steal_async async;
    struct steal_timeout limit;
    struct ask ask;
    uint64_t wait; /* ns, for each try */
    int tries;
};

/* The length goes first, and at the same time. */
static struct steal_future *
send_by_tcp(struct ask *self)
{
    uint8_t *message = self->answer; /* there is none yet */

    message[0] = (uint8_t)(self->query_size >> 8);
    message[1] = (uint8_t)self->query_size;
    memcpy(message + 2, self->query, self->query_size);
    return steal_fd_write_all(&self->io, self->fd, message,
            self->query_size + 2);
}

static enum steal_poll
ask_tcp_poll(struct steal_future *future, struct steal_context *cx)
{
    struct ask *self = (struct ask *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_connect(&self->connect, &self->server, NULL));
    if (self->connect.future.result < 0)
        STEAL_RETURN(self->connect.future.result);
    self->fd = self->connect.fd;
    STEAL_AWAIT(cx, send_by_tcp(self));
    if (self->io.future.result < 0)
        STEAL_RETURN(self->io.future.result);
    STEAL_AWAIT(cx, steal_fd_read_exact(&self->io, self->fd, self->prefix, 2));
    if (self->io.future.result < 0)
        STEAL_RETURN(self->io.future.result);
    self->size = (size_t)(self->prefix[0] << 8 | self->prefix[1]);
    STEAL_AWAIT(cx,
            steal_fd_read_exact(&self->io, self->fd, self->answer, self->size));
    if (self->io.future.result < 0)
        STEAL_RETURN(self->io.future.result);
    if (!dns_answers(self->answer, self->size, self->query, self->query_size))
        STEAL_RETURN(-EBADMSG);
    STEAL_END();
}

/* A socket of a new port for each try: harder to guess. */
static int
open_udp(struct ask *self)
{
    struct steal_address any = self->server;
    int error;

    if (any.u.any.sa_family == AF_INET6) {
        any.u.ip6.sin6_addr = in6addr_any;
        any.u.ip6.sin6_port = 0;
    } else {
        any.u.ip4.sin_addr.s_addr = htonl(INADDR_ANY);
        any.u.ip4.sin_port = 0;
    }
    error = steal_datagram(&self->fd, NULL, &any, NULL);
    return error < 0 ? error : steal_fd_set_peer(self->fd, &self->server);
}

static enum steal_poll
ask_udp_poll(struct steal_future *future, struct steal_context *cx)
{
    struct ask *self = (struct ask *)future;
    int error;

    STEAL_BEGIN(&self->async);
    error = open_udp(self);
    if (error < 0)
        STEAL_RETURN(error);
    STEAL_AWAIT(cx, steal_fd_send_to(&self->datagram, self->fd, self->query,
                            self->query_size, NULL));
    if (self->datagram.io.future.result < 0)
        STEAL_RETURN(self->datagram.io.future.result);
    do {
        STEAL_AWAIT(cx, steal_fd_recv_from(&self->datagram, self->fd,
                                self->answer, sizeof self->answer, NULL));
        if (self->datagram.io.future.result < 0)
            STEAL_RETURN(self->datagram.io.future.result);
        self->size = self->datagram.io.done;
    } while (!dns_answers(self->answer, self->size, self->query,
            self->query_size));
    STEAL_END();
}

static void
ask_drop(struct steal_future *future)
{
    struct ask *self = (struct ask *)future;

    if (self->fd != NULL)
        steal_fd_close(self->fd);
    self->fd = NULL;
}

static const struct steal_future_ops ask_udp_ops = {
    .name = "ask_udp",
    .poll = ask_udp_poll,
    .drop = ask_drop,
};

static const struct steal_future_ops ask_tcp_ops = {
    .name = "ask_tcp",
    .poll = ask_tcp_poll,
    .drop = ask_drop,
};

/* Asks, but no longer than it may take. */
static struct steal_future *
try_once(struct program *self, const struct steal_future_ops *ops)
{
    steal_async_init(&self->ask.async, ops);
    return steal_timeout(&self->limit, &self->ask.async.future, self->wait);
}

static int
print_answer(const struct ask *ask)
{
    unsigned error = dns_error(ask->answer);
    int records = dns_print(stdout, ask->answer, ask->size);

    if (records < 0)
        return records;
    if (error != 0)
        fprintf(stderr, "%s\n", dns_error_name(error));
    else if (records == 0)
        fprintf(stderr, "no such record\n");
    return error != 0 || records == 0;
}

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    struct program *self = (struct program *)future;

    STEAL_BEGIN(&self->async);
    do {
        STEAL_AWAIT(cx, try_once(self, &ask_udp_ops));
    } while (self->limit.future.result < 0 && --self->tries > 0);
    if (self->limit.future.result == 0 && dns_truncated(self->ask.answer))
        STEAL_AWAIT(cx, try_once(self, &ask_tcp_ops));
    if (self->limit.future.result < 0)
        STEAL_RETURN(self->limit.future.result);
    STEAL_RETURN(print_answer(&self->ask));
    STEAL_END();
}

static const struct steal_future_ops program_ops = {
    .name = "program",
    .poll = program_poll,
};

/*
 * The command line
 */

/* The first server that this system is told to ask. */
static void
find_server(char *server, size_t room)
{
    FILE *file = fopen("/etc/resolv.conf", "re");
    char line[256];
    char name[128];

    snprintf(server, room, "127.0.0.1:53");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "nameserver %127s", name) == 1) {
            snprintf(server, room, strchr(name, ':') ? "[%s]:53" : "%s:53",
                    name);
            break;
        }
    }
    if (file != NULL)
        fclose(file);
}

static void
tell_usage(void)
{
    fprintf(stderr, "usage: dnsq [-s address:port] [-n tries] [-w ms] name "
                    "[type]\n");
    exit(2);
}

static void
read_options(struct program *self, int argc, char **argv)
{
    char found[160];
    const char *server = found;
    int option;

    find_server(found, sizeof found);
    while ((option = getopt(argc, argv, "s:n:w:")) != -1) {
        if (option == 's')
            server = optarg;
        else if (option == 'n')
            self->tries = atoi(optarg);
        else if (option == 'w')
            self->wait = STEAL_MS(strtoul(optarg, NULL, 10));
        else
            tell_usage();
    }
    if (steal_address_parse(&self->ask.server, server) < 0 ||
            self->ask.server.u.any.sa_family == AF_UNIX)
        tell_usage();
}

/* A name, and perhaps a type. */
static void
read_question(struct ask *ask, char **argument)
{
    uint16_t type = dns_type(argument[0] && argument[1] ? argument[1] : "A");
    uint16_t id;

    if (getrandom(&id, sizeof id, 0) < 0)
        id = (uint16_t)getpid();
    if (argument[0] != NULL && type != 0)
        ask->query_size = dns_query(ask->query, id, argument[0], type);
    if (ask->query_size == 0)
        tell_usage();
}

int
main(int argc, char **argv)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct program program = {
        .async = STEAL_ASYNC(&program_ops),
        .wait = STEAL_SECONDS(2),
        .tries = 3,
    };
    int status;

    read_options(&program, argc, argv);
    read_question(&program.ask, argv + optind);
    options.workers = 1;
    options.flags = STEAL_ON_CALLER;
    status = steal_run(&options, &program.async.future);
    if (status < 0)
        fprintf(stderr, "no answer: %s\n", strerror(-status));
    return status < 0 ? 2 : status;
}
