/*
 * tests/top_program.c - a program with a known set of tasks, for tests/steal-top.sh.
 *
 *     top_program PATH
 *
 * Three tasks sleep, `mouse` waits inside `cage`, `hog` is in a poll all the time and
 * `hot` yields without end.  Prints "ready" when all of them are there, and ends at the
 * end of its input.
 */
#include <stdio.h>
#include <unistd.h>

#include <steal.h>

struct sleeper {
    struct steal_async async;
    struct steal_sleep sleep;
};

static enum steal_poll
sleeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sleeper *self = (struct sleeper *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_sleep(&self->sleep, STEAL_SECONDS(1000)));
    STEAL_END();
}

static const struct steal_future_ops sleeper_ops = { .name = "sleeper",
    .poll = sleeper_poll };
static const struct steal_future_ops mouse_ops = { .name = "mouse",
    .poll = sleeper_poll };

struct cage {
    struct steal_async async;
    struct sleeper mouse;
};

static enum steal_poll
cage_poll(struct steal_future *future, struct steal_context *cx)
{
    struct cage *self = (struct cage *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, &self->mouse.async.future);
    STEAL_END();
}

static const struct steal_future_ops cage_ops = { .name = "cage",
    .poll = cage_poll };

/* Blocks, which is what it is to be caught at. */
static enum steal_poll
hog_poll(struct steal_future *future, struct steal_context *cx)
{
    char byte;

    (void)future, (void)cx;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return STEAL_READY;
}

static const struct steal_future_ops hog_ops = { .name = "hog",
    .poll = hog_poll };

static enum steal_poll
hot_poll(struct steal_future *future, struct steal_context *cx)
{
    uint64_t until = steal_now() + STEAL_US(100);

    (void)future;
    while (steal_now() < until)
        ;
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static const struct steal_future_ops hot_ops = { .name = "hot",
    .poll = hot_poll };

static int
spawn_all(struct steal_runtime *runtime, struct steal_task **hog)
{
    struct sleeper sleeper = { .async = STEAL_ASYNC(&sleeper_ops) };
    struct cage cage = { .async = STEAL_ASYNC(&cage_ops),
        .mouse = { .async = STEAL_ASYNC(&mouse_ops) } };
    struct steal_future blocks = STEAL_FUTURE(&hog_ops);
    struct steal_future burns = STEAL_FUTURE(&hot_ops);
    int error = 0;

    for (int i = 0; i < 3; i++)
        error |= steal_spawn(runtime, &sleeper.async.future, sizeof sleeper,
                NULL);
    error |= steal_spawn(runtime, &cage.async.future, sizeof cage, NULL);
    error |= steal_spawn(runtime, &burns, sizeof burns, NULL);
    return error | steal_spawn(runtime, &blocks, sizeof blocks, hog);
}

int
main(int argc, char **argv)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime;
    struct steal_task *hog;
    struct steal_join join;

    if (argc != 2)
        return 2;
    options.workers = 3;
    options.name = "zoo";
    options.top = argv[1];
    if (steal_runtime_new(&runtime, &options) || spawn_all(runtime, &hog))
        return 1;
    puts("ready");
    fflush(stdout);
    steal_block_on(runtime, steal_join(&join, hog));
    return steal_runtime_stop(runtime, STEAL_FOREVER) ? 1 : 0;
}
