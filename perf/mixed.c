/*
 * mixed.c - what do tasks and a computation on the same workers do to each other?
 *
 * mixed:     1000 tasks that sleep 10 ms, again and again, while a computation
 *            has something to do for every worker: how late are they?  core is
 *            the time of one worker a fork, as of fib.c, with what the tasks take.
 * fork_idle: the processor time of the process in the 2 s after a computation, and
 *            how much of it is later than in the first 100 ms, when workers see
 *            that there is nothing to do.
 */
#include "crowd.h"
#include "fib.h"

#define NAP   STEAL_MS(10)
#define PIECE 27 /* fib(27): what is computed before the end is looked for */

static atomic_bool ended; /* of the tasks */
static uint64_t forks;

static int
compute_on(void *data)
{
    (void)data;
    while (!atomic_load_explicit(&ended, memory_order_relaxed)) {
        perf_assert(fib(PIECE) == kernel_fib(PIECE));
        forks += kernel_fib_forks(PIECE);
    }
    return 0;
}

struct sleeper {
    struct steal_async async;
    struct crowd *crowd;
    uint64_t *late; /* its part of the latencies */
    uint64_t i;
    uint64_t n;
    uint64_t first; /* how long it sleeps before: not all at once */
    struct steal_sleep nap;
};

static enum steal_poll
sleeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sleeper *self = (struct sleeper *)future;
    uint64_t now;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_sleep(&self->nap, self->first));
    for (; self->i < self->n; self->i++) {
        STEAL_AWAIT(cx, steal_sleep(&self->nap, NAP));
        now = perf_wall();
        perf_assert(now >= self->nap.deadline);
        self->late[self->i] = now - self->nap.deadline;
    }
    crowd_leave(self->crowd);
    STEAL_END();
}

static const struct steal_future_ops sleeper_ops = { .name = "sleeper",
    .poll = sleeper_poll };

static void
spawn_sleepers(struct perf *p, struct crowd *crowd)
{
    crowd_init(crowd, p->batch);
    for (uint64_t i = 0; i < p->batch; i++) {
        struct sleeper sleeper = { .async = STEAL_ASYNC(&sleeper_ops),
            .crowd = crowd,
            .late = p->latency + i * p->rounds,
            .n = p->rounds,
            .first = NAP * i / p->batch };

        perf_must(
                steal_spawn(NULL, &sleeper.async.future, sizeof sleeper, NULL));
    }
}

struct computer {
    struct steal_async async;
    struct steal_compute compute;
};

static enum steal_poll
computer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct computer *self = (struct computer *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_compute(&self->compute, compute_on, NULL));
    perf_must(self->compute.future.result);
    STEAL_END();
}

static const struct steal_future_ops computer_ops = { .name = "computer",
    .poll = computer_poll };

static void
spawn_computer(struct steal_task **task)
{
    struct computer computer = { .async = STEAL_ASYNC(&computer_ops) };

    perf_must(steal_spawn(NULL, &computer.async.future, sizeof computer, task));
}

/* Begins the computation, lets the tasks sleep, and waits for both to end. */
struct mixer {
    struct steal_async async;
    struct perf *perf;
    struct steal_task *computer;
    struct steal_join join;
    struct crowd crowd;
    struct oneshot_recv recv;
    uint64_t begin;
};

static void
add_core(struct mixer *self)
{
    struct perf *p = self->perf;
    double wall = (double)(perf_wall() - self->begin);

    perf_value(p, "core", "ns", wall * p->workers / (double)forks);
}

static enum steal_poll
mixer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct mixer *self = (struct mixer *)future;

    STEAL_BEGIN(&self->async);
    spawn_computer(&self->computer);
    perf_begin(self->perf);
    self->begin = perf_wall();
    spawn_sleepers(self->perf, &self->crowd);
    STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->crowd.done));
    atomic_store(&ended, true);
    STEAL_AWAIT(cx, steal_join(&self->join, self->computer));
    perf_end(self->perf);
    add_core(self);
    STEAL_END();
}

static const struct steal_future_ops mixer_ops = { .name = "mixer",
    .poll = mixer_poll };

static void
run_mixed(struct perf *p)
{
    struct mixer mixer = { .async = STEAL_ASYNC(&mixer_ops), .perf = p };

    atomic_store(&ended, false);
    forks = 0;
    perf_run_task(p, &mixer.async.future, sizeof mixer);
}

static int
compute_fib(void *data)
{
    (void)data;
    perf_assert(fib(PIECE) == kernel_fib(PIECE));
    return 0;
}

static void
run_idle(struct perf *p)
{
    struct steal_compute compute;
    uint64_t cpu;
    uint64_t early;

    perf_must(steal_block_on(p->runtime,
            steal_compute(&compute, compute_fib, NULL)));
    cpu = perf_cpu();
    usleep(100000);
    early = perf_cpu();
    usleep(p->quick ? 400000 : 1900000);
    perf_value(p, "cpu", "us", (double)(perf_cpu() - cpu) / 1000);
    perf_value(p, "later", "us", (double)(perf_cpu() - early) / 1000);
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "mixed",
                .batch = 1000,
                .rounds = 200,
                .flags = PERF_LATENCY | PERF_COLD | PERF_ONCE | PERF_UNCOUNTED,
                .run = run_mixed },
        { .bench = "fork_idle",
                .flags = PERF_COLD | PERF_ONCE | PERF_UNCOUNTED,
                .run = run_idle },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
