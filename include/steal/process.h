/*
 * steal/process.h - other programs, as children of this process.
 *
 *     const char *args[] = { "sort", "-n", NULL };
 *     struct steal_process_options options = {
 *         .file = "sort",
 *         .args = args,
 *         .stdio = { STEAL_STDIO_PIPE, STEAL_STDIO_PIPE },
 *     };
 *
 *     err = steal_process_spawn(&self->sort, NULL, &options);
 *     self->to = steal_process_take(self->sort, 0);
 *     self->from = steal_process_take(self->sort, 1);
 *     ... write to one, close it, read from the other
 *     STEAL_AWAIT(cx, steal_process_wait(&self->wait, self->sort));
 *     ... self->wait.status
 *     steal_process_free(self->sort);
 *
 * A child is reaped by the runtime when it ends, whether anybody waits for it or
 * not, and also after steal_process_free().  The application itself must not
 * wait() for any child, nor ignore or handle SIGCHLD other than through
 * steal_signal (with STEAL_ON_CALLER, nor block it).  A child that outlives the
 * runtime goes on; if it ends before this process does, it is reaped when some
 * runtime next starts or ends a child.
 *
 * Threads: any.
 */
#ifndef STEAL_PROCESS_H
#define STEAL_PROCESS_H

#include <sys/types.h>

#include <steal/fd.h>
#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_process;

/*
 * What a descriptor of the child is: STEAL_STDIO_FD() is an open one of this
 * process, and stays the caller's.  Of a pipe the child reads if it is its number
 * 0, and writes if it is another; a socket goes both ways.  The other end is
 * there by steal_process_take().
 */
#define STEAL_STDIO_MAX     8 /* numbers below it */
#define STEAL_STDIO_INHERIT 0 /* 0 to 2: that of this process; above: none */
#define STEAL_STDIO_NULL    1 /* /dev/null */
#define STEAL_STDIO_PIPE    2
#define STEAL_STDIO_SOCKET  3

#define STEAL_STDIO_FD(number) ((number) + 16)

/* Flags of struct steal_process_options.  A child that is killed on drop gets
 * SIGKILL when the object is freed, or the runtime ends, before it has ended. */
#define STEAL_PROCESS_DETACHED     1u /* in a session of its own */
#define STEAL_PROCESS_KILL_ON_DROP 2u
#define STEAL_PROCESS_SET_UID      4u /* `uid` is its user */
#define STEAL_PROCESS_SET_GID      8u /* `gid` is its group */

/* Zero stands for the default everywhere but in `file`. */
struct steal_process_options {
    const char *file;        /* a path, or a name to look for in PATH */
    const char *const *args; /* ends with NULL; default: just `file` */
    const char *const *env;  /* ends with NULL; default: that of this process */
    const char *cwd;         /* default: that of this process */
    unsigned flags;          /* STEAL_PROCESS_... */
    uid_t uid;
    gid_t gid;
    int stdio[STEAL_STDIO_MAX]; /* STEAL_STDIO_..., by number in the child */
};

/*
 * Starts a program: 0 once it runs.  Takes the time of a fork(), and may wait for
 * a turn of the runtime's loop.  Of the options nothing is needed after that.
 * Signals are neither blocked nor ignored in the child, and it has no other
 * descriptors of this process than those without FD_CLOEXEC.
 * Errors: -ENOMEM, -ECANCELED (stopping), -EINVAL (no runtime, no file, bad
 * options), -EMFILE, -EAGAIN (too many processes), or why the program could not
 * be run, as -ENOENT, -EACCES, or -EPERM of a user that may not be set.
 */
STEAL_API STEAL_MUST_CHECK int
steal_process_spawn(struct steal_process **process,
        struct steal_runtime *runtime,
        const struct steal_process_options *options);

/* Ends it, before or after the runtime; who still waits gets -ECANCELED.  Closes
 * the ends of pipes that nobody has taken.  The child goes on, unless
 * STEAL_PROCESS_KILL_ON_DROP.  Never waits. */
STEAL_API void steal_process_free(struct steal_process *process);

STEAL_API pid_t steal_process_id(const struct steal_process *process);

/* This process's end of the pipe or socket that is descriptor `number` of the
 * child: the caller's to close.  NULL if there is none, or it was taken. */
STEAL_API struct steal_fd *steal_process_take(struct steal_process *process,
        int number);

/*
 * Sends the child a signal.  May wait for a turn of the runtime's loop, which is
 * what keeps it from reaching another process that has got the number since.
 * Errors: -ESRCH (the child has ended), -EINVAL (no such signal), -EPERM (the
 * child has changed its user), -ECANCELED (the runtime has ended, or this is the
 * child of a fork()).
 */
STEAL_API int steal_process_kill(struct steal_process *process, int signum);

/*
 * A future: waits until the child has ended.  Its result is 0; `status` is then
 * what the program returned and `signum` 0, or `signum` is the signal that
 * killed it.  -ECANCELED if the object is freed, or the runtime ends, before.
 * Any number of tasks may wait.
 */
struct steal_process_wait {
    struct steal_future future;
    int status;
    int signum;
    /* private */
    struct steal_process *process;
    struct steal_wait wait;
};

STEAL_API struct steal_future *
steal_process_wait(struct steal_process_wait *wait,
        struct steal_process *process);

STEAL_END_DECLS

#endif
