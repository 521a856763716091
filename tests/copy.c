/*
 * tests/copy.c - moving bytes between streams.
 */
#include <steal/copy.h>

#include "sockets.h"

/* Enough for some blocks before the splicing begins, and for some after. */
#define BULK (1 << 20)

static struct steal_runtime *runtime;

/* What the system calls are told to say: 0 is the truth. */
static _Atomic(int) splice_in_error;
static _Atomic(int) splice_out_error;
static _Atomic(int) pipe_error;
static _Atomic(int) splices;
static _Atomic(bool) refuse_memory; /* for what a copy holds */

/* A copy goes from the socket in[1] to the socket out[0]; the test has the outer
 * ends. */
static struct steal_fd *in[2];
static struct steal_fd *out[2];

static void
reset(void)
{
    store_release(&splice_in_error, 0);
    store_release(&splice_out_error, 0);
    store_release(&pipe_error, 0);
    store_release(&splices, 0);
    store_release(&refuse_memory, false);
    runtime = runtime_start(2);
    tcp_ends(runtime, in);
    tcp_ends(runtime, out);
}

static void
finish(void)
{
    for (int i = 0; i < 2; i++) {
        steal_fd_unref(in[i]);
        steal_fd_unref(out[i]);
    }
    runtime_end(runtime);
}

/* In place of the real ones (tests/Makefile.inc). */
ssize_t __real_splice(int from, off64_t *from_offset, int to,
        off64_t *to_offset, size_t size, unsigned flags);
ssize_t __wrap_splice(int from, off64_t *from_offset, int to,
        off64_t *to_offset, size_t size, unsigned flags);
int __real_pipe2(int number[2], int flags);
int __wrap_pipe2(int number[2], int flags);

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *
__wrap_malloc(size_t size)
{
    if (load_acquire(&refuse_memory) && size >= 4096)
        return NULL;
    return __real_malloc(size);
}

static bool
is_out(int number)
{
    return number == steal_fd_number(out[0]);
}

ssize_t
__wrap_splice(int from, off64_t *from_offset, int to, off64_t *to_offset,
        size_t size, unsigned flags)
{
    int error = load_acquire(is_out(to) ? &splice_out_error : &splice_in_error);

    add_acq_rel(&splices, 1);
    if (!error)
        return __real_splice(from, from_offset, to, to_offset, size, flags);
    errno = error;
    return -1;
}

int
__wrap_pipe2(int number[2], int flags)
{
    int error = load_acquire(&pipe_error);

    if (!error)
        return __real_pipe2(number, flags);
    errno = error;
    return -1;
}

/*
 * Streams of numbered bytes
 */

static char
byte_at(size_t i)
{
    return (char)(i * 31 + i / 251);
}

/* Writes `size` bytes in pieces, and half-closes. */
struct source {
    struct steal_async async;
    struct steal_io io;
    struct steal_fd *fd;
    size_t size;
    size_t piece;
    size_t done;
    char data[70000];
};

static void
fill_piece(struct source *self)
{
    if (self->piece > self->size - self->done)
        self->piece = self->size - self->done;
    for (size_t i = 0; i < self->piece; i++)
        self->data[i] = byte_at(self->done + i);
    self->done += self->piece;
}

static enum steal_poll
source_poll(struct steal_future *future, struct steal_context *cx)
{
    struct source *self = (struct source *)future;

    STEAL_BEGIN(&self->async);
    while (self->done < self->size) {
        fill_piece(self);
        STEAL_AWAIT(cx, steal_fd_write_all(&self->io, self->fd, self->data,
                                self->piece));
        if (self->io.future.result < 0)
            STEAL_RETURN(self->io.future.result);
    }
    STEAL_RETURN(steal_fd_shutdown(self->fd, SHUT_WR));
    STEAL_END();
}

static const struct steal_future_ops source_ops = { .name = "source",
    .poll = source_poll };

/* Reads until the end, in pieces that change in size, and checks each byte. */
struct sink {
    struct steal_async async;
    struct steal_io io;
    struct steal_yield yield;
    struct steal_fd *fd;
    size_t size;
    size_t done;
    char data[30000];
};

static bool
is_right(struct sink *self, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (self->data[i] != byte_at(self->done + i))
            return false;
    }
    self->done += n;
    return true;
}

/* Overwrites what the copy has left on this stack. */
static void
scribble(void)
{
    volatile char stack[60000];

    for (size_t i = 0; i < sizeof stack; i++)
        stack[i] = '!';
}

static enum steal_poll
sink_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sink *self = (struct sink *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_yield(&self->yield));
        scribble();
        STEAL_AWAIT(cx, steal_fd_read(&self->io, self->fd, self->data,
                                1 + self->done * 7 % sizeof self->data));
        if (self->io.future.result < 0)
            STEAL_RETURN(self->io.future.result);
        if (self->io.future.result == 0)
            STEAL_RETURN(self->done == self->size ? 0 : -EIO);
        if (!is_right(self, (size_t)self->io.future.result))
            STEAL_RETURN(-EBADMSG);
    }
    STEAL_END();
}

static const struct steal_future_ops sink_ops = { .name = "sink",
    .poll = sink_poll };

static struct steal_task *
spawn_source(struct steal_fd *fd, size_t size, size_t piece)
{
    static struct source source;
    struct steal_task *task;

    source = (struct source){ .async = STEAL_ASYNC(&source_ops),
        .fd = fd,
        .size = size,
        .piece = piece };
    ck_assert_int_eq(steal_spawn(runtime, &source.async.future, sizeof source,
                             &task),
            0);
    return task;
}

static struct steal_task *
spawn_sink(struct steal_fd *fd, size_t size)
{
    static struct sink sink;
    struct steal_task *task;

    sink = (struct sink){ .async = STEAL_ASYNC(&sink_ops),
        .fd = fd,
        .size = size };
    ck_assert_int_eq(steal_spawn(runtime, &sink.async.future, sizeof sink,
                             &task),
            0);
    return task;
}

/* Copies a stream of `size` bytes that are written in such pieces. */
static void
copy_all(size_t size, size_t piece)
{
    struct steal_task *source = spawn_source(in[0], size, piece);
    struct steal_task *sink = spawn_sink(out[1], size);
    struct steal_copy copy;
    int before = open_descriptors();

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_copy(&copy, in[1], out[0], STEAL_ALL)),
            0);
    ck_assert_uint_eq(copy.moved, size);
    ck_assert_ptr_null(copy.failed);
    ck_assert_int_eq(open_descriptors(), before);
    ck_assert_int_eq(steal_fd_shutdown(out[0], SHUT_WR), 0);
    ck_assert_int_eq(join_task(runtime, source), 0);
    ck_assert_int_eq(join_task(runtime, sink), 0);
}

START_TEST(small_messages_arrive)
{
    copy_all(20000, 100);
    finish();
}
END_TEST

START_TEST(empty_stream_ends_the_copy)
{
    copy_all(0, 1);
    finish();
}
END_TEST

START_TEST(bulk_goes_through_a_pipe)
{
    copy_all(BULK * 4, 70000);
    ck_assert_int_gt(load_acquire(&splices), 0);
    finish();
}
END_TEST

START_TEST(without_descriptors_there_is_no_pipe)
{
    store_release(&pipe_error, EMFILE);
    copy_all(BULK * 16, 70000); /* more than the system holds: writes wait */
    ck_assert_int_eq(load_acquire(&splices), 0);
    finish();
}
END_TEST

START_TEST(what_cannot_be_spliced_from_is_read)
{
    store_release(&splice_in_error, EINVAL);
    copy_all(BULK, 70000);
    ck_assert_int_eq(load_acquire(&splices), 1);
    finish();
}
END_TEST

START_TEST(what_cannot_be_spliced_to_is_written)
{
    store_release(&splice_out_error, EINVAL);
    copy_all(BULK, 70000);
    ck_assert_int_gt(load_acquire(&splices), 1);
    finish();
}
END_TEST

START_TEST(copy_stops_at_its_limit)
{
    static const size_t limits[] = { 1, 5, 16384, 100000 };
    static char data[100003];
    struct steal_copy copy;
    size_t total = 0;

    for (size_t i = 0; i < LENGTH(limits); i++) {
        struct steal_task *task = spawn_source(in[0], limits[i] + 3, 70000);
        struct steal_io io;

        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_copy(&copy, in[1], out[0], limits[i])),
                0);
        ck_assert_uint_eq(copy.moved, limits[i]);
        total = limits[i];
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_fd_read_exact(&io, out[1], data, total)),
                (int)total);
        for (size_t j = 0; j < total; j++)
            require(data[j] == byte_at(j));
        /* What is beyond the limit is still there. */
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_fd_read_exact(&io, in[1], data, 3)),
                3);
        ck_assert_int_eq(data[0], byte_at(total));
        ck_assert_int_eq(join_task(runtime, task), 0);
        steal_fd_unref(in[0]);
        steal_fd_unref(in[1]);
        tcp_ends(runtime, in);
    }
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_copy(&copy, in[1], out[0], 0)),
            0);
    finish();
}
END_TEST

/* Closing with unread bytes resets a TCP connection. */
static void
reset_by_peer(struct steal_fd *fd)
{
    struct linger linger = { 1, 0 };

    ck_assert_int_eq(setsockopt(steal_fd_number(fd), SOL_SOCKET, SO_LINGER,
                             &linger, sizeof linger),
            0);
    steal_fd_ref(fd); /* for finish() */
    steal_fd_close(fd);
}

START_TEST(error_names_the_side)
{
    struct steal_copy copy;
    struct steal_task *source;

    reset_by_peer(in[0]);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_copy(&copy, in[1], out[0], STEAL_ALL)),
            -ECONNRESET);
    ck_assert_ptr_eq(copy.failed, in[1]);
    steal_fd_unref(in[0]);
    steal_fd_unref(in[1]);
    tcp_ends(runtime, in);
    reset_by_peer(out[1]);
    source = spawn_source(in[0], BULK, 70000);
    ck_assert_int_lt(steal_block_on(runtime,
                             steal_copy(&copy, in[1], out[0], STEAL_ALL)),
            0);
    ck_assert_ptr_eq(copy.failed, out[0]);
    steal_task_abort(source);
    join_task(runtime, source);
    finish();
}
END_TEST

/* While splicing, a write to what is closed raises no SIGPIPE either. */
START_TEST(reader_that_leaves_ends_the_splicing)
{
    struct steal_task *source = spawn_source(in[0], (size_t)BULK * 64, 70000);
    struct steal_copy copy;
    struct steal_task *task;

    steal_copy(&copy, in[1], out[0], STEAL_ALL);
    ck_assert_int_eq(steal_spawn(runtime, &copy.future, sizeof copy, &task), 0);
    while (load_acquire(&splices) < 20) {
        char data[4096];
        struct steal_io io;

        ck_assert_int_gt(steal_block_on(runtime,
                                 steal_fd_read(&io, out[1], data, sizeof data)),
                0);
    }
    reset_by_peer(out[1]);
    ck_assert_int_lt(join_task(runtime, task), 0);
    steal_task_abort(source);
    join_task(runtime, source);
    finish();
}
END_TEST

/* Nobody reads: the copy waits, with what it has read. */
START_TEST(dropped_copy_leaks_nothing)
{
    int before = open_descriptors();

    for (int i = 0; i < 2; i++) {
        struct steal_task *source = spawn_source(in[0], (size_t)BULK * 64,
                70000);
        struct steal_timeout timeout;
        struct steal_copy copy;

        store_release(&pipe_error, i ? EMFILE : 0);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_timeout(&timeout,
                                         steal_copy(&copy, in[1], out[0],
                                                 STEAL_ALL),
                                         STEAL_MS(100))),
                -ETIMEDOUT);
        ck_assert(i || copy.moved); /* the second finds all full */
        steal_task_abort(source);
        join_task(runtime, source);
        ck_assert_int_eq(open_descriptors(), before);
    }
    finish();
}
END_TEST

START_TEST(copy_without_memory_tells_and_leaks_nothing)
{
    int before = open_descriptors();

    for (int i = 0; i < 2; i++) {
        struct steal_task *source = spawn_source(in[0], (size_t)BULK * 64,
                70000);
        struct steal_copy copy;

        store_release(&pipe_error, i ? 0 : EMFILE);
        store_release(&splice_out_error, i ? EINVAL : 0);
        store_release(&refuse_memory, true);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_copy(&copy, in[1], out[0], STEAL_ALL)),
                -ENOMEM);
        store_release(&refuse_memory, false);
        ck_assert_int_eq(load_acquire(&splices) > 0, i);
        ck_assert_ptr_null(copy.failed);
        steal_task_abort(source);
        join_task(runtime, source);
        ck_assert_int_eq(open_descriptors(), before);
        finish();
        reset();
    }
    finish();
}
END_TEST

START_TEST(pipes_do_as_well)
{
    struct steal_task *sink = spawn_sink(out[1], BULK);
    struct steal_task *source;
    struct steal_fd *pipe_end[2];
    struct steal_copy copy;

    ck_assert_int_eq(steal_pipe(pipe_end, runtime), 0);
    source = spawn_source(pipe_end[1], BULK, 70000);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_copy(&copy, pipe_end[0], out[0], BULK)),
            0);
    ck_assert_int_eq(join_task(runtime, source), -ENOTSOCK); /* the shutdown */
    ck_assert_int_eq(steal_fd_shutdown(out[0], SHUT_WR), 0);
    ck_assert_int_eq(join_task(runtime, sink), 0);
    steal_fd_unref(pipe_end[0]);
    steal_fd_unref(pipe_end[1]);
    finish();
}
END_TEST

/*
 * Both ways
 */

static struct steal_task *
spawn_proxy(void)
{
    struct steal_copy_both both;
    struct steal_task *task;

    steal_copy_both(&both, in[1], out[0]);
    ck_assert_int_eq(steal_spawn(runtime, &both.future, sizeof both, &task), 0);
    return task;
}

START_TEST(end_of_either_side_is_passed_on_and_the_other_goes_on)
{
    for (int order = 0; order < 2; order++) {
        struct steal_fd *first = order ? out[1] : in[0];
        struct steal_fd *second = order ? in[0] : out[1];
        struct steal_task *proxy = spawn_proxy();

        write_text(runtime, first, "question");
        expect_text(runtime, second, "question");
        ck_assert_int_eq(steal_fd_shutdown(first, SHUT_WR), 0);
        ck_assert_int_eq(read_one(runtime, second), 0);
        write_text(runtime, second, "answer");
        expect_text(runtime, first, "answer");
        ck_assert(!steal_task_is_finished(proxy));
        ck_assert_int_eq(steal_fd_shutdown(second, SHUT_WR), 0);
        ck_assert_int_eq(read_one(runtime, first), 0);
        ck_assert_int_eq(join_task(runtime, proxy), 0);
        finish();
        reset();
    }
    finish();
}
END_TEST

START_TEST(bulk_goes_both_ways_at_once)
{
    struct steal_task *proxy = spawn_proxy();
    struct steal_task *task[] = {
        spawn_source(in[0], BULK, 70000),
        spawn_sink(out[1], BULK),
        spawn_source(out[1], BULK + 1, 1000),
        spawn_sink(in[0], BULK + 1),
    };

    for (size_t i = 0; i < LENGTH(task); i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    ck_assert_int_eq(join_task(runtime, proxy), 0);
    finish();
}
END_TEST

START_TEST(error_of_one_way_ends_both)
{
    struct steal_task *proxy = spawn_proxy();

    write_text(runtime, in[0], "question");
    expect_text(runtime, out[1], "question");
    reset_by_peer(out[1]);
    ck_assert_int_eq(join_task(runtime, proxy), -ECONNRESET);
    finish();
}
END_TEST

START_TEST(aborted_proxy_leaks_nothing)
{
    int before = open_descriptors();
    struct steal_task *proxy = spawn_proxy();

    write_text(runtime, in[0], "question");
    expect_text(runtime, out[1], "question");
    steal_task_abort(proxy);
    ck_assert_int_eq(join_task(runtime, proxy), -ECANCELED);
    ck_assert_int_eq(open_descriptors(), before);
    finish();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        small_messages_arrive,
        empty_stream_ends_the_copy,
        bulk_goes_through_a_pipe,
        without_descriptors_there_is_no_pipe,
        what_cannot_be_spliced_from_is_read,
        what_cannot_be_spliced_to_is_written,
        copy_stops_at_its_limit,
        error_names_the_side,
        reader_that_leaves_ends_the_splicing,
        dropped_copy_leaks_nothing,
        copy_without_memory_tells_and_leaks_nothing,
        pipes_do_as_well,
        end_of_either_side_is_passed_on_and_the_other_goes_on,
        bulk_goes_both_ways_at_once,
        error_of_one_way_ends_both,
        aborted_proxy_leaks_nothing,
    };

    return run_suite_with("copy", reset, tests, LENGTH(tests));
}
