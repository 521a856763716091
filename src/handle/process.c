/*
 * process.c
 *
 * The handle stays in the loop until the child has ended, whoever still has the
 * object: that is what reaps it.  libuv reaps and calls on_exit() in one go, and
 * kills are sent by the holder too, between such goes.  So the number that a
 * signal is sent to is that of the child, alive or not yet reaped.
 *
 * Who may touch what: `orphan` is the holder's; `fds`, `ended` and what follows
 * it are guarded by the lock; the rest does not change once the child runs.
 */
#include <steal/process.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../base/affinity.h"
#include "../base/await.h"
#include "../task/schedule.h"
#include "handle.h"
#include "orphan.h"
#include "stdio.h"

#define KNOWN_FLAGS                                     \
 (STEAL_PROCESS_DETACHED | STEAL_PROCESS_KILL_ON_DROP | \
         STEAL_PROCESS_SET_UID | STEAL_PROCESS_SET_GID)

struct steal_process {
    struct handle handle;
    unsigned flags;
    pid_t parent;
    pid_t pid;
    struct orphan *orphan; /* what the loop's end needs: no memory then */
    struct steal_fd *fds[STEAL_STDIO_MAX];
    bool ended;
    int status;
    int signum;
};

struct spawning {
    const struct steal_process_options *options;
    struct stdio stdio;
};

static struct steal_process *
process_of(struct handle *handle)
{
    return container_of(handle, struct steal_process, handle);
}

/*
 * The holder's side
 */

static bool
kills_on_drop(const struct steal_process *process)
{
    return process->flags & STEAL_PROCESS_KILL_ON_DROP;
}

static void
forget_orphan(struct steal_process *process)
{
    steal__orphan_free(process->orphan);
    process->orphan = NULL;
}

static void
on_exit(uv_process_t *uv, int64_t status, int signum)
{
    struct handle *handle = uv->data;
    struct steal_process *process = process_of(handle);

    lock_take(&handle->waiters.lock);
    process->ended = true;
    process->status = (int)status;
    process->signum = signum;
    lock_give(&handle->waiters.lock);
    steal__handle_wake(handle);
    forget_orphan(process);
    steal__handle_close(handle); /* the memory may be gone after this turn */
    steal__orphans_reap();
}

static void
evict(struct tenant *tenant)
{
    struct handle *handle = container_of(tenant, struct handle, tenant);
    struct steal_process *process = process_of(handle);
    struct orphan *orphan = process->orphan;

    if (orphan) {
        if (kills_on_drop(process))
            uv_process_kill(&handle->uv.process, SIGKILL);
        steal__orphan_leave(orphan, process->pid, kills_on_drop(process));
        process->orphan = NULL;
    }
    steal__handle_evicted(handle);
}

/* libuv does not write to them. */
static char **
writable(const char *const *strings)
{
    union {
        const char *const *from;
        char **to;
    } cast = { .from = strings };

    return cast.to;
}

static void
fill_options(uv_process_options_t *to, const struct spawning *spawning,
        const char *const *default_args)
{
    const struct steal_process_options *from = spawning->options;

    memset(to, 0, sizeof *to);
    to->exit_cb = on_exit;
    to->file = from->file;
    to->args = writable(from->args ? from->args : default_args);
    to->env = writable(from->env);
    to->cwd = from->cwd;
    to->uid = from->uid;
    to->gid = from->gid;
    if (from->flags & STEAL_PROCESS_DETACHED)
        to->flags |= UV_PROCESS_DETACHED;
    if (from->flags & STEAL_PROCESS_SET_UID)
        to->flags |= UV_PROCESS_SETUID;
    if (from->flags & STEAL_PROCESS_SET_GID)
        to->flags |= UV_PROCESS_SETGID;
    to->stdio_count = STEAL_STDIO_MAX;
    to->stdio = (uv_stdio_container_t *)spawning->stdio.child;
}

/* uv_spawn() makes a handle also when it fails. */
static int
open_process(struct handle *handle, uv_loop_t *loop, void *arg)
{
    struct steal_process *process = process_of(handle);
    struct spawning *spawning = arg;
    const char *default_args[] = { spawning->options->file, NULL };
    uv_process_options_t options;
    int error;

    steal__orphans_reap();
    fill_options(&options, spawning, default_args);
    steal__affinity_lift(); /* a child is not bound to a worker's processor */
    error = uv_spawn(loop, &handle->uv.process, &options);
    steal__affinity_restore();
    steal__handle_opened(handle, evict);
    if (error) {
        forget_orphan(process);
        steal__handle_close(handle);
        return error;
    }
    process->pid = uv_process_get_pid(&handle->uv.process);
    return 0;
}

static int
kill_child(struct handle *handle, uv_loop_t *loop, void *arg)
{
    const int *signum = arg;

    (void)loop;
    if (!handle->open)
        return -ESRCH;
    return uv_process_kill(&handle->uv.process, *signum);
}

static void
kill_dropped(struct handle *handle)
{
    if (handle->open)
        uv_process_kill(&handle->uv.process, SIGKILL);
}

/*
 * The public side
 */

/* An object without a child. */
static struct steal_process *
make(struct steal_runtime *runtime, unsigned flags)
{
    struct steal_process *process;

    process = steal__handle_new(runtime, sizeof *process);
    if (!process)
        return NULL;
    process->flags = flags;
    process->parent = getpid();
    process->orphan = steal__orphan_new();
    if (process->orphan)
        return process;
    steal__handle_unref(&process->handle);
    return NULL;
}

static int
start(struct steal_process *process,
        const struct steal_process_options *options)
{
    struct spawning spawning = { .options = options };
    int error = steal__stdio_open(&spawning.stdio, process->handle.runtime,
            options->stdio);

    if (error)
        return error;
    error = steal__handle_call(&process->handle, open_process, &spawning);
    steal__stdio_close_child(&spawning.stdio);
    if (error)
        steal__stdio_close_parent(spawning.stdio.parent);
    else
        memcpy(process->fds, spawning.stdio.parent, sizeof process->fds);
    return error;
}

int
steal_process_spawn(struct steal_process **result,
        struct steal_runtime *runtime,
        const struct steal_process_options *options)
{
    struct steal_process *process;
    int error;

    if (!options->file || options->flags & ~KNOWN_FLAGS)
        return -EINVAL;
    runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return error;
    process = make(runtime, options->flags);
    if (!process)
        return -ENOMEM;
    error = start(process, options);
    if (error) {
        forget_orphan(process); /* if the loop has not done so */
        steal__handle_unref(&process->handle);
        return error;
    }
    *result = process;
    return 0;
}

void
steal_process_free(struct steal_process *process)
{
    struct handle *handle = &process->handle;

    steal__stdio_close_parent(process->fds);
    if (kills_on_drop(process) && process->parent == getpid()) {
        steal__handle_free(handle, kill_dropped);
    } else {
        steal__handle_end(handle, -ECANCELED);
        steal__handle_unref(handle);
    }
}

pid_t
steal_process_id(const struct steal_process *process)
{
    return process->pid;
}

struct steal_fd *
steal_process_take(struct steal_process *process, int number)
{
    struct steal_fd *fd;

    if (number < 0 || number >= STEAL_STDIO_MAX)
        return NULL;
    lock_take(&process->handle.waiters.lock);
    fd = process->fds[number];
    process->fds[number] = NULL;
    lock_give(&process->handle.waiters.lock);
    return fd;
}

int
steal_process_kill(struct steal_process *process, int signum)
{
    bool ended;

    if (process->parent != getpid())
        return -ECANCELED; /* nobody turns the loop here */
    lock_take(&process->handle.waiters.lock);
    ended = process->ended;
    lock_give(&process->handle.waiters.lock);
    if (ended)
        return -ESRCH;
    return steal__handle_call(&process->handle, kill_child, &signum);
}

static bool
take_status(struct handle *handle, struct steal_future *future)
{
    struct steal_process_wait *wait = (struct steal_process_wait *)future;
    const struct steal_process *process = process_of(handle);

    wait->status = process->status;
    wait->signum = process->signum;
    return process->ended;
}

static enum steal_poll
wait_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_process_wait *wait = (struct steal_process_wait *)future;

    return steal__handle_poll(&wait->process->handle, &wait->wait, future, cx,
            take_status);
}

static void
wait_drop(struct steal_future *future)
{
    struct steal_process_wait *wait = (struct steal_process_wait *)future;

    steal__handle_leave(&wait->process->handle, &wait->wait);
}

static void
wait_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_process_wait *wait = (struct steal_process_wait *)future;

    if (wait->wait.events)
        await_number(await, "process", wait->process, wait->process->pid);
}

static const struct steal_future_ops wait_ops = { .name = "process",
    .poll = wait_poll,
    .drop = wait_drop,
    .waits = wait_waits };

struct steal_future *
steal_process_wait(struct steal_process_wait *wait,
        struct steal_process *process)
{
    steal_future_init(&wait->future, &wait_ops);
    wait->status = 0;
    wait->signum = 0;
    wait->process = process;
    steal__handle_wait_init(&wait->wait);
    return &wait->future;
}
