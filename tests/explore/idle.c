/*
 * idle.c - going to sleep and being woken (src/sched/idle.c, park.c, SLEEP.md),
 * with the real parkers, injector, rings, slots and driver below.
 *
 * Workers look for tasks as worker.c does, but briefly; a task is a count.  Who
 * runs the last of them stops the world.  A wake-up that is lost leaves a task
 * behind while all sleep.
 */
#include "world.h"

#include <steal/time.h>

#include "../../src/driver/wheel.h"
#include "../../src/sched/park.h"
#include "../../src/task/chain.h"
#include "../../src/task/schedule.h"
#include "system.h"

#define TASKS 3

static struct steal_task task[TASKS];
static unsigned tasks; /* of this case */
static unsigned ran[WORLD_WORKERS][TASKS];
static _Atomic(unsigned) left;

/* What the poll of task 0 does: it does not come back before others have done
 * something. */
enum stuck {
    NOT_STUCK,
    UNTIL_SLOT_IS_TAKEN, /* with a task in the slot: the monitor must take it */
    UNTIL_TIMER_FIRES    /* somebody else must take the driver's seat */
};

static enum stuck stuck;
static _Atomic(bool) fired;

static void
set_up(unsigned workers, unsigned n)
{
    world_init(workers);
    tasks = n;
    stuck = NOT_STUCK;
    store_relaxed(&fired, false);
    store_relaxed(&left, n);
    for (unsigned i = 0; i < TASKS; i++) {
        task[i].next = NULL;
        task[i].runtime = world;
        for (unsigned j = 0; j < WORLD_WORKERS; j++)
            ran[j][i] = 0;
    }
    explore_name(task, sizeof task, "task");
    explore_name(&left, sizeof left, "left");
}

static void
set_up_one(void)
{
    set_up(1, 1);
}

static void
set_up_one_for_two(void)
{
    set_up(2, 1);
}

static void
set_up_two_for_one(void)
{
    set_up(1, 2);
}

static void
set_up_two(void)
{
    set_up(2, 2);
}

static void
all_ran_once(void)
{
    for (unsigned i = 0; i < tasks; i++)
        explore_assert(ran[0][i] + ran[1][i] == 1);
}

/* From a thread that is no worker. */
static void
push(unsigned from, unsigned n)
{
    struct chain chain;

    chain_init(&chain);
    for (unsigned i = from; i < from + n; i++)
        chain_add(&chain, &task[i]);
    steal__schedule_chain(world, &chain);
}

static struct steal_task *
take_own(struct worker *w)
{
    struct steal_task *it = slot_take(&w->slot);
    unsigned n;

    if (!it)
        it = steal__ring_pop(&w->ring);
    if (!it) {
        it = steal__injector_take(&world->injector, 1, &n);
        if (!n && !steal__injector_is_empty(&world->injector))
            cpu_relax(); /* somebody takes just now */
        if (n && !steal__injector_is_empty(&world->injector))
            runtime_notify(world);
    }
    return it;
}

static struct steal_task *
take_other(struct worker *w)
{
    for (unsigned i = 0; i < world->nworkers; i++)
        if (&world->workers[i] != w &&
                !steal__ring_is_empty(&world->workers[i].ring))
            return steal__ring_steal(&world->workers[i].ring, &w->ring);
    return NULL;
}

static struct steal_task *
find(struct worker *w)
{
    struct steal_task *it = take_own(w);

    if (!it && !w->searching)
        w->searching = steal__idle_search(&world->idle);
    if (!it && w->searching)
        it = take_other(w);
    if (it && w->searching) {
        w->searching = false;
        if (steal__idle_found(&world->idle))
            runtime_notify(world);
    }
    return it;
}

static void
get_stuck(void)
{
    if (stuck == UNTIL_SLOT_IS_TAKEN) {
        explore_arm(true);
        steal__schedule(&task[1]);
        explore_arm(false);
        while (load_acquire(&left) > 1)
            cpu_relax();
    } else if (stuck == UNTIL_TIMER_FIRES) {
        while (!load_acquire(&fired))
            cpu_relax();
    }
}

static void
run(unsigned self, struct steal_task *it)
{
    struct worker *w = &world->workers[self];

    ran[self][it - task]++;
    if (it == task && stuck) {
        store_relaxed(&w->polls, load_relaxed(&w->polls) + 1);
        store_relaxed(&w->polling, (const struct steal_future_ops *)task);
        w->cx.task = it;
        get_stuck();
        w->cx.task = NULL;
    }
    if (sub_acq_rel(&left, 1) == 1)
        steal_runtime_begin_stop(world);
}

static void
work(unsigned self)
{
    struct worker *w = &world->workers[self];

    explore_arm(false);
    steal__worker = w;
    while (!runtime_is_stopping(world)) {
        struct steal_task *it = find(w);

        if (it) {
            run(self, it);
            continue;
        }
        explore_arm(true);
        w->mode = MODE_CLOSING; /* once it stops, it is over */
        steal__park(w);
        w->mode = 0;
        explore_arm(false);
    }
}

/* One worker, and a thread that makes a task, or two. */

static void
one_comes(unsigned self)
{
    if (self == 0)
        work(0);
    else
        push(0, 1);
}

static void
one_comes_to_two(unsigned self)
{
    if (self < 2)
        work(self);
    else
        push(0, 1);
}

static void
two_come_from_two(unsigned self)
{
    if (self == 0)
        work(0);
    else
        push(self - 1, 1);
}

static void
chain_comes_to_two(unsigned self)
{
    if (self < 2)
        work(self);
    else
        push(0, 2);
}

/* Task 0 comes, and whoever runs it leaves task 1 in its slot and is stuck. */

static void
set_up_stuck(void)
{
    set_up(2, 2);
    stuck = UNTIL_SLOT_IS_TAKEN;
}

/* A worker that was never asleep. */
static void
stick(unsigned self)
{
    if (self == 0) {
        steal__worker = &world->workers[0];
        run(0, &task[0]);
    } else {
        work(1);
    }
}

/* The same with a timer in the wheel, which only a turn of the loop fires. */

static struct steal_sleep nap;

static struct steal_waker clone_fire(void *data);

/* Some wait for it; else it brings task 0, in a turn of the loop. */
static void
fire(void *data)
{
    (void)data;
    if (stuck == UNTIL_TIMER_FIRES)
        store_release(&fired, true);
    else
        push(0, 1);
}

static void
drop_fire(void *data)
{
    (void)data;
}

static const struct steal_waker_vtable fire_vtable = { .clone = clone_fire,
    .wake = fire,
    .wake_by_ref = fire,
    .drop = drop_fire };

static struct steal_waker
clone_fire(void *data)
{
    return (struct steal_waker){ &fire_vtable, data };
}

static void
set_timer(void)
{
    struct timer *timer = (struct timer *)(void *)&nap.timer;
    struct steal_waker waker = { &fire_vtable, NULL };
    struct steal_context cx;
    bool earlier;

    nap.deadline = SYSTEM_NOW + STEAL_MS(5);
    timer->links.next = NULL;
    steal_context_init(&cx, &waker);
    steal__wheel_insert(steal__driver_wheel(&world->driver, 0), timer,
            nap.deadline, &cx, &earlier);
}

static void
set_up_timer(void)
{
    set_up(2, 1);
    stuck = UNTIL_TIMER_FIRES;
    set_timer();
}

static void
set_up_late_task(void)
{
    set_up_stuck();
    set_timer();
}

/* With a third worker, which is awake all the time and does nothing. */
static void
set_up_third(void)
{
    set_up(3, 2);
    stuck = UNTIL_SLOT_IS_TAKEN;
    set_timer();
}

/* Nobody calls a worker: one of them rises from the loop by itself. */
static void
rise(unsigned self)
{
    work(self);
}

#define ONE(count, what) \
 .threads = count, .setup = set_up_one, .thread = what, .finish = all_ran_once

static const struct explore_case cases[] = {
    { .name = "one_comes", ONE(2, one_comes) },
    { .name = "two_come_from_two",
            .threads = 3,
            .setup = set_up_two_for_one,
            .thread = two_come_from_two,
            .finish = all_ran_once,
            .preemptions = 2 },
    { .name = "one_comes_to_two",
            .threads = 3,
            .setup = set_up_one_for_two,
            .thread = one_comes_to_two,
            .finish = all_ran_once,
            .preemptions = 2,
            .executions = 8000 },
    { .name = "stick",
            .threads = 2,
            .setup = set_up_stuck,
            .thread = stick,
            .finish = all_ran_once,
            .timeouts = 4,
            .preemptions = 2 },
    { .name = "stick_after_sleep",
            .threads = 3,
            .setup = set_up_stuck,
            .thread = one_comes_to_two,
            .finish = all_ran_once,
            .timeouts = 4,
            .preemptions = 1 },
    { .name = "stick_before_timer",
            .threads = 2,
            .setup = set_up_timer,
            .thread = stick,
            .finish = all_ran_once,
            .timeouts = 4 },
    { .name = "stick_before_timer_after_sleep",
            .threads = 3,
            .setup = set_up_timer,
            .thread = one_comes_to_two,
            .finish = all_ran_once,
            .timeouts = 4,
            .preemptions = 1 },
    { .name = "rise",
            .threads = 2,
            .setup = set_up_late_task,
            .thread = rise,
            .finish = all_ran_once,
            .timeouts = 2,
            .preemptions = 2,
            .executions = 9000 },
    { .name = "rise_beside_third",
            .threads = 2,
            .setup = set_up_third,
            .thread = rise,
            .finish = all_ran_once,
            .timeouts = 2,
            .preemptions = 1 },
    { .name = "chain_comes_to_two",
            .threads = 3,
            .setup = set_up_two,
            .thread = chain_comes_to_two,
            .finish = all_ran_once,
            .preemptions = 2,
            .executions = 8000 },

    { .name = "sleep_without_looking_again",
            ONE(2, one_comes),
            .fault = { EXPLORE_BLIND_LOAD, "steal__injector_is_empty", NULL,
                    NULL } },
    { .name = "sleep_without_fence",
            ONE(2, one_comes),
            .fault = { EXPLORE_SKIP, "steal__idle_sleep", NULL, "fence" } },
    { .name = "push_without_fence",
            ONE(2, one_comes),
            .fault = { EXPLORE_SKIP, "inject", NULL, "fence" } },
    { .name = "stick_without_monitor",
            .threads = 3,
            .setup = set_up_stuck,
            .thread = one_comes_to_two,
            .finish = all_ran_once,
            .timeouts = 4,
            .preemptions = 2,
            .fault = { EXPLORE_BLIND_LOAD, "slot_is_empty", NULL, NULL } },
    { .name = "rise_without_call",
            .threads = 2,
            .setup = set_up_late_task,
            .thread = rise,
            .finish = all_ran_once,
            .timeouts = 4,
            .fault = { EXPLORE_BLIND_LOAD, "steal__idle_lacks_monitor", NULL,
                    NULL } },
    { .name = "sleep_in_secret",
            ONE(2, one_comes),
            .fault = { EXPLORE_SKIP, "publish_locked", NULL, NULL } },
};

EXPLORE_MAIN(cases)
