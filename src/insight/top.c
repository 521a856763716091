/*
 * top.c - a socket at which the runtime tells of itself.
 *
 * A thread of its own, and no task, serves it, for the workers may be stuck.  A client
 * sends a line and gets an answer:
 *
 *     snapshot    a dump in lines (dump_lines.c); may be asked for again
 *     text json   what steal_dump() and steal_dump_json() write, and then the end
 *
 * It waits for nobody: what a client does not take at once is kept, and what it asks
 * for meanwhile is read when it has taken that.  One that sends two lines at once, or
 * what nobody knows, is sent away.
 *
 * Threads: the thread has all of it but the pipe that ends it.
 */
#include "top.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../base/thread.h"
#include "../sched/runtime.h"
#include "dump.h"

#define CLIENTS 8
#define BACKLOG 8

/* How long nobody is welcome when there was no descriptor for one, in ms. */
#define REST 100

struct client {
    int socket; /* -1: none */
    bool ends;  /* when all is sent */
    char line[16];
    size_t nline;
    struct buffer text;
    size_t sent;
};

struct top {
    struct onlooker onlooker;
    struct steal_runtime *runtime;
    pthread_t thread;
    struct sockaddr_un address;
    int socket;
    bool rests;  /* no descriptor was to be had: not at once again */
    int ends[2]; /* a pipe: once something is in it, it is over */
    struct client clients[CLIENTS];
};

/*
 * Clients
 */

static void
send_away(struct client *client)
{
    close(client->socket);
    client->socket = -1;
    steal__buffer_free(&client->text);
}

static void
welcome(struct top *top)
{
    int socket = accept4(top->socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    top->rests = socket < 0 && (errno == EMFILE || errno == ENFILE ||
                                       errno == ENOBUFS || errno == ENOMEM);
    for (int i = 0; i < CLIENTS && socket >= 0; i++) {
        struct client *client = &top->clients[i];

        if (client->socket >= 0)
            continue;
        *client = (struct client){ .socket = socket, .text = BUFFER_INIT };
        return;
    }
    if (socket >= 0)
        close(socket);
}

static int
keep(const char *text, size_t n, void *data)
{
    struct client *client = data;

    steal__buffer_put_bytes(&client->text, text, n);
    return client->text.error;
}

/* False if it wants what there is not. */
static bool
answer(struct top *top, struct client *client)
{
    const struct dump_format *format = NULL;

    if (strcmp(client->line, "snapshot") == 0)
        format = &steal__dump_lines;
    else if (strcmp(client->line, "text") == 0)
        format = &steal__dump_text;
    else if (strcmp(client->line, "json") == 0)
        format = &steal__dump_json;
    client->ends = format != &steal__dump_lines;
    return format && !client->text.used &&
           steal__dump(top->runtime, format, keep, client) == 0;
}

/* What comes is short, and one line at a time. */
static bool
hear(struct top *top, struct client *client)
{
    size_t room = sizeof client->line - client->nline;
    ssize_t n = recv(client->socket, client->line + client->nline, room, 0);
    char *end;

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    client->nline += (size_t)n;
    end = memchr(client->line, '\n', client->nline);
    if (!end)
        return n > 0 && client->nline < sizeof client->line;
    if (end != client->line + client->nline - 1)
        return false;
    *end = '\0';
    client->nline = 0;
    return answer(top, client);
}

static bool
say(struct client *client)
{
    struct buffer *text = &client->text;
    ssize_t n = send(client->socket, text->data + client->sent,
            text->used - client->sent, MSG_NOSIGNAL);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    client->sent += (size_t)n;
    if (client->sent < text->used)
        return true;
    client->sent = 0;
    steal__buffer_free(text);
    return !client->ends;
}

static void
serve(struct top *top, struct client *client, short events)
{
    bool stays = true;

    if (events & POLLOUT)
        stays = say(client);
    else if (events)
        stays = hear(top, client);
    if (!stays)
        send_away(client);
}

/*
 * The thread
 */

/* Returns false when it is over. */
static bool
wait_for_events(struct top *top, struct pollfd *fds)
{
    fds[0] = (struct pollfd){ .fd = top->ends[0], .events = POLLIN };
    fds[1] = (struct pollfd){ .fd = top->rests ? -1 : top->socket,
        .events = POLLIN };
    for (int i = 0; i < CLIENTS; i++)
        fds[2 + i] = (struct pollfd){ .fd = top->clients[i].socket,
            .events = top->clients[i].text.used ? POLLOUT : POLLIN };
    while (poll(fds, 2 + CLIENTS, top->rests ? REST : -1) < 0 && errno == EINTR)
        ;
    top->rests = false;
    return !fds[0].revents;
}

static void *
top_main(void *arg)
{
    struct top *top = arg;
    struct pollfd fds[2 + CLIENTS];

    steal__bound = top->runtime;
    while (wait_for_events(top, fds)) {
        for (int i = 0; i < CLIENTS; i++) {
            if (fds[2 + i].fd >= 0 && fds[2 + i].revents)
                serve(top, &top->clients[i], fds[2 + i].revents);
        }
        if (fds[1].revents)
            welcome(top);
    }
    return NULL;
}

/*
 * The socket
 */

static bool
is_alive(const struct sockaddr_un *address)
{
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = probe < 0 ? errno : 0;

    if (!error && connect(probe, (const struct sockaddr *)address,
                          sizeof *address) < 0)
        error = errno;
    if (probe >= 0)
        close(probe);
    return error != ECONNREFUSED;
}

/* What a process has left that has crashed is in the way. */
static void
remove_stale(const struct sockaddr_un *address)
{
    struct stat info;

    if (lstat(address->sun_path, &info) == 0 && S_ISSOCK(info.st_mode) &&
            !is_alive(address))
        unlink(address->sun_path);
}

/* The mode of the socket is that of its file from the first moment on. */
static int
listen_at(struct top *top)
{
    const struct sockaddr *address = (const struct sockaddr *)&top->address;
    int error;

    if (fchmod(top->socket, S_IRUSR | S_IWUSR) < 0 ||
            bind(top->socket, address, sizeof top->address) < 0)
        return -errno;
    if (chmod(top->address.sun_path, S_IRUSR | S_IWUSR) == 0 &&
            listen(top->socket, BACKLOG) == 0)
        return 0;
    error = -errno;
    unlink(top->address.sun_path);
    return error;
}

static int
open_socket(struct top *top, const char *path)
{
    int error;

    top->address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof top->address.sun_path)
        return -ENAMETOOLONG;
    strcpy(top->address.sun_path, path);
    top->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
            0);
    if (top->socket < 0)
        return -errno;
    remove_stale(&top->address);
    error = listen_at(top);
    if (error)
        close(top->socket);
    return error;
}

static void
close_socket(struct top *top)
{
    unlink(top->address.sun_path);
    close(top->socket);
}

/*
 * Birth and death
 */

static void
free_top(struct onlooker *onlooker)
{
    struct top *top = container_of(onlooker, struct top, onlooker);

    /* Closing it would not do: a child of a fork() may have it, too. */
    while (write(top->ends[1], "", 1) < 0 && errno == EINTR)
        ;
    pthread_join(top->thread, NULL);
    for (int i = 0; i < CLIENTS; i++) {
        if (top->clients[i].socket >= 0)
            send_away(&top->clients[i]);
    }
    close(top->ends[0]);
    close(top->ends[1]);
    close_socket(top);
    free(top);
}

static int
start(struct top *top, const char *path)
{
    char name[16];
    int error = open_socket(top, path);

    if (error)
        return error;
    if (pipe2(top->ends, O_CLOEXEC) < 0) {
        error = -errno;
        goto close_socket;
    }
    error = steal__thread_start(&top->thread, 0, top_main, top);
    if (error)
        goto close_pipe;
    snprintf(name, sizeof name, "%.10s-t", top->runtime->name);
    steal__thread_name(top->thread, name);
    return 0;

close_pipe:
    close(top->ends[0]);
    close(top->ends[1]);
close_socket:
    close_socket(top);
    return error;
}

int
steal__top_open(struct steal_runtime *runtime, const char *path)
{
    struct top *top = calloc(1, sizeof *top);
    int error;

    if (!top)
        return -ENOMEM;
    top->onlooker.free = free_top;
    top->runtime = runtime;
    for (int i = 0; i < CLIENTS; i++)
        top->clients[i].socket = -1;
    error = start(top, path);
    if (error)
        free(top);
    else
        onlookers_add(&runtime->onlookers, &top->onlooker);
    return error;
}

int
steal_top_open(struct steal_runtime *runtime, const char *path)
{
    int error;

    if (steal__runtime_is_of_parent(runtime) || runtime_is_stopping(runtime) ||
            !runtime_enter(runtime))
        return -ECANCELED;
    error = steal__top_open(runtime, path);
    runtime_leave(runtime);
    return error;
}
