/*
 * parker.c - the sleep token (src/sched/parker.c): one owner, two who unpark.
 *
 * A permit that is lost leaves the owner asleep for ever.
 */
#include "explore.h"

#include "../../src/driver/driver.h"
#include "../../src/driver/reactor.h"
#include "../../src/sched/parker.h"
#include "loop.h"
#include "system.h"

#define FOREVER UINT64_MAX

static struct parker parker;
static struct driver driver; /* what it has of a loop */
static _Atomic(int) news[2];
static int data;
static bool in_time;

static void
set_up(void)
{
    steal__parker_init(&parker);
    system_begin();
    explore_assert(!steal__set_open(&driver.set));
    explore_assert(!steal__reactor_new(&driver.reactor, &driver, NULL));
    store_relaxed(&news[0], 0);
    store_relaxed(&news[1], 0);
    data = 0;
    explore_name(&parker, sizeof parker, "parker");
    explore_name(news, sizeof news, "news");
    explore_name(&data, sizeof data, "data");
    explore_name(&loop_pipe, sizeof loop_pipe, "pipe");
}

static void
unpark(void)
{
    if (steal__parker_unpark(&parker))
        steal__driver_kick(&driver);
}

static void
tell(unsigned i)
{
    store_relaxed(&news[i], 1);
    unpark();
}

/* One permit ends one sleep, with the data that came before it. */

static void
pass_data(unsigned self)
{
    if (self == 1) {
        data = 1;
        unpark();
    } else {
        steal__parker_park(&parker, FOREVER);
        explore_assert(data == 1);
    }
}

/* Two permits may be one: whoever parks until all is told sees all. */

static void
park_until_told(unsigned self)
{
    if (self != 0) {
        tell(self - 1);
        return;
    }
    while (!load_relaxed(&news[0]) || !load_relaxed(&news[1]))
        steal__parker_park(&parker, FOREVER);
}

/* With a time limit: a permit that comes late stays for the next time. */

static void
park_twice(unsigned self)
{
    if (self == 1) {
        data = 1;
        unpark();
        return;
    }
    in_time = steal__parker_park(&parker, 1);
    if (!in_time)
        steal__parker_park(&parker, FOREVER);
    explore_assert(data == 1);
}

static void
tell_in_time(void)
{
    explore_outcome(in_time);
}

/* In the driver's seat: a kick ends the turn, and the permit is taken after. */

static void
drive_until_told(unsigned self)
{
    if (self != 0) {
        tell(self - 1);
        return;
    }
    while (!load_relaxed(&news[0]) || !load_relaxed(&news[1]))
        if (steal__parker_begin_drive(&parker)) {
            steal__reactor_sleep(driver.reactor, FOREVER);
            steal__parker_end_drive(&parker);
        }
}

/* Now in the seat, now not. */

static void
park_and_drive(unsigned self)
{
    if (self != 0) {
        tell(self - 1);
        return;
    }
    if (steal__parker_begin_drive(&parker)) {
        steal__reactor_sleep(driver.reactor, FOREVER);
        steal__parker_end_drive(&parker);
    }
    while (!load_relaxed(&news[0]) || !load_relaxed(&news[1]))
        steal__parker_park(&parker, FOREVER);
}

#define PARKER(count, what) .threads = count, .setup = set_up, .thread = what

static const struct explore_case cases[] = {
    { .name = "pass_data", PARKER(2, pass_data) },
    { .name = "park_until_told", PARKER(3, park_until_told) },
    { .name = "park_twice",
            PARKER(2, park_twice),
            .finish = tell_in_time,
            .outcomes = 2 },
    { .name = "drive_until_told", PARKER(3, drive_until_told) },
    { .name = "park_and_drive", PARKER(3, park_and_drive) },

    { .name = "sleep_without_looking",
            PARKER(2, pass_data),
            .fault = { EXPLORE_BLIND_WAIT, NULL, NULL, NULL } },
    { .name = "unpark_without_wake",
            PARKER(2, pass_data),
            .fault = { EXPLORE_SKIP, NULL, NULL, "wake" } },
    { .name = "unpark_without_release",
            PARKER(2, pass_data),
            .fault = { EXPLORE_DROP_RELEASE, "steal__parker_unpark", NULL,
                    NULL } },
    { .name = "park_without_acquire",
            PARKER(2, pass_data),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__parker_park", NULL,
                    NULL } },
    { .name = "enter_without_acquire",
            PARKER(2, pass_data),
            .fault = { EXPLORE_DROP_ACQUIRE, "enter", NULL, "swap" } },
    { .name = "enter_by_plain_store",
            PARKER(2, pass_data),
            .fault = { EXPLORE_SPLIT_RMW, "enter", NULL, "cas" } },
    { .name = "unpark_by_plain_store",
            PARKER(2, pass_data),
            .fault = { EXPLORE_SPLIT_RMW, "steal__parker_unpark", NULL,
                    NULL } },
    { .name = "end_drive_without_acquire",
            PARKER(3, drive_until_told),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__parker_end_drive", NULL,
                    NULL } },
    { .name = "end_drive_by_plain_store",
            PARKER(3, drive_until_told),
            .fault = { EXPLORE_SPLIT_RMW, "steal__parker_end_drive", NULL,
                    NULL } },
    { .name = "drive_without_kick",
            PARKER(2, drive_until_told),
            .fault = { EXPLORE_SKIP, NULL, "loop_pipe", "wake" } },
};

EXPLORE_MAIN(cases)
