/*
 * files.c - write some files, copy one, list a directory: an await each.
 *
 * While a call is under way on a thread of the blocking pool, the worker runs
 * other tasks.
 */
#include <steal.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Copies a file piece by piece, as steal_file_copy() does on its own. */
struct copier {
    struct steal_async async;
    struct steal_file_io io;
    const char *from_path;
    const char *to_path;
    int from; /* -1, or a file that is open */
    int to;
    long long offset;
    char buffer[4096];
};

static enum steal_poll
copier_poll(struct steal_future *future, struct steal_context *cx)
{
    struct copier *self = (struct copier *)future;
    int *result = &self->io.future.result;
    int file;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_file_open(&self->io, self->from_path, O_RDONLY, 0));
    if (*result < 0)
        STEAL_RETURN(*result);
    self->from = *result;
    STEAL_AWAIT(cx, steal_file_open(&self->io, self->to_path,
                            O_WRONLY | O_CREAT | O_TRUNC, 0644));
    if (*result < 0)
        STEAL_RETURN(*result);
    self->to = *result;

    for (;;) {
        STEAL_AWAIT(cx, steal_file_read(&self->io, self->from, self->buffer,
                                sizeof self->buffer, self->offset));
        if (*result < 0)
            STEAL_RETURN(*result);
        if (*result == 0)
            break;
        STEAL_AWAIT(cx, steal_file_write_all(&self->io, self->to, self->buffer,
                                self->io.done, self->offset));
        if (*result < 0)
            STEAL_RETURN(*result);
        self->offset += *result;
    }

    STEAL_AWAIT(cx, steal_file_fsync(&self->io, self->to));
    if (*result < 0)
        STEAL_RETURN(*result);
    file = self->to;
    self->to = -1; /* the close takes it over */
    STEAL_AWAIT(cx, steal_file_close(&self->io, file));
    STEAL_RETURN(*result);
    STEAL_END();
}

/* However the copier ends, so do its files. */
static void
copier_drop(struct steal_future *future)
{
    struct copier *self = (struct copier *)future;

    if (self->from >= 0)
        close(self->from);
    if (self->to >= 0)
        close(self->to);
}

static const struct steal_future_ops copier_ops = {
    .name = "copier",
    .poll = copier_poll,
    .drop = copier_drop,
};

/* Counts the files of a directory and their bytes, and removes them. */
struct sweeper {
    struct steal_async async;
    struct steal_file_io io;
    struct steal_file_io each;
    struct steal_directory *directory;
    struct steal_entry entry;
    struct steal_stat stat;
    unsigned long long bytes;
    int files;
};

static enum steal_poll
sweeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sweeper *self = (struct sweeper *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_directory_open(&self->io, &self->directory, "."));
    if (self->io.future.result < 0)
        STEAL_RETURN(self->io.future.result);
    for (;;) {
        STEAL_AWAIT(cx,
                steal_directory_next(&self->io, self->directory, &self->entry));
        if (self->io.future.result <= 0)
            STEAL_RETURN(self->io.future.result);
        STEAL_AWAIT(cx,
                steal_file_stat(&self->each, self->entry.name, &self->stat));
        if (self->each.future.result < 0)
            STEAL_RETURN(self->each.future.result);
        self->files++;
        self->bytes += self->stat.size;
        STEAL_AWAIT(cx, steal_file_unlink(&self->each, self->entry.name));
    }
    STEAL_END();
}

static void
sweeper_drop(struct steal_future *future)
{
    steal_directory_close(((struct sweeper *)future)->directory);
}

static const struct steal_future_ops sweeper_ops = {
    .name = "sweeper",
    .poll = sweeper_poll,
    .drop = sweeper_drop,
};

struct program {
    struct steal_async async;
    struct steal_file_io io;
    struct copier copier;
    struct sweeper sweeper;
    char folder[32];
    char *text;
};

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    struct program *self = (struct program *)future;
    int *result = &self->io.future.result;

    STEAL_BEGIN(&self->async);
    strcpy(self->folder, "/tmp/steal-files-XXXXXX");
    STEAL_AWAIT(cx, steal_directory_make_temporary(&self->io, self->folder));
    if (*result < 0 || chdir(self->folder) < 0)
        STEAL_RETURN(-EIO);

    /* Who reads "greeting" finds nothing, or all of it. */
    STEAL_AWAIT(cx, steal_file_save(&self->io, "greeting", "hello\n", 6, 0644));
    printf("saved: %d\n", *result);

    self->copier.async = (struct steal_async)STEAL_ASYNC(&copier_ops);
    self->copier.from_path = "greeting";
    self->copier.to_path = "copy";
    self->copier.from = -1;
    self->copier.to = -1;
    STEAL_AWAIT(cx, &self->copier.async.future);
    printf("copied: %d\n", self->copier.async.future.result);

    STEAL_AWAIT(cx, steal_file_load(&self->io, "copy", 1 << 20));
    self->text = self->io.data;
    if (*result >= 0)
        printf("the copy says %s", self->text);
    STEAL_AWAIT(cx, steal_file_load(&self->io, "none", 1 << 20));
    if (*result == -ENOENT)
        printf("there is no other\n");

    self->sweeper.async = (struct steal_async)STEAL_ASYNC(&sweeper_ops);
    STEAL_AWAIT(cx, &self->sweeper.async.future);
    printf("%d files with %llu bytes\n", self->sweeper.files,
            self->sweeper.bytes);
    STEAL_AWAIT(cx, steal_directory_remove(&self->io, self->folder));
    printf("removed: %d\n", *result);
    STEAL_END();
}

static void
program_drop(struct steal_future *future)
{
    free(((struct program *)future)->text);
}

static const struct steal_future_ops program_ops = {
    .name = "program",
    .poll = program_poll,
    .drop = program_drop,
};

int
main(void)
{
    struct program program = { .async = STEAL_ASYNC(&program_ops) };

    return steal_run(NULL, &program.async.future) < 0;
}
