/*
 * parks.c - nobody looks for circles of tasks, in programs that do not link what
 * does (src/insight/circle.c).
 */
#include "../../src/task/schedule.h"

bool
steal__task_parks(struct steal_task *task)
{
    (void)task;
    return false;
}

void
steal__task_unparks(struct steal_task *task)
{
    (void)task;
}
