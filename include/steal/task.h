/*
 * steal/task.h - a future that a runtime polls, on whichever worker is free.
 *
 * Spawning hands a future over to a runtime; a handle, a struct steal_task *,
 * comes back if it is asked for.  A handle is given back exactly once: by a
 * join that completes, or by steal_task_detach().
 *
 * Threads: all of these may be called by any thread at any time, inside a poll
 * too.  `runtime` may be NULL in a task: the runtime that runs it.
 *
 * Errors: -ENOMEM; -ECANCELED once the runtime is stopping, and in the child
 * of a fork(); -EINVAL if `runtime` is NULL outside of a worker, or `size` is
 * less than that of a struct steal_future.
 */
#ifndef STEAL_TASK_H
#define STEAL_TASK_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

/*
 * Moves `future`, the first member of a struct of `size` bytes, into a new
 * task and queues it.  The caller's copy is then worth nothing, and is not to
 * be dropped.  With `task` NULL the task is detached from the start.  On error
 * the future is still the caller's.
 */
STEAL_API STEAL_MUST_CHECK int steal_spawn(struct steal_runtime *runtime,
        struct steal_future *future, size_t size, struct steal_task **task);

/*
 * Builds a task in place: new, fill in the memory, start.  The memory is for a
 * struct of `size` bytes that begins with a struct steal_future, aligned to 16
 * bytes and not cleared.  A task that is not started is given back with
 * steal_task_discard().  Starting cannot fail; in a runtime that has begun
 * to stop the task is canceled.
 */
STEAL_API STEAL_MUST_CHECK int steal_task_new(struct steal_runtime *runtime,
        size_t size, struct steal_task **task);
STEAL_API struct steal_future *steal_task_memory(struct steal_task *task);
STEAL_API void steal_task_start(struct steal_task *task);
STEAL_API void steal_task_discard(struct steal_task *task);

/* What a task needs besides its future, for steal_spawn_in(). */
struct steal_task_slot {
    /* private */
    void *space[14];
};

/*
 * Spawns in storage of the caller's: allocates nothing and cannot fail.  The
 * future stays where it is.  Slot and future belong to the task until
 * `release` is called (once; by any thread; last), which is when no handle and
 * no waker refers to the task any more; `release` may be NULL if they live for
 * ever.  In a runtime that has begun to stop the task is canceled at once.
 * `runtime` is not NULL outside of a worker.  Returns a handle.
 */
STEAL_API struct steal_task *steal_spawn_in(struct steal_runtime *runtime,
        struct steal_task_slot *slot, struct steal_future *future,
        void (*release)(struct steal_task_slot *slot));

/* Asks the task to end: its future is dropped instead of being polled again,
 * after the current poll if there is one.  Its joiner sees -ECANCELED. */
STEAL_API void steal_task_abort(struct steal_task *task);

/* Gives the handle back; the task goes on by itself. */
STEAL_API void steal_task_detach(struct steal_task *task);

/* True once its future has been dropped: a join will not wait. */
STEAL_API bool steal_task_is_finished(const struct steal_task *task);

/* A number that no other task of this process has, never 0. */
STEAL_API uint64_t steal_task_id(const struct steal_task *task);

/* The name that was set, else that of its future.  A name is not copied: it
 * outlives the task.  Setting one may fail with -ENOMEM. */
STEAL_API const char *steal_task_name(const struct steal_task *task);
STEAL_API int steal_task_set_name(struct steal_task *task, const char *name);

/* The task that this poll belongs to, borrowed; NULL outside of tasks. */
STEAL_API struct steal_task *steal_task_current(void);

/*
 * A future: waits until the task is finished.  Its result is that of the task's
 * future, or -ECANCELED if the task was aborted.  Completing gives the handle
 * back; a join that is dropped before leaves it with the caller.  One join a
 * task at a time.
 */
struct steal_join {
    struct steal_future future;
    struct steal_task *task; /* NULL once the handle was given back */
    /* private */
    void *output;
    size_t size;
};

STEAL_API struct steal_future *steal_join(struct steal_join *join,
        struct steal_task *task);

/* The same, and the reverse of steal_spawn(): also moves the finished future,
 * with its output, back to `future`, the first member of a struct of `size`
 * bytes, no more than were spawned.  If the task was aborted it stays as it
 * was. */
STEAL_API struct steal_future *steal_join_into(struct steal_join *join,
        struct steal_task *task, struct steal_future *future, size_t size);

/* A future: lets the other tasks run first, once. */
struct steal_yield {
    struct steal_future future;
    /* private */
    bool yielded;
};

STEAL_API struct steal_future *steal_yield(struct steal_yield *yield);

/*
 * Task-local data: one pointer a task and key.  A key is a static object;
 * `destroy` (may be NULL) gets what is still set when the task ends.
 * Callable inside a poll of a task only: elsewhere get gives NULL and set
 * gives -EINVAL.
 */
struct steal_local_key {
    void (*destroy)(void *value);
};

STEAL_API void *steal_local_get(const struct steal_local_key *key);
STEAL_API STEAL_MUST_CHECK int
steal_local_set(const struct steal_local_key *key, void *value);

STEAL_END_DECLS

#endif
