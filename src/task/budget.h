/*
 * budget.h - how much a task may do in one poll before others have their turn.
 *
 * An operation that would be ready at once, time after time, as a read of a
 * socket that is never empty, would keep its worker for ever.  So each takes one
 * from the budget of the poll, and when that is spent it says PENDING and has the
 * task polled again, behind the others.  (After Tokio's cooperative budget.)
 *
 * Threads: the one that polls.
 */
#ifndef STEAL_TASK_BUDGET_H
#define STEAL_TASK_BUDGET_H

#include <stdbool.h>

#include <steal/waker.h>

#include "../base/compiler.h"

#define TASK_BUDGET 128

/* False: say PENDING, the task is polled again.  Other executors than ours look
 * after that themselves. */
static inline bool
steal__may_go_on(struct steal_context *cx)
{
    if (likely(cx->budget)) {
        cx->budget -= cx->task != NULL;
        return true;
    }
    steal_context_wake(cx);
    return false;
}

#endif
