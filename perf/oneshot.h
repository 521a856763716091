/*
 * oneshot.h - one message from one task to another, on public wakers alone.
 *
 * Enough for a benchmark: sent once, received once, and outlives both ends.
 */
#ifndef STEAL_PERF_ONESHOT_H
#define STEAL_PERF_ONESHOT_H

#include <stdatomic.h>

#include <steal.h>

enum {
    ONESHOT_EMPTY,
    ONESHOT_AWAITED,
    ONESHOT_SENT
};

struct oneshot {
    atomic_int state;
    struct steal_waker waker; /* the receiver's, until AWAITED */
};

struct oneshot_recv {
    struct steal_future future;
    struct oneshot *oneshot;
};

static inline void
oneshot_init(struct oneshot *oneshot)
{
    atomic_init(&oneshot->state, ONESHOT_EMPTY);
    oneshot->waker = steal_waker_noop();
}

static inline void
oneshot_send(struct oneshot *oneshot)
{
    if (atomic_exchange_explicit(&oneshot->state, ONESHOT_SENT,
                memory_order_acq_rel) == ONESHOT_AWAITED)
        steal_waker_wake(&oneshot->waker);
}

static inline enum steal_poll
oneshot_poll(struct steal_future *future, struct steal_context *cx)
{
    struct oneshot *oneshot = ((struct oneshot_recv *)future)->oneshot;
    int state = atomic_load_explicit(&oneshot->state, memory_order_acquire);

    if (state == ONESHOT_SENT)
        return STEAL_READY;
    if (state == ONESHOT_AWAITED)
        return STEAL_PENDING; /* by the same task: it does not move on */
    oneshot->waker = steal_waker_clone(steal_context_waker(cx));
    if (atomic_compare_exchange_strong_explicit(&oneshot->state, &state,
                ONESHOT_AWAITED, memory_order_acq_rel, memory_order_acquire))
        return STEAL_PENDING;
    steal_waker_drop(&oneshot->waker);
    return STEAL_READY;
}

static const struct steal_future_ops oneshot_recv_ops = { .name = "oneshot",
    .poll = oneshot_poll };

static inline struct steal_future *
oneshot_recv(struct oneshot_recv *recv, struct oneshot *oneshot)
{
    steal_future_init(&recv->future, &oneshot_recv_ops);
    recv->oneshot = oneshot;
    return &recv->future;
}

#endif
