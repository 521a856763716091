/*
 * spawn.c - how a task is born.
 *
 *     spawn      by move: a block of memory, the future copied into it
 *     new, start built in place
 *     spawn_in   storage of the caller's
 *
 * A worker spawns without an atomic operation: the block is from its cache, the
 * id from its range, the count is its own, and the task goes into its slot.
 */
#include <errno.h>
#include <string.h>

#include "../base/assert.h"
#include "../task/harness.h"
#include "push.h"

_Static_assert(sizeof(struct lent_task) <= sizeof(struct steal_task_slot),
        "a slot holds a lent task");

/* What a cached block has room for, behind the task. */
#define SMALL (BLOCK_LARGEST ? BLOCK_LARGEST - sizeof(struct steal_task) : 0)

/* Ids are given to threads in ranges. */
#define ID_RANGE 4096

static _Atomic(uint64_t) first_free_id = 1;
static _Thread_local uint64_t next_id;

/* A number that was never given before. */
static inline uint64_t
new_id(void)
{
    if (unlikely(next_id % ID_RANGE == 0))
        next_id = add_relaxed(&first_free_id, ID_RANGE); /* that it is new */
    return next_id++;
}

/* The caller, if it is a worker of this runtime; NULL is any runtime. */
static inline struct worker *
worker_for(const struct steal_runtime *runtime)
{
    struct worker *w = steal__worker;

    if (!w || worker_computes(w))
        return NULL;
    return !runtime || w->runtime == runtime ? w : NULL;
}

static inline void
init(struct steal_task *task, struct steal_runtime *runtime, size_t size,
        uint64_t refs)
{
    store_relaxed(&task->word, TASK_LIVE | TASK_BUSY | refs); /* T1: ours */
    task->runtime = runtime;
    task->joiner = (struct steal_waker)STEAL_WAKER_INIT;
    task->id = new_id();
    store_relaxed(&task->extra, NULL); /* not shared yet */
    task->size = (uint32_t)size;
    task->shard = 0;
    task->canceled = false;
    task->lost = false;
    store_relaxed(&task->joiner_woken, 0); /* not shared yet */
}

static COLD int
make_remote(struct steal_runtime *runtime, size_t size, uint64_t refs,
        struct steal_task **result)
{
    struct steal_task *task;
    int error;

    runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return error;
    task = steal__runtime_allocate(runtime, size);
    if (!task)
        return -ENOMEM;
    init(task, runtime, size, refs);
    *result = task;
    return 0;
}

static int
make(struct worker *w, struct steal_runtime *runtime, size_t size,
        uint64_t refs, struct steal_task **result)
{
    struct steal_task *task;

    if (unlikely(size < sizeof(struct steal_future)))
        return -EINVAL;
    if (unlikely(size > UINT32_MAX - sizeof *task))
        return -ENOMEM;
    size += sizeof *task;
    if (unlikely(!w))
        return make_remote(runtime, size, refs, result);
    if (unlikely(runtime_is_stopping(w->runtime)))
        return -ECANCELED;
    task = steal__cache_allocate(&w->blocks, size);
    if (unlikely(!task))
        return -ENOMEM;
    init(task, w->runtime, size, refs);
    *result = task;
    return 0;
}

/* The runtime ends, or has: its workers wait for the task, or are gone, and then
 * only what holds the task's memory is left of it. */
static COLD void
cancel_remote(struct steal_task *task)
{
    struct steal_runtime *runtime = task->runtime;
    struct steal_runtime *bound = steal__bound;
    bool is_there = runtime_enter(runtime);

    steal__bound =
            runtime; /* who waited here for the end would wait for itself */
    if (steal__task_cancel(task))
        steal__task_free(task);
    steal__bound = bound;
    if (!is_there)
        return;
    census_died_shared(&runtime->foreign);
    steal__runtime_unpark_all(runtime);
    runtime_leave(runtime);
}

/* In the child of a fork(), which has no workers to tell. */
static COLD void
cancel_in_child(struct steal_task *task)
{
    struct steal_runtime *runtime = task->runtime;

    if (steal__task_cancel(task))
        steal__task_free(task);
    census_died_shared(&runtime->foreign);
}

/* By another thread: counted before the runtime is asked (census.h, O2), so
 * that either it is canceled here or the workers wait for it. */
static COLD void
start_remote(struct steal_task *task)
{
    struct steal_runtime *runtime = task->runtime;

    census_born_shared(&runtime->foreign);
    if (unlikely(steal__runtime_is_of_parent(runtime))) {
        cancel_in_child(task);
    } else if (unlikely(runtime_is_stopping(runtime))) {
        cancel_remote(task);
    } else { /* the workers wait for it, and so the observer is there */
        if (unlikely(runtime_is_observed(runtime)))
            steal__observe_spawned(runtime, task);
        steal__schedule_remote(task);
    }
}

static void
start(struct worker *w, struct steal_task *task)
{
    if (unlikely(!w)) {
        start_remote(task);
        return;
    }
    worker_begin(w, task);
}

static COLD int
spawn_slowly(struct steal_runtime *runtime, struct steal_future *future,
        size_t size, struct steal_task **result)
{
    bool polled_before = (future->pin & ~STEAL_PIN_ASYNC) != STEAL_PIN_NEW;
    struct steal_task *task;
    int error;

    must(!polled_before);
    error = steal_task_new(runtime, size, &task);
    if (error)
        return error;
    memcpy(steal__task_root(task), future, size);
    if (result)
        *result = task;
    else
        store_relaxed(&task->word, TASK_LIVE | TASK_BUSY); /* T1: ours */
    steal_task_start(task);
    return 0;
}

/* A worker, a small future, a block at hand; all else goes the slow way. */
int
steal_spawn(struct steal_runtime *runtime, struct steal_future *future,
        size_t size, struct steal_task **result)
{
    struct worker *w = worker_for(runtime);
    struct steal_task *task;

    if (unlikely(!w || runtime_is_stopping(w->runtime) || size > SMALL ||
                 size < sizeof *future || future->pin > STEAL_PIN_ASYNC))
        return spawn_slowly(runtime, future, size, result);
    task = steal__cache_try_allocate(&w->blocks, sizeof *task + size);
    if (unlikely(!task))
        return spawn_slowly(runtime, future, size, result);
    init(task, w->runtime, sizeof *task + size,
            result ? TASK_REF | TASK_HANDLE : 0);
    memcpy(steal__task_root(task), future, size);
    future_adopt(steal__task_root(task));
    if (result)
        *result = task;
    worker_begin(w, task);
    return 0;
}

int
steal_task_new(struct steal_runtime *runtime, size_t size,
        struct steal_task **task)
{
    return make(worker_for(runtime), runtime, size, TASK_REF | TASK_HANDLE,
            task);
}

void
steal_task_start(struct steal_task *task)
{
    future_adopt(steal__task_root(task));
    start(worker_for(task->runtime), task);
}

void
steal_task_discard(struct steal_task *task)
{
    steal__task_free(task);
}

/*
 * In storage of the caller's
 */

static enum steal_poll
lent_poll(struct steal_future *root, struct steal_context *cx)
{
    struct lent_task *lent = container_of(root, struct lent_task, root);

    if (steal_future_poll(lent->inner, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    root->result = lent->inner->result;
    return STEAL_READY;
}

static void
lent_drop(struct steal_future *root)
{
    steal_future_drop(container_of(root, struct lent_task, root)->inner);
}

static struct steal_future *
lent_awaited(struct steal_future *root, size_t i)
{
    return i ? NULL : container_of(root, struct lent_task, root)->inner;
}

static const struct steal_future_ops lent_ops = { .name = "lent",
    .poll = lent_poll,
    .drop = lent_drop,
    .awaited = lent_awaited };

struct steal_task *
steal_spawn_in(struct steal_runtime *runtime, struct steal_task_slot *slot,
        struct steal_future *future,
        void (*release)(struct steal_task_slot *slot))
{
    struct lent_task *lent = (struct lent_task *)(void *)slot;
    struct worker *w = worker_for(runtime);

    if (!runtime)
        runtime = steal_runtime_current();
    must(runtime);
    /* Its task keeps the runtime's struct, as a block would: a handle may
     * outlive the runtime. */
    steal__depot_hold(&runtime->depot, 1);
    init(&lent->task, runtime, 0, TASK_REF | TASK_HANDLE);
    steal_future_init(&lent->root, &lent_ops);
    lent->inner = future;
    lent->release = release;
    future_adopt(future);
    future_adopt(&lent->root);
    start(w, &lent->task);
    return &lent->task;
}
