/*
 * driver.c - the seat, and when its holder sleeps.
 *
 * Orderings
 *   O1  who waits: wheel.next or a command, then fence, then load until
 *       holder:    until, then fence, then load wheel.next and commands
 *       One of the two sees the other: either the holder does not sleep too
 *       long, or it is kicked.  Without the fences both could read the old
 *       value:   insert: next = 5; until?   |   holder: until = 9; next?
 *   O2  seat: lock.h, O1.  A holder sees what the holders before it did.
 */
#include "driver.h"

#include <errno.h>
#include <stdlib.h>

#include <steal/time.h>

#include "../task/schedule.h"
#include "../task/waiter.h"
#include "reactor.h"
#include "wheel.h"

int
steal__driver_init(struct driver *driver, struct steal_runtime *runtime,
        unsigned nwheels)
{
    uint64_t now = steal_now();
    int error;

    lock_init(&driver->seat);
    store_relaxed(&driver->until, 0); /* not shared yet */
    driver->runtime = runtime;
    driver->nwheels = nwheels;
    driver->wheels = aligned_alloc(_Alignof(struct wheel),
            nwheels * sizeof *driver->wheels);
    if (!driver->wheels)
        return -ENOMEM;
    for (unsigned i = 0; i < nwheels; i++)
        steal__wheel_init(&driver->wheels[i], now);
    error = steal__reactor_new(&driver->reactor, driver);
    if (error)
        free(driver->wheels);
    return error;
}

void
steal__driver_fini(struct driver *driver)
{
    steal__reactor_free(driver->reactor);
    free(driver->wheels);
}

struct wheel *
steal__driver_wheel(struct driver *driver, unsigned index)
{
    return &driver->wheels[index];
}

static uint64_t
first_deadline(struct driver *driver)
{
    uint64_t first = WHEEL_NEVER;

    for (unsigned i = 0; i < driver->nwheels; i++) {
        uint64_t next = steal__wheel_next(&driver->wheels[i]);

        if (next < first)
            first = next;
    }
    return first;
}

/* Announces the sleep, then looks again (O1).  Returns its end, 0 for none. */
static uint64_t
announce(struct driver *driver, uint64_t deadline)
{
    uint64_t first;

    store_relaxed(&driver->until, deadline); /* O1: the fence */
    fence_seq_cst();                         /* O1 */
    first = first_deadline(driver);
    if (first < deadline) {
        deadline = first;
        store_relaxed(&driver->until, first); /* earlier than announced */
    }
    if (steal__reactor_has_commands(driver->reactor))
        return 0;
    return deadline;
}

static void
expire(struct driver *driver, uint64_t now, struct wakeups *wakeups)
{
    for (unsigned i = 0; i < driver->nwheels; i++) {
        if (steal__wheel_next(&driver->wheels[i]) <= now)
            steal__wheel_expire(&driver->wheels[i], now, wakeups);
    }
}

unsigned
steal__driver_turn(struct driver *driver, uint64_t deadline)
{
    struct wakeups wakeups;
    unsigned n;

    wakeups_init(&wakeups);
    steal__reactor_obey(driver->reactor, &wakeups);
    if (wakeups.tasks.n)
        deadline = 0; /* a command has woken somebody: do not sleep on that */
    if (deadline)
        deadline = announce(driver, deadline);
    if (deadline || steal__reactor_is_busy(driver->reactor))
        steal__reactor_run(driver->reactor, deadline, &wakeups);
    store_relaxed(&driver->until, 0); /* a kick too many does no harm */
    expire(driver, steal_now(), &wakeups);
    n = wakeups.tasks.n;
    if (n)
        steal__schedule_chain(driver->runtime, &wakeups.tasks);
    return n;
}

void
steal__driver_kick(struct driver *driver)
{
    steal__reactor_kick(driver->reactor);
}

bool
steal__driver_is_due(struct driver *driver, uint64_t now)
{
    return first_deadline(driver) <= now ||
           steal__reactor_is_busy(driver->reactor) ||
           steal__reactor_has_commands(driver->reactor);
}

void
steal__driver_tell(struct driver *driver, uint64_t deadline)
{
    uint64_t until;

    fence_seq_cst();                      /* O1 */
    until = load_relaxed(&driver->until); /* O1: the fence */
    if (until && deadline < until)
        steal__driver_kick(driver);
}

void
steal__driver_nudge(struct driver *driver)
{
    if (!steal__driver_try_take(driver)) {
        steal__driver_kick(driver);
        return;
    }
    steal__driver_turn(driver, 0);
    steal__driver_give(driver);
}
