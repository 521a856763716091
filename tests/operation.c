/*
 * tests/operation.c - many operations at once, and those that nobody waits for
 * any more.
 */
#include "../src/file/operation.h"

#include "../src/file/cached.h"
#include "files.h"

enum {
    READERS = 1000,
    PIECE = 512
};

struct reader {
    struct steal_async async;
    struct steal_file_io io;
    int file;
    int number;
    unsigned char buffer[PIECE];
};

static enum steal_poll
reader_poll(struct steal_future *future, struct steal_context *cx)
{
    struct reader *self = (struct reader *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_file_read_exact(&self->io, self->file, self->buffer,
                            PIECE, (long long)self->number * PIECE));
    require(self->io.future.result == PIECE);
    for (size_t i = 0; i < PIECE; i++)
        require(self->buffer[i] == byte_at((size_t)self->number * PIECE + i));
    STEAL_END();
}

static const struct steal_future_ops reader_ops = { .name = "reader",
    .poll = reader_poll };

START_TEST(a_thousand_reads_at_once)
{
    static struct steal_task *task[READERS];
    struct reader reader = { .async = STEAL_ASYNC(&reader_ops) };

    write_file("a", READERS * PIECE);
    reader.file = open_file("a", O_RDONLY);
    for (int i = 0; i < READERS; i++) {
        reader.number = i;
        ck_assert_int_eq(steal_spawn(runtime, &reader.async.future,
                                 sizeof reader, &task[i]),
                0);
    }
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    close_file(reader.file);
    finish();
}
END_TEST

/* An operation that is a task itself: it was copied before its first poll. */
static struct steal_task *
spawn_operation(const struct steal_file_io *operation)
{
    struct steal_file_io copy = *operation;
    struct steal_task *task = NULL;

    require(steal_spawn(runtime, &copy.future, sizeof copy, &task) == 0);
    return task;
}

START_TEST(an_operation_may_move_before_its_first_poll)
{
    char buffer[4] = { 0 };
    int file;

    write_file("a", 10);
    file = open_file("a", O_RDONLY);
    steal_file_read(&io, file, buffer, 3, 1);
    ck_assert_int_eq(join_task(runtime, spawn_operation(&io)), 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq((unsigned char)buffer[i], byte_at(1 + i));
    steal_file_close(&io, file);
    ck_assert(is_open(file, "a"));
    ck_assert_int_eq(join_task(runtime, spawn_operation(&io)), 0);
    ck_assert(!is_open(file, "a"));
    finish();
}
END_TEST

/* A task that polls `io`, which outlives it. */
static enum steal_poll
holder_poll(struct steal_future *future, struct steal_context *cx)
{
    enum steal_poll poll = steal_future_poll(&io.future, cx);

    future->result = io.future.result;
    return poll;
}

static void
holder_drop(struct steal_future *future)
{
    (void)future;
    steal_future_drop(&io.future);
}

static const struct steal_future_ops holder_ops = { .name = "holder",
    .poll = holder_poll,
    .drop = holder_drop };

static struct steal_task *
spawn_holder(void)
{
    struct steal_future holder = STEAL_FUTURE(&holder_ops);
    struct steal_task *task = NULL;

    require(steal_spawn(runtime, &holder, sizeof holder, &task) == 0);
    return task;
}

/* Aborts, and returns once the operation is being dropped. */
static void
abort_running(struct steal_task *task)
{
    steal_task_abort(task);
    wait_until(operation_stops(&io));
}

START_TEST(dropped_copy_ends_with_its_step)
{
    int before = count_open();
    struct steal_task *task;
    int ends[2];

    ck_assert_int_eq(mkfifo("a", 0600), 0);
    ck_assert_int_eq(mkfifo("b", 0600), 0);
    steal_file_copy(&io, "a", "b", 0);
    task = spawn_holder();
    ends[0] = open("a", O_WRONLY); /* waits until the copy has opened it */
    ck_assert_int_eq(write(ends[0], "x", 1), 1);
    abort_running(task);
    ends[1] = open("b", O_RDONLY); /* lets it go on */
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    ck_assert_uint_eq(io.done, 0);
    close(ends[0]);
    close(ends[1]);
    wait_until(count_open() <= before);
    finish();
}
END_TEST

START_TEST(dropped_load_frees_its_memory)
{
    struct steal_task *task;
    int end;

    ck_assert_int_eq(mkfifo("a", 0600), 0);
    steal_file_load(&io, "a", SIZE_MAX);
    task = spawn_holder();
    end = open("a", O_WRONLY);
    ck_assert_int_eq(write(end, "x", 1), 1);
    abort_running(task);
    close(end);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    ck_assert_ptr_null(io.data);
    finish();
}
END_TEST

START_TEST(dropped_write_ends_with_its_step)
{
    const size_t size = 3 * OPERATION_STEP;
    unsigned char *data = pattern(size);
    struct steal_task *task;
    size_t total = 1;
    char block[4096];
    int ends[2];
    ssize_t n;

    ck_assert_int_eq(pipe(ends), 0);
    steal_file_write_all(&io, ends[1], data, size, STEAL_FILE_POSITION);
    task = spawn_holder();
    ck_assert_int_eq(read(ends[0], block, 1), 1); /* it has begun */
    abort_running(task);
    for (; total < OPERATION_STEP; total += (size_t)n) {
        n = read(ends[0], block, sizeof block);
        ck_assert_int_gt(n, 0);
    }
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    ck_assert_uint_eq(io.done, OPERATION_STEP);
    ck_assert_uint_eq(total, OPERATION_STEP);
    close(ends[0]);
    close(ends[1]);
    free(data);
    finish();
}
END_TEST

/* One thread for what blocks, and it waits for the other end of a pipe. */
static struct steal_task *
occupy_pool(int *end)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *task;

    runtime_end(runtime);
    options.workers = 1;
    options.blocking_threads = 1;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    ck_assert_int_eq(mkfifo("p", 0600), 0);
    steal_file_load(&io, "p", SIZE_MAX);
    task = spawn_holder();
    *end = open("p", O_WRONLY);
    return task;
}

/* Returns once the operation has begun to wait, and aborts it. */
static void
queue_and_abort(struct steal_future *future)
{
    struct steal_task *task = spawn_operation((struct steal_file_io *)future);
    struct record behind = RECORD_INIT;

    join_task(runtime, spawn_probe(runtime, &behind, 0, 0));
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
}

START_TEST(what_was_dropped_in_the_queue_does_not_happen)
{
    int before = count_open();
    struct steal_file_io other;
    struct steal_task *task;
    int end;

    write_file("a", 10);
    task = occupy_pool(&end);
    queue_and_abort(steal_file_unlink(&other, "a"));
    queue_and_abort(steal_file_open(&other, "b", O_CREAT | O_RDWR, 0600));
    queue_and_abort(steal_file_close(&other, open("/dev/null", O_RDONLY)));
    close(end);
    ck_assert_int_eq(join_task(runtime, task), 0);
    free(io.data);
    ck_assert_int_eq(access("a", F_OK), 0);
    ck_assert_int_lt(access("b", F_OK), 0);
    wait_until(count_open() <= before); /* a close does happen */
    finish();
}
END_TEST

START_TEST(what_is_in_memory_needs_no_thread)
{
    unsigned char buffer[100];
    struct steal_file_io other;
    struct steal_task *task;
    int file;
    int end;

    write_file("a", 10);
    file = open("a", O_RDONLY);
    task = occupy_pool(&end);
    if (steal__cached_read(file, buffer, 4, 2) == 4) { /* where that works */
        ck_assert_int_eq(await(steal_file_read(&other, file, buffer, 100, 2)),
                8);
        ck_assert_int_eq(buffer[7], byte_at(9));
        ck_assert_int_eq(await(steal_file_read(&other, file, buffer, 9, 10)),
                0);
        ck_assert_int_eq(await(steal_file_read_exact(&other, file, buffer, 4,
                                 3)),
                4);
        ck_assert_int_eq(buffer[3], byte_at(6));
        ck_assert_int_eq(await(steal_file_read_exact(&other, file, buffer, 4,
                                 7)),
                STEAL_EOF);
        ck_assert_uint_eq(other.done, 3);
    }
    close(end);
    ck_assert_int_eq(join_task(runtime, task), 0);
    free(io.data);
    close(file);
    finish();
}
END_TEST

/* Reads the same again and again, until the other task was polled. */
struct hog {
    struct steal_async async;
    struct steal_file_io io;
    struct record *other;
    int file;
    char byte;
};

static enum steal_poll
hog_poll(struct steal_future *future, struct steal_context *cx)
{
    struct hog *self = (struct hog *)future;

    STEAL_BEGIN(&self->async);
    while (record_polls(self->other) == 0)
        STEAL_AWAIT(cx,
                steal_file_read(&self->io, self->file, &self->byte, 1, 0));
    STEAL_END();
}

static const struct steal_future_ops hog_ops = { .name = "hog",
    .poll = hog_poll };

START_TEST(reads_from_memory_give_way)
{
    struct record other = RECORD_INIT;
    struct hog hog = { .async = STEAL_ASYNC(&hog_ops), .other = &other };
    struct steal_task *task;

    runtime_end(runtime);
    runtime = runtime_start(1);
    write_file("a", 10);
    hog.file = open("a", O_RDONLY);
    require(steal_spawn(runtime, &hog.async.future, sizeof hog, &task) == 0);
    join_task(runtime, spawn_probe(runtime, &other, 0, 0));
    ck_assert_int_eq(join_task(runtime, task), 0);
    close(hog.file);
    finish();
}
END_TEST

/* The opens meet a reader and an abort in whatever order. */
START_TEST(dropped_open_closes_its_file)
{
    int before = count_open();

    ck_assert_int_eq(mkfifo("a", 0600), 0);
    for (int i = 0; i < scaled(400) + 20; i++) {
        struct steal_task *task;
        int end = -1;

        steal_file_open(&io, "a", O_WRONLY, 0);
        task = spawn_holder();
        if (i % 4 == 1)
            end = open("a", O_RDONLY);
        for (int j = 0; j < i % 16; j++)
            sched_yield();
        steal_task_abort(task);
        if (end < 0)
            end = open("a", O_RDONLY | O_NONBLOCK);
        if (join_task(runtime, task) >= 0)
            close(io.future.result);
        close(end);
    }
    wait_until(count_open() <= before);
    finish();
}
END_TEST

/* Aborts the operation at some moment; its result, -ECANCELED if it came too
 * late. */
static int
spawn_and_abort(struct steal_future *future, int moment)
{
    struct steal_task *task = spawn_operation((struct steal_file_io *)future);

    for (int i = 0; i < moment; i++)
        sched_yield();
    steal_task_abort(task);
    return join_task(runtime, task);
}

START_TEST(aborted_tasks_leak_no_descriptor)
{
    int before = count_open();

    for (int i = 0; i < scaled(1000) + 20; i++) {
        struct steal_directory *directory;
        int file = open("/dev/null", O_RDONLY);

        spawn_and_abort(steal_file_close(&io, file), i % 32);
        ck_assert(!is_open(file, "/dev/null"));
        file = spawn_and_abort(steal_file_open(&io, "/dev/null", O_RDONLY, 0),
                i % 32);
        if (file >= 0)
            close(file);
        spawn_and_abort(steal_directory_open(&io, &directory, "."), i % 32);
        steal_directory_close(directory); /* NULL if it was aborted */
    }
    wait_until(count_open() <= before);
    finish();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        a_thousand_reads_at_once,
        an_operation_may_move_before_its_first_poll,
        dropped_copy_ends_with_its_step,
        dropped_load_frees_its_memory,
        dropped_write_ends_with_its_step,
        what_was_dropped_in_the_queue_does_not_happen,
        what_is_in_memory_needs_no_thread,
        reads_from_memory_give_way,
        dropped_open_closes_its_file,
        aborted_tasks_leak_no_descriptor,
    };

    return run_suite_with("operation", reset, tests, LENGTH(tests));
}
