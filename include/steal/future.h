/*
 * steal/future.h - a computation that moves only when it is polled.
 *
 * A future is a struct whose first member is a struct steal_future.  Making
 * one does nothing.  A poll either finishes it (STEAL_READY) or tells that it
 * cannot go on yet (STEAL_PENDING).  A poll that returns STEAL_PENDING has seen
 * to it that the waker of its context is woken once going on makes sense;
 * otherwise nobody polls the future again.
 *
 *         constructor          first poll               READY, or drop
 *     -------------> made -----------------> pinned ---------------> dropped
 *                    may be copied           stays where it is
 *
 * Output: `result` is 0 or a negative errno code, or a number of the future's
 * own meaning; anything larger is a field of the future itself.
 *
 * Drop: whoever polls a future drops it, finished or not: the runtime for the
 * root of a task, STEAL_AWAIT and the combinators for their children.  The drop
 * function runs once, gives back what the future holds and leaves its output
 * alone.  A future that nobody polled is forgotten without a call, unless it
 * was handed to a task, by a spawn or steal_block_on(): a task drops its future
 * also when it was canceled before the first poll.
 *
 * Threads: a future is polled and dropped by one thread at a time, not always
 * the same.  What precedes a wake is visible to the poll that follows it.
 */
#ifndef STEAL_FUTURE_H
#define STEAL_FUTURE_H

#include <steal/base.h>

STEAL_BEGIN_DECLS

enum steal_poll {
    STEAL_PENDING,
    STEAL_READY
};

struct steal_await;

struct steal_future_ops {
    const char *name;
    enum steal_poll (
            *poll)(struct steal_future *future, struct steal_context *cx);
    void (*drop)(struct steal_future *future); /* may be NULL */
    /* For debug.h, dump.h and trace.h, called also before the first poll, in a
     * handler of signals, and by other threads while the task is parked or queued;
     * may be NULL, and async functions need none.  The i-th of the futures that this
     * one waits for, NULL after the last; and if there is none, what it waits for
     * instead. */
    struct steal_future *(*awaited)(struct steal_future *future, size_t i);
    void (*waits)(struct steal_future *future, struct steal_await *await);
};

struct steal_future {
    const struct steal_future_ops *ops;
    int result;
    /* private */
    uint32_t pin;
};

/* Initializer: struct countdown c = { STEAL_FUTURE(&countdown_ops), 3 }; */
/* clang-format off */
#define STEAL_FUTURE(ops) { (ops), 0, STEAL_PIN_NEW }
/* clang-format on */

/* private: what `pin` holds; else a piece of the address of the first poll. */
#define STEAL_PIN_NEW     UINT32_C(0)
#define STEAL_PIN_ASYNC   UINT32_C(1) /* a bit: the future is a steal_async */
#define STEAL_PIN_DROPPED UINT32_C(4)

static inline uint32_t
steal_pin_of(const struct steal_future *future)
{
    /* Bit 1 keeps it apart from the values above, wherever the future is. */
    return ((uint32_t)((uintptr_t)future >> 2) & ~STEAL_PIN_ASYNC) | 2;
}

STEAL_API void steal_future_init(struct steal_future *future,
        const struct steal_future_ops *ops);

/* private: aborts, telling what was wrong. */
STEAL_API void steal_future_misused(const struct steal_future *future);

/* Polls.  Not again after STEAL_READY, nor at another address than before. */
static inline enum steal_poll
steal_future_poll(struct steal_future *future, struct steal_context *cx)
{
    if ((future->pin & ~STEAL_PIN_ASYNC) == STEAL_PIN_NEW)
        future->pin |= steal_pin_of(future);
    else if (!STEAL_LIKELY(
                     (future->pin & ~STEAL_PIN_ASYNC) == steal_pin_of(future)))
        steal_future_misused(future);
    return future->ops->poll(future, cx);
}

/*
 * Ends the future: calls its drop function if it was polled and not yet
 * dropped.  A future that waits inside another (STEAL_AWAIT) goes with it.
 * After that only its output is of use.
 */
STEAL_API void steal_future_drop(struct steal_future *future);

/* The name in its ops, never NULL. */
STEAL_API const char *steal_future_name(const struct steal_future *future);

STEAL_END_DECLS

#endif
