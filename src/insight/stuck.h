/*
 * stuck.h - telling of tasks that cannot go on.
 *
 * Threads: the holder's of BUSY of what is described; telling is for one who holds
 *          a task, or keeps the runtime by being a thread of it.
 */
#ifndef STEAL_INSIGHT_STUCK_H
#define STEAL_INSIGHT_STUCK_H

#include <steal/debug.h>
#include <steal/task.h>

/* Of a task that nobody polls meanwhile. */
void steal__stuck_describe(struct steal_stuck_task *stuck,
        const struct steal_task *task);

/* Several, with room for their names: they may go on, and end, while they are told
 * of.  False: out of memory; there is something to free nonetheless. */
struct stuck_tasks {
    size_t n;
    struct steal_stuck_task *all;
    struct stuck_name *names;
};

bool steal__stuck_tasks_init(struct stuck_tasks *tasks, size_t n);
void steal__stuck_tasks_fini(struct stuck_tasks *tasks);

/* Describes it in the i-th. */
void steal__stuck_copy(struct stuck_tasks *tasks, size_t i,
        const struct steal_task *task);

/* As the policy says; true if a task is to be canceled. */
bool steal__stuck_tell(const struct steal_stuck *stuck);

#endif
