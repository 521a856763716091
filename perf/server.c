#include "server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

_Noreturn void
server_fail(const char *what, int err)
{
    fprintf(stderr, "%s: %s\n", what, strerror(-err));
    exit(1);
}

_Noreturn static void
usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [-s echo|http] [-p port] [-u path] [-w workers]\n",
            program);
    exit(2);
}

/* The option's value, from `least` to `most`. */
static unsigned
number(const char *text, unsigned long least, unsigned long most)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (end == text || *end || n < least || n > most) {
        fprintf(stderr, "not a number that will do: %s\n", text);
        exit(2);
    }
    return (unsigned)n;
}

struct server_options
server_parse(int argc, char **argv)
{
    struct server_options options = { .workers = 2 };
    int option;

    while ((option = getopt(argc, argv, "s:p:u:w:")) != -1) {
        switch (option) {
        case 's':
            options.http = strcmp(optarg, "http") == 0;
            if (!options.http && strcmp(optarg, "echo") != 0)
                usage(argv[0]);
            break;
        case 'p':
            options.port = (uint16_t)number(optarg, 0, 65535);
            break;
        case 'u':
            options.path = optarg;
            break;
        case 'w':
            options.workers = number(optarg, 1, 1024);
            break;
        default:
            usage(argv[0]);
        }
    }
    if (optind != argc)
        usage(argv[0]);
    return options;
}

static int
bind_tcp(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        server_fail("socket", -errno);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address))
        server_fail("bind", -errno);
    return fd;
}

static int
bind_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        server_fail("socket", -errno);
    if (strlen(path) >= sizeof address.sun_path)
        server_fail(path, -ENAMETOOLONG);
    strcpy(address.sun_path, path);
    unlink(path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address))
        server_fail(path, -errno);
    return fd;
}

int
server_bind(const struct server_options *options)
{
    return options->path ? bind_unix(options->path) : bind_tcp(options->port);
}

void
server_ready(int listener, const char *system, const char *version)
{
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    unsigned port = 0;

    if (getsockname(listener, (struct sockaddr *)&address, &size))
        server_fail("getsockname", -errno);
    if (address.ss_family == AF_INET)
        port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    printf("ready %u %s %s\n", port, system, version);
    fflush(stdout);
}
