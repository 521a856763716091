/*
 * guest.c - the driver in a loop of the application's.
 *
 * The thread that runs the loop has the driver's seat for ever.  In each turn of
 * the loop, around its sleep:
 *
 *     prepare   makes the calls, announces the sleep, sets the alarm
 *     poll      the set is harvested if it has something; tenants' callbacks
 *     check     wakes what is due, and queues all that was woken
 *
 * The handles do not keep the loop alive: it ends when the application's own
 * handles have.
 *
 * Threads: that of the loop.
 */
#include "reactor.h"

#include <stdlib.h>

#include <steal/time.h>

static void
on_prepare(uv_prepare_t *prepare)
{
    struct reactor *reactor = prepare->data;
    uint64_t deadline;

    /* What callbacks of the loop have woken since the last check. */
    if (reactor->wakeups.tasks.n)
        steal__driver_after_sleep(reactor->driver);
    deadline = steal__driver_before_sleep(reactor->driver, STEAL_FOREVER,
            &reactor->wakeups);
    if (deadline)
        steal__set_alarm(&reactor->driver->set, deadline);
    else
        steal__reactor_kick(reactor); /* the loop is not to sleep */
}

static void
on_check(uv_check_t *check)
{
    struct reactor *reactor = check->data;

    steal__driver_after_sleep(reactor->driver);
}

void
steal__guest_open(struct reactor *reactor)
{
    wakeups_init(&reactor->wakeups);
    reactor->driver->wakeups = &reactor->wakeups;
    uv_prepare_init(reactor->loop, &reactor->prepare);
    uv_check_init(reactor->loop, &reactor->check);
    reactor->nopen += 2;
    reactor->prepare.data = reactor;
    reactor->check.data = reactor;
    uv_prepare_start(&reactor->prepare, on_prepare);
    uv_check_start(&reactor->check, on_check);
    uv_unref((uv_handle_t *)&reactor->kick);
    uv_unref((uv_handle_t *)&reactor->watch);
    uv_unref((uv_handle_t *)&reactor->prepare);
    uv_unref((uv_handle_t *)&reactor->check);
}

void
steal__guest_leave(struct reactor *reactor)
{
    reactor->leaving = true;
    steal__reactor_close(reactor, (uv_handle_t *)&reactor->prepare);
    steal__reactor_close(reactor, (uv_handle_t *)&reactor->check);
}

void
steal__guest_closed(struct reactor *reactor)
{
    if (reactor->leaving && !reactor->nopen && list_is_empty(&reactor->tenants))
        free(reactor);
}
