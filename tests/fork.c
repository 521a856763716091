/*
 * tests/fork.c - the child of a fork() has none of the workers, and is told so.
 */
#include <steal.h>

#include "kit.h"

static struct record record;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
}

/* The exit status of a child that calls `fn`; a child that hangs is killed. */
static int
status_of_child(int (*fn)(struct steal_runtime *),
        struct steal_runtime *runtime)
{
    int status;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alarm(30);
        _exit(fn(runtime));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static int
all_is_refused(struct steal_runtime *runtime)
{
    struct probe probe = probe_make(&record, 0, 0);
    struct steal_task *task;
    struct steal_fd *fd;

    if (steal_spawn(runtime, &probe.future, sizeof probe, &task) != -ECANCELED)
        return 1;
    if (steal_task_new(runtime, sizeof probe, &task) != -ECANCELED)
        return 2;
    if (steal_block_on(runtime, &probe.future) != -ECANCELED)
        return 3;
    if (steal_fd_new(&fd, runtime, STDIN_FILENO) != -ECANCELED)
        return 4;
    if (steal_runtime_stop(runtime, STEAL_FOREVER) != -ECANCELED)
        return 5;
    steal_runtime_begin_stop(runtime);
    return record_polls(&record) + record_drops(&record);
}

START_TEST(runtime_of_the_parent_refuses_all)
{
    struct steal_runtime *runtime = runtime_start(2);

    ck_assert_int_eq(join_task(runtime, spawn_probe(runtime, &record, 1, 4)),
            4);
    reset();
    ck_assert_int_eq(status_of_child(all_is_refused, runtime), 0);
    ck_assert_int_eq(join_task(runtime, spawn_probe(runtime, &record, 1, 4)),
            4);
    runtime_end(runtime);
}
END_TEST

static int
new_runtime_works(struct steal_runtime *runtime)
{
    struct probe probe = probe_make(&record, 3, 0);
    struct steal_sleep sleep;

    (void)runtime;
    if (steal_run(NULL, &probe.future))
        return 1;
    return steal_run(NULL, steal_sleep(&sleep, STEAL_MS(1)));
}

START_TEST(child_can_start_a_runtime_of_its_own)
{
    struct steal_runtime *runtime = runtime_start(2);

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    /* Their allocators and threads do not survive such a fork(). */
    (void)new_runtime_works;
#else
    ck_assert_int_eq(status_of_child(new_runtime_works, runtime), 0);
#endif
    runtime_end(runtime);
}
END_TEST

static struct steal_task *handle;
static struct steal_waker waker;

static int
handles_do_no_harm(struct steal_runtime *runtime)
{
    (void)runtime;
    steal_waker_wake(&waker);
    steal_task_abort(handle);
    if (steal_task_is_finished(handle))
        return 1;
    steal_task_detach(handle);
    return 0;
}

START_TEST(handles_and_wakers_of_the_parent_do_no_harm)
{
    struct steal_runtime *runtime = runtime_start(2);

    handle = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    wait_until(record_polls(&record) == 1);
    waker = record_take_waker(&record);
    ck_assert_int_eq(status_of_child(handles_do_no_harm, runtime), 0);
    steal_waker_drop(&waker);
    steal_task_detach(handle);
    runtime_end(runtime);
    ck_assert_int_eq(record_drops(&record), 1);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        runtime_of_the_parent_refuses_all,
        child_can_start_a_runtime_of_its_own,
        handles_and_wakers_of_the_parent_do_no_harm,
    };

    /* In the child of a fork() wakes are lost indeed. */
    unsetenv("STEAL_DEBUG");
    return run_suite_with("fork", reset, tests, LENGTH(tests));
}
