/*
 * owned.h - a register of parked tasks, for those who must find them all.
 *
 * A task that sits in a queue or runs is found there.  One that is parked is
 * known only to its wakers, so it is entered here the first time that it parks
 * and stays until it is finished.  A task that never parks costs nothing.
 *
 * One register a worker; a task remembers its own.
 *
 * Who looks at them all walks through a register one task at a time, and does not
 * hold its lock in between: the walk is known to the register, which moves it back
 * when the task that it has come to is removed.  So it comes to each task once, and
 * also to those that are added meanwhile, behind the others.
 *
 * Threads: any; a lock, rarely contended, guards the list and the walks.  A walk is
 *          its caller's.
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
    size_t ntasks;
    struct list walks;
};

/* A place in a register: the task that the walk has come to, or the head. */
struct owned_walk {
    struct list link;
    struct list *at;
    bool moved; /* the task that it had come to is gone */
};

enum owned_step {
    OWNED_END, /* for the moment */
    OWNED_VISITED, /* it was parked: the caller's, to be parked again (state.h, T6) */
    OWNED_ALONE, /* the same, and there is no waker */
    OWNED_BUSY   /* a queue, a worker or another visitor has it */
};

/* Is called with the lock held for a task that is BUSY by others: it is live, and what
 * is constant or atomic in it may be read. */
typedef void owned_glance(const struct steal_task *task, void *data);

void steal__owned_init(struct owned *owned);

/* False once the register is closed: the task must not park. */
bool steal__owned_add(struct owned *owned, struct steal_task *task);
void steal__owned_remove(struct owned *owned, struct steal_task *task);

/* How many there are: a hint once the call is back. */
size_t steal__owned_count(struct owned *owned);

/* A walk from the beginning; one that begins at the task that another has come to;
 * and the end of it, without which the register must not go. */
void steal__owned_walk_begin(struct owned *owned, struct owned_walk *walk);
void steal__owned_walk_fork(struct owned *owned, struct owned_walk *walk,
        const struct owned_walk *other);
void steal__owned_walk_end(struct owned *owned, struct owned_walk *walk);

/* On to the next task, *task if it is visited. */
enum owned_step steal__owned_walk_next(struct owned *owned,
        struct owned_walk *walk, owned_glance *glance, void *data,
        struct steal_task **task);

/* The task that the walk has come to once more; OWNED_END: it is gone. */
enum owned_step steal__owned_walk_again(struct owned *owned,
        struct owned_walk *walk, struct steal_task **task);

/* Ends a visit: parks the task, or queues it if it was woken meanwhile.  `counts`: all
 * wakers are counted, and there were some; if there are none any more the task is
 * lost. */
void steal__owned_leave(struct steal_task *task, bool counts);

/* Closes the register and aborts all tasks in it, queueing them. */
void steal__owned_close(struct owned *owned);

#endif
