/*
 * handle.c
 *
 * Orderings
 *   O1  make_request: store done, release  ->  call: load done, acquire
 *       The result.  After the store the request may be gone: the futex is
 *       woken by its address alone.
 * The rest is guarded by locks (lock.h, O1).
 */
#include "handle.h"

#include <errno.h>
#include <string.h>

#include "../base/assert.h"
#include "../base/futex.h"
#include "../task/schedule.h"

#define WAITS 1u /* the one event of our queues */

void *
steal__handle_new(struct steal_runtime *runtime, size_t size)
{
    struct handle *handle = steal__runtime_allocate(runtime, size);

    if (!handle)
        return NULL;
    memset(handle, 0, size);
    handle->runtime = runtime;
    handle->size = size;
    handle->refs = 1;
    waitq_init(&handle->waiters);
    return handle;
}

static void
ref(struct handle *handle)
{
    lock_take(&handle->waiters.lock);
    handle->refs++;
    lock_give(&handle->waiters.lock);
}

void
steal__handle_unref(struct handle *handle)
{
    bool last;

    lock_take(&handle->waiters.lock);
    last = --handle->refs == 0;
    lock_give(&handle->waiters.lock);
    if (last)
        steal__runtime_release(handle->runtime, handle, handle->size);
}

/*
 * Calls that are waited for
 */

struct request {
    struct call call;
    struct handle *handle;
    handle_fn *fn;
    void *arg;
    int result;
    _Atomic(uint32_t) done;
};

static void
make_request(struct call *call, uv_loop_t *loop, struct wakeups *wakeups)
{
    struct request *request = container_of(call, struct request, call);

    (void)wakeups;
    request->result = loop ? request->fn(request->handle, loop, request->arg)
                           : -ECANCELED;
    store_release(&request->done, 1); /* O1 */
    steal__futex_wake(&request->done, 1);
}

int
steal__handle_call(struct handle *handle, handle_fn *fn, void *arg)
{
    struct request request = { .call = { .run = make_request },
        .handle = handle,
        .fn = fn,
        .arg = arg };

    store_relaxed(&request.done, 0); /* not shared yet */
    steal__driver_call(steal__runtime_driver(handle->runtime), &request.call);
    while (!load_acquire(&request.done)) /* O1 */
        steal__futex_wait(&request.done, 0, UINT64_MAX);
    return request.result;
}

/*
 * The holder's side
 */

void
steal__handle_opened(struct handle *handle, void (*evict)(struct tenant *))
{
    check(!handle->open);
    ref(handle);
    handle->open = true;
    handle->uv.any.data = handle;
    uv_unref(&handle->uv.any); /* a host's loop ends without regard to it */
    handle->tenant.evict = evict;
    steal__driver_move_in(steal__runtime_driver(handle->runtime),
            &handle->tenant);
}

static void
on_closed(uv_handle_t *uv)
{
    struct handle *handle = uv->data;

    steal__driver_move_out(steal__runtime_driver(handle->runtime),
            &handle->tenant);
    steal__handle_unref(handle);
}

void
steal__handle_close(struct handle *handle)
{
    if (!handle->open)
        return;
    handle->open = false;
    uv_close(&handle->uv.any, on_closed);
}

void
steal__handle_evicted(struct handle *handle)
{
    steal__handle_end(handle, -ECANCELED);
    steal__handle_close(handle);
}

void
steal__handle_wake(struct handle *handle)
{
    steal__waitq_wake(&handle->waiters, WAITS, 0,
            steal__driver_wakeups(steal__runtime_driver(handle->runtime)));
}

void
steal__handle_end(struct handle *handle, int error)
{
    struct wakeups wakeups;

    wakeups_init(&wakeups);
    lock_take(&handle->waiters.lock);
    if (!handle->error)
        handle->error = error;
    lock_give(&handle->waiters.lock);
    steal__waitq_wake(&handle->waiters, WAITS, 0, &wakeups);
    steal__wakeups_schedule(&wakeups);
}

static void
make_last(struct call *call, uv_loop_t *loop, struct wakeups *wakeups)
{
    struct handle *handle = container_of(call, struct handle, call);

    (void)wakeups;
    if (loop)
        handle->last(handle);
    steal__handle_unref(handle);
}

void
steal__handle_free(struct handle *handle, void (*last)(struct handle *handle))
{
    steal__handle_end(handle, -ECANCELED);
    handle->last = last;
    handle->call.run = make_last;
    ref(handle); /* keeps the driver, too, until the return from it */
    steal__driver_call(steal__runtime_driver(handle->runtime), &handle->call);
    steal__handle_unref(handle);
}

/*
 * The futures
 */

/* Takes what is there, or enters the queue.  True if the future is ready. */
static bool
take_or_enter(struct handle *handle, struct wait *wait,
        struct steal_future *future, handle_take_fn *take)
{
    bool ready;

    lock_take(&handle->waiters.lock);
    ready = take(handle, future);
    if (!ready && handle->error) {
        future->result = handle->error;
        ready = true;
    }
    if (!ready) {
        if (!wait->events)
            handle->refs++;
        wait->events = WAITS;
        waitq_enter_locked(&handle->waiters, wait);
    }
    lock_give(&handle->waiters.lock);
    return ready;
}

enum steal_poll
steal__handle_poll(struct handle *handle, struct steal_wait *public_wait,
        struct steal_future *future, struct steal_context *cx,
        handle_take_fn *take)
{
    struct wait *wait = wait_of(public_wait);

    if (wait->events && steal__waitq_still_waits(&handle->waiters, wait, cx))
        return STEAL_PENDING;
    waitq_prepare(wait, cx);
    if (!take_or_enter(handle, wait, future, take))
        return STEAL_PENDING;
    waitq_forget(wait);
    return STEAL_READY;
}

void
steal__handle_leave(struct handle *handle, struct steal_wait *public_wait)
{
    struct wait *wait = wait_of(public_wait);

    if (!wait->events)
        return; /* it was ready at once, and has no reference */
    steal__waitq_leave(&handle->waiters, wait);
    steal__handle_unref(handle);
}
