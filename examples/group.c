/*
 * group.c - a task group: tasks that somebody waits for together.
 *
 * The group owns its tasks, so there are no handles.  One failure cancels the
 * others, and whoever ends the group ends them all: no task outlives what it
 * was spawned for.
 */
#include <steal.h>

#include <errno.h>
#include <stdio.h>

/* Squares a number after a while; cannot do it below 0. */
struct square {
    struct steal_async async;
    struct steal_sleep nap;
    int number;
    int output;
};

static enum steal_poll
square_poll(struct steal_future *future, struct steal_context *cx)
{
    struct square *self = (struct square *)future;

    STEAL_BEGIN(&self->async);
    if (self->number < 0)
        STEAL_RETURN(-EDOM);
    STEAL_AWAIT(cx, steal_sleep(&self->nap, STEAL_MS(self->number)));
    self->output = self->number * self->number;
    STEAL_END();
}

static const struct steal_future_ops square_ops = {
    .name = "square",
    .poll = square_poll,
};

static int
spawn_square(struct steal_group *group, int number)
{
    struct square square = {
        .async = STEAL_ASYNC(&square_ops),
        .number = number,
    };

    return steal_group_spawn(group, &square.async.future, sizeof square);
}

struct program {
    struct steal_async async;
    struct steal_group group;
    struct steal_group_next next;
    struct steal_group_wait wait;
    int total;
};

static int
spawn_squares(struct program *self, const int *numbers, size_t n)
{
    int error = steal_group_init(&self->group, NULL, 0);

    for (size_t i = 0; i < n && error == 0; i++)
        error = spawn_square(&self->group, numbers[i]);
    return error;
}

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    struct program *self = (struct program *)future;
    int error;

    STEAL_BEGIN(&self->async);

    /* All of them, and each output as it comes. */
    error = spawn_squares(self, (const int[]){ 10, 30, 20 }, 3);
    if (error < 0)
        STEAL_RETURN(error);
    for (;;) {
        STEAL_AWAIT(cx, steal_group_next(&self->next, &self->group));
        if (self->next.task_future == NULL)
            break;
        self->total += ((struct square *)self->next.task_future)->output;
    }
    steal_group_fini(&self->group);
    printf("the sum is %d\n", self->total);

    /* One takes an hour, but is canceled when the other fails. */
    error = spawn_squares(self, (const int[]){ 3600000, -1 }, 2);
    if (error < 0)
        STEAL_RETURN(error);
    STEAL_AWAIT(cx, steal_group_wait(&self->wait, &self->group));
    if (self->wait.future.result == -EDOM)
        printf("no square below 0\n");
    STEAL_END();
}

/* However the program ends, so do its tasks. */
static void
program_drop(struct steal_future *future)
{
    steal_group_fini(&((struct program *)future)->group);
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
