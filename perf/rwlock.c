/*
 * rwlock.c - what does it cost to lock for reading or for writing, and to unlock,
 * where one task does so, and where each tenth lock of five tasks is a writer's?
 */
#include "rivals.h"

#define TASKS       5
#define WRITE_EVERY 10

static struct steal_rwlock lock;
static uint64_t value; /* the lock guards it */

struct rival {
    struct steal_async async;
    struct crowd *crowd;
    struct steal_rwlock_lock lock;
    uint64_t left;
    uint64_t last; /* that it has seen */
};

static void
see(struct rival *self)
{
    perf_assert(value >= self->last);
    self->last = value;
}

static enum steal_poll
rival_poll(struct steal_future *future, struct steal_context *cx)
{
    struct rival *self = (struct rival *)future;

    STEAL_BEGIN(&self->async);
    for (; self->left > 0; self->left--) {
        if (self->left % WRITE_EVERY == 0) {
            STEAL_AWAIT(cx, steal_rwlock_write(&self->lock, &lock));
            value++;
            steal_rwlock_unlock_write(&lock);
        } else {
            STEAL_AWAIT(cx, steal_rwlock_read(&self->lock, &lock));
            see(self);
            steal_rwlock_unlock_read(&lock);
        }
    }
    crowd_leave(self->crowd);
    STEAL_END();
}

static const struct steal_future_ops rival_ops = { .name = "rival",
    .poll = rival_poll };

static void
spawn(struct crowd *crowd, uint64_t share)
{
    struct rival rival = { .async = STEAL_ASYNC(&rival_ops),
        .crowd = crowd,
        .left = share };

    perf_must(steal_spawn(NULL, &rival.async.future, sizeof rival, NULL));
}

static void
run_mixed(struct perf *p)
{
    steal_rwlock_init(&lock);
    value = 0;
    rivals_run(p, TASKS, spawn);
    perf_assert(value == p->ops / WRITE_EVERY);
}

struct loner {
    struct steal_async async;
    struct perf *perf;
    struct steal_rwlock_lock lock;
    uint64_t left;
    uint64_t sum;
};

static enum steal_poll
reader_poll(struct steal_future *future, struct steal_context *cx)
{
    struct loner *self = (struct loner *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->left = self->perf->ops; self->left > 0; self->left--) {
        STEAL_AWAIT(cx, steal_rwlock_read(&self->lock, &lock));
        self->sum += value;
        steal_rwlock_unlock_read(&lock);
    }
    perf_end(self->perf);
    perf_assert(self->sum == self->perf->ops);
    STEAL_END();
}

static const struct steal_future_ops reader_ops = { .name = "reader",
    .poll = reader_poll };

static enum steal_poll
writer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct loner *self = (struct loner *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->left = self->perf->ops; self->left > 0; self->left--) {
        STEAL_AWAIT(cx, steal_rwlock_write(&self->lock, &lock));
        value++;
        steal_rwlock_unlock_write(&lock);
    }
    perf_end(self->perf);
    perf_assert(value == self->perf->ops);
    STEAL_END();
}

static const struct steal_future_ops writer_ops = { .name = "writer",
    .poll = writer_poll };

static void
run_alone(struct perf *p, const struct steal_future_ops *ops, uint64_t initial)
{
    struct loner loner = { .async = STEAL_ASYNC(ops), .perf = p };

    steal_rwlock_init(&lock);
    value = initial;
    perf_run_task(p, &loner.async.future, sizeof loner);
}

static void
run_read(struct perf *p)
{
    run_alone(p, &reader_ops, 1);
}

static void
run_write(struct perf *p)
{
    run_alone(p, &writer_ops, 0);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "rwlock_read", .rounds = 2000000, .run = run_read },
        { .bench = "rwlock_write", .rounds = 2000000, .run = run_write },
        { .bench = "rwlock_mixed", .batch = TASKS * WRITE_EVERY,
                .rounds = 10000, .run = run_mixed },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
