/*
 * gate.h - what the tests of the pool share: a runtime, calls that wait at a
 * gate, tasks that make a call, and threads that cannot be made.
 */
#ifndef STEAL_TESTS_GATE_H
#define STEAL_TESTS_GATE_H

#include <steal/blocking.h>

#include <time.h>

#include "kit.h"

/*
 * Threads that cannot be made: the linker sends pthread_create() here.
 */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
        void *(*run)(void *arg), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
        void *(*run)(void *arg), void *arg);

static _Atomic(bool) refusing;
static _Atomic(int) made; /* threads */

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
        void *(*run)(void *arg), void *arg)
{
    if (load_acquire(&refusing))
        return EAGAIN;
    add_acq_rel(&made, 1);
    return __real_pthread_create(thread, attr, run, arg);
}

/*
 * Runtimes and gates
 */

static struct steal_runtime *runtime;

/* What calls wait at, and tell that they have begun. */
struct gate {
    _Atomic(bool) open;
    _Atomic(int) arrived;
    _Atomic(int) passed;
};

static struct gate gate;

static inline void
open_gate(void)
{
    store_release(&gate.open, true);
}

static inline void
nap(void)
{
    static const struct timespec moment = { 0, 200000 };

    nanosleep(&moment, NULL);
}

/* A call that blocks until the gate is open. */
static inline int
pass_gate(void *arg)
{
    (void)arg;
    add_acq_rel(&gate.arrived, 1);
    while (!load_acquire(&gate.open))
        nap();
    add_acq_rel(&gate.passed, 1);
    return 7;
}

static inline int
arrived(void)
{
    return load_acquire(&gate.arrived);
}

static inline int
passed(void)
{
    return load_acquire(&gate.passed);
}

static inline void
start_with(struct steal_options options)
{
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    store_release(&made, 0); /* of the pool's */
}

static inline void
start(unsigned workers)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = workers;
    start_with(options);
}

static inline void
reset(void)
{
    store_release(&refusing, false);
    store_release(&gate.open, false);
    store_release(&gate.arrived, 0);
    store_release(&gate.passed, 0);
}

static inline int
add_one(void *arg)
{
    int *number = arg;

    return ++*number;
}

static inline int
await_call(int (*fn)(void *arg), void *arg)
{
    struct steal_blocking call;

    return steal_block_on(runtime, steal_blocking(&call, fn, arg));
}

/* A task that makes one call, which lies in its frame. */
struct caller {
    struct steal_async async;
    struct steal_blocking call;
    int (*fn)(void *arg);
    void *arg;
};

static inline enum steal_poll
caller_poll(struct steal_future *future, struct steal_context *cx)
{
    struct caller *self = (struct caller *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_blocking(&self->call, self->fn, self->arg));
    STEAL_RETURN(self->call.future.result);
    STEAL_END();
}

static const struct steal_future_ops caller_ops = { .name = "caller",
    .poll = caller_poll };

static inline struct steal_task *
spawn_caller(int (*fn)(void *arg), void *arg)
{
    struct caller caller = { .async = STEAL_ASYNC(&caller_ops),
        .fn = fn,
        .arg = arg };
    struct steal_task *task;

    require(steal_spawn(runtime, &caller.async.future, sizeof caller, &task) ==
            0);
    return task;
}

static _Atomic(int) calls;

static inline int
count_call(void *arg)
{
    (void)arg;
    add_acq_rel(&calls, 1);
    return 0;
}

#endif
