/*
 * driver.c - the driver's seat (src/driver/driver.c) and the timer wheel: the
 * holder sleeps in the loop, others bring it work.
 *
 * A holder that is not told of a timer or a command sleeps for ever.
 */
#include "world.h"

#include <steal/time.h>

#include "../../src/driver/reactor.h"
#include "../../src/driver/wheel.h"
#include "system.h"

#define TIMERS 2

static struct steal_sleep nap[TIMERS];
static bool fired[TIMERS];        /* the holder's of the seat */
static _Atomic(bool) due[TIMERS]; /* at once: never inserted */

static struct steal_waker waker_clone(void *data);

static void
waker_wake(void *data)
{
    *(bool *)data = true;
}

static void
waker_drop(void *data)
{
    (void)data;
}

static const struct steal_waker_vtable vtable = {
    .clone = waker_clone,
    .wake = waker_wake,
    .wake_by_ref = waker_wake,
    .drop = waker_drop,
};

static struct steal_waker
waker_clone(void *data)
{
    return (struct steal_waker){ &vtable, data };
}

static void
set_up(void)
{
    world_init(1);
    for (unsigned i = 0; i < TIMERS; i++) {
        nap[i].deadline = SYSTEM_NOW + STEAL_MS(5 - i);
        fired[i] = false;
        store_relaxed(&due[i], false);
    }
    explore_name(nap, sizeof nap, "nap");
    explore_name(fired, sizeof fired, "fired");
}

/* Waits for a timer, as a sleeping task does. */
static void
insert(unsigned i)
{
    struct timer *timer = (struct timer *)(void *)&nap[i].timer;
    struct steal_waker waker = { &vtable, &fired[i] };
    struct steal_context here;
    bool earlier;

    steal_context_init(&here, &waker);
    timer->links.next = NULL;
    timer->wheel = NULL;
    if (!steal__wheel_insert(steal__driver_wheel(&world->driver, 0), timer,
                nap[i].deadline, &here, &earlier)) {
        store_relaxed(&due[i], true);
        steal__driver_kick(&world->driver);
    } else if (earlier) {
        steal__driver_tell(&world->driver, nap[i].deadline);
    }
}

static bool
all_fired(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!fired[i] && !load_relaxed(&due[i]))
            return false;
    return true;
}

static void
drive(unsigned timers)
{
    explore_assert(steal__driver_try_take(&world->driver));
    while (!all_fired(timers))
        steal__driver_turn(&world->driver, STEAL_FOREVER);
    steal__driver_give(&world->driver);
}

static void
one_timer(unsigned self)
{
    if (self == 0)
        drive(1);
    else
        insert(0);
}

static void
two_timers(unsigned self)
{
    if (self == 0)
        drive(2);
    else
        insert(self - 1);
}

/* A command: the holder does not leave before it has carried it out. */

static void
drive_until_obeyed(void)
{
    explore_assert(steal__driver_try_take(&world->driver));
    while (!system_obeyed)
        steal__driver_turn(&world->driver, STEAL_FOREVER);
    steal__driver_give(&world->driver);
}

static void
tell_command(unsigned self)
{
    if (self == 0) {
        drive_until_obeyed();
        return;
    }
    steal__reactor_post(world->driver.reactor, NULL);
    steal__driver_tell(&world->driver, 0);
}

/* The seat: what one holder did is seen by the next. */

static int seat_data; /* the holder's */

static void
take_seat(unsigned self)
{
    (void)self;
    if (steal__driver_try_take(&world->driver)) {
        seat_data++;
        steal__driver_give(&world->driver);
    }
}

#define DRIVER(count, what) .threads = count, .setup = set_up, .thread = what

static const struct explore_case cases[] = {
    { .name = "one_timer", DRIVER(2, one_timer) },
    { .name = "two_timers", DRIVER(3, two_timers), .preemptions = 3 },
    { .name = "tell_command", DRIVER(2, tell_command) },
    { .name = "take_seat", DRIVER(3, take_seat) },

    { .name = "announce_without_fence",
            DRIVER(2, one_timer),
            .fault = { EXPLORE_SKIP, "announce", NULL, "fence" } },
    { .name = "tell_without_fence",
            DRIVER(2, one_timer),
            .fault = { EXPLORE_SKIP, "steal__driver_tell", NULL, "fence" } },
    { .name = "announce_nothing",
            DRIVER(2, one_timer),
            .fault = { EXPLORE_SKIP, "announce", NULL, "store" } },
    { .name = "sleep_without_looking_for_commands",
            DRIVER(2, tell_command),
            .fault = { EXPLORE_BLIND_LOAD, "steal__reactor_has_commands", NULL,
                    NULL } },
    { .name = "tell_without_kick",
            DRIVER(2, one_timer),
            .fault = { EXPLORE_SKIP, "steal__reactor_kick", NULL, "wake" } },
    { .name = "give_without_release",
            DRIVER(3, take_seat),
            .fault = { EXPLORE_DROP_RELEASE, "lock_give", NULL, NULL } },
};

EXPLORE_MAIN(cases)
