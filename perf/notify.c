/*
 * notify.c - what does it cost that a thread from outside notifies a task, where
 * many wait: one of them at a time, or all at once?
 *
 * It does so in a loop, whether they wait again already or not, until so many
 * wakes have been counted.  After the benchmark of the same name in Tokio.
 */
#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include "harness.h"

#define TASKS_MOST 500

static struct steal_notify notify;
static atomic_uint_fast64_t count; /* of the wakes */

struct counter {
    struct steal_async async;
    struct steal_notified notified;
};

static enum steal_poll
counter_poll(struct steal_future *future, struct steal_context *cx)
{
    struct counter *self = (struct counter *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_notified(&self->notified, &notify));
        atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
    }
    STEAL_END();
}

static const struct steal_future_ops counter_ops = { .name = "counter",
    .poll = counter_poll };

static void
spawn(struct perf *p, struct steal_task **task)
{
    struct counter counter = { .async = STEAL_ASYNC(&counter_ops) };

    perf_must(steal_spawn(p->runtime, &counter.async.future, sizeof counter,
            task));
}

static void
end(struct perf *p, struct steal_task *task)
{
    struct steal_join join;

    steal_task_abort(task);
    perf_assert(
            steal_block_on(p->runtime, steal_join(&join, task)) == -ECANCELED);
}

/* Returns how often it has called `wake`. */
static uint64_t
wake_until_counted(struct perf *p, void (*wake)(struct steal_notify *notify))
{
    uint64_t calls = 0;

    while (atomic_load_explicit(&count, memory_order_relaxed) < p->ops) {
        wake(&notify);
        calls++;
    }
    return calls;
}

/* Each call of `wake` wakes `most` tasks at the most. */
static void
run(struct perf *p, unsigned tasks, unsigned most,
        void (*wake)(struct steal_notify *notify))
{
    struct timespec moment = { 0, 2000000 };
    struct steal_task *task[TASKS_MOST];
    uint64_t calls;

    steal_notify_init(&notify);
    atomic_init(&count, 0);
    for (unsigned i = 0; i < tasks; i++)
        spawn(p, &task[i]);
    nanosleep(&moment, NULL); /* they wait, the workers park */
    perf_begin(p);
    calls = wake_until_counted(p, wake);
    perf_end(p);
    for (unsigned i = 0; i < tasks; i++)
        end(p, task[i]);
    perf_assert(atomic_load(&count) <= calls * most);
}

static void
run_one(struct perf *p)
{
    run(p, 100, 1, steal_notify_one);
}

static void
run_waiters(struct perf *p)
{
    run(p, TASKS_MOST, TASKS_MOST, steal_notify_all);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "notify_one_100", .rounds = 500000,
                .flags = PERF_UNCOUNTED, .run = run_one },
        { .bench = "notify_waiters_500", .rounds = 200000,
                .flags = PERF_UNCOUNTED, .run = run_waiters },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
