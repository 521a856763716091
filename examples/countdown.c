/*
 * countdown.c - a future by hand.
 *
 * A future is a struct whose first member is a struct steal_future.  Making one
 * does nothing: it moves when it is polled.  A poll that cannot finish it sees
 * to it that there will be another one.
 */
#include <steal.h>

#include <stdio.h>

struct countdown {
    struct steal_future future;
    unsigned count;
};

static enum steal_poll
countdown_poll(struct steal_future *future, struct steal_context *cx)
{
    struct countdown *self = (struct countdown *)future;

    if (self->count == 0)
        return STEAL_READY;
    printf("counting down: %u\n", self->count--);
    steal_context_wake(cx); /* without this nobody would ever poll again */
    return STEAL_PENDING;
}

static const struct steal_future_ops countdown_ops = {
    .name = "countdown",
    .poll = countdown_poll,
};

int
main(void)
{
    struct countdown c = { STEAL_FUTURE(&countdown_ops), 3 };

    return steal_run(NULL, &c.future); /* start, block on c, stop */
}
