/*
 * driver.c - the driver's seat (src/driver/driver.c) and the timer wheel: the
 * holder sleeps in the loop, others bring it work.
 *
 * A holder that is not told of a timer or a command sleeps for ever.
 */
#include "world.h"

#include <steal/time.h>

#include "../../src/driver/call.h"
#include "../../src/driver/wheel.h"
#include "loop.h"
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

/* A call: it is made once, whatever the holder is doing. */

#define CALLS 2

static struct call call[CALLS];
static _Atomic(int) made[CALLS];
static int made_by_holders; /* the holder's of the seat */

static void
run_call(struct call *it, uv_loop_t *loop, struct wakeups *wakeups)
{
    (void)wakeups;
    made_by_holders += loop != NULL;
    add_relaxed(&made[it - call], 1);
    if (loop)
        or_release(&loop_pipe, LOOP_KICKED);
}

static void
set_up_calls(void)
{
    set_up();
    for (unsigned i = 0; i < CALLS; i++) {
        call[i].run = run_call;
        store_relaxed(&made[i], 0);
    }
    made_by_holders = 0;
    explore_name(call, sizeof call, "call");
    explore_name(made, sizeof made, "made");
}

static void
call_one(unsigned i)
{
    steal__driver_call(&world->driver, &call[i]);
}

static void
one_is_made(void)
{
    explore_assert(load_relaxed(&made[0]) == 1);
    explore_assert(load_relaxed(&made[1]) == 0);
}

static void
both_are_made(void)
{
    explore_assert(load_relaxed(&made[0]) == 1);
    explore_assert(load_relaxed(&made[1]) == 1);
}

/* The holder stays, asleep, until the call is made, which gives the loop
 * something to do. */
static void
call_a_sleeper(unsigned self)
{
    if (self != 0) {
        call_one(0);
        return;
    }
    if (!steal__driver_try_take(&world->driver))
        return;
    while (!load_relaxed(&made[0]))
        steal__driver_turn(&world->driver, STEAL_FOREVER);
    steal__driver_give(&world->driver);
}

/* The holder takes the seat, turns once without sleeping, and leaves for good. */
static void
call_a_leaver(unsigned self)
{
    if (self != 0) {
        call_one(self - 1);
    } else if (steal__driver_try_take(&world->driver)) {
        steal__driver_turn(&world->driver, 0);
        steal__driver_give(&world->driver);
    }
}

static void
call_each_other(unsigned self)
{
    call_one(self);
}

/* A call leaves another one. */

static void
run_and_call(struct call *it, uv_loop_t *loop, struct wakeups *wakeups)
{
    run_call(it, loop, wakeups);
    call_one(1);
}

static void
set_up_nested(void)
{
    set_up_calls();
    call[0].run = run_and_call;
}

static void
call_from_a_call(unsigned self)
{
    call_a_leaver(self);
}

/* The driver ends meanwhile: then without a loop. */
static void
call_at_the_end(unsigned self)
{
    if (self == 0)
        steal__driver_fini(&world->driver);
    else
        call_one(self - 1);
}

/* The same, while the last worker to sleep in the seat is just leaving it. */
static void
call_a_sleeper_at_the_end(unsigned self)
{
    if (self != 0) {
        call_one(0);
        return;
    }
    if (steal__driver_try_take(&world->driver)) {
        steal__driver_turn(&world->driver, SYSTEM_NOW + 1);
        steal__driver_give(&world->driver);
    }
    steal__driver_fini(&world->driver);
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
#define CALL(count, what, end) \
 .threads = count, .setup = set_up_calls, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "one_timer", DRIVER(2, one_timer) },
    { .name = "two_timers", DRIVER(3, two_timers), .preemptions = 3 },
    { .name = "call_a_sleeper", CALL(2, call_a_sleeper, one_is_made) },
    { .name = "call_a_leaver", CALL(2, call_a_leaver, one_is_made) },
    { .name = "call_two_of_a_leaver",
            CALL(3, call_a_leaver, both_are_made),
            .preemptions = 2 },
    { .name = "call_each_other", CALL(2, call_each_other, both_are_made) },
    { .name = "call_from_a_call",
            .threads = 2,
            .setup = set_up_nested,
            .thread = call_from_a_call,
            .finish = both_are_made,
            .preemptions = 4 },
    { .name = "call_at_the_end", CALL(2, call_at_the_end, one_is_made) },
    { .name = "call_a_sleeper_at_the_end",
            CALL(2, call_a_sleeper_at_the_end, one_is_made) },
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
    { .name = "sleep_without_looking_for_calls",
            CALL(2, call_a_sleeper, one_is_made),
            .fault = { EXPLORE_BLIND_LOAD, "announce", "has_calls", NULL } },
    { .name = "call_without_fence",
            CALL(2, call_a_leaver, one_is_made),
            .fault = { EXPLORE_SKIP, "steal__driver_call", NULL, "fence" } },
    { .name = "give_without_fence",
            CALL(2, call_a_leaver, one_is_made),
            .fault = { EXPLORE_SKIP, "steal__driver_give", NULL, "fence" } },
    { .name = "give_without_looking",
            CALL(2, call_a_leaver, one_is_made),
            .fault = { EXPLORE_BLIND_LOAD, "steal__driver_give", "has_calls",
                    NULL } },
    { .name = "call_without_kick",
            CALL(2, call_a_sleeper, one_is_made),
            .fault = { EXPLORE_SKIP, "steal__reactor_kick", NULL, "wake" } },
    { .name = "leave_without_release",
            CALL(2, call_a_leaver, one_is_made),
            .fault = { EXPLORE_DROP_RELEASE, "lock_give", "lock->word",
                    NULL } },
    { .name = "tell_without_kick",
            DRIVER(2, one_timer),
            .fault = { EXPLORE_SKIP, "steal__reactor_kick", NULL, "wake" } },
    { .name = "give_without_release",
            DRIVER(3, take_seat),
            .fault = { EXPLORE_DROP_RELEASE, "lock_give", NULL, NULL } },
};

EXPLORE_MAIN(cases)
