/*
 * compute.c - computations that a task awaits (src/fork/compute.c, work.c): one
 * that is polled, waited for and dropped, while workers take it, run it, sleep
 * and compute no more than may.
 *
 * Thread 0 polls it, by wakers that are words; the others are workers.
 */
#include <steal/fork.h>

#include "../../src/base/futex.h"
#include "../../src/fork/compute.h"
#include "../../src/fork/team.h"
#include "../../src/sched/jobs.h"
#include "system.h"
#include "world.h"

#define WAKERS 2

struct sum {
    int in;
    int out;
};

static struct steal_compute *compute; /* blocks of their own */
static struct sum *sum;
static _Atomic(uint32_t) woken[WAKERS];
static int runs;
static _Atomic(unsigned) inside; /* threads that compute */

static struct steal_waker clone_waker(void *data);

static void
wake(void *data)
{
    _Atomic(uint32_t) *word = data;

    swap_release(word, 1);
    steal__futex_wake(word, 1);
}

static void
drop_waker(void *data)
{
    (void)data;
}

static const struct steal_waker_vtable vtable = { clone_waker, wake, wake,
    drop_waker };

static struct steal_waker
clone_waker(void *data)
{
    return (struct steal_waker){ &vtable, data };
}

static int
add(void *data)
{
    struct sum *it = data;

    explore_assert(it->in == 7);
    it->out = it->in + 1;
    runs++;
    return 9;
}

static void
set_up(void)
{
    world_init(2);
    compute = explore_alloc(sizeof *compute);
    sum = explore_alloc(sizeof *sum);
    sum->in = 0;
    sum->out = 0;
    steal_compute(compute, add, sum);
    for (unsigned i = 0; i < WAKERS; i++)
        store_relaxed(&woken[i], 0);
    runs = 0;
    store_relaxed(&inside, 0);
    explore_name(world->team, sizeof *world->team, "team");
    explore_name(compute, sizeof *compute, "compute");
    explore_name(sum, sizeof *sum, "sum");
    explore_name(woken, sizeof woken, "woken");
}

/* One may compute at a time. */
static void
set_up_narrow(void)
{
    set_up();
    world->team->most = 1;
}

/*
 * The future's side
 */

static enum steal_poll
poll(unsigned waker)
{
    struct steal_waker it = clone_waker(&woken[waker]);
    struct steal_context cx;
    enum steal_poll poll;

    steal_context_init(&cx, &it);
    steal__worker = &world->workers[0];
    poll = steal_future_poll(&compute->future, &cx);
    steal__worker = NULL;
    return poll;
}

static void
begin(void)
{
    sum->in = 7;
    explore_assert(poll(0) == STEAL_PENDING);
}

static void
wait_for(unsigned waker)
{
    while (!swap_acquire(&woken[waker], 0))
        steal__futex_wait(&woken[waker], 0, UINT64_MAX);
    explore_assert(poll(waker) == STEAL_READY);
    explore_assert(compute->future.result == 9 && sum->out == 8);
}

/* Nothing of it is used after that. */
static void
drop(void)
{
    steal_future_drop(&compute->future);
    explore_free(compute);
    explore_free(sum);
}

/*
 * The worker's side
 */

static bool
take(void)
{
    struct steal_compute *it = steal__compute_take(world->team);

    if (it)
        steal__compute_run(world->team, it);
    return it;
}

static void
wait_and_take(void)
{
    do
        while (!team_has_queued(world->team))
            cpu_relax();
    while (!take());
}

/* As park.c does it, on the parker: sleeps unless there is something. */
static void
sleep_once(unsigned self)
{
    struct worker *w = &world->workers[self];
    int heir;

    steal__idle_sleep(&world->idle, self, false);
    if (!steal__jobs_last_look(w))
        steal__parker_park(&w->parker, UINT64_MAX);
    if (steal__idle_rise(&world->idle, self, &heir))
        steal__idle_found(&world->idle);
}

/*
 * Cases
 */

static void
await(unsigned self)
{
    if (self) {
        wait_and_take();
        return;
    }
    begin();
    wait_for(0);
    drop();
}

/* By another task, maybe, than the first time. */
static void
poll_twice(unsigned self)
{
    if (self) {
        wait_and_take();
        return;
    }
    begin();
    if (poll(1) == STEAL_PENDING)
        wait_for(1);
    drop();
}

static void
drop_at_once(unsigned self)
{
    if (self) {
        take();
        return;
    }
    begin();
    drop();
}

/* The worker sleeps, unless it sees that there is something. */
static void
sleep_and_await(unsigned self)
{
    if (self) {
        while (!take())
            sleep_once(self);
        return;
    }
    begin();
    wait_for(0);
    drop();
}

/* As many compute as may, until thread 0 leaves. */
static void
set_up_full(void)
{
    set_up_narrow();
    steal__team_enter_anyway(world->team);
}

static void
sleep_while_full(unsigned self)
{
    if (self == 0) {
        begin();
        steal__team_vacate(world->team);
        wait_for(0);
        drop();
        return;
    }
    for (;;) {
        if (steal__team_enter(world->team)) {
            bool took = take();

            steal__team_vacate(world->team);
            if (took)
                return;
        }
        sleep_once(self);
    }
}

/* No more than may. */
static void
enter_and_leave(unsigned self)
{
    (void)self;
    for (int i = 0; i < 2; i++) {
        if (!steal__team_enter(world->team))
            continue;
        explore_assert(add_relaxed(&inside, 1) < world->team->most);
        sub_relaxed(&inside, 1);
        steal__team_vacate(world->team);
    }
}

/*
 * What came of it
 */

static void
is_empty(void)
{
    struct team *team = world->team;

    explore_assert(load_relaxed(&team->queued) == 0);
    explore_assert(list_is_empty(&team->queue));
    explore_assert(load_relaxed(&team->active) == 0);
}

static void
has_run(void)
{
    is_empty();
    explore_assert(runs == 1);
    explore_assert(world_is_clean());
}

static void
may_have_run(void)
{
    is_empty();
    explore_assert(world_is_clean());
    explore_outcome((uint64_t)runs);
}

#define COMPUTE(count, set, what, end) \
 .threads = count, .setup = set, .thread = what, .finish = end

#define AWAIT COMPUTE(2, set_up, await, has_run)
#define DROP  COMPUTE(2, set_up, drop_at_once, may_have_run), .outcomes = 2
#define SLEEP COMPUTE(2, set_up, sleep_and_await, has_run)
#define FULL  COMPUTE(2, set_up_full, sleep_while_full, has_run)

static const struct explore_case cases[] = {
    { .name = "await", AWAIT },
    { .name = "poll_twice", COMPUTE(2, set_up, poll_twice, has_run) },
    { .name = "drop_at_once", DROP },
    { .name = "drop_and_two_take",
            COMPUTE(3, set_up, drop_at_once, may_have_run),
            .preemptions = 3,
            .outcomes = 2 },
    { .name = "sleep_and_await", SLEEP },
    { .name = "sleep_while_full", FULL },
    { .name = "enter_and_leave",
            COMPUTE(2, set_up_narrow, enter_and_leave, is_empty) },
    { .name = "three_enter_and_leave",
            COMPUTE(3, set_up_narrow, enter_and_leave, is_empty),
            .preemptions = 2 },

    { .name = "end_without_release", /* C1 */
            DROP,
            .fault = { EXPLORE_DROP_RELEASE, "end", "dropper", NULL } },
    { .name = "drop_without_acquire",
            DROP,
            .fault = { EXPLORE_DROP_ACQUIRE, "wait_for_end", NULL, NULL } },
    { .name = "end_without_wake",
            DROP,
            .fault = { EXPLORE_SKIP, "steal__futex_wake", NULL, NULL } },
    { .name = "end_without_word",
            DROP,
            .fault = { EXPLORE_SKIP, "end", "dropper", NULL } },
    { .name = "poll_without_fence", /* C2 */
            SLEEP,
            .fault = { EXPLORE_SKIP, "begin", NULL, "fence" } },
    { .name = "sleep_without_fence",
            SLEEP,
            .fault = { EXPLORE_SKIP, "steal__idle_sleep", NULL, "fence" } },
    { .name = "vacate_without_fence", /* W1 */
            FULL,
            .fault = { EXPLORE_SKIP, "steal__team_vacate", NULL, "fence" } },
    { .name = "look_without_fence",
            FULL,
            .fault = { EXPLORE_SKIP, "steal__idle_sleep", NULL, "fence" } },
    { .name = "vacate_in_silence",
            FULL,
            .fault = { EXPLORE_SKIP, "steal__futex_wake", NULL, NULL } },
    { .name = "enter_by_plain_store",
            COMPUTE(3, set_up_narrow, enter_and_leave, is_empty),
            .preemptions = 3,
            .fault = { EXPLORE_SPLIT_RMW, "steal__team_enter", NULL, NULL } },
    { .name = "leave_by_plain_store",
            COMPUTE(3, set_up_narrow, enter_and_leave, is_empty),
            .preemptions = 3,
            .fault = { EXPLORE_SPLIT_RMW, "steal__team_leave", NULL, NULL } },
    { .name = "lock_without_acquire",
            AWAIT,
            .fault = { EXPLORE_DROP_ACQUIRE, "lock_try", NULL, NULL } },
    { .name = "unlock_without_release",
            AWAIT,
            .fault = { EXPLORE_DROP_RELEASE, "lock_give", NULL, NULL } },
};

EXPLORE_MAIN(cases)
