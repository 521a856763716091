/*
 * injector.h - the global queue: what comes from outside of the workers.
 *
 *     any thread -- a chain at a time --> stack (CK) --> backlog --> workers
 *
 * Chains are pushed onto a lock-free stack of Concurrency Kit.  A worker that
 * wants tasks takes the whole stack at once, turns it round, and leaves what it
 * does not take in the backlog.  So it is first in, first out, chain by chain.
 *
 * Threads: push() and is_empty() for any, take() for workers, one at a time.
 * Memory:  what precedes a push is visible to who takes the task.
 */
#ifndef STEAL_SCHED_INJECTOR_H
#define STEAL_SCHED_INJECTOR_H

#include <ck_stack.h>

#include "../base/compiler.h"
#include "../base/counter.h"
#include "../base/lock.h"

struct chain;
struct steal_task;

struct injector {
    CACHE_ALIGNED ck_stack_t stack; /* its head is a task, linked by `next` */
    struct counter pushed;          /* tasks, by any thread */
    CACHE_ALIGNED struct lock lock; /* guards what follows */
    _Atomic(struct steal_task *) backlog; /* the oldest first */
    struct counter taken;                 /* tasks */
};

void steal__injector_init(struct injector *injector);

void steal__injector_push(struct injector *injector, struct chain *chain);

/* Takes up to `max` tasks, the oldest first, linked by `next`; *n is how many.
 * NULL if there are none. */
struct steal_task *steal__injector_take(struct injector *injector, unsigned max,
        unsigned *n);

/* Calls it with each of them, while nobody takes any. */
void steal__injector_visit(struct injector *injector,
        void (*visit)(struct steal_task *task, void *data), void *data);

/* After a fence: false if anything was pushed before the other side's fence. */
bool steal__injector_is_empty(struct injector *injector);

#endif
