/*
 * handle.h - what signals, processes and watched paths have in common.
 *
 * Each is an object with one handle of libuv, which only the holder of the
 * driver's seat may touch, and with futures that wait for what the handle tells.
 *
 *                 holder: opened()          holder: close()
 *     new() ---> made ------------> open -----------------> closing ---> freed
 *                                    |  evicted: the loop has ended  |
 *                                    +-------------------------------+
 *
 * References: one of the owner, until free(); one of the loop, from opened()
 * until libuv has closed the handle; one of each future that has begun to wait,
 * until it is dropped.  The last one frees.  The memory is the runtime's, and
 * so is there as long as the struct of the runtime, also after its stop.
 *
 * Threads: new(), call(), poll(), leave(), free() are for anyone; opened(),
 *          close(), evicted() for the holder.
 * Memory:  the lock of `waiters` guards `refs`, `error`, and in the objects what
 *          their futures take; `open` and `uv` are the holder's.
 */
#ifndef STEAL_HANDLE_HANDLE_H
#define STEAL_HANDLE_HANDLE_H

#include <uv.h>

#include <steal/future.h>

#include "../driver/call.h"
#include "../driver/driver.h"
#include "../task/waitq.h"

struct handle {
    struct steal_runtime *runtime;
    size_t size; /* of the object that begins with this */
    struct waitq waiters;
    unsigned refs;
    int error; /* why nothing comes any more; 0: something may */
    bool open;
    struct tenant tenant;
    struct call call; /* of free() */
    void (*last)(struct handle *handle);
    union {
        uv_handle_t any;
        uv_signal_t signal;
        uv_process_t process;
        uv_fs_event_t event;
    } uv;
};

/* An object of `size` bytes, the first of them a struct handle; the rest is
 * zero.  NULL: out of memory. */
void *steal__handle_new(struct steal_runtime *runtime, size_t size);
void steal__handle_unref(struct handle *handle);

/*
 * Has the holder call `fn` and waits for what it returns: for a turn of the loop
 * at most, and not at all if the seat is free.  -ECANCELED: the loop has ended.
 * Not from callbacks of the loop.
 */
typedef int handle_fn(struct handle *handle, uv_loop_t *loop, void *arg);

int steal__handle_call(struct handle *handle, handle_fn *fn, void *arg);

/* Right after libuv has initialized the handle.  `evict` calls evicted(). */
void steal__handle_opened(struct handle *handle,
        void (*evict)(struct tenant *));

/* Closes the handle, if it is open. */
void steal__handle_close(struct handle *handle);

/* The loop ends: nothing comes any more. */
void steal__handle_evicted(struct handle *handle);

/* Nothing comes any more: who waits, and who comes later, gets `error`. */
void steal__handle_end(struct handle *handle, int error);

/* Wakes those who wait: for callbacks of the loop. */
void steal__handle_wake(struct handle *handle);

/* Ends it and gives back the owner's reference; then the holder calls `last`,
 * unless the loop has ended before. */
void steal__handle_free(struct handle *handle,
        void (*last)(struct handle *handle));

/*
 * The futures.  A poll takes what is there: `take`, under the lock, is true if it
 * has filled in the output; else it waits for the next steal__handle_wake(), or
 * tells `error` as its result.  A wait begins with steal__handle_wait_init().
 */
typedef bool handle_take_fn(struct handle *handle, struct steal_future *future);

static inline void
steal__handle_wait_init(struct steal_wait *wait)
{
    wait_init(wait_of(wait), 0); /* events: set once it has a reference */
}

enum steal_poll steal__handle_poll(struct handle *handle,
        struct steal_wait *wait, struct steal_future *future,
        struct steal_context *cx, handle_take_fn *take);
void steal__handle_leave(struct handle *handle, struct steal_wait *wait);

#endif
