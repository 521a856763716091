/*
 * waiting.c - waiting for several things inside one task.
 *
 * A timeout, the end of all, the end of the first: each is a future made of
 * other futures, which it drops.  To be dropped is to be canceled: what a child
 * holds is given back, at once.
 */
#include <steal.h>

#include <errno.h>
#include <stdio.h>

/* Fetches something from far away. */
struct fetch {
    struct steal_async async;
    struct steal_sleep nap;
    uint64_t time;
    int bytes; /* output */
};

static enum steal_poll
fetch_poll(struct steal_future *future, struct steal_context *cx)
{
    struct fetch *self = (struct fetch *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_sleep(&self->nap, self->time));
    self->bytes = 512;
    STEAL_END();
}

static const struct steal_future_ops fetch_ops = {
    .name = "fetch",
    .poll = fetch_poll,
};

static struct steal_future *
fetch(struct fetch *self, uint64_t time)
{
    steal_async_init(&self->async, &fetch_ops);
    self->time = time;
    self->bytes = 0;
    return &self->async.future;
}

struct waiting {
    struct steal_async async;
    struct fetch fetch[2];
    struct steal_future *branch[2];
    struct steal_timeout limit;
    struct steal_join_all both;
    struct steal_select race;
};

static enum steal_poll
waiting_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waiting *self = (struct waiting *)future;

    STEAL_BEGIN(&self->async);
    fetch(&self->fetch[0], STEAL_SECONDS(3600));
    STEAL_AWAIT(cx, steal_timeout(&self->limit, &self->fetch[0].async.future,
                            STEAL_MS(20)));
    if (self->limit.future.result == -ETIMEDOUT)
        printf("timeout: it takes too long\n");

    self->branch[0] = fetch(&self->fetch[0], STEAL_MS(20));
    self->branch[1] = fetch(&self->fetch[1], STEAL_MS(10));
    STEAL_AWAIT(cx, steal_join_all(&self->both, self->branch, 2));
    printf("join_all: %d bytes\n", self->fetch[0].bytes + self->fetch[1].bytes);

    self->branch[0] = fetch(&self->fetch[0], STEAL_SECONDS(3600));
    self->branch[1] = fetch(&self->fetch[1], STEAL_MS(20));
    STEAL_AWAIT(cx, steal_select(&self->race, self->branch, 2));
    printf("select: number %zu was first\n", self->race.index);
    STEAL_END();
}

static const struct steal_future_ops waiting_ops = {
    .name = "waiting",
    .poll = waiting_poll,
};

int
main(void)
{
    struct waiting waiting = { .async = STEAL_ASYNC(&waiting_ops) };

    return steal_run(NULL, &waiting.async.future) < 0;
}
