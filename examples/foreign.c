/*
 * foreign.c - a future polled by an executor of the program's own.
 *
 * A program that has a loop of its own can poll our futures in it: it makes a
 * waker, which tells the loop that polling makes sense again, and a context of
 * the waker.  Here the loop only sleeps until then; and what it waits for is a
 * task, which the workers of a runtime run meanwhile.
 */
#include <steal.h>

#include <pthread.h>
#include <stdio.h>

/* Lives as long as the program, so its wakers need not be counted. */
static struct loop {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken;
} loop = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

/* Called by any thread. */
static void
loop_wake(void *data)
{
    struct loop *self = data;

    pthread_mutex_lock(&self->lock);
    self->woken = true;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static struct steal_waker loop_clone(void *data);

static void
loop_drop(void *data)
{
    (void)data;
}

static const struct steal_waker_vtable loop_vtable = {
    .clone = loop_clone,
    .wake = loop_wake,
    .wake_by_ref = loop_wake,
    .drop = loop_drop,
};

static struct steal_waker
loop_clone(void *data)
{
    return (struct steal_waker){ &loop_vtable, data };
}

/* Polls the future, whenever it was woken, until it is ready. */
static int
loop_run(struct loop *self, struct steal_future *future)
{
    struct steal_waker waker = loop_clone(self);
    struct steal_context cx;

    steal_context_init(&cx, &waker);
    while (steal_future_poll(future, &cx) == STEAL_PENDING) {
        pthread_mutex_lock(&self->lock);
        while (!self->woken)
            pthread_cond_wait(&self->changed, &self->lock);
        self->woken = false;
        pthread_mutex_unlock(&self->lock);
    }
    steal_future_drop(future); /* who polls it drops it */
    return future->result;
}

int
main(void)
{
    struct steal_runtime *runtime;
    struct steal_task *task;
    struct steal_sleep nap;
    struct steal_join join;

    if (steal_runtime_new(&runtime, NULL) < 0)
        return 1;
    steal_sleep(&nap, STEAL_MS(20));
    if (steal_spawn(runtime, &nap.future, sizeof nap, &task) == 0 &&
            loop_run(&loop, steal_join(&join, task)) == 0)
        printf("the loop has seen the end of the task\n");
    return steal_runtime_stop(runtime, STEAL_FOREVER) < 0;
}
