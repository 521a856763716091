/*
 * tests/file_oom.c - out of memory at every place of src/file where it may
 * happen, and in libuv below it.
 *
 * As tests/oom.c does: the same workload runs again and again, and its n-th
 * allocation fails.  The start of the runtime is not part of it: where memory is
 * wanting libuv aborts while it makes a loop.
 */
#include <steal/file.h>

#include "failing.h"

#include <dirent.h>
#include <sys/stat.h>

#include <uv.h>

struct work {
    struct steal_async async;
    struct steal_file_io io;
    struct steal_directory *directory;
    struct steal_entry entry;
    struct iovec vector[6]; /* more than libuv has room for in a request */
    char buffer[64];
    int file;
    int error; /* the first */
};

/* True if all went well; else it was for want of memory. */
static bool
worked(struct work *self)
{
    int result = self->io.future.result;

    require(result >= 0 || result == -ENOMEM);
    if (result < 0 && self->error == 0)
        self->error = result;
    return result >= 0;
}

static enum steal_poll
whole_poll(struct steal_future *future, struct steal_context *cx)
{
    struct work *self = (struct work *)future;

    STEAL_BEGIN(&self->async);
    failing_arm(true);
    STEAL_AWAIT(cx, steal_file_save(&self->io, "d/a", "0123456789", 10, 0600));
    worked(self);
    STEAL_AWAIT(cx, steal_file_load(&self->io, "/proc/self/maps", 1 << 20));
    if (worked(self))
        free(self->io.data);
    STEAL_AWAIT(cx, steal_file_copy(&self->io, "d/a", "d/b", 0));
    worked(self);
    STEAL_AWAIT(cx, steal_file_readlink(&self->io, "link", self->buffer,
                            sizeof self->buffer));
    worked(self);
    STEAL_AWAIT(cx,
            steal_file_readv(&self->io, self->file, self->vector, 6, 0));
    worked(self);
    STEAL_AWAIT(cx,
            steal_file_writev(&self->io, self->file, self->vector, 6, 0));
    worked(self);
    STEAL_RETURN(self->error);
    STEAL_END();
}

static enum steal_poll
directory_poll(struct steal_future *future, struct steal_context *cx)
{
    struct work *self = (struct work *)future;

    STEAL_BEGIN(&self->async);
    failing_arm(true);
    STEAL_AWAIT(cx, steal_directory_make_all(&self->io, "d/e/f", 0700));
    worked(self);
    strcpy(self->buffer, "d/XXXXXX");
    STEAL_AWAIT(cx, steal_directory_make_temporary(&self->io, self->buffer));
    if (worked(self))
        STEAL_AWAIT(cx, steal_directory_remove(&self->io, self->buffer));
    STEAL_AWAIT(cx, steal_directory_open(&self->io, &self->directory, "/dev"));
    if (!worked(self))
        STEAL_RETURN(self->error);
    do {
        STEAL_AWAIT(cx,
                steal_directory_next(&self->io, self->directory, &self->entry));
    } while (worked(self) && self->io.future.result > 0);
    STEAL_RETURN(self->error);
    STEAL_END();
}

static void
work_drop(struct steal_future *future)
{
    failing_arm(false);
    steal_directory_close(((struct work *)future)->directory);
}

static const struct steal_future_ops whole_ops = { .name = "whole",
    .poll = whole_poll,
    .drop = work_drop };
static const struct steal_future_ops directory_ops = { .name = "directory",
    .poll = directory_poll,
    .drop = work_drop };

static int
count_names(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;

    require(dir != NULL);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2; /* "." and ".." */
}

/* One run, whose n-th allocation fails; true if it came to that. */
static bool
run_failing(int n, const struct steal_future_ops *ops)
{
    struct work work = { .async = STEAL_ASYNC(ops) };
    struct steal_options options = STEAL_OPTIONS_INIT;
    int open_before = count_names("/proc/self/fd");
    int error;

    options.workers = 1;
    work.file = open("d/pieces", O_RDWR);
    for (int i = 0; i < 6; i++)
        work.vector[i] = (struct iovec){ &work.buffer[i], 1 };
    failing_begin(n);
    error = steal_run(&options, &work.async.future);
    failing_end();
    close(work.file);

    require(error == 0 || error == -ENOMEM);
    /* That a block could not be made smaller is no failure. */
    require(error == 0 || load_acquire(&failing.failures));
    failing_check_leaks(n);
    require(n == 0 || count_names("/proc/self/fd") == open_before);
    return load_acquire(&failing.failures);
}

static void
fail_one_after_the_other(const struct steal_future_ops *ops)
{
    char folder[] = "/tmp/steal-file-oom-XXXXXX";
    int n = 0;

    require(mkdtemp(folder) != NULL && chdir(folder) == 0);
    require(mkdir("d", 0700) == 0 && symlink("d", "link") == 0);
    close(open("d/pieces", O_CREAT | O_WRONLY, 0600));
    run_failing(0, ops); /* none; what libuv keeps for ever is there now */
    while (run_failing(++n, ops))
        require(count_names("d") <= 4); /* a, b, e, pieces */
    ck_assert_int_gt(n, 5);             /* the wrappers are in place */

    unlink("d/a");
    unlink("d/b");
    unlink("d/pieces");
    rmdir("d/e/f");
    rmdir("d/e");
    unlink("link");
    require(rmdir("d") == 0 && chdir("/") == 0 && rmdir(folder) == 0);
}

START_TEST(every_allocation_for_files_may_fail)
{
    fail_one_after_the_other(&whole_ops);
}
END_TEST

START_TEST(every_allocation_for_directories_may_fail)
{
    fail_one_after_the_other(&directory_ops);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        every_allocation_for_files_may_fail,
        every_allocation_for_directories_may_fail,
    };

    if (uv_replace_allocator(malloc, realloc, calloc, free) < 0)
        return EXIT_FAILURE;
    return run_suite("file_oom", tests, LENGTH(tests));
}
