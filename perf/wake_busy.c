/*
 * wake_busy.c - how long does it take to wake a task of a busy runtime?
 *
 * Each worker is kept busy by two tasks that yield all the time (busy.h).
 */
#include "busy.h"
#include "wake.h"

static void
run(struct perf *p)
{
    static atomic_bool stop;

    keep_busy(p, &stop);
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
