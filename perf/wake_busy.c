/*
 * wake_busy.c - how long does it take to wake a task of a busy runtime?
 *
 * Each worker is kept busy by a task that yields all the time.
 */
#include "wake.h"

struct busy {
    struct steal_future future;
    atomic_bool *stop;
};

static enum steal_poll
busy_poll(struct steal_future *future, struct steal_context *cx)
{
    struct busy *self = (struct busy *)future;

    if (atomic_load_explicit(self->stop, memory_order_relaxed))
        return STEAL_READY;
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static const struct steal_future_ops busy_ops = { .name = "busy",
    .poll = busy_poll };

static void
run(struct perf *p)
{
    static atomic_bool stop;

    atomic_store(&stop, false);
    for (unsigned i = 0; i < p->workers; i++) {
        struct busy busy = { STEAL_FUTURE(&busy_ops), &stop };

        perf_must(steal_spawn(p->runtime, &busy.future, sizeof busy, NULL));
    }
    wake_run(p);
    atomic_store(&stop, true);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = { { .bench = "wake_busy",
                                                      .rounds = 1000,
                                                      .flags = PERF_LATENCY |
                                                               PERF_UNCOUNTED,
                                                      .run = run },
        { 0 } };

    return perf_main(argc, argv, cases);
}
