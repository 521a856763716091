/*
 * peer.c - the other side of a connection, for tests/servers.sh: does to a server
 * what no ordinary client can be told to do.
 *
 *     peer talk PORT           has a conversation, told by standard input
 *     peer pour PORT BYTES     sends so much and half-closes; all of it is to
 *                              come back
 *     peer crowd PORT N        has N connections open at the same time, each of
 *                              which is to echo
 *     peer half LISTEN PORT    through a proxy at PORT, whose server it is, the
 *                              server half-closes first
 *
 * A conversation has a line for each thing to do; its first letter names a
 * connection, which is opened when it is first named:
 *
 *     a> text      sends the text; \r, \n and \\ mean what they mean in C
 *     a. text      the same, byte by byte
 *     a*9 text     the same, nine times
 *     a< text      waits until the text comes
 *     a= text      writes the text to standard output
 *     a|           half-closes
 *     a!           reads until the other side closes
 *
 * Plain sockets that block: nothing of the library is in here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SECONDS 30 /* that anything may take */

static void
die(const char *what, const char *which)
{
    fprintf(stderr, "peer: %s: %s: %s\n", what, which, strerror(errno));
    exit(1);
}

static int
new_socket(void)
{
    const struct timeval limit = { SECONDS, 0 };
    const int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        die("socket", "");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static struct sockaddr_in
local(const char *port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atoi(port)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static int
dial(const char *port)
{
    struct sockaddr_in address = local(port);
    int fd = new_socket();

    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("connect", port);
    return fd;
}

static void
send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

        if (n < 0)
            die("send", "");
        data += n;
        size -= (size_t)n;
    }
}

/* How many bytes, 0 at the end. */
static size_t
receive(int fd, char *data, size_t size)
{
    ssize_t n = recv(fd, data, size, 0);

    if (n < 0)
        die("nothing comes", "");
    return (size_t)n;
}

/*
 * Conversations
 */

struct line {
    int fd;
    size_t size;
    char heard[65536]; /* and not waited for yet */
};

static struct line lines[26];

/* What a server said before it closed does not matter, nor does how. */
static void
await_end(struct line *line)
{
    char data[65536];
    ssize_t n;

    while ((n = recv(line->fd, data, sizeof data, 0)) > 0)
        ;
    if (n < 0 && errno != ECONNRESET)
        die("the other side does not close", "");
}

/* Only what came last is kept of much. */
static void
hear(struct line *line, const char *wanted)
{
    const size_t half = sizeof line->heard / 2;
    size_t n;

    if (line->size == sizeof line->heard) {
        memcpy(line->heard, line->heard + half, half);
        line->size = half;
    }
    n = receive(line->fd, line->heard + line->size,
            sizeof line->heard - line->size);
    line->size += n;
    if (n == 0) {
        fprintf(stderr, "peer: the other side closes and has not said: %s\n",
                wanted);
        exit(1);
    }
}

static void
await_text(struct line *line, const char *text)
{
    size_t size = strlen(text);
    char *at;

    while ((at = memmem(line->heard, line->size, text, size)) == NULL)
        hear(line, text);
    line->size -= (size_t)(at + size - line->heard);
    memmove(line->heard, at + size, line->size);
}

static void
say(struct line *line, const char *text, size_t step, long times)
{
    size_t size = strlen(text);

    for (; times > 0; times--) {
        for (size_t at = 0; at < size; at += step)
            send_all(line->fd, text + at, step < size - at ? step : size - at);
    }
}

static void
say_here(const char *text)
{
    puts(text);
    fflush(stdout);
}

/* Undoes \r, \n and \\, and the end of the line. */
static void
unescape(char *text)
{
    char *to = text;

    for (; *text != '\0' && *text != '\n'; text++) {
        if (*text == '\\' && text[1] != '\0')
            *to++ = *++text == 'r' ? '\r' : *text == 'n' ? '\n' : *text;
        else
            *to++ = *text;
    }
    *to = '\0';
}

static void
follow(struct line *line, char *order)
{
    char *text = strchr(order, ' ');

    unescape(text != NULL ? ++text : order);
    if (*order == '>')
        say(line, text, SIZE_MAX, 1);
    else if (*order == '.')
        say(line, text, 1, 1);
    else if (*order == '*')
        say(line, text, SIZE_MAX, atol(order + 1));
    else if (*order == '<')
        await_text(line, text);
    else if (*order == '=')
        say_here(text);
    else if (*order == '|')
        shutdown(line->fd, SHUT_WR);
    else if (*order == '!')
        await_end(line);
    else
        die("no such order", order);
}

static void
talk(const char *port)
{
    static char order[65536];

    while (fgets(order, sizeof order, stdin) != NULL) {
        unsigned which = (unsigned)(order[0] - 'a');

        if (which >= 26)
            die("no such line", order);
        if (lines[which].fd == 0)
            lines[which].fd = dial(port);
        follow(&lines[which], order + 1);
    }
}

/*
 * Bulk
 */

struct pouring {
    int fd;
    size_t size;
    uint64_t sum;
};

static uint64_t
add_up(uint64_t sum, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3);
    return sum;
}

static void *
pour_in(void *arg)
{
    struct pouring *self = arg;
    char data[50000];
    uint32_t seed = 1;

    for (size_t left = self->size; left > 0;) {
        size_t n = left < sizeof data ? left : sizeof data;

        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            data[i] = (char)(seed >> 24);
        }
        self->sum = add_up(self->sum, data, n);
        send_all(self->fd, data, n);
        left -= n;
    }
    shutdown(self->fd, SHUT_WR);
    return NULL;
}

static void
pour(const char *port, size_t size)
{
    struct pouring in = { dial(port), size, 0 };
    char data[70000];
    pthread_t thread;
    uint64_t sum = 0;
    size_t total = 0;
    size_t n;

    if (pthread_create(&thread, NULL, pour_in, &in) != 0)
        die("thread", "");
    while ((n = receive(in.fd, data, sizeof data)) > 0) {
        sum = add_up(sum, data, n);
        total += n;
    }
    pthread_join(thread, NULL);
    if (total != size || sum != in.sum) {
        fprintf(stderr, "peer: %zu of %zu bytes came back\n", total, size);
        exit(1);
    }
}

/* The first ones make room for the others. */
static void
crowd(const char *port, size_t n)
{
    int *fd = calloc(n, sizeof *fd);
    char byte;

    for (size_t i = 0; i < n; i++) {
        fd[i] = dial(port);
        send_all(fd[i], "x", 1);
    }
    for (size_t i = 0; i < n; i++) {
        if (receive(fd[i], &byte, 1) != 1 || byte != 'x')
            die("not echoed", port);
        close(fd[i]);
    }
    free(fd);
}

/* The server says all it has to say, and then hears. */
static void
half(const char *listen_port, const char *port)
{
    struct sockaddr_in address = local(listen_port);
    static const char text[100000];
    char data[65536];
    int listener = new_socket();
    size_t total = 0;
    int client;
    int server;
    size_t n;

    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
            listen(listener, 1) < 0)
        die("listen", listen_port);
    client = dial(port);
    server = accept(listener, NULL, NULL);
    if (server < 0)
        die("accept", listen_port);
    send_all(server, "bye", 3);
    shutdown(server, SHUT_WR);
    if (recv(client, data, 3, MSG_WAITALL) != 3 ||
            receive(client, data, 1) != 0)
        die("the client does not hear the end", port);
    send_all(client, text, sizeof text);
    shutdown(client, SHUT_WR);
    while ((n = receive(server, data, sizeof data)) > 0)
        total += n;
    if (total != sizeof text)
        die("the server does not hear all", listen_port);
}

int
main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "talk") == 0)
        talk(argv[2]);
    else if (argc == 4 && strcmp(argv[1], "pour") == 0)
        pour(argv[2], strtoul(argv[3], NULL, 10));
    else if (argc == 4 && strcmp(argv[1], "crowd") == 0)
        crowd(argv[2], strtoul(argv[3], NULL, 10));
    else if (argc == 4 && strcmp(argv[1], "half") == 0)
        half(argv[2], argv[3]);
    else
        die("usage", argv[0]);
    return 0;
}
