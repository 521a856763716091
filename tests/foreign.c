/*
 * tests/foreign.c - our futures polled by an executor of somebody else's, and
 * theirs by ours: all that the two share is the vtable of a waker.
 */
#include <steal.h>

#include "kit.h"

/*
 * An executor of one thread and one future, as small as can be.
 */

struct executor {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool woken;
    int refs; /* clones of its waker */
};

static struct steal_waker executor_waker(struct executor *executor);

static struct steal_waker
executor_clone(void *data)
{
    struct executor *executor = data;

    pthread_mutex_lock(&executor->mutex);
    executor->refs++;
    pthread_mutex_unlock(&executor->mutex);
    return executor_waker(executor);
}

static void
executor_signal(struct executor *executor, bool wake, int refs)
{
    pthread_mutex_lock(&executor->mutex);
    executor->woken |= wake;
    executor->refs -= refs;
    pthread_cond_signal(&executor->changed);
    pthread_mutex_unlock(&executor->mutex);
}

static void
executor_wake(void *data)
{
    executor_signal(data, true, 1);
}

static void
executor_wake_by_ref(void *data)
{
    executor_signal(data, true, 0);
}

static void
executor_drop(void *data)
{
    executor_signal(data, false, 1);
}

static struct steal_waker
executor_waker(struct executor *executor)
{
    static const struct steal_waker_vtable vtable = {
        .clone = executor_clone,
        .wake = executor_wake,
        .wake_by_ref = executor_wake_by_ref,
        .drop = executor_drop,
    };

    return (struct steal_waker){ &vtable, executor };
}

static void
executor_wait(struct executor *executor)
{
    pthread_mutex_lock(&executor->mutex);
    while (!executor->woken)
        pthread_cond_wait(&executor->changed, &executor->mutex);
    executor->woken = false;
    pthread_mutex_unlock(&executor->mutex);
}

static int
executor_run(struct executor *executor, struct steal_future *future)
{
    struct steal_waker waker = executor_waker(executor);
    struct steal_context cx;

    steal_context_init(&cx, &waker);
    while (steal_future_poll(future, &cx) == STEAL_PENDING)
        executor_wait(executor);
    steal_future_drop(future);
    return future->result;
}

#define EXECUTOR_INIT                                           \
 {                                                              \
  PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0 \
 }

START_TEST(our_async_functions_run_elsewhere)
{
    struct executor executor = EXECUTOR_INIT;
    struct record record = RECORD_INIT;
    struct probe probe = probe_make(&record, 3, 6);
    struct steal_yield yield;

    ck_assert_int_eq(executor_run(&executor, &probe.future), 6);
    ck_assert_int_eq(executor_run(&executor, steal_yield(&yield)), 0);
    ck_assert_int_eq(executor.refs, 0);
}
END_TEST

START_TEST(our_joins_run_elsewhere)
{
    struct executor executor = EXECUTOR_INIT;
    struct steal_runtime *runtime = runtime_start(2);
    int refs;

    for (int i = 0; i < scaled(300); i++) {
        struct record record = RECORD_INIT;
        struct steal_task *task = spawn_probe(runtime, &record, i % 5, i);
        struct steal_join join;

        require(executor_run(&executor, steal_join(&join, task)) == i);
    }
    runtime_end(runtime);
    refs = executor.refs;
    ck_assert_int_eq(refs, 0);
}
END_TEST

static void *
write_byte(void *arg)
{
    require(write(*(int *)arg, "x", 1) == 1);
    return NULL;
}

START_TEST(our_descriptors_are_awaited_elsewhere)
{
    struct executor executor = EXECUTOR_INIT;
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_fd *fd;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(steal_fd_new(&fd, runtime, ends[0]), 0);
    for (int i = 0; i < 10; i++) {
        struct steal_ready ready;
        pthread_t thread = start_thread(write_byte, &ends[1]);
        char byte;

        while (read(ends[0], &byte, 1) != 1) { /* a wake-up may be too many */
            ck_assert_int_eq(errno, EAGAIN);
            ck_assert_int_eq(executor_run(&executor,
                                     steal_fd_readable(&ready, fd)),
                    0);
        }
        join_thread(thread);
    }
    steal_fd_close(fd);
    runtime_end(runtime);
    ck_assert_int_eq(executor.refs, 0);
    close(ends[1]);
}
END_TEST

/*
 * A task that is an executor itself: it polls children with wakers of its own,
 * which note who was woken and wake the task.
 */

struct child_waker {
    struct nursery *nursery;
    _Atomic(bool) woken;
};

struct nursery {
    struct steal_future future;
    _Atomic(int) refs;
    struct steal_waker task;
    struct child_waker wakers[3];
    struct steal_sleep sleeps[3];
    bool done[3];
    int polls;
    uint64_t unit; /* of the sleeps: they take 1, 2 and 3 of it */
};

static struct steal_waker child_waker_of(struct child_waker *child);

static struct steal_waker
child_clone(void *data)
{
    struct child_waker *child = data;

    add_acq_rel(&child->nursery->refs, 1);
    return child_waker_of(child);
}

static void
child_wake_by_ref(void *data)
{
    struct child_waker *child = data;

    store_release(&child->woken, true);
    steal_waker_wake_by_ref(&child->nursery->task);
}

static void
child_drop(void *data)
{
    struct child_waker *child = data;

    sub_acq_rel(&child->nursery->refs, 1);
}

static void
child_wake(void *data)
{
    child_wake_by_ref(data);
    child_drop(data);
}

static struct steal_waker
child_waker_of(struct child_waker *child)
{
    static const struct steal_waker_vtable vtable = {
        .clone = child_clone,
        .wake = child_wake,
        .wake_by_ref = child_wake_by_ref,
        .drop = child_drop,
    };

    return (struct steal_waker){ &vtable, child };
}

static void
nursery_begin(struct nursery *self, struct steal_context *cx)
{
    self->task = steal_waker_clone(steal_context_waker(cx));
    for (int i = 0; i < 3; i++) {
        self->wakers[i].nursery = self;
        store_release(&self->wakers[i].woken, true);
        steal_sleep(&self->sleeps[i], self->unit * (unsigned)(i + 1));
    }
}

static void
nursery_poll_child(struct nursery *self, int i)
{
    struct steal_waker waker = child_waker_of(&self->wakers[i]);
    struct steal_context cx;

    steal_context_init(&cx, &waker);
    self->polls++;
    self->done[i] = steal_future_poll(&self->sleeps[i].future, &cx);
    if (self->done[i])
        steal_future_drop(&self->sleeps[i].future);
}

static enum steal_poll
nursery_poll(struct steal_future *future, struct steal_context *cx)
{
    struct nursery *self = (struct nursery *)future;
    bool all = true;

    if (!self->task.vtable)
        nursery_begin(self, cx);
    for (int i = 0; i < 3; i++) {
        if (!self->done[i] && swap_acq_rel(&self->wakers[i].woken, false))
            nursery_poll_child(self, i);
        all &= self->done[i];
    }
    return all ? STEAL_READY : STEAL_PENDING;
}

static void
nursery_drop(struct steal_future *future)
{
    struct nursery *self = (struct nursery *)future;

    for (int i = 0; i < 3; i++)
        steal_future_drop(&self->sleeps[i].future);
    require(load_acquire(&self->refs) == 0);
    steal_waker_drop(&self->task);
}

static const struct steal_future_ops nursery_ops = { .name = "nursery",
    .poll = nursery_poll,
    .drop = nursery_drop };

START_TEST(executor_inside_a_task_polls_only_who_was_woken)
{
    struct nursery nursery = { .future = STEAL_FUTURE(&nursery_ops),
        .unit = STEAL_MS(2) };

    ck_assert_int_eq(steal_run(NULL, &nursery.future), 0);
    ck_assert_int_le(nursery.polls, 6); /* each once to begin, once to end */
}
END_TEST

START_TEST(executor_inside_a_task_can_be_aborted)
{
    struct nursery nursery = { .future = STEAL_FUTURE(&nursery_ops),
        .unit = STEAL_SECONDS(3600) };
    struct steal_timeout timeout;

    ck_assert_int_eq(steal_run(NULL, steal_timeout(&timeout, &nursery.future,
                                             STEAL_MS(1))),
            -ETIMEDOUT);
    ck_assert_int_eq(load_acquire(&nursery.refs), 0);
}
END_TEST

/* A waker of theirs in a place where ours are too: a timer of an executor and
 * one of a task, on one wheel. */
START_TEST(sleeps_move_between_executors)
{
    struct nursery nursery = { .future = STEAL_FUTURE(&nursery_ops),
        .unit = STEAL_MS(1) };
    struct steal_sleep sleep;
    struct steal_future *child[] = { &nursery.future,
        steal_sleep(&sleep, STEAL_MS(3)) };
    struct steal_join_all all;

    ck_assert_int_eq(steal_run(NULL, steal_join_all(&all, child, 2)), 0);
    ck_assert_int_le(nursery.polls, 6);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        our_async_functions_run_elsewhere,
        our_joins_run_elsewhere,
        our_descriptors_are_awaited_elsewhere,
        executor_inside_a_task_polls_only_who_was_woken,
        executor_inside_a_task_can_be_aborted,
        sleeps_move_between_executors,
    };

    return run_suite("foreign", tests, LENGTH(tests));
}
