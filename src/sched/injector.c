/*
 * injector.c - the one file that knows Concurrency Kit.
 *
 * CK's stack pushes one entry at a time, so the push of a chain is spelled out
 * here, with CK's own primitives, as the same loop over its last and first.
 *
 * Orderings
 *   O1  push: fence_release, CAS head  ->  take: swap head, fence_acquire
 *   O2  backlog: lock.h, O1
 *   O3  push, then a fence, then load idle.summary
 *       sleep: store idle.summary, then a fence, then is_empty()
 *       Either the pusher sees the sleeper or the sleeper the push (idle.c).
 *
 * Race detectors do not see CK's operations, so they are told of O1.
 */
#include "injector.h"

#include <stddef.h>

#include "../task/chain.h"

#if defined(__SANITIZE_THREAD__)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
# define tell_acquire(address) __tsan_acquire(address)
# define tell_release(address) __tsan_release(address)
#else
# define tell_acquire(address) ((void)(address))
# define tell_release(address) ((void)(address))
#endif

void
steal__injector_init(struct injector *injector)
{
    ck_stack_init(&injector->stack);
    lock_init(&injector->lock);
    store_relaxed(&injector->backlog, NULL); /* not shared yet */
    counter_init(&injector->pushed);
    counter_init(&injector->taken);
}

void
steal__injector_push(struct injector *injector, struct chain *chain)
{
    ck_stack_entry_t *first = (ck_stack_entry_t *)(void *)chain->first;
    ck_stack_entry_t *head = ck_pr_load_ptr(&injector->stack.head);

    do {
        chain->last->next = (struct steal_task *)(void *)head;
        ck_pr_fence_release(); /* O1 */
        tell_release(&injector->stack);
    } while (!ck_pr_cas_ptr_value(&injector->stack.head, head, first, &head));
    counter_add_shared(&injector->pushed, chain->n);
    chain_init(chain);
}

/* Takes all that was pushed, the oldest first. */
static struct steal_task *
take_stack(struct injector *injector)
{
    struct steal_task *oldest = NULL;
    struct steal_task *task = (struct steal_task *)(void *)
            ck_stack_batch_pop_upmc(&injector->stack);

    ck_pr_fence_acquire(); /* O1 */
    tell_acquire(&injector->stack);
    while (task) {
        struct steal_task *next = task->next;

        task->next = oldest;
        oldest = task;
        task = next;
    }
    return oldest;
}

/* Cuts the first tasks off a list; returns the rest. */
static struct steal_task *
cut(struct steal_task *task, unsigned max, unsigned *n)
{
    struct steal_task *last = NULL;

    for (*n = 0; task && *n < max; ++*n) {
        last = task;
        task = task->next;
    }
    if (last)
        last->next = NULL;
    return task;
}

struct steal_task *
steal__injector_take(struct injector *injector, unsigned max, unsigned *n)
{
    struct steal_task *task;

    *n = 0;
    if (steal__injector_is_empty(injector))
        return NULL;
    lock_take(&injector->lock);
    task = load_relaxed(&injector->backlog); /* O2 */
    if (!task)
        task = take_stack(injector);
    store_relaxed(&injector->backlog, cut(task, max, n)); /* O2 */
    counter_add(&injector->taken, *n);
    lock_give(&injector->lock);
    return task;
}

void
steal__injector_visit(struct injector *injector,
        void (*visit)(struct steal_task *task, void *data), void *data)
{
    struct steal_task *task = (struct steal_task *)(void *)ck_pr_load_ptr(
            &injector->stack.head);

    ck_pr_fence_acquire(); /* O1 */
    tell_acquire(&injector->stack);
    for (; task; task = task->next)
        visit(task, data);
    for (task = load_relaxed(&injector->backlog); task; task = task->next)
        visit(task, data); /* who has taken any is done with that */
}

bool
steal__injector_is_empty(struct injector *injector)
{
    return !ck_pr_load_ptr(&injector->stack.head) &&
           !load_relaxed(&injector->backlog); /* O3 */
}
