/*
 * waits.h - what the tests of waits share: many that are polled by hand, and a
 * future that loses interest in its child.
 */
#ifndef STEAL_TESTS_WAITS_H
#define STEAL_TESTS_WAITS_H

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
 * Waits, each with a waker of its own
 */

#define MANY 30 /* more foreign wakers than are woken at once */

static struct meter meter[MANY];
static struct steal_future *waits[MANY];

/* The i-th wait, which has not been polled yet, is that one. */
static inline void
wait_for(size_t i, struct steal_future *future)
{
    store_release(&meter[i].refs, 0);
    store_release(&meter[i].wakes, 0);
    waits[i] = future;
}

static inline bool
is_ready(size_t i)
{
    return poll_is_ready(waits[i], &meter[i]);
}

static inline int
woken(size_t i)
{
    return meter_wakes(&meter[i]);
}

/* Nobody holds its waker any more. */
static inline void
drop(size_t i)
{
    steal_future_drop(waits[i]);
    require(meter_refs(&meter[i]) == 0);
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
