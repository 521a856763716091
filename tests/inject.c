#include "inject.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../src/base/atomic.h"
#include "../src/base/compiler.h"
#include "../src/base/rand.h"

#define NUMBERS       4096 /* descriptors above are left alone */
#define LATE          256
#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* In place of the real ones. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
ssize_t __real_readv(int number, const struct iovec *vector, int n);
ssize_t __wrap_readv(int number, const struct iovec *vector, int n);
ssize_t __real_writev(int number, const struct iovec *vector, int n);
ssize_t __wrap_writev(int number, const struct iovec *vector, int n);
ssize_t __real_sendmsg(int number, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int number, const struct msghdr *message, int flags);
int __real_accept4(int number, struct sockaddr *address, socklen_t *size,
        int flags);
int __wrap_accept4(int number, struct sockaddr *address, socklen_t *size,
        int flags);
int __real_connect(int number, const struct sockaddr *address, socklen_t size);
int __wrap_connect(int number, const struct sockaddr *address, socklen_t size);
int __real_epoll_ctl(int set, int op, int number, struct epoll_event *event);
int __wrap_epoll_ctl(int set, int op, int number, struct epoll_event *event);
int __real_epoll_wait(int set, struct epoll_event *events, int n, int timeout);
int __wrap_epoll_wait(int set, struct epoll_event *events, int n, int timeout);

static _Atomic(bool) active;
static struct inject_odds odds;
static _Atomic(long) count[INJECTIONS];

/*
 * Chance
 */

static _Atomic(uint64_t) next_seed;
static _Thread_local struct rng rng;

static uint32_t
below(uint32_t n)
{
    if (!rng.state)
        rng_init(&rng, add_acq_rel(&next_seed, 1) * 77777);
    return rng_below(&rng, n);
}

static bool
happens(enum inject what)
{
    /* Begin and end come before and after all that is injected into. */
    if (!load_acquire(&active) || below(1000) >= odds.of[what])
        return false;
    add_acq_rel(&count[what], 1);
    return true;
}

/* One of these, as the errno of a call that fails. */
static int
fail_with(const int *errors, size_t n)
{
    errno = errors[below((uint32_t)n)];
    return -1;
}

static int
fail(int error)
{
    errno = error;
    return -1;
}

/*
 * Arming again
 */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* What sets were told; guarded by the mutex. */
static struct {
    struct epoll_event event;
    int set; /* 0: none */
} watched[NUMBERS];

/* Numbers to arm a little later. */
static int late[LATE];
static int nlate;
static pthread_t arming;

static void
arm_locked(int number)
{
    struct epoll_event event = watched[number].event;

    /* Who is not watched is reported as soon as it is. */
    if (watched[number].set)
        __real_epoll_ctl(watched[number].set, EPOLL_CTL_MOD, number, &event);
}

static void
arm_late_ones(void)
{
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < nlate; i++)
        arm_locked(late[i]);
    nlate = 0;
    pthread_mutex_unlock(&mutex);
}

static void *
arm_all_the_time(void *unused)
{
    static const struct timespec moment = { 0, 300000 };

    while (load_acquire(&active)) {
        nanosleep(&moment, NULL);
        arm_late_ones();
    }
    return unused;
}

static void
arm(int number)
{
    if (number >= NUMBERS)
        return;
    pthread_mutex_lock(&mutex);
    if (nlate < LATE && below(2))
        late[nlate++] = number;
    else
        arm_locked(number);
    pthread_mutex_unlock(&mutex);
}

static bool
would_block(int number)
{
    if (number >= NUMBERS || !happens(INJECT_WOULD_BLOCK))
        return false;
    arm(number);
    errno = EAGAIN;
    return true;
}

/*
 * Reading and writing
 */

static bool
is_internet(int number)
{
    int domain = 0;
    socklen_t size = sizeof domain;

    return getsockopt(number, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           domain != AF_UNIX;
}

/* How much of it is tried. */
static size_t
shortened(size_t size, enum inject what)
{
    if (size < 2 || !happens(what))
        return size;
    return 1 + below((uint32_t)(size - 1));
}

static size_t
shortened_read(int number, size_t size)
{
    return number < NUMBERS ? shortened(size, INJECT_SHORT_READ) : size;
}

/* A read of TCP that was shortened says that it got all. */
static long
told_short(int number, long n, size_t asked, size_t tried)
{
    int error = errno;

    if (tried < asked && n > 0 && is_internet(number))
        arm(number);
    errno = error;
    return n;
}

static bool
is_read_refused(int number)
{
    if (would_block(number))
        return true;
    if (!happens(INJECT_INTERRUPTION))
        return false;
    errno = EINTR;
    return true;
}

static bool
is_write_refused(int number)
{
    static const int errors[] = { ENOBUFS, ENOMEM };

    if (is_read_refused(number))
        return true;
    return happens(INJECT_NO_BUFFERS) && fail_with(errors, LENGTH(errors));
}

/* SYS_read, SYS_write, SYS_recvfrom and SYS_sendto begin with the same three. */
static long
read_or_write(long call, const long *a)
{
    bool reads = call == SYS_read || call == SYS_recvfrom;
    int number = (int)a[0];
    size_t asked = (size_t)a[2];
    size_t tried;

    if (reads ? is_read_refused(number) : is_write_refused(number))
        return -1;
    tried = reads ? shortened_read(number, asked)
                  : shortened(asked, INJECT_SHORT_WRITE);
    return told_short(number,
            __real_syscall(call, a[0], a[1], tried, a[3], a[4], a[5]),
            reads ? asked : tried, tried);
}

long
__wrap_syscall(long call, ...)
{
    va_list list;
    long a[6];

    va_start(list, call);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    switch (call) {
    case SYS_read:
    case SYS_recvfrom:
    case SYS_write:
    case SYS_sendto:
        return read_or_write(call, a);
    default:
        return __real_syscall(call, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

ssize_t
__wrap_readv(int number, const struct iovec *vector, int n)
{
    if (is_read_refused(number))
        return -1;
    if (n > 1 && happens(INJECT_SHORT_READ))
        n--; /* nobody concludes from that that there is no more */
    return __real_readv(number, vector, n);
}

ssize_t
__wrap_writev(int number, const struct iovec *vector, int n)
{
    if (is_write_refused(number))
        return -1;
    if (n > 1 && happens(INJECT_SHORT_WRITE))
        n--;
    return __real_writev(number, vector, n);
}

/* A part of its last piece is not sent. */
ssize_t
__wrap_sendmsg(int number, const struct msghdr *message, int flags)
{
    struct iovec piece[16];
    struct msghdr less = *message;

    if (is_write_refused(number))
        return -1;
    if (!message->msg_iovlen || message->msg_iovlen > LENGTH(piece))
        return __real_sendmsg(number, message, flags);
    memcpy(piece, message->msg_iov, message->msg_iovlen * sizeof *piece);
    less.msg_iov = piece;
    less.msg_iovlen = 1 + below((uint32_t)message->msg_iovlen);
    piece[less.msg_iovlen - 1].iov_len =
            shortened(piece[less.msg_iovlen - 1].iov_len, INJECT_SHORT_WRITE);
    return __real_sendmsg(number, &less, flags);
}

/*
 * Connections
 */

int
__wrap_accept4(int number, struct sockaddr *address, socklen_t *size, int flags)
{
    static const int errors[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED,
        EPROTO, ENETDOWN, EHOSTUNREACH };

    if (is_read_refused(number))
        return -1;
    if (happens(INJECT_NO_ACCEPT))
        return fail_with(errors, LENGTH(errors));
    return __real_accept4(number, address, size, flags);
}

int
__wrap_connect(int number, const struct sockaddr *address, socklen_t size)
{
    int error = __real_connect(number, address, size);

    if (error && errno == EINPROGRESS && happens(INJECT_CONNECTING))
        return fail(EINTR);
    return error;
}

/*
 * The set
 */

static void
remember_locked(int set, int op, int number, struct epoll_event *event)
{
    if (number >= NUMBERS)
        return;
    watched[number].set = op == EPOLL_CTL_DEL ? 0 : set;
    if (op != EPOLL_CTL_DEL)
        watched[number].event = *event;
}

int
__wrap_epoll_ctl(int set, int op, int number, struct epoll_event *event)
{
    static const int errors[] = { ENOMEM, ENOSPC };
    int error;

    if (op != EPOLL_CTL_DEL && happens(INJECT_NO_WATCH))
        return fail_with(errors, LENGTH(errors));
    pthread_mutex_lock(&mutex);
    error = __real_epoll_ctl(set, op, number, event);
    if (!error)
        remember_locked(set, op, number, event);
    pthread_mutex_unlock(&mutex);
    return error;
}

int
__wrap_epoll_wait(int set, struct epoll_event *events, int n, int timeout)
{
    if (happens(INJECT_NO_HARVEST))
        return fail(EINTR);
    if (n > 1 && happens(INJECT_ONE_EVENT))
        n = 1;
    return __real_epoll_wait(set, events, n, timeout);
}

/*
 * Begin and end
 */

void
inject_begin(const struct inject_odds *new_odds, uint64_t seed)
{
    odds = *new_odds;
    for (int i = 0; i < INJECTIONS; i++)
        store_relaxed(&count[i], 0); /* nobody counts yet */
    store_release(&next_seed, seed);
    store_release(&active, true);
    if (pthread_create(&arming, NULL, arm_all_the_time, NULL))
        store_release(&active, false);
}

void
inject_end(void)
{
    store_release(&active, false);
    pthread_join(arming, NULL);
    arm_late_ones();
}

long
inject_count(enum inject what)
{
    return load_acquire(&count[what]);
}
