/*
 * steal/tty.h - a terminal that tasks read and write.
 *
 *     err = steal_tty_new(&tty, runtime, STDIN_FILENO);
 *     err = steal_tty_set_mode(tty, STEAL_TTY_RAW);
 *     STEAL_AWAIT(cx, steal_fd_read(&self->io, steal_tty_fd(tty), key, 8));
 *     ...
 *     steal_tty_free(tty);
 *
 * The terminal is opened a second time: what other processes share with this one,
 * as standard input is shared with the shell, does not become non-blocking.  Its
 * mode and its size belong to the terminal, and are the same for all.  When its
 * size changes the system sends SIGWINCH: see steal/signal.h.
 *
 * Threads: the functions below by one thread at a time, but for steal_tty_fd()
 * and steal_tty_reset().
 */
#ifndef STEAL_TTY_H
#define STEAL_TTY_H

#include <steal/fd.h>

STEAL_BEGIN_DECLS

struct steal_tty;

#define STEAL_TTY_NORMAL 0u /* as it was found */
#define STEAL_TTY_RAW    1u /* each key at once, no echo, no signals */

/*
 * Opens the terminal that `number` refers to, which stays the caller's.
 * Errors: -ENOTTY (no terminal, or the master side of a pseudo-terminal, for
 * which there is steal_fd_new()), -ENOMEM, -ECANCELED (stopping), -EINVAL (no
 * runtime), or why it cannot be opened, as -EBADF, -EACCES, -EMFILE or -ENODEV
 * (it has no name here).
 */
STEAL_API STEAL_MUST_CHECK int steal_tty_new(struct steal_tty **tty,
        struct steal_runtime *runtime, int number);

/* Gives the terminal the mode back that it had, and closes; who still waits for
 * it gets -ECANCELED. */
STEAL_API void steal_tty_free(struct steal_tty *tty);

/* For steal_fd_read() and the like; not to be closed. */
STEAL_API struct steal_fd *steal_tty_fd(const struct steal_tty *tty);

/* A process in the background is stopped by SIGTTOU.  -EINVAL: no such mode. */
STEAL_API int steal_tty_set_mode(struct steal_tty *tty, unsigned mode);

STEAL_API int steal_tty_size(const struct steal_tty *tty, unsigned *columns,
        unsigned *rows);

/*
 * Gives the terminal that was put in raw mode first, and still is, the mode back
 * that it had: for atexit() and for handlers of fatal signals, in which it may
 * be called.  Nobody calls it unasked.  0 also if there is none; -EBUSY if it
 * interrupts a change of that very mode.
 */
STEAL_API int steal_tty_reset(void);

STEAL_END_DECLS

#endif
