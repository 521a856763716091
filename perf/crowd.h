/*
 * crowd.h - tasks that do nothing but tell when the last of them has run.
 */
#ifndef STEAL_PERF_CROWD_H
#define STEAL_PERF_CROWD_H

#include "oneshot.h"

struct crowd {
    atomic_uint_fast64_t left;
    struct oneshot done;
};

struct crowd_member {
    struct steal_future future;
    struct crowd *crowd;
};

static inline void
crowd_init(struct crowd *crowd, uint64_t n)
{
    atomic_init(&crowd->left, n);
    oneshot_init(&crowd->done);
}

static inline void
crowd_leave(struct crowd *crowd)
{
    if (atomic_fetch_sub_explicit(&crowd->left, 1, memory_order_acq_rel) == 1)
        oneshot_send(&crowd->done);
}

static inline enum steal_poll
crowd_member_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)cx;
    crowd_leave(((struct crowd_member *)future)->crowd);
    return STEAL_READY;
}

static const struct steal_future_ops crowd_member_ops = { .name = "member",
    .poll = crowd_member_poll };

/* Spawns one, detached. */
static inline int
crowd_spawn(struct crowd *crowd, struct steal_runtime *runtime)
{
    struct crowd_member member = { STEAL_FUTURE(&crowd_member_ops), crowd };

    return steal_spawn(runtime, &member.future, sizeof member, NULL);
}

#endif
