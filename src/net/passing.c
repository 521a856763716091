/*
 * passing.c - descriptors through Unix sockets.
 */
#include <steal/net.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Room for the descriptors, and for the credentials that a socket with
 * SO_PASSCRED gets beside them. */
union control {
    struct cmsghdr head;
    char space[CMSG_SPACE(STEAL_PASS_MAX * sizeof(int)) +
               CMSG_SPACE(sizeof(struct ucred))];
};

static void
put_numbers(struct msghdr *message, union control *control, const int *numbers,
        unsigned count)
{
    struct cmsghdr *head;

    if (count == 0)
        return;
    memset(control, 0, CMSG_SPACE(count * sizeof *numbers));
    message->msg_control = control;
    message->msg_controllen = CMSG_SPACE(count * sizeof *numbers);
    head = CMSG_FIRSTHDR(message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof *numbers);
    memcpy(CMSG_DATA(head), numbers, count * sizeof *numbers);
}

static ssize_t
send_numbers(struct steal_io *io, int number)
{
    struct steal_pass *pass = (struct steal_pass *)io;
    struct iovec piece = { (void *)(uintptr_t)pass->data.from, pass->size };
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
    union control control;
    ssize_t n;

    if (pass->size == 0 || pass->max > STEAL_PASS_MAX)
        return -EINVAL;
    put_numbers(&message, &control, pass->numbers.from, pass->max);
    n = sendmsg(number, &message, MSG_NOSIGNAL);
    if (n < 0)
        return -errno;
    pass->count = pass->max;
    return n;
}

/* Keeps as many as are wanted, and closes the others. */
static void
take_numbers(struct steal_pass *pass, struct cmsghdr *head)
{
    size_t n = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (size_t i = 0; i < n; i++) {
        int number;

        memcpy(&number, CMSG_DATA(head) + i * sizeof number, sizeof number);
        if (pass->count < pass->max) {
            pass->numbers.into[pass->count++] = number;
        } else {
            close(number);
            pass->lost = true;
        }
    }
}

static ssize_t
receive_numbers(struct steal_io *io, int number)
{
    struct steal_pass *pass = (struct steal_pass *)io;
    struct iovec piece = { pass->data.into, pass->size };
    union control control;
    struct msghdr message = { .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control };
    ssize_t n;

    if (pass->size == 0)
        return -EINVAL;
    n = recvmsg(number, &message, MSG_CMSG_CLOEXEC);
    if (n < 0)
        return -errno;
    pass->lost = message.msg_flags & MSG_CTRUNC;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head;
            head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
            take_numbers(pass, head);
    }
    return n;
}

struct steal_future *
steal_fd_send_fds(struct steal_pass *pass, struct steal_fd *fd,
        const void *data, size_t size, const int *numbers, unsigned count)
{
    pass->count = 0;
    pass->lost = false;
    pass->data.from = data;
    pass->size = size;
    pass->numbers.from = numbers;
    pass->max = count;
    return steal_fd_attempt(&pass->io, fd, STEAL_WRITABLE, send_numbers, NULL);
}

struct steal_future *
steal_fd_recv_fds(struct steal_pass *pass, struct steal_fd *fd, void *buffer,
        size_t size, int *numbers, unsigned max)
{
    pass->count = 0;
    pass->lost = false;
    pass->data.into = buffer;
    pass->size = size;
    pass->numbers.into = numbers;
    pass->max = max;
    return steal_fd_attempt(&pass->io, fd, STEAL_READABLE, receive_numbers,
            NULL);
}
