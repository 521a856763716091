/*
 * tasks.c - tasks: spawn, join, abort, detach.
 *
 * A task is a future that a runtime polls, on whichever worker is free.  The
 * handle that a spawn gives is given back once: by a join, or by a detach.
 * Here main() does it all; a task does the same with other tasks, and says
 * STEAL_AWAIT(cx, ...) where main() blocks.
 */
#include <steal.h>

#include <errno.h>
#include <stdio.h>

/* Takes its time to square a number. */
struct square {
    struct steal_async async;
    struct steal_sleep nap;
    uint64_t time;
    int number;
    int output;
};

static enum steal_poll
square_poll(struct steal_future *future, struct steal_context *cx)
{
    struct square *self = (struct square *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_sleep(&self->nap, self->time));
    self->output = self->number * self->number;
    STEAL_END();
}

/* Called once, whether the square was finished or canceled. */
static void
square_drop(struct steal_future *future)
{
    struct square *self = (struct square *)future;

    if (self->output == 0)
        printf("the square of %d is canceled\n", self->number);
}

static const struct steal_future_ops square_ops = {
    .name = "square",
    .poll = square_poll,
    .drop = square_drop,
};

/* Moves a new square into a task of its own. */
static int
spawn_square(struct steal_runtime *runtime, int number, uint64_t time,
        struct steal_task **task)
{
    struct square square = {
        .async = STEAL_ASYNC(&square_ops),
        .number = number,
        .time = time,
    };

    return steal_spawn(runtime, &square.async.future, sizeof square, task);
}

static int
try_all(struct steal_runtime *runtime)
{
    struct steal_task *task;
    struct steal_join join;
    struct square square;
    int error;

    /* Joined: its future is moved back, with the output. */
    error = spawn_square(runtime, 3, STEAL_MS(10), &task);
    if (error < 0)
        return error;
    error = steal_block_on(runtime,
            steal_join_into(&join, task, &square.async.future, sizeof square));
    if (error < 0)
        return error;
    printf("the square of 3 is %d\n", square.output);

    /* Aborted: the future is dropped, and the join tells. */
    error = spawn_square(runtime, 4, STEAL_SECONDS(3600), &task);
    if (error < 0)
        return error;
    steal_task_abort(task);
    if (steal_block_on(runtime, steal_join(&join, task)) == -ECANCELED)
        printf("and joined\n");

    /* Detached: it goes on until it ends, or the runtime does. */
    error = spawn_square(runtime, 5, STEAL_SECONDS(3600), &task);
    if (error < 0)
        return error;
    steal_task_detach(task);
    return 0;
}

int
main(void)
{
    struct steal_runtime *runtime;
    int error = steal_runtime_new(&runtime, NULL);

    if (error < 0)
        return 1;
    error = try_all(runtime);
    printf("stopping\n");
    steal_runtime_stop(runtime, STEAL_FOREVER);
    return error < 0;
}
