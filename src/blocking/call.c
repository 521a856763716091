/*
 * call.c - the futures of the pool.
 *
 * Orderings
 *   O1  end: store *dropper, release  ->  wait_for_end: load, acquire
 *       What the call did.  After the store the future may be gone, and the
 *       futex is woken by its address alone.
 *   The rest is that of lock.h.
 */
#include "call.h"

#include <errno.h>

#include <steal/blocking.h>

#include "../base/await.h"
#include "../base/compiler.h"
#include "../base/futex.h"
#include "../task/schedule.h"
#include "../task/waiter.h"
#include "host.h"
#include "pool.h"

_Static_assert(sizeof(struct pool_call) ==
                       sizeof(((struct steal_blocking *)0)->call),
        "struct steal_blocking has room for a call");

/* How often a drop looks whether the call is over before it blocks. */
#define LOOKS 100

/*
 * The pool's side
 */

static void
wake(struct wakeups *wakeups)
{
    wakeups_send_foreign(wakeups);
    if (wakeups->tasks.n)
        steal__schedule(wakeups->tasks.first);
}

/* The later one of the two: ends what belongs to the call, and the call. */
static void
bury(struct pool_call *call)
{
    struct pool *pool = call->pool;

    call->destroy(call->arg);
    steal__runtime_release(pool->runtime, call, sizeof *call);
}

void
steal__call_end(struct pool_call *call, int result)
{
    _Atomic(uint32_t) *dropper;
    struct wakeups wakeups;
    bool abandoned;

    wakeups_init(&wakeups);
    lock_take(&call->lock);
    call->result = result;
    call->done = true;
    dropper = call->dropper;
    abandoned = call->abandoned;
    wakeups_add(&wakeups, &call->waker);
    lock_give(&call->lock);

    if (abandoned)
        bury(call);
    wake(&wakeups);
    if (dropper) {
        store_release(dropper, 1); /* O1 */
        steal__futex_wake(dropper, 1);
    }
}

void
steal__call_run(struct pool_call *call)
{
    steal__call_end(call, call->fn(call->arg));
}

/*
 * The future's side
 */

static struct pool_call *
own_call(struct steal_blocking *blocking)
{
    return (struct pool_call *)(void *)&blocking->call;
}

/* The call that is queued: the future's own, or a block if it is to outlive the
 * future. */
static struct pool_call *
make_call(struct steal_blocking *blocking, struct steal_runtime *runtime)
{
    struct pool_call *own = own_call(blocking);
    struct pool_call *call = own;

    if (own->destroy)
        call = steal__runtime_allocate(runtime, sizeof *call);
    if (!call)
        return NULL;
    if (call != own)
        *call = *own;
    lock_init(&call->lock);
    call->pool = steal__runtime_pool(runtime);
    return call;
}

static enum steal_poll
begin(struct steal_blocking *blocking, struct steal_context *cx)
{
    int *error = &blocking->future.result;
    struct steal_runtime *runtime = steal__runtime_for(NULL, error);
    struct pool_call *call;

    if (!runtime)
        return STEAL_READY;
    call = make_call(blocking, runtime);
    if (!call) {
        *error = -ENOMEM;
        return STEAL_READY;
    }
    blocking->current = call;
    waiter_set(&call->waker, cx);
    steal__pool_push(call->pool, call);
    return STEAL_PENDING;
}

/* True once it is over; until then the waker is that of `cx`. */
static bool
is_done(struct pool_call *call, const struct steal_context *cx)
{
    struct steal_waker spare;
    bool done;

    waiter_set(&spare, cx);
    lock_take(&call->lock);
    done = call->done;
    if (!done)
        waiter_renew(&call->waker, &spare, cx);
    lock_give(&call->lock);
    waiter_clear(&spare);
    return done;
}

static enum steal_poll
blocking_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_blocking *blocking = (struct steal_blocking *)future;
    struct pool_call *call = blocking->current;

    if (!call)
        return begin(blocking, cx);
    if (!is_done(call, cx))
        return STEAL_PENDING;
    future->result = call->result;
    blocking->settled = true;
    return STEAL_READY;
}

/* Nobody is to be woken any more.  False if the call is over. */
static bool
leave(struct pool_call *call, _Atomic(uint32_t) *dropper)
{
    struct steal_waker waker;
    bool done;

    lock_take(&call->lock);
    done = call->done;
    call->dropper = dropper;
    call->abandoned = !dropper;
    waker = call->waker;
    call->waker = (struct steal_waker)STEAL_WAKER_INIT;
    lock_give(&call->lock);
    waiter_clear(&waker);
    return !done;
}

static int
wait_for_end(void *arg)
{
    _Atomic(uint32_t) *ended = arg;

    while (!load_acquire(ended)) /* O1 */
        steal__futex_wait(ended, 0, UINT64_MAX);
    return 0;
}

/* Most calls are short, so look for a moment; then block, as any call would. */
static COLD void
outlast(struct pool_call *call)
{
    _Atomic(uint32_t) ended;

    store_relaxed(&ended, 0); /* not shared yet */
    if (!leave(call, &ended))
        return;
    for (int i = 0; i < LOOKS && !load_acquire(&ended); i++) /* O1 */
        cpu_relax();
    if (!load_acquire(&ended)) /* O1 */
        steal_block_in_place(wait_for_end, &ended);
}

/* Lets go of a call that is not known to be over.  False if it goes on, by
 * itself. */
static bool
withdraw(struct pool_call *call)
{
    if (steal__pool_remove(call->pool, call)) {
        leave(call, NULL);
        return true;
    }
    if (call->destroy)
        return !leave(call, NULL);
    outlast(call);
    return true;
}

static void
blocking_drop(struct steal_future *future)
{
    struct steal_blocking *blocking = (struct steal_blocking *)future;
    struct pool_call *call = blocking->current;
    struct pool_call *own = own_call(blocking);

    if (call && !blocking->settled && !withdraw(call))
        return;
    if (call && call != own)
        bury(call);
    else if (own->destroy)
        own->destroy(own->arg);
}

static void
blocking_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_blocking *blocking = (struct steal_blocking *)future;

    if (blocking->current) /* told by its function, as far as that is an object */
        await_for(await, "blocking call",
                (const void *)(uintptr_t)own_call(blocking)->fn);
}

static const struct steal_future_ops blocking_ops = { .name = "blocking",
    .poll = blocking_poll,
    .drop = blocking_drop,
    .waits = blocking_waits };

struct steal_future *
steal_blocking_owned(struct steal_blocking *blocking, int (*fn)(void *arg),
        void *arg, void (*destroy)(void *arg))
{
    struct pool_call *call = own_call(blocking);

    steal_future_init(&blocking->future, &blocking_ops);
    *call = (struct pool_call){ .fn = fn, .arg = arg, .destroy = destroy };
    blocking->current = NULL;
    blocking->settled = false;
    return &blocking->future;
}

struct steal_future *
steal_blocking(struct steal_blocking *blocking, int (*fn)(void *arg), void *arg)
{
    return steal_blocking_owned(blocking, fn, arg, NULL);
}
