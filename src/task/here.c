/*
 * here.c - a thread as an executor of one future.
 *
 * Orderings
 *   O1  wake: swap, release  ->  sleep: swap, acquire
 *       What precedes a wake is visible to the poll that follows it.
 *   O2  unref: sub, acq_rel
 *       Whoever frees comes after all use: a wake may still be under way when the
 *       poll that it has caused is over.
 */
#include "here.h"

#include <errno.h>
#include <stdlib.h>

#include <steal/waker.h>

#include "../base/futex.h"

enum {
    ASLEEP,
    WOKEN
};

struct sleeper {
    _Atomic(uint32_t) state;
    _Atomic(uint32_t) refs;
};

static void
sleeper_unref(struct sleeper *sleeper)
{
    if (sub_acq_rel(&sleeper->refs, 1) == 1) /* O2 */
        free(sleeper);
}

static void
wake_by_ref(void *data)
{
    struct sleeper *sleeper = data;

    if (swap_release(&sleeper->state, WOKEN) == ASLEEP) /* O1 */
        steal__futex_wake(&sleeper->state, 1);
}

static void
wake(void *data)
{
    wake_by_ref(data);
    sleeper_unref(data);
}

static void
drop(void *data)
{
    sleeper_unref(data);
}

static struct steal_waker
clone(void *data)
{
    static const struct steal_waker_vtable vtable = { clone, wake, wake_by_ref,
        drop };
    struct sleeper *sleeper = data;

    add_relaxed(&sleeper->refs, 1); /* the caller has one */
    return (struct steal_waker){ &vtable, sleeper };
}

static void
sleep_until_woken(struct sleeper *sleeper)
{
    while (swap_acquire(&sleeper->state, ASLEEP) != WOKEN) /* O1 */
        steal__futex_wait(&sleeper->state, ASLEEP, UINT64_MAX);
}

int
steal__run_here(struct steal_future *future)
{
    struct sleeper *sleeper = malloc(sizeof *sleeper);
    struct steal_waker waker;
    struct steal_context cx;

    if (!sleeper)
        return -ENOMEM;
    store_relaxed(&sleeper->state, ASLEEP); /* not shared yet */
    store_relaxed(&sleeper->refs, 0);       /* not shared yet */
    waker = clone(sleeper);
    steal_context_init(&cx, &waker);
    while (steal_future_poll(future, &cx) == STEAL_PENDING)
        sleep_until_woken(sleeper);
    steal_future_drop(future);
    steal_waker_drop(&waker);
    return future->result;
}
