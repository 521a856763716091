/*
 * stuck.h - telling of tasks that cannot go on.
 *
 * Threads: the holder's of BUSY of one of them.
 */
#ifndef STEAL_INSIGHT_STUCK_H
#define STEAL_INSIGHT_STUCK_H

#include <steal/debug.h>
#include <steal/task.h>

/* Of a task that nobody polls meanwhile. */
void steal__stuck_describe(struct steal_stuck_task *stuck,
        const struct steal_task *task);

/* As the policy says; true if a task is to be canceled. */
bool steal__stuck_tell(const struct steal_stuck *stuck);

#endif
