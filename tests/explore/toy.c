#include "toy.h"

#include <string.h>

#include <steal/time.h>

#include "../../src/base/futex.h"
#include "../../src/driver/wheel.h"
#include "../../src/task/chain.h"
#include "../../src/task/schedule.h"
#include "explore.h"
#include "loop.h"
#include "system.h"

struct steal_runtime toy;

static struct steal_runtime another; /* has tasks only */
static struct steal_task tasks[TOY_TASKS];
static _Atomic(uint32_t) queued[TOY_TASKS];
static _Atomic(unsigned) done;
static unsigned blocks;

void
toy_begin(void)
{
    system_begin();
    blocks = explore_blocks();
    explore_assert(!steal__driver_init(&toy.driver, &toy, 1, NULL));
    store_relaxed(&done, 0);
    for (unsigned i = 0; i < TOY_TASKS; i++) {
        store_relaxed(&queued[i], 0);
        store_relaxed(&tasks[i].word, TASK_LIVE | TASK_BUSY | TASK_REF);
        tasks[i].size = sizeof tasks[i]; /* not lent */
        tasks[i].runtime = i == TOY_STRANGER ? &another : &toy;
    }
    explore_name(&toy.driver, sizeof toy.driver, "driver");
    explore_name(tasks, sizeof tasks, "tasks");
    explore_name(queued, sizeof queued, "queued");
    explore_name(&done, sizeof done, "done");
    explore_name(&loop_pipe, sizeof loop_pipe, "pipe");
}

/*
 * What the sources ask of a runtime
 */

void
steal__schedule(struct steal_task *task)
{
    _Atomic(uint32_t) *word = &queued[task - tasks];

    explore_assert(swap_release(word, 1) == 0);
    steal__futex_wake(word, 1);
}

void
steal__schedule_chain(struct steal_runtime *runtime, struct chain *chain)
{
    struct steal_task *task = chain->first;

    for (unsigned i = 0; i < chain->n; i++) {
        struct steal_task *next = task->next;

        explore_assert(task->runtime == runtime);
        steal__schedule(task);
        task = next;
    }
    chain_init(chain);
}

struct steal_runtime *
steal__runtime_for(struct steal_runtime *runtime, int *error)
{
    *error = 0;
    return runtime;
}

void *
steal__runtime_allocate(struct steal_runtime *runtime, size_t size)
{
    (void)runtime;
    return explore_alloc(size);
}

void
steal__runtime_release(struct steal_runtime *runtime, void *block, size_t size)
{
    (void)runtime;
    (void)size;
    explore_free(block);
}

void
steal__runtime_bury(struct steal_task *task)
{
    (void)task; /* they are static */
}

struct owned *
steal__runtime_owned(struct steal_runtime *runtime, unsigned shard)
{
    (void)runtime;
    (void)shard;
    return NULL;
}

struct driver *
steal__runtime_driver(struct steal_runtime *runtime)
{
    return &runtime->driver;
}

struct driver *
steal__driver_here(struct wheel **wheel)
{
    *wheel = steal__driver_wheel(&toy.driver, 0);
    return &toy.driver;
}

void
steal__driver_vacant(struct steal_runtime *runtime)
{
    (void)runtime; /* nobody else wants the seat */
}

/*
 * Tasks
 */

struct steal_context
toy_context(unsigned index)
{
    struct steal_waker waker = { &steal__task_waker_vtable, &tasks[index] };
    struct steal_context cx;

    steal_context_init(&cx, &waker);
    cx.task = &tasks[index];
    cx.lends = &steal__borrowed_waker_vtable;
    return cx;
}

static void
wait_in_queue(unsigned index)
{
    while (!swap_acquire(&queued[index], 0))
        steal__futex_wait(&queued[index], 0, UINT64_MAX);
}

void
toy_run(unsigned index, toy_poll_fn *poll, void *arg)
{
    task_word *word = &tasks[index].word;
    struct steal_context cx = toy_context(index);

    for (;;) {
        explore_assert(steal__word_claim(word) == CLAIM_POLL);
        if (poll(arg, &cx))
            return; /* BUSY for ever: no wake-up queues it */
        if (cx.woken)
            cx.woken = 0;
        else if (steal__word_park(word) != PARK_REQUEUE)
            wait_in_queue(index);
    }
}

/* Another executor: its tasks are numbers. */

static struct steal_waker foreign_clone(void *data);

static void
foreign_wake(void *data)
{
    _Atomic(uint32_t) *word = data;

    swap_release(word, 1);
    steal__futex_wake(word, 1);
}

static void
foreign_drop(void *data)
{
    (void)data;
}

static const struct steal_waker_vtable foreign = { foreign_clone, foreign_wake,
    foreign_wake, foreign_drop };

static struct steal_waker
foreign_clone(void *data)
{
    return (struct steal_waker){ &foreign, data };
}

static struct steal_context
foreign_context(unsigned index)
{
    struct steal_waker waker = foreign_clone(&queued[index]);
    struct steal_context cx;

    steal_context_init(&cx, &waker);
    return cx;
}

void
toy_run_foreign(unsigned index, toy_poll_fn *poll, void *arg)
{
    struct steal_context cx = foreign_context(index);

    while (!poll(arg, &cx))
        wait_in_queue(index);
}

/*
 * Futures
 */

static bool
poll_future(void *arg, struct steal_context *cx)
{
    return steal_future_poll(arg, cx) == STEAL_READY;
}

int
toy_await(unsigned index, struct steal_future *future)
{
    toy_run(index, poll_future, future);
    steal_future_drop(future);
    return future->result;
}

int
toy_await_foreign(unsigned index, struct steal_future *future)
{
    toy_run_foreign(index, poll_future, future);
    steal_future_drop(future);
    return future->result;
}

enum steal_poll
toy_poll(unsigned index, struct steal_future *future)
{
    struct steal_context cx = toy_context(index);

    return steal_future_poll(future, &cx);
}

void
toy_begin_to_wait(unsigned index, struct steal_future *future)
{
    explore_assert(toy_poll(index, future) == STEAL_PENDING);
}

void
toy_begin_to_wait_foreign(unsigned index, struct steal_future *future)
{
    struct steal_context cx = foreign_context(index);

    explore_assert(steal_future_poll(future, &cx) == STEAL_PENDING);
}

/*
 * The driver's seat
 */

void
toy_drive(unsigned threads)
{
    explore_assert(steal__driver_try_take(&toy.driver));
    while (load_relaxed(&done) < threads)
        steal__driver_turn(&toy.driver, STEAL_FOREVER);
    steal__driver_give(&toy.driver);
}

void
toy_done(void)
{
    add_relaxed(&done, 1);
    steal__driver_kick(&toy.driver);
}

void
toy_look(void)
{
    if (steal__driver_try_take(&toy.driver)) {
        steal__driver_turn(&toy.driver, 0);
        steal__driver_give(&toy.driver);
    }
}

bool
toy_is_clean(void)
{
    if (!toy.driver.over)
        steal__driver_fini(&toy.driver);
    steal__driver_forget(&toy.driver);
    return explore_blocks() == blocks;
}
