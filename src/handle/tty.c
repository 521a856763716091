/*
 * tty.c
 *
 * The one terminal that steal_tty_reset() knows of is guarded by a lock, which a
 * signal handler may meet taken by the thread that it interrupts: it does not
 * wait for it.
 */
#include <steal/tty.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../base/lock.h"

struct steal_tty {
    struct steal_fd *fd;
    unsigned mode;
    struct termios original; /* as it was before the raw mode */
};

/* What steal_tty_reset() restores. */
static struct {
    struct lock lock;
    const struct steal_tty *tty;
    int number;
    struct termios original;
} first_raw;

static int
set_attributes(int number, const struct termios *attributes)
{
    int result;

    do {
        /* Not TCSADRAIN, which waits until the terminal has taken it all. */
        result = tcsetattr(number, TCSANOW, attributes);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}

static void
forget(const struct steal_tty *tty)
{
    lock_take(&first_raw.lock);
    if (first_raw.tty == tty)
        first_raw.tty = NULL;
    lock_give(&first_raw.lock);
}

/*
 * Opening it again
 */

static bool
is_master(int number)
{
#ifdef TIOCGPTN
    unsigned pty;

    return ioctl(number, TIOCGPTN, &pty) == 0;
#else
    return ptsname(number) != NULL;
#endif
}

/* A name may mean another device by now, or in this mount namespace. */
static bool
is_same_device(int a, int b)
{
    struct stat first;
    struct stat second;

    return fstat(a, &first) == 0 && fstat(b, &second) == 0 &&
           first.st_rdev == second.st_rdev;
}

/* Returns a new descriptor, of a file description of its own. */
static int
reopen(int number)
{
    char path[256];
    int flags = fcntl(number, F_GETFL);
    int error;
    int copy;

    if (flags < 0)
        return -errno;
    if (!isatty(number) || is_master(number))
        return -ENOTTY;
    error = ttyname_r(number, path, sizeof path);
    if (error)
        return -error;
    copy = open(path, (flags & O_ACCMODE) | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (copy < 0)
        return -errno;
    if (!is_same_device(copy, number)) {
        close(copy);
        return -ENODEV;
    }
    return copy;
}

int
steal_tty_new(struct steal_tty **result, struct steal_runtime *runtime,
        int number)
{
    struct steal_tty *tty;
    int copy = reopen(number);
    int error = -ENOMEM;

    if (copy < 0)
        return copy;
    tty = calloc(1, sizeof *tty);
    if (!tty)
        goto close_copy;
    error = steal_fd_new(&tty->fd, runtime, copy);
    if (error)
        goto free_tty;
    *result = tty;
    return 0;

free_tty:
    free(tty);
close_copy:
    close(copy);
    return error;
}

void
steal_tty_free(struct steal_tty *tty)
{
    steal_tty_set_mode(tty, STEAL_TTY_NORMAL); /* fails if it has hung up */
    forget(tty);
    steal_fd_close(tty->fd);
    free(tty);
}

struct steal_fd *
steal_tty_fd(const struct steal_tty *tty)
{
    return tty->fd;
}

/*
 * Modes
 */

static void
remember(const struct steal_tty *tty)
{
    lock_take(&first_raw.lock);
    if (!first_raw.tty) {
        first_raw.tty = tty;
        first_raw.number = steal_fd_number(tty->fd);
        first_raw.original = tty->original;
    }
    lock_give(&first_raw.lock);
}

/* Keys come one by one and as they are; a line feed still begins a line. */
static void
make_raw(struct termios *attributes)
{
    attributes->c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
    attributes->c_oflag |= OPOST | ONLCR;
    attributes->c_cflag |= CS8;
    attributes->c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
    attributes->c_cc[VMIN] = 1;
    attributes->c_cc[VTIME] = 0;
}

static int
enter_raw(struct steal_tty *tty)
{
    int number = steal_fd_number(tty->fd);
    struct termios raw;
    int error;

    if (tcgetattr(number, &tty->original))
        return -errno;
    raw = tty->original;
    make_raw(&raw);
    remember(tty); /* before: a signal that comes right after can undo it */
    error = set_attributes(number, &raw);
    if (error)
        forget(tty);
    return error;
}

static int
leave_raw(struct steal_tty *tty)
{
    int error = set_attributes(steal_fd_number(tty->fd), &tty->original);

    if (!error)
        forget(tty);
    return error;
}

int
steal_tty_set_mode(struct steal_tty *tty, unsigned mode)
{
    int error;

    if (mode > STEAL_TTY_RAW)
        return -EINVAL;
    if (mode == tty->mode)
        return 0;
    error = mode == STEAL_TTY_RAW ? enter_raw(tty) : leave_raw(tty);
    if (!error)
        tty->mode = mode;
    return error;
}

int
steal_tty_size(const struct steal_tty *tty, unsigned *columns, unsigned *rows)
{
    struct winsize size;

    if (ioctl(steal_fd_number(tty->fd), TIOCGWINSZ, &size) < 0)
        return -errno;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

int
steal_tty_reset(void)
{
    int saved = errno;
    struct termios original;
    bool known;
    int number;
    int error = 0;

    if (!lock_try(&first_raw.lock))
        return -EBUSY;
    known = first_raw.tty != NULL;
    number = first_raw.number;
    original = first_raw.original;
    lock_give(&first_raw.lock);
    if (known)
        error = set_attributes(number, &original);
    errno = saved;
    return error;
}
