/*
 * unconstrained.c - a child that does not give way.
 */
#include <steal/combine.h>

#include <steal/waker.h>

/* What a poll cannot use up: 2^32 operations take half a minute. */
#define UNLIMITED UINT32_MAX

static enum steal_poll
unconstrained_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_unconstrained *u = (struct steal_unconstrained *)future;
    uint32_t budget = cx->budget;
    enum steal_poll state;

    cx->budget = UNLIMITED;
    state = steal_future_poll(u->child, cx);
    cx->budget = budget;
    if (state == STEAL_READY) {
        steal_future_drop(u->child);
        future->result = u->child->result;
    }
    return state;
}

static void
unconstrained_drop(struct steal_future *future)
{
    struct steal_unconstrained *u = (struct steal_unconstrained *)future;

    steal_future_drop(u->child);
}

static struct steal_future *
unconstrained_awaited(struct steal_future *future, size_t i)
{
    return i ? NULL : ((struct steal_unconstrained *)future)->child;
}

static const struct steal_future_ops unconstrained_ops = {
    .name = "unconstrained",
    .poll = unconstrained_poll,
    .drop = unconstrained_drop,
    .awaited = unconstrained_awaited
};

struct steal_future *
steal_unconstrained(struct steal_unconstrained *u, struct steal_future *child)
{
    steal_future_init(&u->future, &unconstrained_ops);
    u->child = child;
    return &u->future;
}
