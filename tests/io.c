/*
 * tests/io.c - reading and writing descriptors.
 */
#include <steal/io.h>

#include "kit.h"

#include <sys/socket.h>

static struct steal_runtime *runtime;
static struct steal_fd *fd[2]; /* of a pipe, or a socketpair */
static struct steal_io io;

static void
reset(void)
{
    runtime = runtime_start(2);
}

static void
open_pipe(void)
{
    ck_assert_int_eq(steal_pipe(fd, runtime), 0);
}

static void
open_sockets(void)
{
    ck_assert_int_eq(steal_socketpair(fd, runtime, SOCK_STREAM), 0);
}

static void
close_all(void)
{
    for (int i = 0; i < 2; i++)
        steal_fd_close(fd[i]);
    runtime_end(runtime);
}

static int
run(struct steal_future *future)
{
    return steal_block_on(runtime, future);
}

static int
put(int end, const char *text)
{
    return run(steal_fd_write_all(&io, fd[end], text, strlen(text)));
}

/* An operation in a task of its own, which tells when it has been polled. */
struct work {
    struct steal_future future;
    struct steal_io io;
    struct steal_fd *half; /* a reference of its own, or NULL */
    _Atomic(int) *begun;
    bool told;
};

static enum steal_poll
work_poll(struct steal_future *future, struct steal_context *cx)
{
    struct work *self = (struct work *)future;
    enum steal_poll poll = steal_future_poll(&self->io.future, cx);

    if (!self->told)
        add_acq_rel(self->begun, 1);
    self->told = true;
    future->result = self->io.future.result;
    return poll;
}

static void
work_drop(struct steal_future *future)
{
    struct work *self = (struct work *)future;

    steal_future_drop(&self->io.future);
    if (self->half)
        steal_fd_unref(self->half);
}

static const struct steal_future_ops work_ops = { .name = "work",
    .poll = work_poll,
    .drop = work_drop };

static _Atomic(int) begun;

static struct steal_task *
spawn_half(struct work *work, struct steal_fd *half)
{
    struct steal_task *task;

    work->future = (struct steal_future)STEAL_FUTURE(&work_ops);
    work->half = half ? steal_fd_ref(half) : NULL;
    work->begun = &begun;
    work->told = false;
    require(steal_spawn(runtime, &work->future, sizeof *work, &task) == 0);
    return task;
}

static struct steal_task *
spawn(struct work *work)
{
    return spawn_half(work, NULL);
}

static struct steal_task *
spawn_read(struct steal_fd *from, void *buffer, size_t size)
{
    struct work work;

    steal_fd_read(&work.io, from, buffer, size);
    return spawn(&work);
}

static struct steal_task *
spawn_write(struct steal_fd *to, const void *data, size_t size)
{
    struct work work;

    steal_fd_write_all(&work.io, to, data, size);
    return spawn(&work);
}

START_TEST(read_gives_what_is_there)
{
    char text[8];

    open_pipe();
    ck_assert_int_eq(put(1, "abc"), 3);
    ck_assert_int_eq(run(steal_fd_read(&io, fd[0], text, sizeof text)), 3);
    ck_assert_uint_eq(io.done, 3);
    ck_assert_mem_eq(text, "abc", 3);
    close_all();
}
END_TEST

START_TEST(read_waits_for_what_comes)
{
    char byte = 0;

    open_sockets();
    for (int i = 0; i < 100; i++) {
        struct steal_task *task;
        char sent = (char)i;

        store_relaxed(&begun, 0);
        task = spawn_read(fd[0], &byte, 1);
        wait_until(load_acquire(&begun) == 1);
        ck_assert_int_eq(run(steal_fd_write(&io, fd[1], &sent, 1)), 1);
        ck_assert_int_eq(join_task(runtime, task), 1);
        ck_assert_int_eq(byte, sent);
    }
    close_all();
}
END_TEST

START_TEST(read_tells_the_end)
{
    char text[8];

    open_pipe();
    ck_assert_int_eq(put(1, "ab"), 2);
    steal_fd_close(fd[1]);
    ck_assert_int_eq(run(steal_fd_read(&io, fd[0], text, 1)), 1);
    ck_assert_int_eq(run(steal_fd_read(&io, fd[0], text, 8)), 1);
    ck_assert_int_eq(run(steal_fd_read(&io, fd[0], text, 8)), 0);
    ck_assert_int_eq(run(steal_fd_read(&io, fd[0], text, 8)), 0);
    steal_fd_close(fd[0]);
    runtime_end(runtime);
}
END_TEST

START_TEST(read_exact_fills_the_buffer_from_pieces)
{
    struct steal_task *task;
    struct work work;
    char text[6];

    open_pipe();
    steal_fd_read_exact(&work.io, fd[0], text, sizeof text);
    task = spawn(&work);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(put(1, "xy"), 2);
    ck_assert_int_eq(join_task(runtime, task), 6);
    ck_assert_mem_eq(text, "xyxyxy", 6);
    close_all();
}
END_TEST

START_TEST(read_exact_counts_what_came_before_the_end)
{
    char text[6];

    open_pipe();
    ck_assert_int_eq(put(1, "abcd"), 4);
    steal_fd_close(fd[1]);
    ck_assert_int_eq(run(steal_fd_read_exact(&io, fd[0], text, 6)), STEAL_EOF);
    ck_assert_uint_eq(io.done, 4);
    ck_assert_int_eq(run(steal_fd_read_exact(&io, fd[0], text, 0)), 0);
    steal_fd_close(fd[0]);
    runtime_end(runtime);
}
END_TEST

#define LARGE (1 << 20)

static unsigned char out[LARGE];
static unsigned char in[LARGE];

static void
fill_out(void)
{
    for (size_t i = 0; i < LARGE; i++)
        out[i] = (unsigned char)(i * 7 + i / 256);
    memset(in, 0, sizeof in);
}

START_TEST(write_all_waits_for_the_reader)
{
    struct steal_task *task;

    fill_out();
    open_sockets();
    task = spawn_write(fd[1], out, LARGE);
    ck_assert_int_eq(run(steal_fd_read_exact(&io, fd[0], in, LARGE)), LARGE);
    ck_assert_int_eq(join_task(runtime, task), LARGE);
    ck_assert_mem_eq(in, out, LARGE);
    close_all();
}
END_TEST

START_TEST(vectors_keep_their_order)
{
    struct iovec pieces[4] = { { out, 1000 }, { out + 1000, 0 },
        { out + 1000, LARGE - 2000 }, { out + LARGE - 1000, 1000 } };
    struct iovec places[2] = { { in, 10 }, { in + 10, 100 } };
    struct steal_task *task;
    struct work work;
    int n;

    fill_out();
    open_pipe();
    steal_fd_writev_all(&work.io, fd[1], pieces, 4);
    task = spawn(&work);
    n = run(steal_fd_readv(&io, fd[0], places, 2));
    ck_assert_int_eq(n, 110);
    ck_assert_int_eq(run(steal_fd_read_exact(&io, fd[0], in + 110,
                             LARGE - 110)),
            LARGE - 110);
    ck_assert_int_eq(join_task(runtime, task), LARGE);
    ck_assert_mem_eq(in, out, LARGE);
    close_all();
}
END_TEST

START_TEST(sendfile_sends_a_part_of_a_file)
{
    char name[] = "/tmp/steal-io-XXXXXX";
    int file = mkstemp(name);
    struct steal_task *task;
    struct work work;

    unlink(name);
    fill_out();
    ck_assert_int_eq(write(file, out, LARGE), LARGE);
    open_sockets();
    steal_fd_sendfile(&work.io, fd[1], file, 1000, LARGE); /* to its end */
    task = spawn(&work);
    ck_assert_int_eq(run(steal_fd_read_exact(&io, fd[0], in, LARGE - 1000)),
            LARGE - 1000);
    ck_assert_int_eq(join_task(runtime, task), LARGE - 1000);
    ck_assert_mem_eq(in, out + 1000, LARGE - 1000);
    close(file);
    close_all();
}
END_TEST

START_TEST(messages_carry_their_flags)
{
    struct iovec piece = { out, 5 };
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
    char text[8];

    fill_out();
    open_sockets();
    ck_assert_int_eq(run(steal_fd_sendmsg(&io, fd[1], &message, 0)), 5);
    piece = (struct iovec){ text, sizeof text };
    ck_assert_int_eq(run(steal_fd_recvmsg(&io, fd[0], &message, MSG_PEEK)), 5);
    ck_assert_int_eq(run(steal_fd_recvmsg(&io, fd[0], &message, 0)), 5);
    ck_assert_mem_eq(text, out, 5);
    close_all();
}
END_TEST

static ssize_t
accept_at_third(struct steal_io *attempt, int number)
{
    int *calls = attempt->data.argument;
    char byte;

    if (++*calls < 3)
        return read(number, &byte, 1) == 1 ? -EAGAIN : -errno;
    return 7;
}

START_TEST(attempt_is_repeated_when_it_makes_sense)
{
    struct steal_task *task;
    struct work work;
    int calls = 0;

    open_pipe();
    store_relaxed(&begun, 0);
    steal_fd_attempt(&work.io, fd[0], STEAL_READABLE, accept_at_third, &calls);
    task = spawn(&work);
    wait_until(load_acquire(&begun) == 1);
    ck_assert(!steal_task_is_finished(task));
    while (!steal_task_is_finished(task))
        ck_assert_int_eq(put(1, "x"), 1);
    ck_assert_int_eq(join_task(runtime, task), 7);
    close_all();
}
END_TEST

START_TEST(nothing_is_moved_at_once)
{
    char byte;

    open_sockets();
    ck_assert_int_eq(run(steal_fd_read(&io, fd[0], &byte, 0)), 0);
    ck_assert_int_eq(run(steal_fd_read_exact(&io, fd[0], &byte, 0)), 0);
    ck_assert_int_eq(run(steal_fd_write_all(&io, fd[0], &byte, 0)), 0);
    close_all();
}
END_TEST

START_TEST(writing_to_who_has_gone_is_an_error_not_a_signal)
{
    for (int i = 0; i < 2; i++) {
        signal(SIGPIPE, SIG_DFL);
        if (i == 0)
            open_pipe();
        else
            open_sockets();
        steal_fd_close(fd[0]);
        ck_assert_int_eq(put(1, "x"), -EPIPE);
        ck_assert_int_eq(run(steal_fd_writev(&io, fd[1],
                                 &(struct iovec){ out, 1 }, 1)),
                -EPIPE);
        steal_fd_close(fd[1]);
    }
    runtime_end(runtime);
}
END_TEST

/* The caller's own thread is the worker, whose signals are its own. */
START_TEST(caller_that_works_gets_no_signal_either)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *here;

    options.flags = STEAL_ON_CALLER;
    signal(SIGPIPE, SIG_DFL);
    ck_assert_int_eq(steal_runtime_new(&here, &options), 0);
    ck_assert_int_eq(steal_pipe(fd, here), 0);
    steal_fd_close(fd[0]);
    ck_assert_int_eq(steal_block_on(here, steal_fd_write(&io, fd[1], "x", 1)),
            -EPIPE);
    steal_fd_close(fd[1]);
    runtime_end(here);
    runtime_end(runtime);
}
END_TEST

START_TEST(half_close_ends_one_direction)
{
    char byte;

    open_sockets();
    ck_assert_int_eq(steal_fd_shutdown(fd[1], SHUT_WR), 0);
    ck_assert_int_eq(run(steal_fd_read(&io, fd[0], &byte, 1)), 0);
    ck_assert_int_eq(put(0, "x"), 1);
    ck_assert_int_eq(run(steal_fd_read(&io, fd[1], &byte, 1)), 1);
    ck_assert_int_eq(put(1, "x"), -EPIPE);
    close_all();
}
END_TEST

START_TEST(close_cancels_both_directions)
{
    for (int i = 0; i < scaled(200); i++) {
        struct steal_task *reader;
        struct steal_task *writer;
        char byte;

        require(steal_socketpair(fd, runtime, SOCK_STREAM) == 0);
        store_relaxed(&begun, 0);
        reader = spawn_read(fd[0], &byte, 1);
        writer = spawn_write(fd[0], out, LARGE);
        wait_until(load_acquire(&begun) == 2);
        steal_fd_close(fd[0]);
        require(join_task(runtime, reader) == -ECANCELED);
        require(join_task(runtime, writer) == -ECANCELED);
        steal_fd_close(fd[1]);
    }
    runtime_end(runtime);
}
END_TEST

START_TEST(closed_descriptor_refuses_those_who_still_refer_to_it)
{
    struct steal_ready ready;
    struct steal_fd *half;
    char byte;

    open_sockets();
    half = steal_fd_ref(fd[0]);
    steal_fd_close(fd[0]);
    ck_assert_int_eq(run(steal_fd_read(&io, half, &byte, 1)), -ECANCELED);
    ck_assert_int_eq(run(steal_fd_write(&io, half, &byte, 1)), -ECANCELED);
    ck_assert_int_eq(run(steal_fd_readable(&ready, half)), -ECANCELED);
    ck_assert_int_eq(steal_fd_shutdown(half, SHUT_WR), -ECANCELED);
    ck_assert_int_eq(run(steal_fd_read(&io, fd[1], &byte, 1)), 0);
    steal_fd_close(half); /* once more does no harm */
    steal_fd_close(fd[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(last_half_closes)
{
    struct steal_task *task;
    struct steal_fd *half;
    char byte;

    open_sockets();
    half = steal_fd_ref(fd[0]);
    steal_fd_unref(fd[0]);
    store_relaxed(&begun, 0);
    task = spawn_read(fd[1], &byte, 1);
    wait_until(load_acquire(&begun) == 1);
    ck_assert(!steal_task_is_finished(task));
    steal_fd_unref(half);
    ck_assert_int_eq(join_task(runtime, task), 0);
    steal_fd_close(fd[1]);
    runtime_end(runtime);
}
END_TEST

START_TEST(dropped_read_loses_no_data)
{
    struct steal_timeout timeout;
    struct steal_io dropped;
    char text[4] = "";

    open_sockets();
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(run(steal_timeout(&timeout,
                                 steal_fd_read(&dropped, fd[0], text, 3),
                                 STEAL_US(200))),
                -ETIMEDOUT);
        ck_assert_int_eq(put(1, "abc"), 3);
        ck_assert_int_eq(run(steal_fd_read_exact(&io, fd[0], text, 3)), 3);
        ck_assert_str_eq(text, "abc");
    }
    close_all();
}
END_TEST

START_TEST(many_readers_get_each_byte_once)
{
    enum {
        READERS = 8
    };
    static unsigned char byte[READERS];
    struct steal_task *task[READERS];
    int seen[256] = { 0 };

    open_sockets();
    for (int round = 0; round < scaled(100); round++) {
        unsigned char sent[READERS];

        for (int i = 0; i < READERS; i++) {
            sent[i] = (unsigned char)i;
            task[i] = spawn_read(fd[0], &byte[i], 1);
        }
        require(run(steal_fd_write_all(&io, fd[1], sent, READERS)) == READERS);
        for (int i = 0; i < READERS; i++) {
            require(join_task(runtime, task[i]) == 1);
            seen[byte[i]]++;
        }
        for (int i = 0; i < READERS; i++)
            require(seen[i] == round + 1);
    }
    close_all();
}
END_TEST

/* A task that reads what is always there, in one poll if it may. */
static _Atomic(bool) enough;

static enum steal_poll
greedy_poll(struct steal_future *future, struct steal_context *cx)
{
    struct work *self = (struct work *)future;
    static char zeros[16];

    add_acq_rel(&begun, 1);
    while (!load_acquire(&enough)) {
        steal_fd_read(&self->io, fd[0], zeros, sizeof zeros);
        if (steal_future_poll(&self->io.future, cx) == STEAL_PENDING)
            return STEAL_PENDING;
        steal_future_drop(&self->io.future);
    }
    return STEAL_READY;
}

static const struct steal_future_ops greedy_ops = { .name = "greedy",
    .poll = greedy_poll };

static int
say_enough(void *arg)
{
    (void)arg;
    store_release(&enough, true);
    return 0;
}

START_TEST(task_that_never_waits_lets_others_run)
{
    struct steal_runtime *single = runtime_start(1);
    struct work work = { .future = STEAL_FUTURE(&greedy_ops) };
    struct steal_task *greedy;
    int zero = open("/dev/zero", O_RDONLY);

    ck_assert_int_eq(steal_fd_new(&fd[0], single, zero), 0);
    store_relaxed(&begun, 0);
    ck_assert_int_eq(steal_spawn(single, &work.future, sizeof work, &greedy),
            0);
    wait_until(load_acquire(&begun) > 0);
    ck_assert_int_eq(join_task(single, spawn_call(single, say_enough, NULL)),
            0);
    ck_assert_int_eq(join_task(single, greedy), 0);
    steal_fd_close(fd[0]);
    runtime_end(single);
    runtime_end(runtime);
}
END_TEST

/*
 * A descriptor is closed while tasks use it, and its number is at once that of
 * another, which holds bytes that nobody may see.
 */
static int
read_until_closed(struct steal_fd *from)
{
    struct steal_task *task[3];
    static char buffer[3][64];
    int n = 0;

    for (int i = 0; i < 3; i++) {
        struct work work;

        steal_fd_read(&work.io, from, buffer[i], sizeof buffer[i]);
        task[i] = spawn_half(&work, from);
    }
    if (run(steal_fd_write_all(&io, fd[1], "good", 4)) < 0)
        return -1;
    steal_fd_close(from);
    for (int i = 0; i < 3; i++) {
        int result = join_task(runtime, task[i]);

        require(result == -ECANCELED || result > 0);
        for (int k = 0; k < result; k++)
            require(strchr("good", buffer[i][k]));
        n += result > 0 ? result : 0;
    }
    return n;
}

START_TEST(number_of_a_closed_descriptor_is_nobody_elses_too_early)
{
    for (int i = 0; i < scaled(500); i++) {
        int poison[8][2];

        require(steal_socketpair(fd, runtime, SOCK_STREAM) == 0);
        require(read_until_closed(fd[0]) <= 4);
        for (int k = 0; k < 8; k++) {
            require(pipe(poison[k]) == 0);
            require(write(poison[k][1], "bad!", 4) == 4);
        }
        for (int k = 0; k < 8; k++) {
            char text[4];

            require(read(poison[k][0], text, 4) == 4);
            close(poison[k][0]);
            close(poison[k][1]);
        }
        steal_fd_close(fd[1]);
    }
    runtime_end(runtime);
}
END_TEST

/* Memory for all but the n-th allocation. */
static void *
allocate_until(size_t size, void *data)
{
    return sub_acq_rel((_Atomic(int) *)data, 1) == 1 ? NULL : malloc(size);
}

static void
release(void *block, size_t size, void *data)
{
    (void)size;
    (void)data;
    free(block);
}

START_TEST(pair_that_cannot_be_made_leaves_the_array_alone)
{
    _Atomic(int) countdown = 0;
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_fd *pair[2] = { NULL, NULL };
    struct steal_runtime *poor;

    options.allocator = (struct steal_allocator){ .allocate = allocate_until,
        .release = release,
        .data = &countdown };
    ck_assert_int_eq(steal_runtime_new(&poor, &options), 0);
    for (int n = 1; n <= 2; n++) {
        store_release(&countdown, n);
        ck_assert_int_eq(steal_pipe(pair, poor), -ENOMEM);
        ck_assert_ptr_null(pair[0]);
        ck_assert_ptr_null(pair[1]);
    }
    ck_assert_int_eq(steal_pipe(pair, poor), 0);
    steal_fd_close(pair[0]);
    steal_fd_close(pair[1]);
    runtime_end(poor);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        pair_that_cannot_be_made_leaves_the_array_alone,
        read_gives_what_is_there,
        read_waits_for_what_comes,
        read_tells_the_end,
        read_exact_fills_the_buffer_from_pieces,
        read_exact_counts_what_came_before_the_end,
        write_all_waits_for_the_reader,
        vectors_keep_their_order,
        sendfile_sends_a_part_of_a_file,
        messages_carry_their_flags,
        attempt_is_repeated_when_it_makes_sense,
        nothing_is_moved_at_once,
        writing_to_who_has_gone_is_an_error_not_a_signal,
        caller_that_works_gets_no_signal_either,
        half_close_ends_one_direction,
        close_cancels_both_directions,
        closed_descriptor_refuses_those_who_still_refer_to_it,
        last_half_closes,
        dropped_read_loses_no_data,
        many_readers_get_each_byte_once,
        task_that_never_waits_lets_others_run,
        number_of_a_closed_descriptor_is_nobody_elses_too_early,
    };

    return run_suite_with("io", reset, tests, LENGTH(tests));
}
