/*
 * fickle.h - what the tests of waits share: polling by hand, and a future that
 * loses interest in its child.
 */
#ifndef STEAL_TESTS_FICKLE_H
#define STEAL_TESTS_FICKLE_H

#include "kit.h"

static inline bool
poll_is_ready(struct steal_future *future, struct meter *meter)
{
    struct steal_context cx = meter_context(meter);

    return steal_future_poll(future, &cx) == STEAL_READY;
}

static inline int
meter_wakes(struct meter *meter)
{
    return load_acquire(&meter->wakes);
}

static inline int
meter_refs(struct meter *meter)
{
    return load_acquire(&meter->refs);
}

/*
 * Ready when its child is, with its result; dropped after so many turns of the
 * worker, the child makes it ready with -ETIMEDOUT.  It drops the child without
 * another look, so that also one is dropped that was woken meanwhile.
 */
struct fickle {
    struct steal_future future;
    struct steal_future *child;
    unsigned turns;
};

static inline enum steal_poll
fickle_poll(struct steal_future *future, struct steal_context *cx)
{
    struct fickle *self = (struct fickle *)future;

    if (self->turns-- == 0) {
        steal_future_drop(self->child);
        future->result = -ETIMEDOUT;
        return STEAL_READY;
    }
    if (steal_future_poll(self->child, cx) == STEAL_READY) {
        future->result = self->child->result;
        return STEAL_READY;
    }
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static inline void
fickle_drop(struct steal_future *future)
{
    steal_future_drop(((struct fickle *)future)->child);
}

static const struct steal_future_ops fickle_ops = { .name = "fickle",
    .poll = fickle_poll,
    .drop = fickle_drop };

static inline struct steal_future *
fickle_make(struct fickle *fickle, struct steal_future *child, unsigned turns)
{
    *fickle = (struct fickle){ STEAL_FUTURE(&fickle_ops), child, turns };
    return &fickle->future;
}

#endif
