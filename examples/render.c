/*
 * render.c - a runtime with a will of its own, and its end.
 *
 * A program that starts the runtime itself says how many workers there are and
 * what their threads are called, blocks on a future, and stops the runtime
 * within a limit, which tells what does not come to its end.
 */
#include <steal.h>

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>

/* Renders the lines of a picture, one a turn. */
struct picture {
    struct steal_async async;
    int line;
};

static enum steal_poll
picture_poll(struct steal_future *future, struct steal_context *cx)
{
    struct picture *self = (struct picture *)future;

    STEAL_BEGIN(&self->async);
    for (self->line = 0; self->line < 1000; self->line++)
        STEAL_YIELD(cx); /* the others have their turn */
    STEAL_END();
}

static const struct steal_future_ops picture_ops = {
    .name = "picture",
    .poll = picture_poll,
};

/* Does what a poll should not do: keeps its worker for itself. */
static sem_t begun;
static sem_t enough;

static enum steal_poll
hog_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)future;
    (void)cx;
    sem_post(&begun);
    sem_wait(&enough);
    return STEAL_READY;
}

static const struct steal_future_ops hog_ops = {
    .name = "hog",
    .poll = hog_poll,
};

int
main(void)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct picture picture = { .async = STEAL_ASYNC(&picture_ops) };
    struct steal_future hog = STEAL_FUTURE(&hog_ops);
    struct steal_runtime *runtime;
    const char *name;
    int error;

    options.workers = 4;
    options.name = "render";
    error = steal_runtime_new(&runtime, &options);
    if (error < 0) {
        fprintf(stderr, "render: no runtime: error %d\n", -error);
        return 1;
    }

    error = steal_block_on(runtime, &picture.async.future);
    printf("%d lines by %u workers\n", picture.line,
            steal_runtime_workers(runtime));

    sem_init(&begun, 0, 0);
    sem_init(&enough, 0, 0);
    if (error < 0 || steal_spawn(runtime, &hog, sizeof hog, NULL) < 0)
        return 1;
    sem_wait(&begun);

    while (steal_runtime_stop(runtime, STEAL_MS(50)) == -ETIMEDOUT) {
        if (steal_runtime_stuck(runtime, &name, 1) > 0)
            printf("%s is still at it\n", name);
        sem_post(&enough);
    }
    printf("stopped\n");
    return 0;
}
