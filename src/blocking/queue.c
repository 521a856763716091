/*
 * queue.c - the one file of the pool that knows Concurrency Kit.
 *
 * Orderings
 *   O1  push: fence_release, CAS head  ->  drain: swap head, fence_acquire
 *   O2  push, then a fence, then load pool.attended
 *       leave a role: store pool.attended, then a fence, then is_empty()
 *       Either the pusher sees that nobody attends, or the leaver the push.
 *
 * Race detectors do not see CK's operations, so they are told of O1.
 */
#include "queue.h"

#if defined(__SANITIZE_THREAD__)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
# define tell_acquire(address) __tsan_acquire(address)
# define tell_release(address) __tsan_release(address)
#else
# define tell_acquire(address) ((void)(address))
# define tell_release(address) ((void)(address))
#endif

_Static_assert(offsetof(struct list, next) == 0, "a node is a stack's entry");

void
steal__calls_init(struct call_queue *queue)
{
    *queue = (struct call_queue){ .has_backlog = false };
    ck_stack_init(&queue->stack);
    list_init(&queue->backlog);
}

void
steal__calls_push(struct call_queue *queue, struct list *node)
{
    ck_stack_entry_t *head = ck_pr_load_ptr(&queue->stack.head);

    do {
        node->next = (struct list *)(void *)head;
        ck_pr_fence_release(); /* O1 */
        tell_release(&queue->stack);
    } while (!ck_pr_cas_ptr_value(&queue->stack.head, head,
            (ck_stack_entry_t *)(void *)node, &head));
    counter_add_shared(&queue->pushed, 1);
}

bool
steal__calls_is_empty(struct call_queue *queue)
{
    return !ck_pr_load_ptr(&queue->stack.head) && /* O2 */
           !load_relaxed(&queue->has_backlog);
}

static void
append_all(struct list *to, struct list *from)
{
    from->prev->next = to;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    to->prev = from->prev;
}

/* Moves what was pushed to the end of the backlog, turned round. */
static void
drain_locked(struct call_queue *queue)
{
    struct list pushed = { &pushed, &pushed };
    struct list *node;

    if (!ck_pr_load_ptr(&queue->stack.head)) /* O2 */
        return;
    node = (struct list *)(void *)ck_stack_batch_pop_upmc(&queue->stack);
    ck_pr_fence_acquire(); /* O1 */
    tell_acquire(&queue->stack);
    while (node) {
        struct list *next = node->next;

        list_append(pushed.next, node); /* in front of the first */
        node = next;
    }
    append_all(&queue->backlog, &pushed);
    store_relaxed(&queue->has_backlog, true); /* the lock; a hint to others */
}

static void
unlink_locked(struct call_queue *queue, struct list *node)
{
    list_remove(node);
    counter_add(&queue->gone, 1);
    if (list_is_empty(&queue->backlog))
        store_relaxed(&queue->has_backlog, false); /* the lock; a hint */
}

struct list *
steal__calls_take_locked(struct call_queue *queue)
{
    struct list *node;

    if (list_is_empty(&queue->backlog))
        drain_locked(queue);
    node = list_first(&queue->backlog);
    if (node)
        unlink_locked(queue, node);
    return node;
}

struct list *
steal__calls_take_any_locked(struct call_queue *queue, size_t index)
{
    struct list *node;

    drain_locked(queue);
    node = list_first(&queue->backlog);
    if (!node)
        return NULL;
    while (index--) {
        node = node->next;
        if (node == &queue->backlog)
            node = node->next;
    }
    unlink_locked(queue, node);
    return node;
}

void
steal__calls_remove_locked(struct call_queue *queue, struct list *node)
{
    drain_locked(queue);
    unlink_locked(queue, node);
}
