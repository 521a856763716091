/*
 * deadlines.c - a queue of deadlines, in nodes of the caller's.
 *
 * A leftist heap (C. A. Crane, 1972; D. E. Knuth, TAOCP 3, 5.2.3): a binary tree
 * in which no node is due before its parent.  The rank of a node is the number
 * of nodes on the way down to its right; no right child outranks a left one, so
 * that way is at most log2(n + 1) long.  Melding two heaps walks down their right
 * sides, and inserting and removing are melds: no operation takes more than
 * O(log n) steps, which matters as all of them hold a lock.
 *
 *     rank 0      the node is in no queue
 *     root        the first that is due
 *
 * Who waits stands in a waitq and sleeps until the root is due.  When another
 * node becomes the root, all who wait are woken to sleep less.  A root that goes
 * away wakes nobody: the sleep that ends too soon begins again.
 *
 * Threads: any; the lock of the waitq guards the tree, too.
 */
#include <steal/time.h>

#include "../base/await.h"
#include "../task/budget.h"
#include "../task/waitq.h"

/* What all wait for: the first deadline has changed. */
#define EARLIER 1u

/*
 * The heap
 */

static unsigned
rank_of(const struct steal_deadline *node)
{
    return node ? node->rank : 0;
}

/* The children of the node have changed.  False if its rank has not. */
static bool
settle_rank(struct steal_deadline *node)
{
    struct steal_deadline *left = node->left;
    unsigned rank;

    if (rank_of(left) < rank_of(node->right)) {
        node->left = node->right;
        node->right = left;
    }
    rank = rank_of(node->right) + 1;
    if (rank == node->rank)
        return false;
    node->rank = rank;
    return true;
}

/* Makes one heap of two.  The parent of its root is left to the caller. */
static struct steal_deadline *
meld(struct steal_deadline *a, struct steal_deadline *b)
{
    struct steal_deadline *later = b;

    if (!a || !b)
        return a ? a : b;
    if (b->time < a->time) {
        later = a;
        a = b;
    }
    a->right = meld(a->right, later);
    a->right->parent = a;
    settle_rank(a);
    return a;
}

/* Where the heap points to this node. */
static struct steal_deadline **
link_of(struct steal_deadlines *deadlines, const struct steal_deadline *node)
{
    if (!node->parent)
        return &deadlines->root;
    return node->parent->left == node ? &node->parent->left
                                      : &node->parent->right;
}

/* True if it is the root now. */
static bool
insert_locked(struct steal_deadlines *deadlines, struct steal_deadline *node,
        uint64_t time)
{
    *node = (struct steal_deadline){ .time = time, .rank = 1 };
    deadlines->root = meld(deadlines->root, node);
    deadlines->root->parent = NULL;
    return deadlines->root == node;
}

static void
remove_locked(struct steal_deadlines *deadlines, struct steal_deadline *node)
{
    struct steal_deadline *parent = node->parent;
    struct steal_deadline *rest = meld(node->left, node->right);

    *link_of(deadlines, node) = rest;
    if (rest)
        rest->parent = parent;
    while (parent && settle_rank(parent))
        parent = parent->parent;
    node->rank = 0;
}

/*
 * The queue
 */

void
steal_deadlines_init(struct steal_deadlines *deadlines)
{
    deadlines->root = NULL;
    waitq_init(waitq_of(&deadlines->waiting));
}

/* Gives the lock back, and wakes who sleeps for too long by now. */
static void
give_lock(struct steal_deadlines *deadlines, bool earlier)
{
    struct waitq *queue = waitq_of(&deadlines->waiting);
    bool wake = earlier && waitq_first_locked(queue);
    struct wakeups wakeups;

    lock_give(&queue->lock);
    if (!wake)
        return;
    wakeups_init(&wakeups);
    steal__waitq_wake(queue, EARLIER, 0, &wakeups);
    steal__wakeups_schedule(&wakeups);
}

void
steal_deadlines_insert(struct steal_deadlines *deadlines,
        struct steal_deadline *deadline, uint64_t time)
{
    bool earlier;

    lock_take(&waitq_of(&deadlines->waiting)->lock);
    if (deadline->rank)
        remove_locked(deadlines, deadline);
    earlier = insert_locked(deadlines, deadline, time);
    give_lock(deadlines, earlier);
}

bool
steal_deadlines_reschedule(struct steal_deadlines *deadlines,
        struct steal_deadline *deadline, uint64_t time)
{
    bool earlier = false;
    bool found;

    lock_take(&waitq_of(&deadlines->waiting)->lock);
    found = deadline->rank != 0;
    if (found) {
        remove_locked(deadlines, deadline);
        earlier = insert_locked(deadlines, deadline, time);
    }
    give_lock(deadlines, earlier);
    return found;
}

bool
steal_deadlines_remove(struct steal_deadlines *deadlines,
        struct steal_deadline *deadline)
{
    bool found;

    lock_take(&waitq_of(&deadlines->waiting)->lock);
    found = deadline->rank != 0;
    if (found)
        remove_locked(deadlines, deadline);
    give_lock(deadlines, false);
    return found;
}

/*
 * struct steal_deadlines_next
 */

/* Takes what is due, or begins to wait, until *until. */
static struct steal_deadline *
take_or_wait(struct steal_deadlines_next *next, struct steal_context *cx,
        uint64_t *until)
{
    struct steal_deadlines *deadlines = next->deadlines;
    struct waitq *queue = waitq_of(&deadlines->waiting);
    struct wait *wait = wait_of(&next->wait);
    uint64_t now = steal_now();
    struct steal_deadline *first;

    wait_init(wait, EARLIER);
    waitq_prepare(wait, cx);
    lock_take(&queue->lock);
    first = deadlines->root;
    *until = first ? first->time : STEAL_FOREVER;
    next->waits = !first || first->time > now;
    if (next->waits)
        waitq_enter_locked(queue, wait);
    else
        remove_locked(deadlines, first);
    lock_give(&queue->lock);
    if (next->waits)
        return NULL;
    waitq_forget(wait);
    return first;
}

static void
stop_waiting(struct steal_deadlines_next *next)
{
    if (next->waits)
        steal__waitq_leave(waitq_of(&next->deadlines->waiting),
                wait_of(&next->wait));
    next->waits = false;
    steal_future_drop(&next->sleep.future);
}

/* True if there is nothing new: no earlier deadline, and the first one is not
 * due. */
static bool
waits_on(struct steal_deadlines_next *next, struct steal_context *cx)
{
    return next->waits &&
           steal__waitq_still_waits(waitq_of(&next->deadlines->waiting),
                   wait_of(&next->wait), cx) &&
           steal_future_poll(&next->sleep.future, cx) == STEAL_PENDING;
}

/* Also with an empty queue there is a sleep, which knows where it may be. */
static enum steal_poll
next_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_deadlines_next *next = (struct steal_deadlines_next *)future;
    uint64_t until;

    while (!waits_on(next, cx)) {
        stop_waiting(next);
        if (next->sleep.future.result) {
            future->result = next->sleep.future.result;
            return STEAL_READY;
        }
        if (!steal__may_go_on(cx))
            return STEAL_PENDING;
        next->deadline = take_or_wait(next, cx, &until);
        if (next->deadline)
            return STEAL_READY;
        steal_sleep_until(&next->sleep, until);
    }
    return STEAL_PENDING;
}

static void
next_drop(struct steal_future *future)
{
    stop_waiting((struct steal_deadlines_next *)future);
}

static void
next_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_deadlines_next *next = (struct steal_deadlines_next *)future;

    if (!next->waits)
        return;
    await_for(await, "deadlines", next->deadlines);
    await_until(await, next->sleep.deadline);
}

static const struct steal_future_ops next_ops = { .name = "deadlines",
    .poll = next_poll,
    .drop = next_drop,
    .waits = next_waits };

struct steal_future *
steal_deadlines_next(struct steal_deadlines_next *next,
        struct steal_deadlines *deadlines)
{
    steal_future_init(&next->future, &next_ops);
    next->deadline = NULL;
    next->deadlines = deadlines;
    next->waits = false;
    steal_sleep_until(&next->sleep, STEAL_FOREVER);
    return &next->future;
}
