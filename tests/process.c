/*
 * tests/process.c - children: what they begin with, how they end, and that they
 * leave nothing behind.
 */
#include <steal/process.h>

#include "kit.h"

#include <dirent.h>
#include <stdio.h>

#include <steal/signal.h>

static struct steal_runtime *runtime;

#ifdef __SANITIZE_THREAD__
/* libuv closes descriptors behind the detector's back: it takes the two pipes of
 * two loops for one if the second gets the number of the first. */
STEAL_API const char *__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
    return "race:uv_pipe\n";
}
#endif

static void
reset(void)
{
    runtime = runtime_start(2);
}

static struct steal_runtime *
start_on_caller(void)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *caller;

    options.flags = STEAL_ON_CALLER;
    ck_assert_int_eq(steal_runtime_new(&caller, &options), 0);
    return caller;
}

static struct steal_process *
spawn_in(struct steal_runtime *owner,
        const struct steal_process_options *options)
{
    struct steal_process *process = NULL;

    ck_assert_int_eq(steal_process_spawn(&process, owner, options), 0);
    ck_assert_int_gt(steal_process_id(process), 0);
    return process;
}

/* A child that does what `script` says; 0 and 1 are pipes if `pipes`. */
static struct steal_process *
spawn_shell(const char *script, bool pipes, unsigned flags)
{
    const char *args[] = { "sh", "-c", script, NULL };
    struct steal_process_options options = { .file = "/bin/sh",
        .args = args,
        .flags = flags };

    if (pipes)
        options.stdio[0] = options.stdio[1] = STEAL_STDIO_PIPE;
    return spawn_in(runtime, &options);
}

static struct steal_process_wait
await_end(struct steal_process *process)
{
    struct steal_process_wait wait;

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_process_wait(&wait, process)),
            0);
    return wait;
}

/* All of what the child writes to `fd`, as a string; closes it. */
static void
read_all(struct steal_fd *fd, char *text, size_t size)
{
    struct steal_io io;
    int result = steal_block_on(runtime,
            steal_fd_read_exact(&io, fd, text, size - 1));

    ck_assert_int_eq(result, STEAL_EOF);
    text[io.done] = '\0';
    steal_fd_close(fd);
}

/* True if the process has a child that is not reaped. */
static bool
has_child(pid_t pid)
{
    siginfo_t info;

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/*
 * Ends
 */

START_TEST(status_of_a_child_is_told)
{
    for (int i = 0; i < 3; i++) {
        const char *scripts[] = { "exit 0", "exit 1", "exit 255" };
        const int status[] = { 0, 1, 255 };
        struct steal_process *process = spawn_shell(scripts[i], false, 0);
        struct steal_process_wait wait = await_end(process);

        ck_assert_int_eq(wait.status, status[i]);
        ck_assert_int_eq(wait.signum, 0);
        wait = await_end(process); /* again, at once */
        ck_assert_int_eq(wait.status, status[i]);
        steal_process_free(process);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(signal_that_killed_a_child_is_told)
{
    struct steal_process *process = spawn_shell("exec cat", true, 0);
    struct steal_process_wait wait;

    ck_assert_int_eq(steal_process_kill(process, 0), 0);
    ck_assert_int_eq(steal_process_kill(process, 1000), -EINVAL);
    ck_assert_int_eq(steal_process_kill(process, SIGTERM), 0);
    wait = await_end(process);
    ck_assert_int_eq(wait.status, 0);
    ck_assert_int_eq(wait.signum, SIGTERM);
    ck_assert_int_eq(steal_process_kill(process, SIGTERM), -ESRCH);
    steal_process_free(process);
    runtime_end(runtime);
}
END_TEST

START_TEST(program_that_cannot_run_is_an_error)
{
    struct steal_process_options options = { .file = "/nonexistent/program",
        .stdio = { STEAL_STDIO_PIPE, STEAL_STDIO_PIPE } };
    struct steal_process *process;

    ck_assert_int_eq(steal_process_spawn(&process, runtime, &options), -ENOENT);
    options.file = "no-program-has-this-name";
    ck_assert_int_eq(steal_process_spawn(&process, runtime, &options), -ENOENT);
    options.file = "/";
    ck_assert_int_eq(steal_process_spawn(&process, runtime, &options), -EACCES);
    options.file = "true";
    options.cwd = "/nonexistent";
    ck_assert_int_eq(steal_process_spawn(&process, runtime, &options), -ENOENT);
    runtime_end(runtime);
}
END_TEST

START_TEST(bad_options_are_refused)
{
    struct steal_process_options options = { .file = NULL };
    struct steal_process *process;

    ck_assert_int_eq(steal_process_spawn(&process, runtime, &options), -EINVAL);
    options.file = "true";
    ck_assert_int_eq(steal_process_spawn(&process, NULL, &options), -EINVAL);
    options.flags = 1u << 31;
    ck_assert_int_eq(steal_process_spawn(&process, runtime, &options), -EINVAL);
    options.flags = 0;
    options.stdio[1] = STEAL_STDIO_FD(-1);
    ck_assert_int_eq(steal_process_spawn(&process, runtime, &options), -EINVAL);
    steal_runtime_begin_stop(runtime);
    options.stdio[1] = STEAL_STDIO_INHERIT;
    ck_assert_int_eq(steal_process_spawn(&process, runtime, &options),
            -ECANCELED);
    runtime_end(runtime);
}
END_TEST

/*
 * What a child begins with
 */

static void
check_output(const struct steal_process_options *options, int number,
        const char *expected)
{
    struct steal_process *process = spawn_in(runtime, options);
    struct steal_fd *fd = steal_process_take(process, number);
    char text[256];

    ck_assert_ptr_nonnull(fd);
    ck_assert_ptr_null(steal_process_take(process, number));
    read_all(fd, text, sizeof text);
    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(await_end(process).status, 0);
    steal_process_free(process);
}

START_TEST(child_has_its_arguments_environment_and_folder)
{
    const char *args[] = { "sh", "-c", "echo $0 $1 $A; pwd", "x", "y z", NULL };
    const char *env[] = { "A=b", "PATH=/bin:/usr/bin", NULL };
    struct steal_process_options options = { .file = "sh",
        .args = args,
        .env = env,
        .cwd = "/",
        .stdio = { STEAL_STDIO_NULL, STEAL_STDIO_PIPE } };

    check_output(&options, 1, "x y z b\n/\n");
    runtime_end(runtime);
}
END_TEST

START_TEST(descriptors_of_a_child_are_those_that_it_was_given)
{
    char number[16];
    const char *args[] = { "sh", "-c",
        "cat <&4; echo two >&2; echo five >&5; test -e /dev/fd/$0 || echo one",
        number, NULL };
    struct steal_process_options options = { .file = "sh",
        .args = args,
        .stdio = { STEAL_STDIO_NULL, STEAL_STDIO_PIPE, 0, STEAL_STDIO_INHERIT,
                STEAL_STDIO_NULL, STEAL_STDIO_SOCKET } };
    struct steal_process *process;
    int end[2];
    char text[64];

    ck_assert_int_eq(pipe2(end, O_CLOEXEC), 0);
    snprintf(number, sizeof number, "%d", end[0]); /* not the child's affair */
    options.stdio[2] = STEAL_STDIO_FD(end[1]);
    process = spawn_in(runtime, &options);
    ck_assert_int_eq(close(end[1]), 0);
    ck_assert_ptr_null(steal_process_take(process, 0));
    ck_assert_ptr_null(steal_process_take(process, 2));
    ck_assert_ptr_null(steal_process_take(process, -1));
    ck_assert_ptr_null(steal_process_take(process, STEAL_STDIO_MAX));
    read_all(steal_process_take(process, 5), text, sizeof text);
    ck_assert_str_eq(text, "five\n");
    read_all(steal_process_take(process, 1), text, sizeof text);
    ck_assert_str_eq(text, "one\n");
    ck_assert_int_eq(read(end[0], text, sizeof text), 4);
    ck_assert(memcmp(text, "two\n", 4) == 0);
    ck_assert_int_eq(read(end[0], text, sizeof text), 0);
    close(end[0]);
    steal_process_free(process);
    runtime_end(runtime);
}
END_TEST

START_TEST(detached_child_has_a_session_of_its_own)
{
    struct steal_process *process = spawn_shell("exec cat", true,
            STEAL_PROCESS_DETACHED);
    pid_t pid = steal_process_id(process);

    ck_assert_int_eq(getsid(pid), pid);
    steal_process_free(process); /* closes its standard input */
    runtime_end(runtime);
}
END_TEST

START_TEST(user_and_group_of_a_child_are_set)
{
    const char *args[] = { "sh", "-c", "id -u; id -g", NULL };
    struct steal_process_options options = { .file = "sh",
        .args = args,
        .flags = STEAL_PROCESS_SET_UID | STEAL_PROCESS_SET_GID,
        .uid = 65534,
        .gid = 65533,
        .stdio = { STEAL_STDIO_NULL, STEAL_STDIO_PIPE } };
    struct steal_process *process;

    if (geteuid() == 0)
        check_output(&options, 1, "65534\n65533\n");
    else
        ck_assert_int_eq(steal_process_spawn(&process, runtime, &options),
                -EPERM);
    runtime_end(runtime);
}
END_TEST

/*
 * Pipes
 */

#define MEGABYTE (1 << 20)

/* Writes, or reads and compares, a megabyte; then closes. */
struct flow {
    struct steal_async async;
    struct steal_io io;
    struct steal_fd *fd;
    bool writes;
    size_t at;
    unsigned char buffer[5000];
};

static unsigned char
byte_at(size_t at)
{
    return (unsigned char)(at * 7 + at / 251);
}

static enum steal_poll
writer_poll(struct flow *self, struct steal_context *cx)
{
    STEAL_BEGIN(&self->async);
    while (self->at < MEGABYTE) {
        for (size_t i = 0; i < sizeof self->buffer; i++)
            self->buffer[i] = byte_at(self->at + i);
        STEAL_AWAIT(cx, steal_fd_write_all(&self->io, self->fd, self->buffer,
                                MEGABYTE - self->at < sizeof self->buffer
                                        ? MEGABYTE - self->at
                                        : sizeof self->buffer));
        require(self->io.future.result > 0);
        self->at += self->io.done;
    }
    STEAL_END();
}

static enum steal_poll
reader_poll(struct flow *self, struct steal_context *cx)
{
    STEAL_BEGIN(&self->async);
    do {
        STEAL_AWAIT(cx, steal_fd_read(&self->io, self->fd, self->buffer,
                                sizeof self->buffer));
        require(self->io.future.result >= 0);
        for (size_t i = 0; i < self->io.done; i++)
            require(self->buffer[i] == byte_at(self->at + i));
        self->at += self->io.done;
    } while (self->io.future.result > 0);
    require(self->at == MEGABYTE);
    STEAL_END();
}

static enum steal_poll
flow_poll(struct steal_future *future, struct steal_context *cx)
{
    struct flow *self = (struct flow *)future;

    return self->writes ? writer_poll(self, cx) : reader_poll(self, cx);
}

static void
flow_drop(struct steal_future *future)
{
    steal_fd_close(((struct flow *)future)->fd);
}

static const struct steal_future_ops flow_ops = { .name = "flow",
    .poll = flow_poll,
    .drop = flow_drop };

static struct steal_task *
spawn_flow(struct steal_fd *fd, bool writes)
{
    struct flow flow = { .async = STEAL_ASYNC(&flow_ops),
        .fd = fd,
        .writes = writes };
    struct steal_task *task = NULL;

    require(steal_spawn(runtime, &flow.async.future, sizeof flow, &task) == 0);
    return task;
}

START_TEST(megabyte_goes_through_a_child_and_back)
{
    struct steal_process *process = spawn_shell("exec cat", true, 0);
    struct steal_task *writer = spawn_flow(steal_process_take(process, 0),
            true);
    struct steal_task *reader = spawn_flow(steal_process_take(process, 1),
            false);

    ck_assert_int_eq(join_task(runtime, reader), 0);
    ck_assert_int_eq(join_task(runtime, writer), 0);
    ck_assert_int_eq(await_end(process).status, 0);
    steal_process_free(process);
    runtime_end(runtime);
}
END_TEST

/*
 * Many
 */

START_TEST(two_hundred_children_at_once)
{
    static struct steal_process *processes[200];
    static struct steal_process_wait waits[200];
    static struct steal_future *futures[200];
    struct steal_join_all all;
    const int n = scaled(200);

    for (int i = 0; i < n; i++) {
        processes[i] = spawn_shell("read line; exit 3", true, 0);
        futures[i] = steal_process_wait(&waits[i], processes[i]);
    }
    for (int i = 0; i < n; i++)
        steal_fd_close(steal_process_take(processes[i], 0));
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_join_all(&all, futures, (size_t)n)),
            0);
    for (int i = 0; i < n; i++) {
        ck_assert_int_eq(waits[i].status, 3);
        ck_assert(!has_child(steal_process_id(processes[i])));
        steal_process_free(processes[i]);
    }
    runtime_end(runtime);
}
END_TEST

static pid_t
spawn_and_free(void)
{
    struct steal_process *process = spawn_shell("exit 7", false, 0);
    pid_t pid = steal_process_id(process);

    steal_process_free(process);
    return pid;
}

static int
spawn_and_free_inside(void *arg)
{
    *(pid_t *)arg = spawn_and_free();
    return 0;
}

/* The workers go to sleep while this thread makes its calls: one of them must
 * look after the child. */
START_TEST(child_whose_object_is_gone_leaves_no_zombie)
{
    for (int i = 0; i < scaled(300); i++) {
        pid_t pid = spawn_and_free();

        wait_until(!has_child(pid));
        ck_assert_int_eq(call_inside(runtime, spawn_and_free_inside, &pid), 0);
        wait_until(!has_child(pid));
        if (i % 10 == 9) {
            runtime_end(runtime);
            reset();
        }
    }
    runtime_end(runtime);
}
END_TEST

struct starter {
    struct steal_runtime *owner;
    pthread_t thread;
};

#define STARTERS 6

static _Atomic(int) starters_done;

/* None ends before all are done: the detector of races keeps a signal back until
 * the thread that got it next comes to it, and forgets it if that thread ends. */
static void *
start_some(void *arg)
{
    struct starter *starter = arg;
    struct steal_process_options options = { .file = "true" };

    for (int i = 0; i < scaled(50); i++) {
        struct steal_process *process;
        struct steal_process_wait wait;

        require(steal_process_spawn(&process, starter->owner, &options) == 0);
        require(steal_block_on(starter->owner,
                        steal_process_wait(&wait, process)) == 0);
        require(wait.status == 0 && wait.signum == 0);
        require(steal_process_kill(process, SIGTERM) == -ESRCH);
        steal_process_free(process);
    }
    add_acq_rel(&starters_done, 1);
    wait_until(load_acquire(&starters_done) == STARTERS);
    return NULL;
}

START_TEST(several_threads_and_runtimes_have_children)
{
    struct steal_runtime *other = runtime_start(1);
    struct steal_runtime *caller = start_on_caller();
    struct starter starters[STARTERS] = { { .owner = runtime },
        { .owner = runtime }, { .owner = other }, { .owner = other },
        { .owner = caller }, { .owner = caller } };

    store_release(&starters_done, 0);
    for (size_t i = 0; i < LENGTH(starters); i++)
        starters[i].thread = start_thread(start_some, &starters[i]);
    for (size_t i = 0; i < LENGTH(starters); i++)
        join_thread(starters[i].thread);
    runtime_end(caller);
    runtime_end(other);
    runtime_end(runtime);
}
END_TEST

/*
 * Objects and runtimes that end first
 */

START_TEST(free_kills_if_asked_to)
{
    struct steal_process *process = spawn_shell("exec cat", true,
            STEAL_PROCESS_KILL_ON_DROP);
    struct steal_fd *fd = steal_process_take(process, 0); /* so it goes on */
    pid_t pid = steal_process_id(process);

    steal_process_free(process);
    wait_until(!has_child(pid));
    steal_fd_close(fd);
    runtime_end(runtime);
}
END_TEST

START_TEST(free_closes_pipes_that_nobody_took)
{
    struct steal_process *process = spawn_shell("exec cat", true, 0);
    pid_t pid = steal_process_id(process);

    steal_process_free(process);
    wait_until(!has_child(pid)); /* cat has met the end of its input */
    runtime_end(runtime);
}
END_TEST

START_TEST(free_cancels_those_who_wait)
{
    struct steal_process *process = spawn_shell("exec cat", true, 0);
    struct steal_fd *fd = steal_process_take(process, 0);
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_process_wait wait;
    struct steal_future *future = steal_process_wait(&wait, process);

    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_PENDING);
    steal_process_free(process);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -ECANCELED);
    steal_future_drop(future);
    steal_fd_close(fd);
    runtime_end(runtime);
}
END_TEST

START_TEST(end_of_the_runtime_kills_if_asked_to)
{
    struct steal_process *process = spawn_shell("exec cat", true,
            STEAL_PROCESS_KILL_ON_DROP);
    pid_t pid = steal_process_id(process);

    runtime_end(runtime);
    ck_assert(!has_child(pid));
    ck_assert_int_eq(steal_process_kill(process, SIGTERM), -ECANCELED);
    steal_process_free(process);
}
END_TEST

/* The child never exits by itself. */
START_TEST(child_that_outlives_its_runtime_is_reaped_by_another)
{
    struct steal_process *process = spawn_shell("exec cat", true, 0);
    struct steal_task *task;
    struct steal_process_wait wait;
    pid_t pid = steal_process_id(process);
    siginfo_t info;
    int result;

    /* A task that waits for it. */
    result = steal_spawn(runtime, steal_process_wait(&wait, process),
            sizeof wait, &task);
    ck_assert_int_eq(result, 0);
    runtime_end(runtime);
    steal_task_detach(task);
    ck_assert(!steal_process_kill(process, 0) || has_child(pid));
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    steal_process_free(process);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    reset();
    process = spawn_shell("exit 0", false, 0);
    ck_assert(!has_child(pid));
    await_end(process);
    steal_process_free(process);
    runtime_end(runtime);
}
END_TEST

START_TEST(free_after_the_runtime_ended_leaks_nothing)
{
    struct steal_process *ended = spawn_shell("exit 0", true, 0);
    struct steal_process *running = spawn_shell("exec cat", true,
            STEAL_PROCESS_KILL_ON_DROP);

    await_end(ended);
    runtime_end(runtime);
    steal_process_free(ended);
    steal_process_free(running);
}
END_TEST

/*
 * Trouble
 */

static void
raise_number_of_times(int n)
{
    for (int i = 0; i < n; i++)
        raise(SIGUSR1);
}

/* The pipe in which libuv's handler leaves its signals is full when the child
 * ends; nobody turns the loop meanwhile. */
START_TEST(end_of_a_child_is_seen_in_a_flood_of_signals)
{
    struct steal_runtime *caller = start_on_caller();
    struct steal_process_options options = { .file = "cat",
        .stdio = { STEAL_STDIO_PIPE, STEAL_STDIO_NULL } };
    struct steal_process *process = spawn_in(caller, &options);
    struct steal_process_wait wait;
    struct steal_signal *signal;
    siginfo_t info;

    ck_assert_int_eq(steal_signal_new(&signal, caller, SIGUSR1), 0);
    raise_number_of_times(10000);
    ck_assert_int_eq(kill(steal_process_id(process), SIGKILL), 0);
    ck_assert_int_eq(waitid(P_PID, (id_t)steal_process_id(process), &info,
                             WEXITED | WNOWAIT),
            0);
    ck_assert_int_eq(steal_block_on(caller, steal_process_wait(&wait, process)),
            0);
    ck_assert_int_eq(wait.signum, SIGKILL);
    steal_process_free(process);
    steal_signal_free(signal);
    runtime_end(caller);
    runtime_end(runtime);
}
END_TEST

static int
open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Leaves room for 0, 1, 2, ... descriptors until it is enough. */
START_TEST(running_out_of_descriptors_is_an_error)
{
    struct steal_process_options options = { .file = "true",
        .stdio = { STEAL_STDIO_PIPE, STEAL_STDIO_SOCKET, STEAL_STDIO_NULL,
                STEAL_STDIO_NULL, STEAL_STDIO_PIPE } };
    struct steal_process *process;
    struct rlimit old;
    int before = open_descriptors();
    int last = dup(0);
    int error = -EMFILE;
    int refused = 0;

    if (getenv("CK_FORK")) {
        close(last); /* valgrind has limits of its own */
        runtime_end(runtime);
        return;
    }
    ck_assert_int_eq(close(last), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
    for (int room = 0; error && room < 30; room++) {
        struct rlimit limit = { (rlim_t)(last + room), old.rlim_max };

        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        error = steal_process_spawn(&process, runtime, &options);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
        if (error) {
            ck_assert_int_eq(error, -EMFILE);
            wait_until(open_descriptors() == before);
            refused++;
        }
    }
    ck_assert_int_eq(error, 0);
    ck_assert_int_ge(refused, 8);
    await_end(process);
    steal_process_free(process);
    runtime_end(runtime);
}
END_TEST

/* The allocator of a runtime that refuses now and then. */
static _Atomic(bool) refuses;
static _Atomic(int) blocks;

static void *
allocate(size_t size, void *data)
{
    (void)data;
    if (load_acquire(&refuses))
        return NULL;
    add_acq_rel(&blocks, 1);
    return malloc(size);
}

static void
release(void *block, size_t size, void *data)
{
    (void)size;
    (void)data;
    sub_acq_rel(&blocks, 1);
    free(block);
}

START_TEST(running_out_of_memory_is_an_error_and_all_is_given_back)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_process_options child = { .file = "true" };
    struct steal_runtime *owner;
    struct steal_process *process;
    struct steal_process_wait wait;
    struct steal_signal *signal;

    store_release(&refuses, false);
    store_release(&blocks, 0);
    options.allocator.allocate = allocate;
    options.allocator.release = release;
    ck_assert_int_eq(steal_runtime_new(&owner, &options), 0);
    store_release(&refuses, true);
    ck_assert_int_eq(steal_signal_new(&signal, owner, SIGUSR1), -ENOMEM);
    ck_assert_int_eq(steal_process_spawn(&process, owner, &child), -ENOMEM);
    store_release(&refuses, false);
    ck_assert_int_eq(steal_signal_new(&signal, owner, SIGUSR1), 0);
    process = spawn_in(owner, &child);
    ck_assert_int_eq(steal_block_on(owner, steal_process_wait(&wait, process)),
            0);
    steal_process_free(process);
    runtime_end(owner);
    steal_signal_free(signal);
    ck_assert_int_eq(load_acquire(&blocks), 0);
    runtime_end(runtime);
}
END_TEST

static void *
kill_again_and_again(void *arg)
{
    struct steal_process *process = arg;
    int error;

    do {
        error = steal_process_kill(process, SIGTERM);
    } while (error == 0);
    return (void *)(intptr_t)error;
}

START_TEST(kill_of_a_child_that_has_ended_reaches_nobody)
{
    for (int i = 0; i < scaled(40); i++) {
        struct steal_process *process = spawn_shell("exit 0", false, 0);
        pthread_t thread = start_thread(kill_again_and_again, process);
        void *error;

        await_end(process);
        require(pthread_join(thread, &error) == 0);
        ck_assert_int_eq((int)(intptr_t)error, -ESRCH);
        steal_process_free(process);
    }
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        status_of_a_child_is_told,
        signal_that_killed_a_child_is_told,
        program_that_cannot_run_is_an_error,
        bad_options_are_refused,
        child_has_its_arguments_environment_and_folder,
        descriptors_of_a_child_are_those_that_it_was_given,
        detached_child_has_a_session_of_its_own,
        user_and_group_of_a_child_are_set,
        megabyte_goes_through_a_child_and_back,
        two_hundred_children_at_once,
        child_whose_object_is_gone_leaves_no_zombie,
        several_threads_and_runtimes_have_children,
        free_kills_if_asked_to,
        free_closes_pipes_that_nobody_took,
        free_cancels_those_who_wait,
        end_of_the_runtime_kills_if_asked_to,
        child_that_outlives_its_runtime_is_reaped_by_another,
        free_after_the_runtime_ended_leaks_nothing,
        end_of_a_child_is_seen_in_a_flood_of_signals,
        running_out_of_descriptors_is_an_error,
        running_out_of_memory_is_an_error_and_all_is_given_back,
        kill_of_a_child_that_has_ended_reaches_nobody,
    };

    unsetenv("STEAL_DEBUG"); /* no looker shall have a descriptor of its own */
    return run_suite_with("process", reset, tests, LENGTH(tests));
}
