/*
 * memory.c - how much memory does a task take that sleeps?
 *
 * 1,000,000 tasks, each an async function in a sleep of an hour.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "harness.h"

static atomic_uint_fast64_t begun;

struct sleeper {
    struct steal_async async;
    struct steal_sleep nap;
};

static enum steal_poll
sleeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sleeper *self = (struct sleeper *)future;

    STEAL_BEGIN(&self->async);
    atomic_fetch_add(&begun, 1);
    STEAL_AWAIT(cx, steal_sleep(&self->nap, STEAL_SECONDS(3600)));
    STEAL_END();
}

static const struct steal_future_ops sleeper_ops = { .name = "sleeper",
    .poll = sleeper_poll };

/* Bytes in memory, of the whole process. */
static double
resident(void)
{
    FILE *statm = fopen("/proc/self/statm", "r");
    long pages = 0;

    perf_assert(statm && fscanf(statm, "%*d %ld", &pages) == 1);
    fclose(statm);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void
run(struct perf *p)
{
    double before = resident();

    atomic_store(&begun, 0);
    for (uint64_t i = 0; i < p->ops; i++) {
        struct sleeper sleeper = { .async = STEAL_ASYNC(&sleeper_ops) };

        perf_must(steal_spawn(p->runtime, &sleeper.async.future, sizeof sleeper,
                NULL));
    }
    while (atomic_load(&begun) != p->ops)
        usleep(1000);
    perf_value(p, "rss", "bytes", (resident() - before) / (double)p->ops);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "memory",
                .rounds = 1000000,
                .flags = PERF_COLD | PERF_ONCE | PERF_UNCOUNTED,
                .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
