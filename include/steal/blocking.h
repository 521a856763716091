/*
 * steal/blocking.h - work that blocks, away from the workers.
 *
 * A worker that blocks in a system call holds up its tasks.  A runtime has
 * threads for that, made when there is something to do, up to
 * options.blocking_threads; a thread without work leaves after
 * options.blocking_keep.
 *
 *     static int
 *     load(void *arg)
 *     {
 *         struct server *self = arg;
 *
 *         return read_settings(&self->settings, "/etc/server.conf");
 *     }
 *
 *     STEAL_AWAIT(cx, steal_blocking(&self->call, load, self));
 *     if (self->call.future.result < 0)
 *         ...
 *
 * Calls begin in the order in which they were first polled.
 */
#ifndef STEAL_BLOCKING_H
#define STEAL_BLOCKING_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

/*
 * A future: calls fn(arg) on a thread of the pool; its result is what `fn`
 * returned.  Allocates nothing.  The first poll queues the call.
 *
 * Dropped before the call has begun, it is never made.  Dropped while it runs,
 * the drop waits for its end, and the other tasks of the worker are run by
 * another thread meanwhile: `arg` may point into the frame of the caller.
 *
 * -EINVAL:    polled outside of a runtime's task.
 * -ECANCELED: the runtime is stopping.
 * -EAGAIN, -ENOMEM: no thread could be made, and none is there.
 */
struct steal_blocking {
    struct steal_future future;
    /* private */
    struct {
        void *next;
        void *prev;
        int (*fn)(void *arg);
        void *arg;
        void (*destroy)(void *arg);
        struct steal_waker waker;
        void *dropper;
        void *pool;
        uint32_t lock;
        int result;
        bool queued;
        bool done;
        bool abandoned;
    } call;
    void *current;
    bool settled;
};

STEAL_API struct steal_future *steal_blocking(struct steal_blocking *blocking,
        int (*fn)(void *arg), void *arg);

/*
 * The same with an argument that belongs to the call, so that dropping the
 * future never waits: a call that runs goes on by itself.  Once the future was
 * polled or dropped, destroy(arg) is called exactly once, after the call if
 * there is one: when the future is dropped, or at the end of the call, on its
 * thread, if that is later.  Allocates a small block at the first poll (-ENOMEM).
 */
STEAL_API struct steal_future *
steal_blocking_owned(struct steal_blocking *blocking, int (*fn)(void *arg),
        void *arg, void (*destroy)(void *arg));

/*
 * Calls fn(arg) on this very thread, inside a poll, and returns its result; the
 * other tasks of the worker move to another thread meanwhile.  `fn` runs as on a
 * thread that is no worker: it may block, and call steal_block_on(), but not use
 * the context of the poll.  If no thread can be had the worker's other tasks are
 * left to the other workers.  Outside of a task, and within itself, it just
 * calls.
 */
STEAL_API int steal_block_in_place(int (*fn)(void *arg), void *arg);

STEAL_END_DECLS

#endif
