/*
 * compute.c - a computation that a task awaits.
 *
 *     NEW ---> QUEUED ---> RUNNING ---> DONE
 *       poll      |  take          end
 *                 +--- drop: NEW again
 *
 * Orderings
 *   C1  end: store *dropper, release  ->  wait_for_end: load, acquire
 *       What the computation did.  After the store the future may be gone: the
 *       futex is woken by its address alone.
 *   C2  poll: queue, fence  ->  SLEEP.md, S1
 *   The rest is that of the team's lock.
 */
#include "compute.h"

#include <errno.h>

#include <steal/blocking.h>
#include <steal/cancel.h>
#include <steal/time.h>

#include "../base/await.h"
#include "../base/finish.h"
#include "../base/futex.h"
#include "../sched/runtime.h"
#include "../task/schedule.h"
#include "../task/waiter.h"
#include "team.h"

enum {
    NEW,
    QUEUED,
    RUNNING,
    DONE
};

static struct list *
link_of(struct steal_compute *compute)
{
    return (struct list *)(void *)&compute->link;
}

static struct steal_compute *
compute_of(struct list *link)
{
    return container_of(link, struct steal_compute, link);
}

_Static_assert(sizeof(struct list) == sizeof(((struct steal_compute *)0)->link),
        "struct steal_compute has room for a link");

/*
 * The worker's side
 */

bool
steal__compute_is_late(struct team *team, uint64_t now, uint64_t patience)
{
    bool late = false;

    if (!lock_try(&team->lock))
        return false;
    if (!list_is_empty(&team->queue))
        late = now > compute_of(list_first(&team->queue))->since + patience;
    lock_give(&team->lock);
    return late;
}

static void
count_locked(struct team *team, int by)
{
    uint32_t n = load_relaxed(&team->queued); /* the lock */

    store_relaxed(&team->queued, n + (uint32_t)by);
}

struct steal_compute *
steal__compute_take(struct team *team)
{
    struct steal_compute *compute = NULL;

    lock_take(&team->lock);
    if (!list_is_empty(&team->queue)) {
        compute = compute_of(list_first(&team->queue));
        list_remove(link_of(compute));
        compute->state = RUNNING;
        count_locked(team, -1);
    }
    lock_give(&team->lock);
    return compute;
}

static void
end(struct team *team, struct steal_compute *compute, int result)
{
    _Atomic(uint32_t) *dropper;
    struct wakeups wakeups;

    wakeups_init(&wakeups);
    lock_take(&team->lock);
    compute->result = result;
    compute->state = DONE;
    dropper = compute->dropper;
    wakeups_add(&wakeups, &compute->waker);
    lock_give(&team->lock);

    wakeups_send_foreign(&wakeups);
    if (wakeups.tasks.n)
        steal__schedule(wakeups.tasks.first);
    if (dropper) {
        store_release(dropper, 1); /* C1 */
        steal__futex_wake(dropper, 1);
    }
}

void
steal__compute_run(struct team *team, struct steal_compute *compute)
{
    runtime_notify(team->runtime); /* who sleeps does not see it begin */
    end(team, compute, compute->fn(compute->data));
}

/*
 * The future's side
 */

static enum steal_poll
begin(struct steal_compute *compute, struct steal_context *cx)
{
    struct steal_runtime *runtime = steal_runtime_current();
    struct team *team;
    int error = -EINVAL;

    if (runtime) /* else who waits would not be dropped when it stops */
        runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return future_finish(&compute->future, error);
    team = runtime->team;
    compute->team = team;
    compute->since = steal_now();
    compute->state = QUEUED;
    waiter_set(&compute->waker, cx);
    lock_take(&team->lock);
    list_append(&team->queue, link_of(compute));
    count_locked(team, 1);
    lock_give(&team->lock);
    fence_seq_cst(); /* C2 */
    runtime_notify(runtime);
    return STEAL_PENDING;
}

/* True once it is over; until then the waker is that of `cx`. */
static bool
is_done(struct steal_compute *compute, const struct steal_context *cx)
{
    struct team *team = compute->team;
    struct steal_waker spare;
    bool done;

    waiter_set(&spare, cx);
    lock_take(&team->lock);
    done = compute->state == DONE;
    if (!done)
        waiter_renew(&compute->waker, &spare, cx);
    lock_give(&team->lock);
    waiter_clear(&spare);
    return done;
}

static enum steal_poll
compute_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_compute *compute = (struct steal_compute *)future;

    if (!compute->team)
        return begin(compute, cx);
    if (!is_done(compute, cx))
        return STEAL_PENDING;
    return future_finish(future, compute->result);
}

static int
wait_for_end(void *arg)
{
    _Atomic(uint32_t) *ended = arg;

    while (!load_acquire(ended)) /* C1 */
        steal__futex_wait(ended, 0, UINT64_MAX);
    return 0;
}

/* Nobody is to be woken any more.  True if it runs: its end is told to
 * `dropper`. */
static bool
leave(struct steal_compute *compute, _Atomic(uint32_t) *dropper)
{
    struct team *team = compute->team;
    struct steal_waker waker;
    bool runs;

    lock_take(&team->lock);
    if (compute->state == QUEUED) {
        list_remove(link_of(compute));
        compute->state = NEW;
        count_locked(team, -1);
    }
    runs = compute->state == RUNNING;
    compute->dropper = dropper;
    waker = compute->waker;
    compute->waker = (struct steal_waker)STEAL_WAKER_INIT;
    lock_give(&team->lock);
    waiter_clear(&waker);
    return runs;
}

static void
compute_drop(struct steal_future *future)
{
    struct steal_compute *compute = (struct steal_compute *)future;
    _Atomic(uint32_t) ended;

    if (!compute->team)
        return;               /* never polled */
    store_relaxed(&ended, 0); /* not shared yet */
    if (!leave(compute, &ended))
        return;
    if (compute->cancel)
        steal_cancel_request(compute->cancel);
    steal_block_in_place(wait_for_end, &ended);
}

static void
compute_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_compute *compute = (struct steal_compute *)future;

    if (compute->team)
        await_for(await, "computation", (const void *)(uintptr_t)compute->fn);
}

static const struct steal_future_ops compute_ops = { .name = "compute",
    .poll = compute_poll,
    .drop = compute_drop,
    .waits = compute_waits };

struct steal_future *
steal_compute_cancelable(struct steal_compute *compute,
        struct steal_cancel *token, int (*fn)(void *data), void *data)
{
    *compute = (struct steal_compute){ .fn = fn,
        .data = data,
        .cancel = token };
    steal_future_init(&compute->future, &compute_ops);
    return &compute->future;
}

struct steal_future *
steal_compute(struct steal_compute *compute, int (*fn)(void *data), void *data)
{
    return steal_compute_cancelable(compute, NULL, fn, data);
}
