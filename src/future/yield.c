#include <steal/task.h>

static enum steal_poll
yield_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_yield *yield = (struct steal_yield *)future;

    if (yield->yielded)
        return STEAL_READY;
    yield->yielded = true;
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static const struct steal_future_ops yield_ops = { .name = "yield",
    .poll = yield_poll };

struct steal_future *
steal_yield(struct steal_yield *yield)
{
    steal_future_init(&yield->future, &yield_ops);
    yield->yielded = false;
    return &yield->future;
}
