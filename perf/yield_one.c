/*
 * yield_one.c - what does a poll cost, of a lone task that wakes itself?
 */
#include "harness.h"

struct yielder {
    struct steal_future future;
    struct perf *perf;
    uint64_t left;
};

static enum steal_poll
yielder_poll(struct steal_future *future, struct steal_context *cx)
{
    struct yielder *self = (struct yielder *)future;

    if (self->left == self->perf->ops)
        perf_begin(self->perf);
    if (self->left-- == 0) {
        perf_end(self->perf);
        return STEAL_READY;
    }
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static const struct steal_future_ops yielder_ops = { .name = "yielder",
    .poll = yielder_poll };

static void
run(struct perf *p)
{
    struct yielder yielder = { STEAL_FUTURE(&yielder_ops), p, p->ops };

    perf_run_task(p, &yielder.future, sizeof yielder);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "yield_one", .batch = 1, .rounds = 1000000, .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
