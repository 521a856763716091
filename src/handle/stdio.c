#include "stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A pair of which end[0] is the child's and end[1] is ours. */
static int
make_pair(int wanted, int number, int end[2])
{
    int swap;

    if (wanted == STEAL_STDIO_SOCKET)
        return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end) ? -errno
                                                                       : 0;
    if (pipe2(end, O_CLOEXEC))
        return -errno;
    if (number != 0) { /* the child writes */
        swap = end[0];
        end[0] = end[1];
        end[1] = swap;
    }
    return 0;
}

static int
open_pair(struct stdio *stdio, struct steal_runtime *runtime, int wanted,
        int number)
{
    int end[2];
    int error = make_pair(wanted, number, end);

    if (error)
        return error;
    error = steal_fd_new(&stdio->parent[number], runtime, end[1]);
    if (error) {
        close(end[0]);
        close(end[1]);
        return error;
    }
    stdio->ours[number] = end[0];
    stdio->child[number].flags = UV_INHERIT_FD;
    stdio->child[number].data.fd = end[0];
    return 0;
}

static int
open_one(struct stdio *stdio, struct steal_runtime *runtime, int wanted,
        int number)
{
    uv_stdio_container_t *child = &stdio->child[number];

    switch (wanted) {
    case STEAL_STDIO_INHERIT:
        if (number <= STDERR_FILENO)
            *child = (uv_stdio_container_t){ .flags = UV_INHERIT_FD,
                .data.fd = number };
        return 0;
    case STEAL_STDIO_NULL:
        if (number <= STDERR_FILENO)
            return 0; /* libuv's default */
        stdio->ours[number] = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (stdio->ours[number] < 0)
            return -errno;
        child->flags = UV_INHERIT_FD;
        child->data.fd = stdio->ours[number];
        return 0;
    case STEAL_STDIO_PIPE:
    case STEAL_STDIO_SOCKET:
        return open_pair(stdio, runtime, wanted, number);
    default:
        if (wanted < STEAL_STDIO_FD(0))
            return -EINVAL;
        child->flags = UV_INHERIT_FD;
        child->data.fd = wanted - STEAL_STDIO_FD(0);
        return 0;
    }
}

int
steal__stdio_open(struct stdio *stdio, struct steal_runtime *runtime,
        const int *wanted)
{
    int error = 0;

    for (int i = 0; i < STEAL_STDIO_MAX; i++) {
        stdio->child[i].flags = UV_IGNORE;
        stdio->ours[i] = -1;
        stdio->parent[i] = NULL;
    }
    for (int i = 0; i < STEAL_STDIO_MAX && !error; i++)
        error = open_one(stdio, runtime, wanted[i], i);
    if (error) {
        steal__stdio_close_child(stdio);
        steal__stdio_close_parent(stdio->parent);
    }
    return error;
}

void
steal__stdio_close_child(struct stdio *stdio)
{
    for (int i = 0; i < STEAL_STDIO_MAX; i++) {
        if (stdio->ours[i] >= 0)
            close(stdio->ours[i]);
    }
}

void
steal__stdio_close_parent(struct steal_fd **parent)
{
    for (int i = 0; i < STEAL_STDIO_MAX; i++) {
        if (parent[i])
            steal_fd_close(parent[i]);
    }
}
