/*
 * owned.h - a register of parked tasks, for those who must find them all.
 *
 * A task that sits in a queue or runs is found there.  One that is parked is
 * known only to its wakers, so it is entered here the first time that it parks
 * and stays until it is finished.  A task that never parks costs nothing.
 *
 * One register a worker; a task remembers its own.
 *
 * Threads: any; a lock, rarely contended, guards the list.
 */
#ifndef STEAL_TASK_OWNED_H
#define STEAL_TASK_OWNED_H

#include "../base/list.h"
#include "../base/lock.h"

struct steal_task;

struct owned {
    struct lock lock;
    bool closed;
    struct list tasks;
};

void steal__owned_init(struct owned *owned);

/* False once the register is closed: the task must not park. */
bool steal__owned_add(struct owned *owned, struct steal_task *task);
void steal__owned_remove(struct owned *owned, struct steal_task *task);

/* Closes the register and aborts all tasks in it, queueing them. */
void steal__owned_close(struct owned *owned);

#endif
