/*
 * signal.c
 *
 * libuv's handler writes 16 bytes a signal and uv_signal_t into a pipe of the
 * loop, and drops what does not fit, that is beyond some thousands.  What is in
 * the pipe then will still tell of this signal, but that of a child which ended
 * in that very moment may be lost.  So in a flood we now and then send SIGCHLD
 * to ourselves: libuv then looks at all children.  A pipe holds at least a page,
 * 256 signals; if it was full, RECHECK comes after that.
 *
 * Orderings: `deliveries` is only counted; the rest is guarded by the lock.
 */
#include <steal/signal.h>

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "../base/await.h"
#include "../task/schedule.h"
#include "handle.h"

#define RECHECK 128

struct steal_signal {
    struct handle handle;
    int signum;
    int count; /* deliveries that nobody was told of */
};

static struct steal_signal *
signal_of(struct handle *handle)
{
    return container_of(handle, struct steal_signal, handle);
}

static void
look_at_children_in_a_flood(void)
{
    static _Atomic(unsigned) deliveries;

    if (add_relaxed(&deliveries, 1) % RECHECK == RECHECK - 1)
        kill(getpid(), SIGCHLD);
}

static void
on_signal(uv_signal_t *uv, int signum)
{
    struct handle *handle = uv->data;
    struct steal_signal *signal = signal_of(handle);

    lock_take(&handle->waiters.lock);
    if (signal->count < INT_MAX)
        signal->count++;
    lock_give(&handle->waiters.lock);
    steal__handle_wake(handle);
    if (signum != SIGCHLD)
        look_at_children_in_a_flood();
}

static void
evict(struct tenant *tenant)
{
    steal__handle_evicted(container_of(tenant, struct handle, tenant));
}

static int
open_signal(struct handle *handle, uv_loop_t *loop, void *arg)
{
    int error = uv_signal_init(loop, &handle->uv.signal);

    (void)arg;
    if (error)
        return error;
    steal__handle_opened(handle, evict);
    error = uv_signal_start(&handle->uv.signal, on_signal,
            signal_of(handle)->signum);
    if (error)
        steal__handle_close(handle);
    return error;
}

int
steal_signal_new(struct steal_signal **result, struct steal_runtime *runtime,
        int signum)
{
    struct steal_signal *signal;
    int error;

    runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return error;
    signal = steal__handle_new(runtime, sizeof *signal);
    if (!signal)
        return -ENOMEM;
    signal->signum = signum;
    error = steal__handle_call(&signal->handle, open_signal, NULL);
    if (error)
        steal__handle_unref(&signal->handle);
    else
        *result = signal;
    return error;
}

void
steal_signal_free(struct steal_signal *signal)
{
    steal__handle_free(&signal->handle, steal__handle_close);
}

static bool
take_count(struct handle *handle, struct steal_future *future)
{
    struct steal_signal *signal = signal_of(handle);

    future->result = signal->count;
    signal->count = 0;
    return future->result != 0;
}

static enum steal_poll
next_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_signal_next *next = (struct steal_signal_next *)future;

    return steal__handle_poll(&next->signal->handle, &next->wait, future, cx,
            take_count);
}

static void
next_drop(struct steal_future *future)
{
    struct steal_signal_next *next = (struct steal_signal_next *)future;

    steal__handle_leave(&next->signal->handle, &next->wait);
}

static void
next_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_signal_next *next = (struct steal_signal_next *)future;

    if (next->wait.events)
        await_number(await, "signal", next->signal, next->signal->signum);
}

static const struct steal_future_ops next_ops = { .name = "signal",
    .poll = next_poll,
    .drop = next_drop,
    .waits = next_waits };

struct steal_future *
steal_signal_next(struct steal_signal_next *next, struct steal_signal *signal)
{
    steal_future_init(&next->future, &next_ops);
    next->signal = signal;
    steal__handle_wait_init(&next->wait);
    return &next->future;
}
