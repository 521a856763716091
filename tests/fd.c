/*
 * tests/fd.c - waiting for descriptors: pipes, sockets, eventfds, files.
 */
#include <steal/fd.h>

#include "kit.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

static struct steal_runtime *runtime;

static void
reset(void)
{
    runtime = runtime_start(2);
}

static struct steal_fd *
watch(int number)
{
    struct steal_fd *fd;

    ck_assert_int_eq(steal_fd_new(&fd, runtime, number), 0);
    ck_assert_int_eq(steal_fd_number(fd), number);
    ck_assert(fcntl(number, F_GETFL) & O_NONBLOCK);
    return fd;
}

static void
unwatch(struct steal_fd *fd)
{
    int number = steal_fd_number(fd);

    ck_assert_int_eq(steal_fd_release(fd), number);
    ck_assert_int_eq(close(number), 0);
}

static int
await_readable(struct steal_fd *fd)
{
    struct steal_ready ready;

    return steal_block_on(runtime, steal_fd_readable(&ready, fd));
}

static int
await_writable(struct steal_fd *fd)
{
    struct steal_ready ready;

    return steal_block_on(runtime, steal_fd_writable(&ready, fd));
}

/* A wait in a task of its own, which tells when it has begun. */
struct wait {
    struct steal_future future;
    struct steal_ready ready;
    _Atomic(int) *begun;
    bool told;
};

static enum steal_poll
wait_poll(struct steal_future *future, struct steal_context *cx)
{
    struct wait *self = (struct wait *)future;

    enum steal_poll poll = steal_future_poll(&self->ready.future, cx);

    if (!self->told)
        add_acq_rel(self->begun, 1);
    self->told = true;
    future->result = self->ready.future.result;
    return poll;
}

static void
wait_drop(struct steal_future *future)
{
    steal_future_drop(&((struct wait *)future)->ready.future);
}

static const struct steal_future_ops wait_ops = { .name = "wait",
    .poll = wait_poll,
    .drop = wait_drop };

static struct steal_task *
spawn_wait(struct steal_fd *fd, bool writable, _Atomic(int) *begun)
{
    struct wait wait = { .future = STEAL_FUTURE(&wait_ops), .begun = begun };
    struct steal_task *task;

    if (writable)
        steal_fd_writable(&wait.ready, fd);
    else
        steal_fd_readable(&wait.ready, fd);
    require(steal_spawn(runtime, &wait.future, sizeof wait, &task) == 0);
    return task;
}

/* Writes until the other side is full. */
static void
fill(int number)
{
    static const char block[4096];

    while (write(number, block, sizeof block) > 0)
        ;
    ck_assert_int_eq(errno, EAGAIN);
}

static void
drain(int number)
{
    char block[4096];

    while (read(number, block, sizeof block) > 0)
        ;
}

START_TEST(pipe_becomes_readable)
{
    _Atomic(int) begun = 0;
    struct steal_task *task;
    struct steal_fd *fd;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    fd = watch(ends[0]);
    for (int i = 0; i < 20; i++) {
        char byte;

        task = spawn_wait(fd, false, &begun);
        wait_until(load_acquire(&begun) == i + 1);
        ck_assert_int_eq(write(ends[1], "x", 1), 1);
        ck_assert_int_eq(join_task(runtime, task), 0);
        ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    }
    unwatch(fd);
    close(ends[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(what_is_readable_already_is_not_missed)
{
    struct steal_fd *fd;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    fd = watch(ends[0]);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(await_readable(fd), 0);
    unwatch(fd);
    close(ends[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(full_pipe_becomes_writable)
{
    _Atomic(int) begun = 0;
    struct steal_task *task;
    struct steal_fd *fd;
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    fd = watch(ends[1]);
    ck_assert_int_eq(await_writable(fd), 0);
    fill(ends[1]);
    task = spawn_wait(fd, true, &begun);
    wait_until(load_acquire(&begun) == 1);
    drain(ends[0]);
    ck_assert_int_eq(join_task(runtime, task), 0);
    unwatch(fd);
    close(ends[0]);
    runtime_end(runtime);
}
END_TEST

START_TEST(closed_peer_is_readable_and_writable)
{
    struct steal_fd *fd;
    int ends[2];
    char byte;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fd = watch(ends[0]);
    close(ends[1]);
    ck_assert_int_eq(await_readable(fd), 0);
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    ck_assert_int_eq(await_writable(fd), 0);
    unwatch(fd);
    runtime_end(runtime);
}
END_TEST

START_TEST(pipe_without_readers_wakes_the_writer)
{
    _Atomic(int) begun = 0;
    struct steal_task *task;
    struct steal_fd *fd;
    int ends[2];

    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    fd = watch(ends[1]);
    fill(ends[1]);
    task = spawn_wait(fd, true, &begun);
    wait_until(load_acquire(&begun) == 1);
    close(ends[0]);
    ck_assert_int_eq(join_task(runtime, task), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
    unwatch(fd);
    runtime_end(runtime);
}
END_TEST

START_TEST(eventfd_can_be_awaited)
{
    int number = eventfd(0, EFD_NONBLOCK);
    struct steal_fd *fd = watch(number);
    uint64_t value = 7;

    ck_assert_int_eq(await_writable(fd), 0);
    ck_assert_int_eq(write(number, &value, sizeof value), sizeof value);
    ck_assert_int_eq(await_readable(fd), 0);
    unwatch(fd);
    runtime_end(runtime);
}
END_TEST

START_TEST(regular_file_is_always_ready)
{
    char name[] = "/tmp/steal-fd-XXXXXX";
    int number = mkstemp(name);
    struct steal_fd *fd = watch(number);

    unlink(name);
    ck_assert_int_eq(await_readable(fd), 0);
    ck_assert_int_eq(await_writable(fd), 0);
    unwatch(fd);
    runtime_end(runtime);
}
END_TEST

START_TEST(senseless_arguments_are_refused)
{
    struct steal_fd *fd = NULL;
    int ends[2];

    ck_assert_int_eq(steal_fd_new(&fd, runtime, -1), -EBADF);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(steal_fd_new(&fd, NULL, ends[0]), -EINVAL);
    steal_runtime_begin_stop(runtime);
    ck_assert_int_eq(steal_fd_new(&fd, runtime, ends[0]), -ECANCELED);
    ck_assert_ptr_null(fd);
    close(ends[0]);
    close(ends[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(close_cancels_who_waits)
{
    for (int i = 0; i < scaled(100); i++) {
        _Atomic(int) begun = 0;
        struct steal_task *task[2];
        struct steal_fd *fd;
        int ends[2];

        require(pipe(ends) == 0);
        require(steal_fd_new(&fd, runtime, ends[0]) == 0);
        for (int k = 0; k < 2; k++)
            task[k] = spawn_wait(fd, false, &begun);
        wait_until(load_acquire(&begun) == 2);
        steal_fd_close(fd);
        for (int k = 0; k < 2; k++)
            require(join_task(runtime, task[k]) == -ECANCELED);
        close(ends[1]);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(number_can_be_used_anew_after_close)
{
    int first = -1;

    for (int i = 0; i < scaled(200); i++) {
        struct steal_fd *fd;
        int ends[2];

        require(pipe(ends) == 0);
        require(i == 0 || ends[0] == first);
        first = ends[0];
        require(steal_fd_new(&fd, runtime, ends[0]) == 0);
        require(write(ends[1], "x", 1) == 1);
        require(await_readable(fd) == 0);
        steal_fd_close(fd);
        close(ends[1]);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(unused_descriptor_is_freed)
{
    struct steal_fd *fd;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    fd = watch(ends[0]);
    unwatch(fd);
    fd = watch(ends[1]);
    unwatch(fd);
    runtime_end(runtime);
}
END_TEST

START_TEST(many_wait_in_both_directions)
{
    _Atomic(int) begun = 0;
    struct steal_task *reader[12];
    struct steal_task *writer[12];
    struct steal_fd *fd;
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
            0);
    fd = watch(ends[0]);
    fill(ends[0]);
    for (int i = 0; i < 12; i++) {
        reader[i] = spawn_wait(fd, false, &begun);
        writer[i] = spawn_wait(fd, true, &begun);
    }
    wait_until(load_acquire(&begun) == 24);
    drain(ends[1]);
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(join_task(runtime, writer[i]), 0);
    for (int i = 0; i < 12; i++)
        ck_assert(!steal_task_is_finished(reader[i]));
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(join_task(runtime, reader[i]), 0);
    unwatch(fd);
    close(ends[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(waits_given_up_leave_the_descriptor_usable)
{
    struct steal_fd *fd;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    fd = watch(ends[0]);
    for (int i = 0; i < 10; i++) {
        struct steal_ready ready;
        struct steal_timeout timeout;

        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_timeout(&timeout,
                                         steal_fd_readable(&ready, fd),
                                         STEAL_US(500))),
                -ETIMEDOUT);
    }
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert_int_eq(await_readable(fd), 0);
    unwatch(fd);
    close(ends[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(aborts_race_with_events)
{
    struct steal_fd *fd;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    fd = watch(ends[0]);
    for (int i = 0; i < scaled(1000); i++) {
        _Atomic(int) begun = 0;
        struct steal_task *task = spawn_wait(fd, false, &begun);
        char byte;
        int result;

        require(write(ends[1], "x", 1) == 1);
        steal_task_abort(task);
        result = join_task(runtime, task);
        require(result == 0 || result == -ECANCELED);
        require(read(ends[0], &byte, 1) == 1);
    }
    unwatch(fd);
    close(ends[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(descriptor_outlives_the_runtime)
{
    _Atomic(int) begun = 0;
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_ready ready;
    struct steal_future *future;
    struct steal_fd *fd;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    fd = watch(ends[0]);
    steal_task_detach(spawn_wait(fd, false, &begun));
    wait_until(load_acquire(&begun) == 1);
    runtime_end(runtime);
    future = steal_fd_readable(&ready, fd);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -ECANCELED);
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    unwatch(fd);
    close(ends[1]);
}
END_TEST

static uint64_t
cpu_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * STEAL_SECONDS(1) + (uint64_t)now.tv_nsec;
}

/* Data that nobody reads: the loop is told of it once or twice, not without
 * end. */
START_TEST(unread_data_does_not_make_the_loop_spin)
{
    struct steal_sleep sleep;
    struct steal_fd *fd;
    uint64_t used;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    fd = watch(ends[0]);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert_int_eq(await_readable(fd), 0);
    used = cpu_time();
    steal_block_on(runtime, steal_sleep(&sleep, STEAL_MS(500)));
    used = cpu_time() - used;
    ck_assert_uint_lt(used, STEAL_MS(150));
    unwatch(fd);
    close(ends[1]);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        pipe_becomes_readable,
        what_is_readable_already_is_not_missed,
        full_pipe_becomes_writable,
        closed_peer_is_readable_and_writable,
        pipe_without_readers_wakes_the_writer,
        eventfd_can_be_awaited,
        regular_file_is_always_ready,
        senseless_arguments_are_refused,
        close_cancels_who_waits,
        number_can_be_used_anew_after_close,
        unused_descriptor_is_freed,
        many_wait_in_both_directions,
        waits_given_up_leave_the_descriptor_usable,
        aborts_race_with_events,
        descriptor_outlives_the_runtime,
        unread_data_does_not_make_the_loop_spin,
    };

    unsetenv("STEAL_DEBUG"); /* no looker shall have a descriptor of its own */
    return run_suite_with("fd", reset, tests, LENGTH(tests));
}
