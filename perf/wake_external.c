/*
 * wake_external.c - how long does it take to wake a task of an idle runtime?
 *
 * Beside it the floor: the same between two threads, with a bare futex.
 */
#include "wake.h"

#include <linux/futex.h>
#include <pthread.h>

struct floor {
    struct perf *perf;
    atomic_uint word; /* how many wakes were sent */
    atomic_uint seen;
    uint64_t stamp;
};

static void *
floor_main(void *arg)
{
    struct floor *floor = arg;

    for (unsigned i = 0; i < floor->perf->ops; i++) {
        while (atomic_load(&floor->word) == i)
            syscall(SYS_futex, &floor->word, FUTEX_WAIT_PRIVATE, i, NULL);
        floor->perf->latency[i] = perf_wall() - floor->stamp;
        atomic_store(&floor->seen, i + 1);
    }
    return NULL;
}

static void
run_floor(struct perf *p)
{
    struct floor floor = { .perf = p };
    pthread_t thread;

    perf_must(-pthread_create(&thread, NULL, floor_main, &floor));
    perf_begin(p);
    for (unsigned i = 0; i < p->ops; i++) {
        do
            nap_1ms();
        while (atomic_load(&floor.seen) != i);
        floor.stamp = perf_wall();
        atomic_store(&floor.word, i + 1);
        syscall(SYS_futex, &floor.word, FUTEX_WAKE_PRIVATE, 1);
    }
    pthread_join(thread, NULL);
    perf_end(p);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = { { .bench = "wake_external",
                                                      .rounds = 1000,
                                                      .flags = PERF_LATENCY |
                                                               PERF_UNCOUNTED,
                                                      .run = wake_run },
        { .bench = "futex_floor",
                .rounds = 1000,
                .flags = PERF_LATENCY | PERF_UNCOUNTED | PERF_OWN,
                .run = run_floor },
        { 0 } };

    return perf_main(argc, argv, cases);
}
