/*
 * circle.c - tasks that wait for one another (src/insight/circle.c): the last of a
 * circle to park finds it, and no one finds one that never was.
 *
 * Here a task waits for a thing, which has an owner.  Which thing that is is plain: a
 * look at a task that is polled meanwhile is a race.
 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/insight/awaits.h"
#include "../../src/insight/circle.h"
#include "../../src/insight/observer.h"
#include "../../src/insight/stuck.h"
#include "../../src/sched/runtime.h"
#include "../../src/task/schedule.h"
#include "../../src/task/task.h"

#define TASKS 3

static struct steal_runtime runtime;
static struct observer observer;
static struct steal_task tasks[TASKS];
static struct task_extra extras[TASKS];
static unsigned waits_for[TASKS]; /* which thing */
static _Atomic(uint64_t) owners[TASKS];
static _Atomic(int) is_free;
static _Atomic(int) tellings;

/*
 * In place of futures
 */

static uint64_t
id_of(unsigned i)
{
    return i + 1;
}

bool
steal__awaits_one(const struct steal_task *task, struct steal_await *last)
{
    memset(last, 0, sizeof *last);
    last->thing = "thing";
    last->number = -1;
    last->task = load_relaxed(&owners[waits_for[task->id - 1]]);
    return true;
}

void
steal__stuck_describe(struct steal_stuck_task *stuck,
        const struct steal_task *task)
{
    stuck->task = task->id;
    stuck->name = "task";
}

bool
steal__stuck_tell(const struct steal_stuck *stuck)
{
    for (size_t i = 0; i < stuck->ntasks; i++)
        explore_assert(stuck->tasks[i].waits_for ==
                       stuck->tasks[(i + 1) % stuck->ntasks].task);
    add_relaxed(&tellings, 1);
    return false;
}

/*
 * The tasks
 */

static void
set_up(void)
{
    observer.circles = steal__circles_new();
    runtime.observer = &observer;
    store_relaxed(&is_free, 0);
    store_relaxed(&tellings, 0);
    for (unsigned i = 0; i < TASKS; i++) {
        struct steal_task *task = &tasks[i];

        store_relaxed(&task->word, TASK_LIVE | TASK_BUSY | TASK_REF);
        task->id = id_of(i);
        task->runtime = &runtime;
        task->lost = 0;
        extras[i].edge = (struct task_edge){ .task = NULL };
        store_relaxed(&task->extra, &extras[i]);
        store_relaxed(&owners[i], 0);
        waits_for[i] = i;
    }
    explore_name(owners, sizeof owners, "owners");
    explore_name(waits_for, sizeof waits_for, "waits_for");
}

static void
clear(void)
{
    free(observer.circles);
}

/* Each has its own thing from the beginning. */
static void
set_up_owners(void)
{
    set_up();
    for (unsigned i = 0; i < TASKS; i++)
        store_relaxed(&owners[i], id_of(i));
}

static void
wait_for(unsigned i, unsigned thing)
{
    waits_for[i] = thing;
    explore_assert(!steal__task_parks(&tasks[i]));
}

/* A poll in which it gets its thing, and then waits for that of the next. */
static void
take_and_wait(unsigned i, unsigned n)
{
    store_relaxed(&owners[i], id_of(i));
    wait_for(i, (i + 1) % n);
}

static void
two(unsigned self)
{
    take_and_wait(self, 2);
}

static void
three(unsigned self)
{
    take_and_wait(self, 3);
}

/* The first is polled again, and waits as before. */
static void
one_again(unsigned self)
{
    take_and_wait(self, 2);
    if (self == 0) {
        steal__task_unparks(&tasks[0]);
        wait_for(0, 1);
    }
}

/* The first is polled again, and waits for what is its own no more. */
static void
one_goes_on(unsigned self)
{
    take_and_wait(self, 2);
    if (self == 0) {
        steal__task_unparks(&tasks[0]);
        waits_for[0] = 2;
    }
}

/* The first gives its thing back, for which the third waits, or is about to, and
 * then waits for that of the third; but it is the second who gets the thing. */
static void
to_another(unsigned self)
{
    switch (self) {
    case 0:
        store_relaxed(&owners[0], 0);
        store_release(&is_free, 1);
        wait_for(0, 2);
        break;
    case 1:
        if (load_acquire(&is_free))
            store_relaxed(&owners[0], id_of(1));
        break;
    default:
        wait_for(2, 0);
    }
}

static void
told_once(void)
{
    explore_assert(load_relaxed(&tellings) == 1);
    clear();
}

static void
told_at_most_once(void)
{
    explore_assert(load_relaxed(&tellings) <= 1);
    clear();
}

static void
not_told(void)
{
    explore_assert(load_relaxed(&tellings) == 0);
    clear();
}

#define TWO .threads = 2, .setup = set_up, .thread = two, .finish = told_once
#define TO_ANOTHER \
 .threads = 3, .setup = set_up_owners, .thread = to_another, .finish = not_told
#define GOES_ON                                        \
 .threads = 2, .setup = set_up, .thread = one_goes_on, \
 .finish = told_at_most_once

static const struct explore_case cases[] = {
    { .name = "two", TWO },
    { .name = "three",
            .threads = 3,
            .setup = set_up,
            .thread = three,
            .finish = told_once },
    { .name = "one_again",
            .threads = 2,
            .setup = set_up,
            .thread = one_again,
            .finish = told_once },
    { .name = "one_goes_on", GOES_ON },
    { .name = "to_another", TO_ANOTHER },
    { .name = "two_give_without_release",
            TWO,
            .fault = { EXPLORE_DROP_RELEASE, "lock_give", NULL, NULL } },
    { .name = "two_take_without_acquire",
            TWO,
            .fault = { EXPLORE_DROP_ACQUIRE, "lock_try", NULL, NULL } },
    { .name = "to_another_without_release",
            TO_ANOTHER,
            .fault = { EXPLORE_DROP_RELEASE, "lock_give", NULL, NULL } },
    { .name = "goes_on_without_the_lock",
            GOES_ON,
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL } },
};

EXPLORE_MAIN(cases)
