/*
 * circle.h - tasks that wait for one another.
 *
 * A task that is about to park enters a table, and leaves it before it is polled or
 * dropped (steal__task_parks() and steal__task_unparks() of task/schedule.h).
 *
 * Threads: new() is for who makes the runtime; the struct is freed by free().
 */
#ifndef STEAL_INSIGHT_CIRCLE_H
#define STEAL_INSIGHT_CIRCLE_H

struct circles;

/* NULL: out of memory. */
struct circles *steal__circles_new(void);

#endif
