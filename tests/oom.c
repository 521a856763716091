/*
 * tests/oom.c - out of memory at every place where it may happen.
 *
 * The same workload runs again and again, and its n-th allocation fails, for n
 * of 1, 2, ... until it runs through.  Each run ends well or with -ENOMEM: no
 * task is lost, and nothing leaks.
 *
 * The linker sends the allocations of the library and of this program here
 * (-Wl,--wrap=malloc and so on); tasks get theirs from an allocator, which comes
 * here too.
 */
#include <steal.h>

#include "kit.h"

#include <stdio.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *block);

static _Atomic(bool) counting;
static _Atomic(int) countdown; /* to the allocation that fails */
static _Atomic(int) blocks;    /* out */
static _Atomic(int) failures;

static bool
fails(void)
{
    if (!load_acquire(&counting) || sub_acq_rel(&countdown, 1) != 1)
        return false;
    add_acq_rel(&failures, 1);
    return true;
}

static void *
counted(void *block)
{
    if (block && load_acquire(&counting))
        add_acq_rel(&blocks, 1);
    return block;
}

void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(n, size));
}

void *
__wrap_realloc(void *block, size_t size)
{
    if (fails())
        return NULL;
    return block ? __real_realloc(block, size) : counted(__real_malloc(size));
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

void
__wrap_free(void *block)
{
    if (block && load_acquire(&counting))
        sub_acq_rel(&blocks, 1);
    __real_free(block);
}

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

static const struct steal_future_ops work_ops = { "work", work_poll,
    work_drop };

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
    store_release(&failures, 0);
    store_release(&countdown, n);
    store_release(&blocks, 0);
    store_release(&counting, true);
    error = run_workload(&work, flags);
    store_release(&counting, false);
    close(work.ends[0]);
    close(work.ends[1]);

    require(error == 0 || error == -ENOMEM);
    require((error != 0) == (load_acquire(&failures) != 0));
    if (load_acquire(&blocks))
        ck_abort_msg("%d blocks leaked by failure %d", load_acquire(&blocks),
                n);
    for (int i = 0; i < LEAVES; i++)
        require(record_drops(&record[i]) == (i < work.spawned));
    return load_acquire(&failures);
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

    return run_suite("oom", tests, LENGTH(tests));
}
