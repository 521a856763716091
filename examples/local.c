/*
 * local.c - task-local data: what a function far below knows of its task.
 *
 * A task goes from thread to thread, so thread-local data is of no use to it.
 * Each task has one pointer of its own under each key, and what it has set is
 * destroyed when it ends.  A new task begins with none.
 */
#include <steal.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct steal_local_key request_key = { .destroy = free };

/* Called anywhere below a poll: nobody has to pass the request down. */
static void
log_line(const char *text)
{
    const int *request = steal_local_get(&request_key);

    if (request != NULL)
        printf("request %d: %s\n", *request, text);
    else
        printf("no request: %s\n", text);
}

static int
begin_request(int number)
{
    int *request = malloc(sizeof *request);
    int error;

    if (request == NULL)
        return -ENOMEM;
    *request = number;
    error = steal_local_set(&request_key, request);
    if (error < 0)
        free(request);
    return error;
}

struct serve {
    struct steal_async async;
    struct steal_sleep nap;
    int number;
};

static enum steal_poll
serve_poll(struct steal_future *future, struct steal_context *cx)
{
    struct serve *self = (struct serve *)future;
    int error;

    STEAL_BEGIN(&self->async);
    log_line("a new task");
    error = begin_request(self->number);
    if (error < 0)
        STEAL_RETURN(error);
    log_line("begins");
    STEAL_AWAIT(cx, steal_sleep(&self->nap, STEAL_MS(10)));
    log_line("ends, maybe on another thread");
    STEAL_END();
}

static const struct steal_future_ops serve_ops = {
    .name = "serve",
    .poll = serve_poll,
};

int
main(void)
{
    struct serve one = { .async = STEAL_ASYNC(&serve_ops), .number = 1 };
    struct serve two = { .async = STEAL_ASYNC(&serve_ops), .number = 2 };

    if (steal_run(NULL, &one.async.future) < 0 ||
            steal_run(NULL, &two.async.future) < 0)
        return 1;
    log_line("main() is no task");
    return 0;
}
