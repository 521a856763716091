/* stuck.c - tasks that cannot go on: who is told, and what becomes of them. */
#include "stuck.h"

#include <inttypes.h>
#include <stdlib.h>

#include <steal/runtime.h>
#include <steal/time.h>

#include "../sched/runtime.h"
#include "../sched/simulate.h"
#include "../task/schedule.h"
#include "../task/task.h"
#include "awaits.h"

static uint64_t
age_of(const struct steal_task *task)
{
    struct task_extra *extra = load_acquire(
            &((struct steal_task *)(uintptr_t)task)->extra);
    uint64_t born = extra ? counter_read(&extra->times.born) : 0;

    return born ? counter_difference(steal__runtime_now(task->runtime), born)
                : 0;
}

void
steal__stuck_describe(struct steal_stuck_task *stuck,
        const struct steal_task *task)
{
    stuck->task = task->id;
    stuck->name = steal_task_name(task);
    stuck->age = age_of(task);
    stuck->waits_for = 0;
    stuck->nawaits = steal__awaits_of(task, stuck->awaits, STEAL_AWAITS_MOST);
}

bool
steal__stuck_tell(const struct steal_stuck *stuck)
{
    const struct steal_options *options = &stuck->runtime->options;
    struct steal_runtime *bound = steal__bound;

    steal__bound = stuck->runtime; /* we hold a task that its end waits for */
    if (options->on_stuck)
        options->on_stuck(stuck, options->hooks.data);
    else
        steal_stuck_print(stuck, stderr);
    steal__bound = bound;
    if (options->detect_lost_wakes == STEAL_STUCK_STOP)
        abort();
    return options->detect_lost_wakes == STEAL_STUCK_ABORT;
}

bool
steal__task_lost(struct steal_task *task)
{
    struct steal_stuck_task one;
    struct steal_stuck stuck = { .runtime = task->runtime,
        .ntasks = 1,
        .tasks = &one };

    if (runtime_is_stopping(task->runtime) ||
            steal__runtime_is_of_parent(task->runtime))
        return false; /* it is canceled anyway, or nobody is here to poll it */
    steal__stuck_describe(&one, task);
    task->lost = steal__stuck_tell(&stuck);
    return task->lost;
}

static void
print_task(const struct steal_stuck_task *task, FILE *file)
{
    fprintf(file, "  task %" PRIu64 ", %s, %" PRIu64 " ms old", task->task,
            task->name, task->age / STEAL_MS(1));
    if (task->waits_for)
        fprintf(file, ", waits for task %" PRIu64, task->waits_for);
    fputc('\n', file);
    for (size_t i = 0; i < task->nawaits; i++)
        steal__await_print(&task->awaits[i], file);
}

static const char *
title_of(const struct steal_stuck *stuck)
{
    if (stuck->kind == STEAL_LOST_WAKE)
        return "nobody can wake this task any more";
    if (stuck->kind == STEAL_STANDSTILL)
        return "all tasks wait, and nothing is left that could wake one";
    return stuck->ntasks == 1 ? "this task waits for itself"
                              : "these tasks wait for one another";
}

void
steal_stuck_print(const struct steal_stuck *stuck, FILE *file)
{
    flockfile(file);
    fprintf(file, "%s: %s\n", stuck->runtime->name, title_of(stuck));
    for (size_t i = 0; i < stuck->ntasks; i++)
        print_task(&stuck->tasks[i], file);
    if (stuck->nothers)
        fprintf(file, "  and %zu more\n", stuck->nothers);
    funlockfile(file);
}
