/*
 * idle.c - what does a runtime cost that has nothing to do?
 *
 * Five seconds, two if quick, with one sleep of an hour pending.
 */
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"

struct sleeper {
    struct steal_async async;
    struct steal_sleep nap;
};

static enum steal_poll
sleeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sleeper *self = (struct sleeper *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_sleep(&self->nap, STEAL_SECONDS(3600)));
    STEAL_END();
}

static const struct steal_future_ops sleeper_ops = { .name = "sleeper",
    .poll = sleeper_poll };

static long
switches(void)
{
    struct rusage usage;

    perf_must(getrusage(RUSAGE_SELF, &usage));
    return usage.ru_nvcsw + usage.ru_nivcsw;
}

static void
run(struct perf *p)
{
    struct sleeper sleeper = { .async = STEAL_ASYNC(&sleeper_ops) };
    long before;
    uint64_t cpu;

    perf_must(steal_spawn(p->runtime, &sleeper.async.future, sizeof sleeper,
            NULL));
    usleep(100000); /* the workers go to sleep */
    before = switches();
    cpu = perf_cpu();
    sleep(p->quick ? 2 : 5);
    cpu = perf_cpu() - cpu;
    perf_value(p, "cpu", "ns", (double)cpu);
    /* This thread's own sleep() is one of them. */
    perf_value(p, "switches", "count", (double)(switches() - before - 1));
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "idle",
                .flags = PERF_COLD | PERF_ONCE | PERF_UNCOUNTED,
                .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
