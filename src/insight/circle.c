/*
 * circle.c - tasks that wait for one another: each for what the next one has, and
 * the last for the first.
 *
 * A task that parks is in a table if it waits for one thing, and one waker is left
 * of it: nothing but that thing can bring it back.  (One that waits for a lock with
 * a timeout has two.)  Which task it waits for is not kept, but asked of its
 * futures when a circle is looked for: a mutex changes hands while many wait.
 *
 *   C1  A task in the table is neither polled nor dropped.  Who holds the lock of the
 *       table may look at its futures: its holder has to take the lock first.
 *   C2  Whoever has what another waits for, and is in the table, goes on having it
 *       while the lock is held, for only its own poll gives it back.
 *   C3  So all that is seen of a circle whose tasks are in the table holds at once.
 *   C4  A task becomes the owner of a thing in a poll, before it enters the table.
 *       The last of a circle to enter thus finds all of it, under the lock, and
 *       that one looks.
 *   C5  A circle is told of once: each task keeps for whom it then waited.  It may
 *       be polled and park again, as when it was woken in vain.
 *
 * Orderings: those of the lock.  Who owns a thing is written and read relaxed; the
 * owner has entered the table since (C4), or it is not found there.
 */
#include "circle.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../base/lock.h"
#include "../sched/runtime.h"
#include "../task/schedule.h"
#include "../task/task.h"
#include "awaits.h"
#include "observer.h"
#include "stuck.h"

/* A power of two: ids are dense. */
#ifndef BUCKETS
# define BUCKETS 1024
#endif

struct circles {
    struct lock lock;
    size_t n;
    struct list buckets[BUCKETS];
};

struct circles *
steal__circles_new(void)
{
    struct circles *circles = malloc(sizeof *circles);

    if (!circles)
        return NULL;
    lock_init(&circles->lock);
    circles->n = 0;
    for (size_t i = 0; i < BUCKETS; i++)
        list_init(&circles->buckets[i]);
    return circles;
}

/* NULL: the task was never observed, for lack of memory. */
static struct task_edge *
edge_of(const struct steal_task *task)
{
    struct task_extra *extra = load_acquire(
            &((struct steal_task *)(uintptr_t)task)->extra);

    return extra ? &extra->edge : NULL;
}

static struct circles *
circles_of(const struct steal_task *task)
{
    return task->runtime->observer->circles;
}

/*
 * The table
 */

static struct list *
bucket_of(struct circles *circles, uint64_t id)
{
    return &circles->buckets[id % BUCKETS];
}

static struct steal_task *
find_locked(struct circles *circles, uint64_t id)
{
    struct list *bucket = bucket_of(circles, id);

    list_foreach(link, bucket) {
        struct task_edge *edge = container_of(link, struct task_edge, link);

        if (edge->task->id == id)
            return edge->task;
    }
    return NULL;
}

static void
enter_locked(struct circles *circles, struct steal_task *task)
{
    struct task_edge *edge = edge_of(task);

    edge->task = task;
    list_append(bucket_of(circles, task->id), &edge->link);
    circles->n++;
}

/* For another task, as far as can be told: not for time, nor for the system. */
static bool
waits_for_one(struct steal_task *task)
{
    struct steal_await last;

    return edge_of(task) && steal__word_has_one_waker(&task->word) &&
           steal__awaits_one(task, &last) && !last.deadline && last.number < 0;
}

/*
 * The search
 */

/* The one that it waits for, if that is parked, too. */
static struct steal_task *
next_locked(struct circles *circles, const struct steal_task *task)
{
    struct steal_await last;

    if (!steal__awaits_one(task, &last) || !last.task)
        return NULL;
    return find_locked(circles, last.task);
}

/* How many there are from the task back to itself; 0: it is in no circle.  It may
 * wait for others who are in one: those that come by again are met where a mark
 * is, which moves on after twice as many each time. */
static size_t
length_locked(struct circles *circles, const struct steal_task *task)
{
    const struct steal_task *mark = NULL;
    const struct steal_task *at = task;
    size_t turn = 1;

    for (size_t n = 1; n <= circles->n; n++) {
        at = next_locked(circles, at);
        if (at == task)
            return n;
        if (!at || at == mark)
            return 0;
        if (n == turn) {
            mark = at;
            turn *= 2;
        }
    }
    return 0;
}

/* False if it was told of before (C5), or has ended: by an abort, or since somebody
 * else gives back what was handed to him. */
static bool
is_worth_telling_locked(struct circles *circles, struct steal_task *task,
        size_t n)
{
    bool is_new = false;

    for (; n; n--) {
        struct steal_task *next = next_locked(circles, task);

        if (!next || steal__word_is_aborted(&task->word))
            return false;
        is_new |= edge_of(task)->told != next->id;
        edge_of(task)->told = next->id;
        task = next;
    }
    return is_new;
}

/*
 * What is told, copied: the others may go on once the lock is given back
 */

static bool
copy_locked(struct stuck_tasks *copy, struct circles *circles,
        const struct steal_task *task)
{
    for (size_t i = 0; i < copy->n; i++) {
        const struct steal_task *next = next_locked(circles, task);

        if (!next)
            return false;
        steal__stuck_copy(copy, i, task);
        copy->all[i].waits_for = next->id;
        task = next;
    }
    return true;
}

/* True if there is something to tell. */
static bool
close_circle(struct steal_task *task, struct stuck_tasks *copy)
{
    struct circles *circles = circles_of(task);
    bool found;
    size_t n;

    lock_take(&circles->lock);
    enter_locked(circles, task);
    n = length_locked(circles, task);
    found = n && steal__stuck_tasks_init(copy, n) &&
            is_worth_telling_locked(circles, task, n) &&
            copy_locked(copy, circles, task);
    lock_give(&circles->lock);
    return found;
}

/*
 * Upcalls
 */

bool
steal__task_parks(struct steal_task *task)
{
    struct stuck_tasks copy = { 0, NULL, NULL };
    struct steal_stuck stuck = { .runtime = task->runtime,
        .kind = STEAL_CIRCLE };

    if (!waits_for_one(task))
        return false;
    if (close_circle(task, &copy)) {
        stuck.ntasks = copy.n;
        stuck.tasks = copy.all;
        task->lost = steal__stuck_tell(&stuck);
    }
    steal__stuck_tasks_fini(&copy);
    return task->lost;
}

void
steal__task_unparks(struct steal_task *task)
{
    struct task_edge *edge = edge_of(task);
    struct circles *circles;

    if (!edge || !edge->task)
        return;
    circles = circles_of(task);
    lock_take(&circles->lock);
    list_remove(&edge->link);
    circles->n--;
    lock_give(&circles->lock);
    edge->task = NULL;
}
