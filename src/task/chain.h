/*
 * chain.h - tasks on their way to the injector, linked by `next`.
 *
 * The newest is first, as a stack wants it: `last` is the oldest.
 *
 * Threads: one, which holds all the tasks BUSY.
 */
#ifndef STEAL_TASK_CHAIN_H
#define STEAL_TASK_CHAIN_H

#include "task.h"

struct chain {
    struct steal_task *first;
    struct steal_task *last;
    unsigned n;
};

static inline void
chain_init(struct chain *chain)
{
    *chain = (struct chain){ NULL, NULL, 0 };
}

static inline void
chain_add(struct chain *chain, struct steal_task *task)
{
    task->next = chain->first;
    chain->first = task;
    if (!chain->last)
        chain->last = task;
    chain->n++;
}

#endif
