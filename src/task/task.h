/*
 * task.h - layout of a task.
 *
 *     +------------------+ <- struct steal_task *, one allocation
 *     | word  next  rt   |    80 bytes
 *     | owned  joiner    |
 *     | id  extra  ...   |
 *     +------------------+ <- steal__task_root()
 *     | the future       |    pinned here
 *     +------------------+
 *
 * A task in storage of the caller's, whose `size` is 0, has a small future of ours at
 * that place, which forwards to the caller's.
 *
 * Fields: `word` is anyone's (state.h); `next` belongs to the queue that holds
 * the task; `owned` is guarded by the lock of its register; `joiner` is the
 * joiner's until TASK_JOIN is set, then see T4; the rest is constant or the
 * holder's of BUSY.
 */
#ifndef STEAL_TASK_TASK_H
#define STEAL_TASK_TASK_H

#include <errno.h>

#include <steal/future.h>
#include <steal/task.h>
#include <steal/waker.h>

#include "../base/compiler.h"
#include "../base/counter.h"
#include "../base/list.h"
#include "owned.h"
#include "state.h"

/* What the polls of a task have taken, where that is observed (sched/observe.h). */
struct task_times {
    struct counter born;    /* the time, ns */
    struct counter polls;   /* the rest is the holder's of BUSY */
    struct counter total;   /* ns */
    struct counter longest; /* ns */
    struct counter last;    /* when the last poll ended, ns */
    struct counter queued;  /* when it was last queued, ns; whoever did that */
};

/* A task that is parked, where circles are looked for (insight/circle.c). */
struct task_edge {
    struct list link; /* of the table, guarded by its lock */
    struct steal_task
            *task; /* NULL: it is not in the table; the holder's of BUSY */
    uint64_t
            told; /* the id of the one that it waited for when it was told of */
};

/* What few tasks have, made when first needed. */
struct task_extra {
    _Atomic(const char *) name;
    struct task_local *locals; /* the holder's of BUSY */
    struct task_times times;
    struct task_edge edge;
};

struct steal_task {
    task_word word;
    struct steal_task *next;
    struct steal_runtime *runtime;
    struct list links; /* in `owned` */
    struct steal_waker joiner;
    uint64_t id;
    _Atomic(struct task_extra *) extra;
    uint32_t size;        /* of the block */
    uint16_t shard;       /* which register it is in, plus one; 0: none */
    uint8_t canceled : 1; /* finished without READY */
    uint8_t lost     : 1; /* for nobody could have woken it */
    _Atomic(uint8_t) joiner_woken; /* T4 */
};

struct lent_task {
    struct steal_task task;
    struct steal_future root;
    struct steal_future *inner;
    void (*release)(struct steal_task_slot *slot);
};

static inline bool
steal__task_is_lent(const struct steal_task *task)
{
    return !task->size;
}

static inline struct steal_future *
steal__task_root(const struct steal_task *task)
{
    return (struct steal_future *)(uintptr_t)(task + 1);
}

/* The task that this is the root of. */
static inline const struct steal_task *
steal__task_of(const struct steal_future *root)
{
    return (const struct steal_task *)(const void *)root - 1;
}

/* What a task that was canceled is said to have come to. */
static inline int
steal__task_failure(const struct steal_task *task)
{
    return task->lost ? -EDEADLK : -ECANCELED;
}

/* From here on the future is dropped, polled or not. */
static inline void
future_adopt(struct steal_future *future)
{
    if ((future->pin & ~STEAL_PIN_ASYNC) == STEAL_PIN_NEW)
        future->pin |= steal_pin_of(future);
}

/* The ops of the future that the task was spawned with. */
static inline const struct steal_future_ops *
steal__task_ops(const struct steal_task *task)
{
    if (steal__task_is_lent(task))
        return container_of(task, struct lent_task, task)->inner->ops;
    return steal__task_root(task)->ops;
}

/* Frees; by whoever was told to by a transition. */
void steal__task_free(struct steal_task *task);

/* Give back a reference, and that of the handle. */
void steal__task_unref(struct steal_task *task);
void steal__task_unhandle(struct steal_task *task);

/* The extra, made if it is not there yet; NULL: out of memory. */
struct task_extra *steal__task_extra(struct steal_task *task);

/* Nobody can wake the task, which the caller holds: says so, and lets it go to where it
 * was, or to be canceled. */
void steal__task_lose(struct steal_task *task);

/* The poll that this thread is in, or NULL. */
extern _Thread_local struct steal_context *steal__poll;

/* Of a waker that holds a reference, and of one that does not (waiter.h). */
extern const struct steal_waker_vtable steal__task_waker_vtable;
extern const struct steal_waker_vtable steal__borrowed_waker_vtable;

/* The same as the first where lost wakes are looked for. */
extern const struct steal_waker_vtable steal__counted_waker_vtable;

/* Of what is left of a waker that was woken and has turned out to be the last that
 * referred to the task: waking it frees the task. */
extern const struct steal_waker_vtable steal__last_waker_vtable;

#endif
