/*
 * call.h - something to be done with the libuv loop, by who holds it.
 *
 * libuv's handles know one thread.  So whoever wants one (a signal, a process, a
 * watched file) leaves a call with the driver: the holder of the seat makes it at
 * its next turn, and is kicked if it sleeps.  If the seat is free the caller takes
 * it and makes the call itself, before steal__driver_call() returns.
 *
 * A call is made exactly once, also while the runtime stops: then with `loop`
 * NULL, when the loop is gone; it gives back what it holds.
 *
 * Threads: any may leave a call; the rest is for the holder, that is for `run`
 *          and for callbacks of the loop.
 */
#ifndef STEAL_DRIVER_CALL_H
#define STEAL_DRIVER_CALL_H

#include <uv.h>

#include "../base/list.h"

struct driver;
struct wakeups;

struct call {
    struct list link;
    void (*run)(struct call *call, uv_loop_t *loop, struct wakeups *wakeups);
};

/* The caller keeps the memory of `call` until it runs. */
void steal__driver_call(struct driver *driver, struct call *call);

/* What a callback of the loop wakes, with steal__waitq_wake(): it is queued at
 * the end of the turn, in one push. */
struct wakeups *steal__driver_wakeups(struct driver *driver);

/*
 * Who has handles in the loop: a tenant moves in when they are made, and out
 * when the last of them is closed, in its close callback.  When the loop ends
 * before that, evict() is to close them (uv_close(), once); the close callbacks
 * then run, and move the tenant out, before the driver is gone.
 */
struct tenant {
    struct list link;
    void (*evict)(struct tenant *tenant);
};

void steal__driver_move_in(struct driver *driver, struct tenant *tenant);
void steal__driver_move_out(struct driver *driver, struct tenant *tenant);

#endif
