/*
 * local.h - what few tasks have: a name of their own, and task-local data.
 */
#ifndef STEAL_TASK_LOCAL_H
#define STEAL_TASK_LOCAL_H

struct steal_task;
struct task_extra;

/* Destroys the values that are set; by the holder of BUSY, once. */
void steal__locals_destroy(struct steal_task *task, struct task_extra *extra);

#endif
