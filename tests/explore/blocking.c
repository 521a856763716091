/*
 * blocking.c - the pool (src/blocking): calls that are pushed, made and dropped,
 * while threads fall asleep, watch and leave.
 *
 * Thread 0 is a worker, as far as the pool can see; others push calls, too, or
 * are the threads that the pool makes.
 */
#include <steal/blocking.h>

#include "../../src/base/futex.h"
#include "../../src/blocking/call.h"
#include "system.h"
#include "world.h"

#define CALLS 2

static struct steal_blocking future[CALLS];
static _Atomic(uint32_t) woken[CALLS];
static _Atomic(uint32_t) pushed;
static int made[CALLS];
static int dropped[CALLS];
static int destroyed;

static struct steal_waker clone_waker(void *data);

static void
wake(void *data)
{
    _Atomic(uint32_t) *word = data;

    store_release(word, 1);
    steal__futex_wake(word, 1);
}

static void
drop(void *data)
{
    (void)data;
}

static const struct steal_waker_vtable vtable = { clone_waker, wake, wake,
    drop };

static struct steal_waker
clone_waker(void *data)
{
    return (struct steal_waker){ &vtable, data };
}

static void
set_up(unsigned threads)
{
    world_init(1);
    world->options.blocking_threads = threads;
    for (unsigned i = 0; i < CALLS; i++) {
        store_relaxed(&woken[i], 0);
        made[i] = 0;
        dropped[i] = 0;
    }
    store_relaxed(&pushed, 0);
    destroyed = 0;
    explore_name(&world->pool, sizeof world->pool, "pool");
    explore_name(future, sizeof future, "future");
    explore_name(woken, sizeof woken, "woken");
    explore_name(made, sizeof made, "made");
}

static void
set_up_one(void)
{
    set_up(1);
}

/* One whose threads do not leave, so that nothing is rescued by the time. */
static void
set_up_kept(void)
{
    set_up(1);
    world->options.blocking_keep = STEAL_FOREVER;
}

static void
set_up_two(void)
{
    set_up(2);
}

static int
make(void *arg)
{
    int *it = arg;

    explore_assert(!dropped[it - made]);
    ++*it;
    return 7;
}

static void
destroy(void *arg)
{
    (void)arg;
    destroyed++;
}

static enum steal_poll
poll(unsigned i)
{
    struct steal_waker waker = clone_waker(&woken[i]);
    struct steal_context cx;
    enum steal_poll poll;

    steal_context_init(&cx, &waker);
    steal__worker = &world->workers[0];
    poll = steal_future_poll(&future[i].future, &cx);
    steal__worker = NULL;
    return poll;
}

static void
push(unsigned i)
{
    steal_blocking(&future[i], make, &made[i]);
    explore_assert(poll(i) == STEAL_PENDING);
}

static void
wait_for(unsigned i)
{
    while (!load_acquire(&woken[i]))
        steal__futex_wait(&woken[i], 0, UINT64_MAX);
    explore_assert(poll(i) == STEAL_READY);
    steal_future_drop(&future[i].future);
    explore_assert(made[i] == 1 && future[i].future.result == 7);
}

static void
stop(void)
{
    explore_assert(steal__pool_stop(&world->pool, UINT64_MAX));
    system_no_more_threads();
}

static void
is_clean(void)
{
    explore_assert(world_is_clean());
}

/* One after the other: the thread sleeps in between, or has left. */
static void
one_after_the_other(unsigned self)
{
    if (self) {
        system_be_thread(self - 1);
        return;
    }
    push(0);
    wait_for(0);
    push(1);
    wait_for(1);
    stop();
}

static void
one_call(unsigned self)
{
    if (self) {
        system_be_thread(self - 1);
        return;
    }
    push(0);
    wait_for(0);
    stop();
}

/* Both at once. */
static void
two_at_once(unsigned self)
{
    if (self) {
        system_be_thread(self - 1);
        return;
    }
    push(0);
    push(1);
    wait_for(1);
    wait_for(0);
    stop();
}

/* Two push. */
static void
two_push(unsigned self)
{
    if (self == 2) {
        system_be_thread(0);
        return;
    }
    push(self);
    wait_for(self);
    if (self == 1) {
        store_release(&pushed, 1);
        steal__futex_wake(&pushed, 1);
        return;
    }
    while (!load_acquire(&pushed))
        steal__futex_wait(&pushed, 0, UINT64_MAX);
    stop();
}

/* A call is dropped: either it was made by then, or it never is. */
static void
drop_at_once(unsigned self)
{
    if (self) {
        system_be_thread(self - 1);
        return;
    }
    push(0);
    steal_future_drop(&future[0].future);
    dropped[0] = 1;
    stop();
}

static void
tell_made(void)
{
    is_clean();
    explore_outcome((uint64_t)made[0]);
}

/* The same with an argument that is destroyed, once. */
static void
drop_owned(unsigned self)
{
    if (self) {
        system_be_thread(self - 1);
        return;
    }
    steal_blocking_owned(&future[0], make, &made[0], destroy);
    explore_assert(poll(0) == STEAL_PENDING);
    steal_future_drop(&future[0].future);
    stop();
}

static void
is_destroyed(void)
{
    tell_made();
    explore_assert(destroyed == 1);
}

/* An errand is run while a call may be queued. */
static struct errand {
    struct pool_errand errand;
    _Atomic(uint32_t) done;
    int data;
} errand;

static void
run_errand(struct pool_errand *self)
{
    (void)self;
    errand.data++;
    store_release(&errand.done, 1);
    steal__futex_wake(&errand.done, 1);
}

static void
set_up_errand(void)
{
    set_up(1);
    errand.errand.run = run_errand;
    errand.data = 0;
    store_relaxed(&errand.done, 0);
}

static void
stand_in(unsigned self)
{
    if (self) {
        system_be_thread(self - 1);
        return;
    }
    push(0);
    wait_for(0);
    errand.data = 1;
    explore_assert(steal__pool_stand_in(&world->pool, &errand.errand));
    while (!load_acquire(&errand.done))
        steal__futex_wait(&errand.done, 0, UINT64_MAX);
    explore_assert(errand.data == 2);
    stop();
}

#define POOL(count, set, what, end)                             \
 .threads = count, .setup = set, .thread = what, .finish = end, \
 .restless = "spin"

static const struct explore_case cases[] = {
    { .name = "one_call",
            POOL(2, set_up_one, one_call, is_clean),
            .preemptions = 3,
            .executions = 3000 },
    { .name = "one_after_the_other",
            POOL(3, set_up_one, one_after_the_other, is_clean),
            .preemptions = 2,
            .executions = 3000 },
    { .name = "two_at_once",
            POOL(4, set_up_two, two_at_once, is_clean),
            .preemptions = 1,
            .executions = 4000 },
    { .name = "two_push",
            POOL(3, set_up_one, two_push, is_clean),
            .preemptions = 2,
            .executions = 4000 },
    { .name = "drop_at_once",
            POOL(2, set_up_one, drop_at_once, tell_made),
            .preemptions = 3,
            .executions = 3000,
            .outcomes = 2 },
    { .name = "drop_owned",
            POOL(2, set_up_one, drop_owned, is_destroyed),
            .preemptions = 3,
            .executions = 3000,
            .outcomes = 2 },
    { .name = "stand_in",
            POOL(4, set_up_errand, stand_in, is_clean),
            .preemptions = 1,
            .executions = 4000 },

    { .name = "two_calls_kept",
            POOL(2, set_up_kept, one_after_the_other, is_clean),
            .preemptions = 2,
            .executions = 4000 },
    { .name = "push_without_fence",
            POOL(2, set_up_kept, one_after_the_other, is_clean),
            .preemptions = 2,
            .fault = { EXPLORE_SKIP, "steal__pool_push", NULL, "fence" } },
    { .name = "sleep_without_fence",
            POOL(2, set_up_kept, one_after_the_other, is_clean),
            .preemptions = 2,
            .fault = { EXPLORE_SKIP, "fall_asleep", NULL, "fence" } },
    { .name = "summon_without_wake",
            POOL(2, set_up_kept, one_after_the_other, is_clean),
            .preemptions = 2,
            .fault = { EXPLORE_SKIP, NULL, NULL, "wake" } },
    { .name = "queue_without_release",
            POOL(2, set_up_kept, one_after_the_other, is_clean),
            .preemptions = 2,
            .fault = { EXPLORE_SKIP, "steal__calls_push", NULL, "fence" } },
    { .name = "queue_without_acquire",
            POOL(2, set_up_kept, one_after_the_other, is_clean),
            .preemptions = 2,
            .fault = { EXPLORE_SKIP, "drain_locked", NULL, "fence" } },
    { .name = "end_without_release",
            POOL(2, set_up_one, drop_at_once, tell_made),
            .preemptions = 2,
            .fault = { EXPLORE_DROP_RELEASE, "steal__call_end", "dropper",
                    NULL } },
    { .name = "drop_without_acquire",
            POOL(2, set_up_one, drop_at_once, tell_made),
            .preemptions = 2,
            .fault = { EXPLORE_DROP_ACQUIRE, "outlast", NULL, NULL } },
    { .name = "part_without_release",
            POOL(4, set_up_errand, stand_in, is_clean),
            .preemptions = 1,
            .fault = { EXPLORE_DROP_RELEASE, "steal__pool_become_locked",
                    "part", NULL } },
    { .name = "leave_without_release",
            POOL(2, set_up_one, one_call, is_clean),
            .preemptions = 2,
            .fault = { EXPLORE_DROP_RELEASE, "steal__pool_forget_locked",
                    "threads", NULL } },
};

EXPLORE_MAIN(cases)
