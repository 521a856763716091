/*
 * toy.h - a scheduler of one thread, in place of src/sched/.
 *
 * Tests of task/ and driver/ decide themselves when a task is polled: what is
 * woken waits in a list until toy_run() or toy_run_all().
 */
#ifndef STEAL_TESTS_TOY_H
#define STEAL_TESTS_TOY_H

#include "../src/driver/driver.h"
#include "../src/task/chain.h"
#include "../src/task/harness.h"
#include "../src/task/schedule.h"
#include "kit.h"

/* What stands for a runtime: never looked into by the code under test. */
#define TOY ((struct steal_runtime *)(void *)&toy)

static struct {
    struct owned owned;
    struct steal_context cx;
    struct steal_task *queue[64];
    int nqueued;
    int blocks;           /* allocated and not released */
    int fail_at;          /* the allocation that fails; 0: none */
    struct driver driver; /* if the test has made one */
} toy;

static void
toy_init(void)
{
    struct steal_waker waker = { &steal__task_waker_vtable, NULL };

    memset(&toy, 0, sizeof toy);
    steal__owned_init(&toy.owned);
    steal_context_init(&toy.cx, &waker);
    toy.cx.lends = &steal__borrowed_waker_vtable;
    steal__poll = &toy.cx;
}

void
steal__schedule(struct steal_task *task)
{
    require(toy.nqueued < (int)LENGTH(toy.queue));
    for (int i = 0; i < toy.nqueued; i++) /* T1: one queue, once */
        require(toy.queue[i] != task);
    toy.queue[toy.nqueued++] = task;
}

void
steal__schedule_chain(struct steal_runtime *runtime, struct chain *chain)
{
    struct steal_task *task = chain->first;

    require(runtime == TOY);
    for (unsigned i = 0; i < chain->n; i++) {
        struct steal_task *next = task->next;

        steal__schedule(task);
        task = next;
    }
    chain_init(chain);
}

struct steal_runtime *
steal__runtime_for(struct steal_runtime *runtime, int *error)
{
    *error = runtime ? 0 : -EINVAL;
    return runtime;
}

void *
steal__runtime_allocate(struct steal_runtime *runtime, size_t size)
{
    require(runtime == TOY);
    if (toy.fail_at && --toy.fail_at == 0)
        return NULL;
    toy.blocks++;
    return malloc(size);
}

void
steal__runtime_release(struct steal_runtime *runtime, void *block, size_t size)
{
    (void)size;
    require(runtime == TOY);
    toy.blocks--;
    free(block);
}

struct owned *
steal__runtime_owned(struct steal_runtime *runtime, unsigned shard)
{
    require(runtime == TOY);
    require(shard == 0);
    return &toy.owned;
}

bool
steal__task_lost(struct steal_task *task)
{
    (void)task;
    return false;
}

bool
steal__task_parks(struct steal_task *task)
{
    (void)task;
    return false;
}

void
steal__task_unparks(struct steal_task *task)
{
    (void)task;
}

void
steal__runtime_bury(struct steal_task *task)
{
    steal__runtime_release(TOY, task, task->size);
}

struct driver *
steal__runtime_driver(struct steal_runtime *runtime)
{
    require(runtime == TOY);
    return &toy.driver;
}

void
steal__driver_vacant(struct steal_runtime *runtime)
{
    require(runtime == TOY);
}

struct driver *
steal__driver_here(struct wheel **wheel)
{
    *wheel = steal__driver_wheel(&toy.driver, 0);
    return &toy.driver;
}

/* Polls the task that has waited longest. */
static inline enum run_outcome
toy_run(void)
{
    struct steal_task *task = toy.queue[0];
    enum run_outcome outcome;

    require(toy.nqueued > 0);
    toy.nqueued--;
    memmove(toy.queue, toy.queue + 1, sizeof *toy.queue * (size_t)toy.nqueued);
    outcome = steal__task_run(task, &toy.cx, 0);
    if (outcome == RUN_AGAIN)
        steal__schedule(task);
    if (outcome == RUN_LAST)
        steal__task_free(task);
    return outcome;
}

/* Moves a future into a new task with so many references, and queues it. */
static inline struct steal_task *
toy_spawn(struct steal_future *future, size_t size, uint64_t refs)
{
    struct steal_task *task = steal__runtime_allocate(TOY, sizeof *task + size);

    require(task);
    memset(task, 0, sizeof *task);
    store_relaxed(&task->word,
            TASK_LIVE | TASK_BUSY | refs * TASK_REF | (refs ? TASK_HANDLE : 0));
    task->runtime = TOY;
    task->size = (uint32_t)(sizeof *task + size);
    memcpy(steal__task_root(task), future, size);
    future_adopt(steal__task_root(task));
    steal__schedule(task);
    return task;
}

static inline struct steal_task *
toy_spawn_probe(struct record *record, int turns, int end)
{
    struct probe probe = probe_make(record, turns, end);

    return toy_spawn(&probe.future, sizeof probe, 1);
}

static inline struct steal_task *
toy_spawn_call(int (*fn)(void *arg), void *arg)
{
    struct calling call = call_make(fn, arg);

    return toy_spawn(&call.future, sizeof call, 1);
}

static inline void
toy_run_all(void)
{
    while (toy.nqueued)
        toy_run();
}

/* Nothing is queued, and all memory is back. */
static inline void
toy_fini(void)
{
    ck_assert_int_eq(toy.nqueued, 0);
    ck_assert_int_eq(toy.blocks, 0);
    ck_assert(list_is_empty(&toy.owned.tasks));
    steal__poll = NULL;
}

#endif
