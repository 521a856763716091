/*
 * system.h - the system calls of every request, without the C library's detour.
 *
 * In a program with threads the C library makes recv() and its like points where a
 * thread can be canceled, which costs two atomic operations: 70 ns of the 330 that
 * a call took that found nothing, on the machine of the README.  Descriptors here
 * do not block, so there is nothing to cancel.
 *
 * All return what the call does, or a negative errno code.
 *
 * Threads: any.
 */
#ifndef STEAL_BASE_SYSTEM_H
#define STEAL_BASE_SYSTEM_H

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __linux__
# include <sys/syscall.h>
# define SYSTEM_RECV(fd, to, size) \
  syscall(SYS_recvfrom, fd, to, size, 0, NULL, NULL)
# define SYSTEM_SEND(fd, from, size) \
  syscall(SYS_sendto, fd, from, size, MSG_NOSIGNAL, NULL, 0)
# define SYSTEM_READ(fd, to, size)    syscall(SYS_read, fd, to, size)
# define SYSTEM_WRITE(fd, from, size) syscall(SYS_write, fd, from, size)
#else
# define SYSTEM_RECV(fd, to, size)    recv(fd, to, size, 0)
# define SYSTEM_SEND(fd, from, size)  send(fd, from, size, MSG_NOSIGNAL)
# define SYSTEM_READ(fd, to, size)    read(fd, to, size)
# define SYSTEM_WRITE(fd, from, size) write(fd, from, size)
#endif

static inline ssize_t
system_told(ssize_t n)
{
    return n < 0 ? -errno : n;
}

static inline ssize_t
system_recv(int number, void *buffer, size_t size)
{
    return system_told(SYSTEM_RECV(number, buffer, size));
}

/* Without SIGPIPE. */
static inline ssize_t
system_send(int number, const void *data, size_t size)
{
    return system_told(SYSTEM_SEND(number, data, size));
}

static inline ssize_t
system_read(int number, void *buffer, size_t size)
{
    return system_told(SYSTEM_READ(number, buffer, size));
}

static inline ssize_t
system_write(int number, const void *data, size_t size)
{
    return system_told(SYSTEM_WRITE(number, data, size));
}

#endif
