/*
 * pair.c - descriptors that come in pairs.
 */
#include <steal/io.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../driver/source.h"

/* Both, or none: then the descriptors are closed, and the caller's array is as it
 * was. */
static int
adopt(struct steal_fd *fd[2], struct steal_runtime *runtime,
        const int number[2], unsigned kind)
{
    struct steal_fd *first;
    struct steal_fd *second;
    int error = steal__source_new(&first, runtime, number[0], kind);

    if (error) {
        close(number[0]);
        close(number[1]);
        return error;
    }
    error = steal__source_new(&second, runtime, number[1], kind);
    if (error) {
        close(number[1]);
        steal_fd_close(first);
        return error;
    }
    fd[0] = first;
    fd[1] = second;
    return 0;
}

int
steal_pipe(struct steal_fd *fd[2], struct steal_runtime *runtime)
{
    int number[2];

    if (pipe2(number, O_NONBLOCK | O_CLOEXEC))
        return -errno;
    return adopt(fd, runtime, number, 0);
}

int
steal_socketpair(struct steal_fd *fd[2], struct steal_runtime *runtime,
        int type)
{
    int number[2];

    if (socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, number))
        return -errno;
    return adopt(fd, runtime, number,
            type == SOCK_STREAM ? SOURCE_SOCKET
                                : SOURCE_SOCKET | SOURCE_PACKETS);
}
