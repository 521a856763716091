/*
 * queue.h - the calls that wait for a thread of the pool, the oldest first.
 *
 *     any thread -- push --> stack (CK) --> backlog --> threads of the pool
 *
 * A push is lock-free.  Whoever takes, under the lock of the pool, moves what was
 * pushed to the end of the backlog when that has run out; so does a removal, for
 * a call is found in the backlog only.
 *
 * Threads: push() and is_empty() for any; the rest for the holder of the lock.
 * Memory:  what precedes a push is visible to who takes the call.
 */
#ifndef STEAL_BLOCKING_QUEUE_H
#define STEAL_BLOCKING_QUEUE_H

#include <ck_stack.h>

#include "../base/atomic.h"
#include "../base/compiler.h"
#include "../base/counter.h"
#include "../base/list.h"

struct call_queue {
    CACHE_ALIGNED ck_stack_t stack; /* linked by list.next */
    struct counter pushed;          /* by any thread */
    CACHE_ALIGNED struct list backlog;
    _Atomic(bool) has_backlog;
    struct counter gone; /* taken, or removed; written locked */
};

void steal__calls_init(struct call_queue *queue);
void steal__calls_push(struct call_queue *queue, struct list *node);

/* After a fence: false if anything was pushed before the other side's fence. */
bool steal__calls_is_empty(struct call_queue *queue);

/* NULL if there is none. */
struct list *steal__calls_take_locked(struct call_queue *queue);

/* The same, of all that are there that of this index, counted round and round. */
struct list *steal__calls_take_any_locked(struct call_queue *queue,
        size_t index);

/* The node was pushed, and not taken. */
void steal__calls_remove_locked(struct call_queue *queue, struct list *node);

#endif
