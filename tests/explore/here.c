/*
 * here.c - a thread that polls a future itself and sleeps meanwhile
 * (src/task/here.c).
 */
#include <steal/future.h>
#include <steal/semaphore.h>
#include <steal/waker.h>

#include "../../src/base/lock.h"
#include "../../src/task/here.h"
#include "explore.h"
#include "toy.h"

/* It is ready once `data` says so. */
static struct flag {
    struct steal_future future;
    struct lock lock;
    struct steal_waker waker;
    int wanted;
    int data;
} flag;

static enum steal_poll
flag_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_waker old;
    bool ready;

    lock_take(&flag.lock);
    ready = flag.data >= flag.wanted;
    old = flag.waker;
    flag.waker = ready ? (struct steal_waker)STEAL_WAKER_INIT
                       : steal_waker_clone(&cx->waker);
    future->result = flag.data;
    lock_give(&flag.lock);
    steal_waker_drop(&old);
    return ready ? STEAL_READY : STEAL_PENDING;
}

static const struct steal_future_ops flag_ops = { .name = "flag",
    .poll = flag_poll };

static struct steal_semaphore semaphore;
static struct steal_semaphore_acquire acquire;
static int data;

static void
set_up(int wanted)
{
    toy_begin();
    steal_future_init(&flag.future, &flag_ops);
    lock_init(&flag.lock);
    flag.waker = (struct steal_waker)STEAL_WAKER_INIT;
    flag.wanted = wanted;
    flag.data = 0;
    data = 0;
    steal_semaphore_init(&semaphore, 0);
    steal_semaphore_acquire(&acquire, &semaphore, 1);
    explore_name(&flag, sizeof flag, "flag");
    explore_name(&data, sizeof data, "data");
}

static void
set_up_one(void)
{
    set_up(1);
}

static void
set_up_two(void)
{
    set_up(2);
}

static void
raise(void)
{
    struct steal_waker waker;

    lock_take(&flag.lock);
    flag.data++;
    waker = flag.waker;
    flag.waker = (struct steal_waker)STEAL_WAKER_INIT;
    lock_give(&flag.lock);
    steal_waker_wake(&waker);
}

static void
wake_and_sleep(unsigned self)
{
    if (self == 0)
        explore_assert(steal__run_here(&flag.future) == flag.wanted);
    else
        raise();
}

static void
wake_twice(unsigned self)
{
    wake_and_sleep(self);
    if (self == 1)
        raise();
}

/* An object of the library. */
static void
acquire_here(unsigned self)
{
    if (self == 0) {
        explore_assert(steal__run_here(&acquire.future) == 0);
        explore_assert(data == 7);
    } else {
        data = 7;
        steal_semaphore_release(&semaphore, 1);
    }
}

/* A future whose wakers carry nothing but the wake itself. */
static enum steal_poll
bare_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)future;
    if (flag.data++)
        return data == 7 ? STEAL_READY : STEAL_PENDING;
    flag.waker = steal_waker_clone(&cx->waker);
    lock_give(&flag.lock);
    return STEAL_PENDING;
}

static const struct steal_future_ops bare_ops = { .name = "bare",
    .poll = bare_poll };

static void
set_up_bare(void)
{
    set_up(1);
    steal_future_init(&flag.future, &bare_ops);
    lock_take(&flag.lock); /* until there is a waker */
}

static void
wake_only(unsigned self)
{
    if (self == 0) {
        explore_assert(steal__run_here(&flag.future) == 0);
        return;
    }
    lock_take(&flag.lock);
    data = 7;
    steal_waker_wake(&flag.waker);
}

/* Two wake by one waker, each after a thing of its own. */

static _Atomic(uint32_t) raised[2];

static enum steal_poll
shared_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)future;
    if (!flag.waker.vtable) {
        flag.waker = steal_waker_clone(&cx->waker);
        lock_give(&flag.lock);
    }
    return load_relaxed(&raised[0]) && load_relaxed(&raised[1]) ? STEAL_READY
                                                                : STEAL_PENDING;
}

static const struct steal_future_ops shared_ops = { .name = "shared",
    .poll = shared_poll };

static void
set_up_shared(void)
{
    set_up(2);
    steal_future_init(&flag.future, &shared_ops);
    store_relaxed(&raised[0], 0);
    store_relaxed(&raised[1], 0);
    lock_take(&flag.lock); /* until there is a waker */
}

static void
share(unsigned self)
{
    if (self == 0) {
        explore_assert(steal__run_here(&flag.future) == 0);
        return;
    }
    lock_take(&flag.lock);
    lock_give(&flag.lock);
    store_relaxed(&raised[self - 1], 1);
    steal_waker_wake_by_ref(&flag.waker);
}

static void
is_clean_after_drop(void)
{
    steal_waker_drop(&flag.waker);
    explore_assert(toy_is_clean());
}

static void
is_clean(void)
{
    explore_assert(toy_is_clean());
}

/*
 * What would be wrong
 */

static void
wake_and_raise(unsigned self)
{
    struct steal_waker waker;

    if (self == 0) {
        wake_and_sleep(0);
        return;
    }
    lock_take(&flag.lock);
    waker = flag.waker;
    flag.waker = (struct steal_waker)STEAL_WAKER_INIT;
    lock_give(&flag.lock);
    steal_waker_wake(&waker);
    lock_take(&flag.lock);
    flag.data++;
    lock_give(&flag.lock);
}

/* A waker that is not given back. */
static void
leak(unsigned self)
{
    if (self == 0) {
        wake_and_sleep(0);
        return;
    }
    lock_take(&flag.lock);
    flag.data++;
    if (flag.waker.vtable)
        steal_waker_wake_by_ref(&flag.waker);
    flag.waker = (struct steal_waker)STEAL_WAKER_INIT;
    lock_give(&flag.lock);
}

#define HERE(count, what, begin) \
 .threads = count, .setup = begin, .thread = what, .finish = is_clean

#define SHARE                                           \
 .threads = 3, .setup = set_up_shared, .thread = share, \
 .finish = is_clean_after_drop, .preemptions = 3

static const struct explore_case cases[] = {
    { .name = "wake_and_sleep", HERE(2, wake_and_sleep, set_up_one) },
    { .name = "wake_twice", HERE(2, wake_twice, set_up_two) },
    { .name = "two_wake",
            HERE(3, wake_and_sleep, set_up_two),
            .preemptions = 3 },
    { .name = "acquire_here", HERE(2, acquire_here, set_up_one) },
    { .name = "wake_only", HERE(2, wake_only, set_up_bare) },
    { .name = "share_a_waker", SHARE },

    { .name = "wake_without_release",
            HERE(2, wake_only, set_up_bare),
            .fault = { EXPLORE_DROP_RELEASE, "wake_by_ref", NULL, NULL } },
    { .name = "sleep_without_acquire",
            HERE(2, wake_only, set_up_bare),
            .fault = { EXPLORE_DROP_ACQUIRE, "sleep_until_woken", NULL,
                    NULL } },
    { .name = "sleep_by_plain_store",
            HERE(2, wake_twice, set_up_two),
            .fault = { EXPLORE_SPLIT_RMW, "sleep_until_woken", NULL, NULL } },
    { .name = "wake_by_plain_store",
            SHARE,
            .fault = { EXPLORE_SPLIT_RMW, "wake_by_ref", NULL, NULL } },
    { .name = "unref_by_plain_store",
            HERE(2, wake_and_sleep, set_up_one),
            .fault = { EXPLORE_SPLIT_RMW, "sleeper_unref", NULL, NULL } },
    { .name = "sleep_blindly",
            HERE(2, wake_and_sleep, set_up_one),
            .fault = { EXPLORE_BLIND_WAIT, NULL, NULL, NULL } },
    { .name = "wake_before_raising",
            HERE(2, wake_and_raise, set_up_one),
            .must_fail = true },
    { .name = "leak", HERE(2, leak, set_up_one), .must_fail = true },
};

EXPLORE_MAIN(cases)
