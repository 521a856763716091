/*
 * semaphore.c - what does it cost to acquire a permit and release it, where there
 * is one task for one permit, and where six want one of five at a time?
 *
 * The six let the others run while they hold it, so that one always waits.
 */
#include <stdatomic.h>

#include "rivals.h"

#define PERMITS 5
#define TASKS   (PERMITS + 1)

static struct steal_semaphore semaphore;
static atomic_uint_fast64_t acquired;

struct holder {
    struct steal_async async;
    struct crowd *crowd;
    struct steal_semaphore_acquire acquire;
    uint64_t share;
    uint64_t count;
};

static enum steal_poll
holder_poll(struct steal_future *future, struct steal_context *cx)
{
    struct holder *self = (struct holder *)future;

    STEAL_BEGIN(&self->async);
    while (self->count < self->share) {
        STEAL_AWAIT(cx, steal_semaphore_acquire(&self->acquire, &semaphore, 1));
        perf_must(self->acquire.future.result);
        self->count++;
        STEAL_YIELD(cx);
        steal_semaphore_release(&semaphore, 1);
    }
    atomic_fetch_add_explicit(&acquired, self->count, memory_order_relaxed);
    crowd_leave(self->crowd);
    STEAL_END();
}

static const struct steal_future_ops holder_ops = { .name = "holder",
    .poll = holder_poll };

static void
spawn(struct crowd *crowd, uint64_t share)
{
    struct holder holder = { .async = STEAL_ASYNC(&holder_ops),
        .crowd = crowd,
        .share = share };

    perf_must(steal_spawn(NULL, &holder.async.future, sizeof holder, NULL));
}

static void
run_contended(struct perf *p)
{
    steal_semaphore_init(&semaphore, PERMITS);
    atomic_init(&acquired, 0);
    rivals_run(p, TASKS, spawn);
    perf_assert(atomic_load(&acquired) == p->ops);
    perf_assert(steal_semaphore_available(&semaphore) == PERMITS);
}

struct loner {
    struct steal_async async;
    struct perf *perf;
    struct steal_semaphore_acquire acquire;
    uint64_t left;
};

static enum steal_poll
loner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct loner *self = (struct loner *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->left = self->perf->ops; self->left > 0; self->left--) {
        STEAL_AWAIT(cx, steal_semaphore_acquire(&self->acquire, &semaphore, 1));
        perf_must(self->acquire.future.result);
        steal_semaphore_release(&semaphore, 1);
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

    steal_semaphore_init(&semaphore, 1);
    perf_run_task(p, &loner.async.future, sizeof loner);
    perf_assert(steal_semaphore_available(&semaphore) == 1);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "semaphore_uncontended", .rounds = 2000000,
                .run = run_uncontended },
        { .bench = "semaphore_contended", .batch = TASKS, .rounds = 50000,
                .run = run_contended },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
