/*
 * reactor.h - the libuv loop: one of our own, or the application's.
 *
 * In a loop of our own, the holder of the driver's seat sleeps.  As a guest in
 * the application's loop (guest.c) there is nothing to call: the loop tells when
 * it is about to sleep and when it has slept.
 *
 * Threads: kick() and is_busy() are for anyone, the rest for the holder of the
 * driver's seat: libuv's functions, but one, know one thread.
 */
#ifndef STEAL_DRIVER_REACTOR_H
#define STEAL_DRIVER_REACTOR_H

#include <uv.h>

#include "../base/list.h"
#include "../task/waiter.h"
#include "driver.h"

struct reactor {
    uv_loop_t *loop;
    uv_async_t kick;
    uv_poll_t watch; /* of the driver's set */
    struct driver *driver;
    struct list tenants;
    _Atomic(bool) has_tenants;
    unsigned looks; /* since the loop has turned */
    unsigned nopen; /* of the handles above and below */

    uv_loop_t own;

    /* the guest's */
    uv_prepare_t prepare;
    uv_check_t check;
    struct wakeups wakeups;
    bool leaving;
};

/* `host` may be NULL. */
int steal__reactor_new(struct reactor **reactor, struct driver *driver,
        uv_loop_t *host);

/* Evicts all tenants.  A guest is gone when its host has closed the handles. */
void steal__reactor_free(struct reactor *reactor);

static inline bool
steal__reactor_is_guest(const struct reactor *reactor)
{
    return reactor->loop != &reactor->own;
}

/* One turn of our own loop, asleep until `deadline`. */
void steal__reactor_sleep(struct reactor *reactor, uint64_t deadline);

/* The same without sleeping. */
void steal__reactor_look(struct reactor *reactor);

void steal__reactor_kick(struct reactor *reactor);

static inline uv_loop_t *
steal__reactor_loop(struct reactor *reactor)
{
    return reactor->loop;
}

/* False if a turn that does not sleep would find nothing. */
static inline bool
steal__reactor_is_busy(struct reactor *reactor)
{
    return steal__set_is_used(&reactor->driver->set) ||
           load_relaxed(&reactor->has_tenants); /* a hint */
}

/* guest.c: its handles, and what it does when the last one is closed. */
void steal__guest_open(struct reactor *reactor);
void steal__guest_leave(struct reactor *reactor);
void steal__guest_closed(struct reactor *reactor);

/* What reactor.c has for it. */
void steal__reactor_close(struct reactor *reactor, uv_handle_t *handle);

#endif
