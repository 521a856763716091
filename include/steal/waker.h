/*
 * steal/waker.h - how a pending future asks for its next poll.
 *
 * A poll is given a context, and the context lends a waker.  A future that
 * has to wait keeps a clone of that waker where the event will come from; the
 * event wakes it, and the executor polls again.
 *
 * Threads: a waker may be cloned, woken and dropped by any thread at any time,
 * also after its task or its runtime is gone: waking then does nothing.  A
 * context belongs to the poll that it was given to.
 *
 * A waker is a pair of pointers, so that executors other than libsteal's can
 * poll our futures (fill in a vtable, make a context of it) and can have their
 * futures polled by ours.  What its data points to is counted, or outlives the
 * threads that wake: such a wake may still be under way when the poll that it
 * has caused is over.
 */
#ifndef STEAL_WAKER_H
#define STEAL_WAKER_H

#include <stdbool.h>

#include <steal/base.h>

STEAL_BEGIN_DECLS

struct steal_waker_vtable {
    struct steal_waker (*clone)(void *data); /* cannot fail: count references */
    void (*wake)(void *data);                /* wakes and drops, in one */
    void (*wake_by_ref)(void *data);
    void (*drop)(void *data);
};

struct steal_waker {
    const struct steal_waker_vtable *vtable;
    void *data;
};

struct steal_context {
    /* private */
    struct steal_waker waker;
    struct steal_task *task;                /* of this library, else NULL */
    const struct steal_waker_vtable *lends; /* to what waits; NULL: clones */
    uint32_t woken;                         /* a wake of the poll by itself */
    uint32_t budget; /* operations left to it before it gives way */
};

/* Makes a context for polling by hand, or by an executor of your own.  The
 * waker is borrowed for as long as the context is used. */
STEAL_API void steal_context_init(struct steal_context *cx,
        const struct steal_waker *waker);

/* Lends the waker of this poll: clone it to keep it. */
STEAL_API const struct steal_waker *steal_context_waker(
        const struct steal_context *cx);

/* Wakes the task that is being polled: "poll me again, behind the others".
 * Costs nothing: no atomic operation, no reference. */
STEAL_API void steal_context_wake(struct steal_context *cx);

STEAL_API struct steal_waker steal_waker_clone(const struct steal_waker *waker);

/* Wakes and drops: the waker is empty afterwards. */
STEAL_API void steal_waker_wake(struct steal_waker *waker);
STEAL_API void steal_waker_wake_by_ref(const struct steal_waker *waker);

/* An empty waker (STEAL_WAKER_INIT, steal_waker_noop()) may be cloned, woken and
 * dropped like any other; nothing comes of it. */
STEAL_API void steal_waker_drop(struct steal_waker *waker);

/* True if waking either wakes the same task: a future that waits on may then
 * keep the clone it has. */
STEAL_API bool steal_waker_will_wake(const struct steal_waker *waker,
        const struct steal_waker *other);

/* A waker that does nothing, for polling by hand. */
STEAL_API struct steal_waker steal_waker_noop(void);

/* clang-format off */
#define STEAL_WAKER_INIT { NULL, NULL }
/* clang-format on */

/* private: a place in a queue, inside the futures of the library that wait. */
struct steal_wait {
    void *next;
    void *prev;
    struct steal_waker waker;
    unsigned short events;
    unsigned short held;
    int status;
};

/* private: a place that may be left without a look at the queue. */
struct steal_place {
    struct steal_wait wait;
    void *task;
    bool waits;
};

/* private: such a queue; empty if it is zero. */
struct steal_waitq {
    uint32_t lock;
    void *next;
    void *prev;
};

STEAL_END_DECLS

#endif
