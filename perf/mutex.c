/*
 * mutex.c - what does it cost to lock a mutex, add 1 and unlock it, where one
 * task does so, and where five do?
 */
#include "rivals.h"

#define TASKS 5

static struct steal_mutex mutex;
static uint64_t count; /* of the locks; the mutex guards it */

struct adder {
    struct steal_async async;
    struct crowd *crowd;
    struct steal_mutex_lock lock;
    uint64_t left;
};

static enum steal_poll
adder_poll(struct steal_future *future, struct steal_context *cx)
{
    struct adder *self = (struct adder *)future;

    STEAL_BEGIN(&self->async);
    for (; self->left > 0; self->left--) {
        STEAL_AWAIT(cx, steal_mutex_lock(&self->lock, &mutex));
        count++;
        steal_mutex_unlock(&mutex);
    }
    crowd_leave(self->crowd);
    STEAL_END();
}

static const struct steal_future_ops adder_ops = { .name = "adder",
    .poll = adder_poll };

static void
spawn(struct crowd *crowd, uint64_t share)
{
    struct adder adder = { .async = STEAL_ASYNC(&adder_ops),
        .crowd = crowd,
        .left = share };

    perf_must(steal_spawn(NULL, &adder.async.future, sizeof adder, NULL));
}

static void
run_contended(struct perf *p)
{
    steal_mutex_init(&mutex);
    count = 0;
    rivals_run(p, TASKS, spawn);
    perf_assert(count == p->ops);
}

struct loner {
    struct steal_async async;
    struct perf *perf;
    struct steal_mutex_lock lock;
    uint64_t left;
};

static enum steal_poll
loner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct loner *self = (struct loner *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->left = self->perf->ops; self->left > 0; self->left--) {
        STEAL_AWAIT(cx, steal_mutex_lock(&self->lock, &mutex));
        count++;
        steal_mutex_unlock(&mutex);
    }
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops loner_ops = { .name = "loner",
    .poll = loner_poll };

static void
run_uncontended(struct perf *p)
{
    struct loner loner = { .async = STEAL_ASYNC(&loner_ops), .perf = p };

    steal_mutex_init(&mutex);
    count = 0;
    perf_run_task(p, &loner.async.future, sizeof loner);
    perf_assert(count == p->ops);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "mutex_uncontended", .rounds = 2000000,
                .run = run_uncontended },
        { .bench = "mutex_contended", .batch = TASKS, .rounds = 200000,
                .run = run_contended },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
