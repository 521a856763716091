#include <steal/time.h>

#include "../task/budget.h"

/* The tick that was due at `deadline` is handed out: when is the next one? */
static void
advance(struct steal_interval *interval, uint64_t now)
{
    uint64_t period = interval->period ? interval->period : 1;
    uint64_t last = interval->deadline;

    interval->missed = (now - last) / period;
    if (interval->missed && interval->late == STEAL_SKIP)
        last += interval->missed * period;
    else if (interval->missed && interval->late == STEAL_DELAY)
        last = now;
    interval->deadline = steal_time_add(last, period);
}

static enum steal_poll
interval_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_interval *interval = (struct steal_interval *)future;

    if (!interval->begun && !steal__may_go_on(cx))
        return STEAL_PENDING;
    interval->begun = true;
    if (steal_future_poll(&interval->sleep.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    future->result = interval->sleep.future.result;
    if (!future->result)
        advance(interval, steal_now());
    return STEAL_READY;
}

static void
interval_drop(struct steal_future *future)
{
    struct steal_interval *interval = (struct steal_interval *)future;

    steal_future_drop(&interval->sleep.future);
}

static struct steal_future *
interval_awaited(struct steal_future *future, size_t i)
{
    struct steal_interval *interval = (struct steal_interval *)future;

    return i || !interval->begun ? NULL : &interval->sleep.future;
}

static const struct steal_future_ops interval_ops = { .name = "interval",
    .poll = interval_poll,
    .drop = interval_drop,
    .awaited = interval_awaited };

struct steal_future *
steal_interval_next(struct steal_interval *interval)
{
    steal_future_init(&interval->future, &interval_ops);
    interval->begun = false;
    steal_sleep_until(&interval->sleep, interval->deadline);
    return &interval->future;
}

void
steal_interval_init(struct steal_interval *interval, uint64_t period,
        uint64_t first)
{
    interval->period = period;
    interval->deadline = first;
    interval->late = STEAL_BURST;
    interval->missed = 0;
    steal_interval_next(interval);
}
