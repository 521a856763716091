/*
 * ticker.c - an async function: a poll function that reads like a program.
 *
 * It goes on where it stopped, so locals that live across an await are fields.
 * While it waits it holds no thread: the workers run other tasks, or sleep.
 */
#include <steal.h>

#include <stdio.h>

struct ticker {
    struct steal_async async; /* a future that remembers where it stopped */
    struct steal_sleep nap;
    int i;
};

static enum steal_poll
ticker_poll(struct steal_future *future, struct steal_context *cx)
{
    struct ticker *self = (struct ticker *)future;

    STEAL_BEGIN(&self->async);
    for (self->i = 0; self->i < 3; self->i++) {
        STEAL_AWAIT(cx, steal_sleep(&self->nap, STEAL_MS(100)));
        printf("tick %d\n", self->i);
    }
    STEAL_END();
}

static const struct steal_future_ops ticker_ops = {
    .name = "ticker",
    .poll = ticker_poll,
};

int
main(void)
{
    struct ticker t = { .async = STEAL_ASYNC(&ticker_ops) };

    return steal_run(NULL, &t.async.future);
}
