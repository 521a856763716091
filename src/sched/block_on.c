/*
 * block_on.c
 *
 * The future runs as a task, whose root refers to the caller's future and to
 * the blocker on the caller's stack.  The root is dropped when the future has
 * ended, either way, and that is what tells the blocker.
 *
 * Orderings
 *   O1  root_drop: store state, release  ->  wait: load state, acquire
 *       The result, and all that the future did.  After the store the blocker
 *       may be gone: the futex is woken by its address alone.
 *
 * On a runtime with STEAL_ON_CALLER one of the threads that wait is the worker.
 * When its own future has ended it gives that up, to another of them.
 */
#include "block_on.h"

#include <errno.h>

#include <steal/runtime.h>
#include <steal/task.h>

#include "../base/clock.h"
#include "../base/futex.h"
#include "../base/thread.h"
#include "../task/here.h"
#include "../task/task.h"
#include "runtime.h"
#include "simulate.h"

enum {
    WAITING,
    DONE = BLOCKER_DONE,
    CALLED /* the worker's seat is free: try to take it */
};

struct root {
    struct steal_future future;
    struct steal_future *inner;
    struct blocker *blocker;
    bool ready;
};

/* For who asks whether anybody is left (insight/standstill.c): not if the thread
 * belongs to a runtime, and is counted as such. */
static void
begin_block(struct steal_runtime *runtime, struct blocker *blocker)
{
    blocker->is_blocked = runtime->watchdog && !steal__bound;
    if (unlikely(blocker->is_blocked))
        add_relaxed(&runtime->blocked, 1); /* a count, no more */
}

static void
end_block(struct steal_runtime *runtime, struct blocker *blocker)
{
    if (unlikely(blocker->is_blocked))
        add_relaxed(&runtime->blocked, -1u); /* a count, no more */
}

static enum steal_poll
root_poll(struct steal_future *future, struct steal_context *cx)
{
    struct root *root = (struct root *)future;

    if (steal_future_poll(root->inner, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    root->ready = true;
    return STEAL_READY;
}

static void
root_drop(struct steal_future *future)
{
    struct root *root = (struct root *)future;
    struct blocker *blocker = root->blocker;

    steal_future_drop(root->inner);
    blocker->result = root->ready ? root->inner->result
                                  : steal__task_failure(steal__task_of(future));
    end_block(steal__task_of(future)->runtime, blocker);
    store_release(&blocker->state, DONE); /* O1 */
    steal__futex_wake(&blocker->state, 1);
}

static struct steal_future *
root_awaited(struct steal_future *future, size_t i)
{
    return i ? NULL : ((struct root *)future)->inner;
}

static const struct steal_future_ops root_ops = { .name = "block_on",
    .poll = root_poll,
    .drop = root_drop,
    .awaited = root_awaited };

static void
wait_for_done(struct blocker *blocker)
{
    while (!steal__blocker_is_done(blocker)) /* O1 */
        steal__futex_wait(&blocker->state, WAITING, UINT64_MAX);
}

/*
 * STEAL_ON_CALLER
 */

/* True if the worker's seat is ours; else we are in line for it. */
static bool
take_seat(struct steal_runtime *runtime, struct blocker *blocker)
{
    bool taken;

    lock_take(&runtime->seat_lock);
    taken = !runtime->seat_taken;
    if (taken)
        runtime->seat_taken = true;
    else
        list_append(&runtime->waiting, &blocker->link);
    lock_give(&runtime->seat_lock);
    return taken;
}

/* Calls the first in line that is not done, if the seat is free.  Returns what
 * is to be woken without the lock; it may be gone by then. */
static _Atomic(uint32_t) *
call_next_locked(struct steal_runtime *runtime)
{
    if (runtime->seat_taken)
        return NULL;
    list_foreach(link, &runtime->waiting) {
        struct blocker *next = container_of(link, struct blocker, link);
        uint32_t old = WAITING;

        if (cas_strong_acq_rel(&next->state, &old, CALLED))
            return &next->state;
        if (old == CALLED)
            return NULL;
    }
    return NULL;
}

static void
wake(_Atomic(uint32_t) *state)
{
    if (state)
        steal__futex_wake(state, 1);
}

/* For good: whoever was called but does not take the seat calls the next. */
static void
leave_line(struct steal_runtime *runtime, struct blocker *blocker,
        bool for_good)
{
    _Atomic(uint32_t) *called = NULL;

    lock_take(&runtime->seat_lock);
    list_remove(&blocker->link);
    if (for_good)
        called = call_next_locked(runtime);
    lock_give(&runtime->seat_lock);
    wake(called);
}

static void
give_seat(struct steal_runtime *runtime)
{
    _Atomic(uint32_t) *called;

    lock_take(&runtime->seat_lock);
    runtime->seat_taken = false;
    called = call_next_locked(runtime);
    lock_give(&runtime->seat_lock);
    wake(called);
}

/* Sleeps until it is called to the seat, or done.  False if time is up. */
static bool
wait_in_line(struct steal_runtime *runtime, struct blocker *blocker,
        uint64_t deadline)
{
    uint32_t called = CALLED;
    bool in_time = true;

    while (in_time && load_acquire(&blocker->state) == WAITING)
        in_time = steal__futex_wait(&blocker->state, WAITING, deadline);
    leave_line(runtime, blocker, !in_time || steal__blocker_is_done(blocker));
    cas_strong_acq_rel(&blocker->state, &called, WAITING);
    return in_time;
}

static void
work(struct steal_runtime *runtime, struct blocker *blocker)
{
    struct clock clock = steal__clock;
    struct thread_guard guard;

    steal__thread_guard(&guard);
    if (runtime->simulation) {
        steal__simulate(runtime, blocker);
    } else {
        steal__clock = (struct clock){ 0, 0 }; /* its time is the real one */
        steal__worker_run(&runtime->workers[0], blocker);
        steal__clock = clock;
    }
    steal__thread_unguard(&guard);
}

static void
work_until_done(struct steal_runtime *runtime, struct blocker *blocker)
{
    if (runtime->simulation && steal__is_simulating(runtime)) {
        steal__simulate(runtime, blocker); /* in a blocking call */
        return;
    }
    while (!steal__blocker_is_done(blocker)) {
        if (take_seat(runtime, blocker)) {
            work(runtime, blocker);
            give_seat(runtime);
        } else {
            wait_in_line(runtime, blocker, UINT64_MAX);
        }
    }
}

bool
steal__work_until_quiet(struct steal_runtime *runtime, uint64_t deadline)
{
    struct blocker blocker = { .result = 0 };

    while (!take_seat(runtime, &blocker)) {
        if (!wait_in_line(runtime, &blocker, deadline))
            return false;
    }
    work(runtime, NULL);
    give_seat(runtime);
    return true;
}

int
steal_block_on(struct steal_runtime *runtime, struct steal_future *future)
{
    struct blocker blocker = { .result = -ECANCELED };
    struct root root = { STEAL_FUTURE(&root_ops), future, &blocker, false };
    uint32_t pin = future->pin;
    bool on_caller;
    int error;

    if (steal__worker)
        return -EDEADLK;
    if (!runtime)
        return steal__run_here(future);
    on_caller = runtime->options.flags & STEAL_ON_CALLER;
    future_adopt(future);
    begin_block(runtime, &blocker);
    error = steal_spawn(runtime, &root.future, sizeof root, NULL);
    if (error) {
        end_block(runtime, &blocker);
        future->pin = pin;
        return error;
    }
    if (on_caller)
        work_until_done(runtime, &blocker);
    else
        wait_for_done(&blocker);
    return blocker.result;
}
