#include "glimpse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../sched/simulate.h"

void
steal__glimpses_init(struct glimpses *glimpses, uint64_t now)
{
    glimpses->now = now;
    glimpses->all = NULL;
    glimpses->n = 0;
    glimpses->room = 0;
    glimpses->first_open = 0;
    glimpses->nmarked = 0;
    glimpses->nmarks = 0;
}

void
steal__glimpses_fini(struct glimpses *glimpses)
{
    free(glimpses->all);
}

int
steal__glimpses_reserve(struct glimpses *glimpses)
{
    size_t room = glimpses->room ? 2 * glimpses->room : 16;
    struct glimpse *all;

    if (glimpses->n < glimpses->room)
        return 0;
    all = realloc(glimpses->all, room * sizeof *all);
    if (!all)
        return -ENOMEM;
    glimpses->all = all;
    glimpses->room = room;
    return 0;
}

void
steal__glimpse_times(struct dump_task *to, const struct steal_task *task,
        uint64_t now)
{
    const struct task_extra *extra = load_acquire(
            &((struct steal_task *)(uintptr_t)task)->extra); /* local.c, O1 */
    const struct task_times *times = extra ? &extra->times : NULL;

    to->timed = times && counter_read(&times->born);
    if (!to->timed)
        return;
    to->polls = counter_read(&times->polls);
    to->total = counter_read(&times->total);
    to->longest = counter_read(&times->longest);
    to->age = counter_difference(now, counter_read(&times->born));
    to->idle = to->polls ? counter_difference(now, counter_read(&times->last))
                         : UINT64_MAX;
}

void
steal__glimpses_add(struct glimpses *glimpses, const struct steal_task *task)
{
    struct glimpse *glimpse = &glimpses->all[glimpses->n++];

    memset(glimpse, 0, sizeof *glimpse);
    glimpse->task.id = task->id;
    glimpse->task.state = steal__word_is_aborted(&task->word) ? DUMP_FINISHING
                                                              : DUMP_QUEUED;
    glimpse->ops = steal__task_ops(task);
    strncpy(glimpse->name, steal_task_name(task), sizeof glimpse->name - 1);
    steal__glimpse_times(&glimpse->task, task, glimpses->now);
}

/*
 * Places
 */

void
steal__glimpses_mark(struct glimpses *glimpses, struct owned *owned,
        const struct owned_walk *walk)
{
    struct glimpse_mark *mark = &glimpses->marks[glimpses->nmarks];

    if (glimpses->nmarked == glimpses->n)
        return;
    glimpses->nmarked = glimpses->n;
    if (glimpses->nmarks == GLIMPSE_MARKS)
        return;
    mark->owned = owned;
    steal__owned_walk_fork(owned, &mark->walk, walk);
    glimpses->nmarks++;
}

void
steal__glimpses_forget_marks(struct glimpses *glimpses)
{
    while (glimpses->nmarks) {
        struct glimpse_mark *mark = &glimpses->marks[--glimpses->nmarks];

        steal__owned_walk_end(mark->owned, &mark->walk);
    }
}

/*
 * Finding them again
 */

bool
steal__glimpses_open(struct glimpses *glimpses, const struct told *told)
{
    while (glimpses->first_open < glimpses->n &&
            steal__told_has(told, glimpses->all[glimpses->first_open].task.id))
        glimpses->first_open++;
    return glimpses->first_open < glimpses->n;
}

struct glimpse *
steal__glimpses_find(struct glimpses *glimpses, uint64_t id)
{
    for (size_t i = glimpses->first_open; i < glimpses->n; i++) {
        if (glimpses->all[i].task.id == id)
            return &glimpses->all[i];
    }
    return NULL;
}

static unsigned
count_polling(struct steal_runtime *runtime, const struct steal_future_ops *ops)
{
    unsigned n = 0;

    for (unsigned i = 0; i < runtime->nall; i++)
        n += glimpse_polling(&runtime->workers[i]) == ops;
    return n;
}

struct glimpse *
steal__glimpses_guess(struct glimpses *glimpses, const struct told *told,
        struct steal_runtime *runtime, const struct steal_future_ops *ops)
{
    struct glimpse *found = NULL;
    unsigned n = 0;

    for (size_t i = glimpses->first_open; i < glimpses->n; i++) {
        struct glimpse *glimpse = &glimpses->all[i];

        if (glimpse->ops != ops || steal__told_has(told, glimpse->task.id))
            continue;
        n++;
        if (!found)
            found = glimpse;
    }
    if (found) {
        found->maybe_runs = true;
        found->is_guess = n > 1 || count_polling(runtime, ops) > 1;
    }
    return found;
}
