/*
 * standstill.c
 *
 * What wakes a task is another's poll, the driver, a blocking call, or a thread of
 * the application.  None of them will, if
 *
 *   W1  all workers sleep, and nothing is queued;
 *   W2  no timer runs, no descriptor is open, and no signal, child or path watched;
 *   W3  no blocking call is made, or waits to be;
 *   W4  every thread is one of the runtime's, or waits in steal_block_on() for one of
 *       its tasks.
 *
 * That is in many words, and read at many moments, while it may change: what has
 * left one of them has perhaps not come to the next.  But if all threads were asleep
 * at one look, and are at the next, and none of them has run in between
 * (threads.h), then all that was read in between was so at once, and still is.
 *
 * Orderings: none of ours, the words are read relaxed.  A thread is asleep by the
 * kernel's word only after a full fence of its own, in the switch away from it, and
 * the words are read after the kernel has said so.
 *
 * Signal handlers may wake no task (steal_waker(3)), and what they write into a pipe
 * comes by the driver.
 */
#include "standstill.h"

#include <string.h>

#include <steal/time.h>

#include "../base/await.h"
#include "../task/task.h"
#include "awaits.h"
#include "stuck.h"

/* So many tasks are told of. */
#define MOST 32

/*
 * Is it one?
 */

static bool
workers_sleep(struct steal_runtime *runtime)
{
    if (!steal__idle_all_sleep(&runtime->idle) ||
            steal__runtime_has_queued(runtime))
        return false;
    for (unsigned i = 0; i < runtime->nall; i++) {
        if (!slot_is_empty(&runtime->workers[i].slot))
            return false;
    }
    return true;
}

/* W1, W2, W3, and that there is somebody who waits. */
static bool
nothing_comes(struct steal_runtime *runtime, const struct pool_state *pool)
{
    return !steal__runtime_is_quiet(runtime) && workers_sleep(runtime) &&
           steal__driver_is_idle(&runtime->driver) && !pool->busy &&
           !pool->queued;
}

/* W4: without the one that looks. */
static unsigned
count_ours(struct steal_runtime *runtime, const struct pool_state *pool)
{
    return load_relaxed(&runtime->running) + pool->threads +
           load_relaxed(&runtime->blocked) +
           onlookers_count(&runtime->onlookers);
}

static bool
all_wait(struct steal_runtime *runtime, unsigned nthreads)
{
    struct pool_state pool = steal__pool_state(&runtime->pool);

    return nothing_comes(runtime, &pool) &&
           count_ours(runtime, &pool) == nthreads;
}

/*
 * The report
 */

struct report {
    struct stuck_tasks tasks;
    size_t n; /* all of them */

    /* The one that is to be aborted. */
    uint64_t task;
    uint64_t last_poll;
    bool joins;
    bool aborted;
};

typedef void visit_fn(struct steal_task *task, struct report *report);

static void
glance(const struct steal_task *task, void *data)
{
    (void)task, (void)data;
}

static void
visit_register(struct owned *owned, visit_fn *visit, struct report *report)
{
    struct owned_walk walk;
    struct steal_task *task;
    enum owned_step step;

    steal__owned_walk_begin(owned, &walk);
    do {
        step = steal__owned_walk_next(owned, &walk, glance, NULL, &task);
        if (step == OWNED_VISITED || step == OWNED_ALONE) {
            visit(task, report);
            steal__owned_leave(task, step == OWNED_VISITED);
        }
    } while (step != OWNED_END);
    steal__owned_walk_end(owned, &walk);
}

static void
visit_all(struct steal_runtime *runtime, visit_fn *visit, struct report *report)
{
    for (unsigned i = 0; i < runtime->nall; i++)
        visit_register(&runtime->workers[i].owned, visit, report);
}

static uint64_t
last_poll_of(struct steal_task *task)
{
    struct task_extra *extra = load_acquire(&task->extra); /* local.c, O1 */

    return extra ? counter_read(&extra->times.last) : 0;
}

/* The id of the task that it waits for, if that is known. */
static uint64_t
awaited_by(const struct steal_task *task)
{
    struct steal_await last;

    return steal__awaits_one(task, &last) ? last.task : 0;
}

/* True if it waits for the end of others: who keeps it waiting is among those. */
static bool
joins_others(const struct steal_task *task)
{
    struct steal_await awaits[STEAL_AWAITS_MOST];
    size_t n = steal__awaits_of(task, awaits, STEAL_AWAITS_MOST);
    size_t n_group = strlen(AWAIT_GROUP);

    for (size_t i = 0; i < n; i++) {
        const char *thing = awaits[i].thing;

        if (awaits[i].task ||
                (thing && strncmp(thing, AWAIT_GROUP, n_group) == 0))
            return true;
    }
    return false;
}

static bool
is_better(const struct report *report, bool joins, uint64_t last_poll)
{
    if (!report->task || joins != report->joins)
        return !report->task || !joins;
    return last_poll >= report->last_poll;
}

static void
describe(struct steal_task *task, struct report *report)
{
    uint64_t last_poll = last_poll_of(task);
    bool joins = joins_others(task);

    if (report->n < report->tasks.n) {
        steal__stuck_copy(&report->tasks, report->n, task);
        report->tasks.all[report->n].waits_for = awaited_by(task);
    }
    report->n++;
    if (is_better(report, joins, last_poll)) {
        report->task = task->id;
        report->last_poll = last_poll;
        report->joins = joins;
    }
}

/* As if it had closed a circle; unless it was polled again since it was told of. */
static void
abort_last(struct steal_task *task, struct report *report)
{
    if (task->id != report->task || last_poll_of(task) != report->last_poll)
        return;
    task->lost = true;
    report->aborted = true;
    steal__word_abort(&task->word);
}

/* True if one is to be aborted. */
static bool
tell_of(struct steal_runtime *runtime, const struct report *report)
{
    struct steal_stuck stuck = { .runtime = runtime, .kind = STEAL_STANDSTILL };

    stuck.tasks = report->tasks.all;
    stuck.ntasks = report->n < MOST ? report->n : MOST;
    stuck.nothers = report->n - stuck.ntasks;
    return steal__stuck_tell(&stuck);
}

/* False if it should be tried again: there was no memory, or somebody else looked at
 * the task. */
static bool
tell(struct steal_runtime *runtime)
{
    struct report report = { .n = 0 };
    bool done = steal__stuck_tasks_init(&report.tasks, MOST);

    if (done)
        visit_all(runtime, describe, &report);
    done = report.n != 0;
    if (done && tell_of(runtime, &report)) {
        visit_all(runtime, abort_last, &report);
        done = report.aborted;
    }
    steal__stuck_tasks_fini(&report.tasks);
    return done;
}

/*
 * Looking
 */

static uint64_t
count_polls(struct steal_runtime *runtime)
{
    uint64_t polls = 0;

    for (unsigned i = 0; i < runtime->nall; i++)
        polls += load_relaxed(&runtime->workers[i].polls); /* a hint */
    return polls;
}

/* The first of two looks is at what is, and the second says that it was so. */
static bool
stands_still(struct standstill *standstill, struct steal_runtime *runtime)
{
    struct threads before = standstill->threads;
    bool waited = standstill->waits;

    standstill->waits = workers_sleep(runtime) && /* else it is in vain */
                        steal__threads_sleep(&standstill->threads) &&
                        all_wait(runtime, standstill->threads.n);
    return waited && standstill->waits && before.n == standstill->threads.n &&
           before.sleeps == standstill->threads.sleeps;
}

void
steal__standstill_look(struct standstill *standstill,
        struct steal_runtime *runtime, uint64_t now)
{
    uint64_t polls;

    if (now < standstill->next)
        return;
    standstill->next = now + STANDSTILL_PERIOD;
    if (runtime_is_stopping(runtime) || !stands_still(standstill, runtime))
        return;
    polls = count_polls(runtime);
    if (polls != standstill->told && tell(runtime))
        standstill->told = polls;
}
