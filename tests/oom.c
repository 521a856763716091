/*
 * tests/oom.c - out of memory at every place where it may happen.
 *
 * The same workload runs again and again, and its n-th allocation fails, for n
 * of 1, 2, ... until it runs through.  Each run ends well or with -ENOMEM: no
 * task is lost, and nothing leaks.
 *
 * Tasks get their memory from an allocator of the test's, which fails too.
 */
#include <steal.h>

#include "failing.h"

#include <stdio.h>

/*
 * The workload: each step may be refused for want of memory, and nothing else
 * may go wrong.
 */

enum {
    LEAVES = 6
};

static struct record record[LEAVES];
static const struct steal_local_key key = { NULL };

struct work {
    struct steal_async async;
    int ends[2];
    struct steal_fd *fd;
    struct steal_ready ready;
    struct steal_timeout timeout;
    struct steal_group group;
    struct steal_group_wait wait;
    struct steal_task *task[2];
    struct steal_join join;
    struct steal_sleep sleep;
    int spawned; /* how many records have a task */
    int error;
    int i;
};

/* Remembers the first refusal. */
static bool
worked(struct work *work, int error)
{
    require(error == 0 || error == -ENOMEM);
    if (error && !work->error)
        work->error = error;
    return error == 0;
}

static void
spawn_group(struct work *self)
{
    if (!worked(self, steal_group_init(&self->group, NULL, 0)))
        return;
    for (int i = 0; i < 3; i++) {
        struct probe probe = probe_make(&record[self->spawned], 1, 0);

        if (worked(self, steal_group_spawn(&self->group, &probe.future,
                                 sizeof probe)))
            self->spawned++;
    }
}

static void
spawn_tasks(struct work *self)
{
    for (int i = 0; i < 2; i++) {
        struct probe probe = probe_make(&record[self->spawned], i, 0);

        self->task[i] = NULL;
        if (worked(self, steal_spawn(NULL, &probe.future, sizeof probe,
                                 &self->task[i]))) {
            self->spawned++;
            worked(self, steal_task_set_name(self->task[i], "leaf"));
        }
    }
}

static enum steal_poll
work_poll(struct steal_future *future, struct steal_context *cx)
{
    struct work *self = (struct work *)future;

    STEAL_BEGIN(&self->async);
    worked(self, steal_local_set(&key, self));
    spawn_group(self);
    spawn_tasks(self);
    if (worked(self, steal_fd_new(&self->fd, NULL, self->ends[0])))
        STEAL_AWAIT(cx, steal_timeout(&self->timeout,
                                steal_fd_readable(&self->ready, self->fd),
                                STEAL_SECONDS(100)));
    STEAL_AWAIT(cx, steal_sleep(&self->sleep, STEAL_US(50)));
    if (self->group.state)
        STEAL_AWAIT(cx, steal_group_wait(&self->wait, &self->group));
    for (self->i = 0; self->i < 2; self->i++) {
        if (self->task[self->i])
            STEAL_AWAIT(cx, steal_join(&self->join, self->task[self->i]));
    }
    STEAL_RETURN(self->error);
    STEAL_END();
}

static void
work_drop(struct steal_future *future)
{
    struct work *self = (struct work *)future;

    steal_group_fini(&self->group);
    if (self->fd)
        steal_fd_close(self->fd);
}

static const struct steal_future_ops work_ops = { .name = "work",
    .poll = work_poll,
    .drop = work_drop };

static void *
task_allocate(size_t size, void *data)
{
    (void)data;
    return malloc(size);
}

static void
task_release(void *block, size_t size, void *data)
{
    (void)size;
    (void)data;
    free(block);
}

static int
run_workload(struct work *work, unsigned flags)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = flags ? 0 : 2;
    options.flags = flags;
    options.allocator = (struct steal_allocator){ task_allocate, task_release,
        NULL };
    return steal_run(&options, &work->async.future);
}

/* One run, whose n-th allocation fails; true if it came to that. */
static bool
run_failing(int n, unsigned flags)
{
    struct work work = { .async = STEAL_ASYNC(&work_ops) };
    int error;

    for (int i = 0; i < LEAVES; i++)
        record[i] = (struct record)RECORD_INIT;
    require(pipe(work.ends) == 0);
    require(write(work.ends[1], "x", 1) == 1);
    failing_begin(n);
    failing_arm(true);
    error = run_workload(&work, flags);
    failing_arm(false);
    failing_end();
    close(work.ends[0]);
    close(work.ends[1]);

    require(error == 0 || error == -ENOMEM);
    require((error != 0) == (load_acquire(&failing.failures) != 0));
    failing_check_leaks(n);
    for (int i = 0; i < LEAVES; i++)
        require(record_drops(&record[i]) == (i < work.spawned));
    return load_acquire(&failing.failures);
}

static void
fail_one_after_the_other(unsigned flags)
{
    int n = 1;

    while (run_failing(n, flags))
        n++;
    ck_assert_int_gt(n, 10); /* the wrappers are in place */
}

START_TEST(every_allocation_may_fail)
{
    fail_one_after_the_other(0);
}
END_TEST

START_TEST(every_allocation_may_fail_on_the_caller)
{
    fail_one_after_the_other(STEAL_ON_CALLER);
}
END_TEST

/*
 * Out of descriptors
 */

static int
count_open(void)
{
    int n = 0;

    for (int number = 0; number < 256; number++)
        n += fcntl(number, F_GETFD) >= 0;
    return n;
}

/* Starts a runtime, and stops it, where only so many descriptors may be. */
static int
start_with(rlim_t n)
{
    struct steal_runtime *runtime = NULL;
    struct rlimit old;
    struct rlimit limit;
    int error;

    require(getrlimit(RLIMIT_NOFILE, &old) == 0);
    limit = (struct rlimit){ n, old.rlim_max };
    require(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    error = steal_runtime_new(&runtime, NULL);
    if (!error)
        runtime_end(runtime);
    require(setrlimit(RLIMIT_NOFILE, &old) == 0);
    return error;
}

/* Twice: the first runtime of a process opens what libuv keeps for ever. */
START_TEST(without_descriptors_no_runtime_starts)
{
    for (int round = 0; round < 2; round++) {
        int before = count_open();
        rlim_t n = 0;
        int error;

        while ((error = start_with(n++)))
            require(error == -EMFILE && (round == 0 || count_open() == before));
        ck_assert_int_gt((int)n, 1);
        ck_assert(round == 0 || count_open() == before);
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        every_allocation_may_fail,
        every_allocation_may_fail_on_the_caller,
        without_descriptors_no_runtime_starts,
    };

    unsetenv("STEAL_DEBUG"); /* what it measures does without memory */
    return run_suite("oom", tests, LENGTH(tests));
}
