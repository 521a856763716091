/*
 * tests/file_watch.c - being told when files change.
 */
#include <steal/file_watch.h>

#include "kit.h"

#include <stdio.h>
#include <sys/stat.h>

#define BOTH (STEAL_CHANGED | STEAL_RENAMED)

static struct steal_runtime *runtime;
static char folder[64];

static void
reset(void)
{
    runtime = runtime_start(2);
    strcpy(folder, "/tmp/steal-file-watch-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* The path of a file in the folder, until the next call but one. */
static const char *
path_of(const char *name)
{
    static char paths[2][400];
    static int which;

    which = !which;
    snprintf(paths[which], sizeof paths[which], "%s/%s", folder, name);
    return paths[which];
}

static void
finish(void)
{
    ck_assert_int_eq(rmdir(folder), 0);
    runtime_end(runtime);
}

static void
write_file(const char *name, const char *text)
{
    int file = open(path_of(name), O_WRONLY | O_CREAT | O_APPEND, 0600);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, strlen(text)), strlen(text));
    ck_assert_int_eq(close(file), 0);
}

static struct steal_file_watch *
watch_folder(unsigned events)
{
    struct steal_file_watch *watch;

    ck_assert_int_eq(steal_file_watch_new(&watch, runtime, folder, events), 0);
    return watch;
}

static struct steal_file_watch_next
await_event(struct steal_file_watch *watch)
{
    struct steal_file_watch_next next;

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_file_watch_next(&next, watch)),
            0);
    return next;
}

static void
expect_event(struct steal_file_watch *watch, unsigned events, const char *name)
{
    struct steal_file_watch_next next = await_event(watch);

    ck_assert_uint_eq(next.events, events);
    ck_assert_str_eq(next.name, name);
}

START_TEST(files_of_a_folder_appear_change_and_go)
{
    struct steal_file_watch *watch = watch_folder(BOTH);

    write_file("file", "");
    expect_event(watch, STEAL_RENAMED, "file");
    write_file("file", "text");
    expect_event(watch, STEAL_CHANGED, "file");
    ck_assert_int_eq(rename(path_of("file"), path_of("other")), 0);
    expect_event(watch, STEAL_RENAMED, "file");
    expect_event(watch, STEAL_RENAMED, "other");
    ck_assert_int_eq(unlink(path_of("other")), 0);
    expect_event(watch, STEAL_RENAMED, "other");
    steal_file_watch_free(watch);
    finish();
}
END_TEST

START_TEST(only_events_that_were_asked_for_are_told)
{
    struct steal_file_watch *changes = watch_folder(STEAL_CHANGED);
    struct steal_file_watch *renames = watch_folder(STEAL_RENAMED);

    write_file("file", "text");
    ck_assert_int_eq(rename(path_of("file"), path_of("other")), 0);
    write_file("other", "text");
    expect_event(changes, STEAL_CHANGED, "file");
    expect_event(changes, STEAL_CHANGED, "other");
    expect_event(renames, STEAL_RENAMED, "file");
    steal_file_watch_free(changes);
    steal_file_watch_free(renames);
    ck_assert_int_eq(unlink(path_of("other")), 0);
    finish();
}
END_TEST

START_TEST(watched_file_tells_of_itself)
{
    struct steal_file_watch *watch;

    write_file("file", "");
    ck_assert_int_eq(steal_file_watch_new(&watch, runtime, path_of("file"),
                             BOTH),
            0);
    write_file("file", "text");
    expect_event(watch, STEAL_CHANGED, "file");
    ck_assert_int_eq(unlink(path_of("file")), 0);
    for (;;) { /* the attributes change, too: the number of its names */
        struct steal_file_watch_next next = await_event(watch);

        ck_assert_str_eq(next.name, "file");
        if (next.events == STEAL_RENAMED)
            break;
    }
    steal_file_watch_free(watch);
    finish();
}
END_TEST

START_TEST(events_that_are_alike_are_one)
{
    struct steal_file_watch *watch = watch_folder(BOTH);
    bool is_last = false;

    for (int i = 0; i < 1000; i++)
        write_file("file", "text");
    write_file("last", "");
    expect_event(watch, STEAL_RENAMED, "file");
    for (int i = 0; !is_last; i++) { /* as many as were taken in between */
        struct steal_file_watch_next next = await_event(watch);

        is_last = strcmp(next.name, "last") == 0;
        ck_assert(is_last || next.events == STEAL_CHANGED);
        ck_assert_int_lt(i, 1000);
    }
    steal_file_watch_free(watch);
    ck_assert_int_eq(unlink(path_of("file")), 0);
    ck_assert_int_eq(unlink(path_of("last")), 0);
    finish();
}
END_TEST

/* Names of the longest kind: the queue has room for fewer than twenty. */
static const char *
long_name(int i)
{
    static char name[256];

    memset(name, 'x', 255);
    name[0] = (char)('a' + i % 26);
    name[1] = (char)('a' + i / 26);
    return name;
}

START_TEST(events_without_room_are_dropped_and_that_is_told)
{
    struct steal_file_watch *watch = watch_folder(STEAL_RENAMED);
    struct steal_file_watch *other = watch_folder(STEAL_RENAMED);
    struct steal_file_watch_next next;
    int told = 0;

    for (int i = 0; i < 100; i++)
        write_file(long_name(i), "");
    do { /* the loop has seen all once the other watch has */
        next = await_event(other);
    } while (next.events != STEAL_MISSED);
    for (;;) {
        next = await_event(watch);
        if (next.events == STEAL_MISSED)
            break;
        ck_assert_str_eq(next.name, long_name(told++));
    }
    ck_assert_str_eq(next.name, "");
    ck_assert_int_gt(told, 4);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(unlink(path_of(long_name(i))), 0);
    steal_file_watch_free(watch);
    steal_file_watch_free(other);
    finish();
}
END_TEST

START_TEST(path_that_cannot_be_watched_is_an_error)
{
    struct steal_file_watch *watch;

    ck_assert_int_eq(steal_file_watch_new(&watch, runtime, path_of("none"),
                             BOTH),
            -ENOENT);
    ck_assert_int_eq(steal_file_watch_new(&watch, runtime, folder, 0), -EINVAL);
    ck_assert_int_eq(steal_file_watch_new(&watch, runtime, folder,
                             STEAL_MISSED),
            -EINVAL);
    ck_assert_int_eq(steal_file_watch_new(&watch, NULL, folder, BOTH), -EINVAL);
    steal_runtime_begin_stop(runtime);
    ck_assert_int_eq(steal_file_watch_new(&watch, runtime, folder, BOTH),
            -ECANCELED);
    finish();
}
END_TEST

/* A wait in a task, which has begun when it is first polled. */
struct waiter {
    struct steal_future future;
    struct steal_file_watch_next next;
    _Atomic(int) *begun;
};

static enum steal_poll
waiter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waiter *waiter = (struct waiter *)future;
    enum steal_poll poll = steal_future_poll(&waiter->next.future, cx);

    future->result = waiter->next.future.result;
    add_acq_rel(waiter->begun, 1);
    return poll;
}

static void
waiter_drop(struct steal_future *future)
{
    steal_future_drop(&((struct waiter *)future)->next.future);
}

static const struct steal_future_ops waiter_ops = { .name = "waiter",
    .poll = waiter_poll,
    .drop = waiter_drop };

static struct steal_task *
spawn_waiter(struct steal_file_watch *watch, _Atomic(int) *begun)
{
    struct waiter waiter = { STEAL_FUTURE(&waiter_ops), .begun = begun };
    struct steal_task *task = NULL;

    steal_file_watch_next(&waiter.next, watch);
    require(steal_spawn(runtime, &waiter.future, sizeof waiter, &task) == 0);
    return task;
}

START_TEST(free_cancels_those_who_wait)
{
    struct steal_file_watch *watch = watch_folder(BOTH);
    struct steal_task *tasks[3];
    _Atomic(int) begun = 0;

    for (int i = 0; i < 3; i++)
        tasks[i] = spawn_waiter(watch, &begun);
    wait_until(load_acquire(&begun) == 3);
    steal_file_watch_free(watch);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(join_task(runtime, tasks[i]), -ECANCELED);
    finish();
}
END_TEST

START_TEST(event_ends_a_wait)
{
    struct steal_file_watch *watch = watch_folder(STEAL_RENAMED);

    for (int i = 0; i < scaled(200); i++) {
        _Atomic(int) begun = 0;
        struct steal_task *task = spawn_waiter(watch, &begun);

        if (i % 2)
            wait_until(load_acquire(&begun) >= 1); /* 2: of an event before */
        ck_assert_int_eq(mkdir(path_of("folder"), 0700), 0);
        ck_assert_int_eq(join_task(runtime, task), 0);
        ck_assert_int_eq(rmdir(path_of("folder")), 0);
        ck_assert_int_eq(mkdir(path_of("mark"), 0700), 0);
        ck_assert_int_eq(rmdir(path_of("mark")), 0);
        while (strcmp(await_event(watch).name, "mark") != 0)
            ;
    }
    steal_file_watch_free(watch);
    finish();
}
END_TEST

START_TEST(object_outlives_its_runtime)
{
    struct steal_file_watch *watch = watch_folder(BOTH);
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_file_watch_next next;
    struct steal_future *future = steal_file_watch_next(&next, watch);

    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_PENDING);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, -ECANCELED);
    steal_future_drop(future);
    steal_file_watch_free(watch);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        files_of_a_folder_appear_change_and_go,
        only_events_that_were_asked_for_are_told,
        watched_file_tells_of_itself,
        events_that_are_alike_are_one,
        events_without_room_are_dropped_and_that_is_told,
        path_that_cannot_be_watched_is_an_error,
        free_cancels_those_who_wait,
        event_ends_a_wait,
        object_outlives_its_runtime,
    };

    return run_suite_with("file_watch", reset, tests, LENGTH(tests));
}
