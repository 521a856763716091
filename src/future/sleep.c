#include <steal/time.h>

#include <errno.h>

#include "../base/await.h"
#include "../driver/driver.h"
#include "../driver/wheel.h"

static struct timer *
timer_of(struct steal_sleep *sleep)
{
    return (struct timer *)(void *)&sleep->timer;
}

/* The first poll: finds the wheel of this worker. */
static enum steal_poll
begin(struct steal_sleep *sleep, struct steal_context *cx)
{
    struct timer *timer = timer_of(sleep);
    struct wheel *wheel;
    struct driver *driver = steal__driver_here(&wheel);
    bool earlier;

    if (!driver) {
        sleep->future.result = -EINVAL;
        return STEAL_READY;
    }
    if (!steal__wheel_insert(wheel, timer, sleep->deadline, cx, &earlier)) {
        timer->wheel = NULL;
        return STEAL_READY;
    }
    if (earlier)
        steal__driver_tell(driver, sleep->deadline);
    return STEAL_PENDING;
}

static enum steal_poll
sleep_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_sleep *sleep = (struct steal_sleep *)future;
    struct timer *timer = timer_of(sleep);

    if (!timer->wheel)
        return begin(sleep, cx);
    if (steal__wheel_waits(timer, cx))
        return STEAL_PENDING;
    timer->wheel = NULL; /* fired: there is nothing to cancel */
    return STEAL_READY;
}

static void
sleep_drop(struct steal_future *future)
{
    struct timer *timer = timer_of((struct steal_sleep *)future);

    if (timer->wheel)
        steal__wheel_cancel(timer);
}

static void
sleep_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_sleep *sleep = (struct steal_sleep *)future;

    await_for(await, "timer", NULL);
    await_until(await, sleep->deadline);
}

static const struct steal_future_ops sleep_ops = { .name = "sleep",
    .poll = sleep_poll,
    .drop = sleep_drop,
    .waits = sleep_waits };

struct steal_future *
steal_sleep_until(struct steal_sleep *sleep, uint64_t deadline)
{
    steal_future_init(&sleep->future, &sleep_ops);
    sleep->deadline = deadline;
    sleep->timer.next = NULL;
    sleep->timer.wheel = NULL;
    return &sleep->future;
}

struct steal_future *
steal_sleep(struct steal_sleep *sleep, uint64_t duration)
{
    uint64_t now = duration ? steal_now() : 0;

    return steal_sleep_until(sleep, steal_time_add(now, duration));
}
