/*
 * processes.c - a task that has another program do its work.
 *
 * It starts sort, writes lines to it and closes that pipe, which is what makes
 * sort begin; reads what it says; and waits for its end.  Reading and writing are
 * two tasks, for either pipe may be full.
 */
#include <steal.h>

#include <stdio.h>
#include <string.h>

/* Feeds the program; dropping it closes its standard input. */
struct feeder {
    struct steal_async async;
    struct steal_io io;
    struct steal_fd *input;
};

static enum steal_poll
feeder_poll(struct steal_future *future, struct steal_context *cx)
{
    static const char words[] = "pear\napple\nquince\nfig\n";
    struct feeder *self = (struct feeder *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx,
            steal_fd_write_all(&self->io, self->input, words, strlen(words)));
    STEAL_RETURN(self->io.future.result);
    STEAL_END();
}

static void
feeder_drop(struct steal_future *future)
{
    steal_fd_close(((struct feeder *)future)->input);
}

static const struct steal_future_ops feeder_ops = {
    .name = "feeder",
    .poll = feeder_poll,
    .drop = feeder_drop,
};

struct program {
    struct steal_async async;
    struct steal_process *sort;
    struct steal_process_wait wait;
    struct steal_fd *output;
    struct steal_io io;
    char buffer[4096];
};

static int
start_sort(struct program *self)
{
    const char *args[] = { "sort", "-r", NULL };
    const char *env[] = { "LC_ALL=C", "PATH=/usr/bin:/bin", NULL };
    const struct steal_process_options options = {
        .file = "sort",
        .args = args,
        .env = env,
        .flags = STEAL_PROCESS_KILL_ON_DROP,
        .stdio = { STEAL_STDIO_PIPE, STEAL_STDIO_PIPE },
    };

    return steal_process_spawn(&self->sort, NULL, &options);
}

static int
start_feeder(struct program *self)
{
    struct feeder feeder = { .async = STEAL_ASYNC(&feeder_ops) };
    int error;

    feeder.input = steal_process_take(self->sort, 0);
    error = steal_spawn(NULL, &feeder.async.future, sizeof feeder, NULL);
    if (error)
        steal_fd_close(feeder.input);
    return error;
}

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    struct program *self = (struct program *)future;
    int error;

    STEAL_BEGIN(&self->async);
    error = start_sort(self);
    if (error)
        STEAL_RETURN(error);
    error = start_feeder(self);
    if (error)
        STEAL_RETURN(error);
    self->output = steal_process_take(self->sort, 1);
    for (;;) {
        STEAL_AWAIT(cx, steal_fd_read(&self->io, self->output, self->buffer,
                                sizeof self->buffer));
        if (self->io.future.result <= 0)
            break;
        printf("%.*s", self->io.future.result, self->buffer);
    }
    STEAL_AWAIT(cx, steal_process_wait(&self->wait, self->sort));
    printf("sort has ended with %d\n", self->wait.status);
    STEAL_END();
}

static void
program_drop(struct steal_future *future)
{
    struct program *self = (struct program *)future;

    if (self->output)
        steal_fd_close(self->output);
    if (self->sort)
        steal_process_free(self->sort);
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
