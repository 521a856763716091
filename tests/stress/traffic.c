/*
 * traffic.c - semaphore, mutex, rwlock, channel and oneshot together, at random,
 * from tasks that lose patience, choose or are aborted, and from threads.
 *
 * Prints its seed; STEAL_STRESS_SEED=<n> makes the same mix of operations again, though
 * not the same interleaving.  STEAL_STRESS_SECONDS tells for how long.
 *
 * An epoch is the life of one runtime.  In half of them all traders go their way
 * to the end but for those that are aborted; in the others the runtime stops in
 * the middle.  Either way nothing is held by anyone afterwards, each message came
 * once, and each question has found its end.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "trader.h"

#define TASKS    24
#define THREADS  2
#define TOO_LONG 300 /* seconds an epoch may take */

struct thread {
    pthread_t thread;
    struct rng rng;
    bool blocks;
};

static void *
thread_main(void *arg)
{
    struct thread *self = arg;

    trader_run(&self->rng, self->blocks);
    return NULL;
}

static void
start_threads(struct thread *thread, struct rng *rng, bool blocks)
{
    for (int i = 0; i < THREADS; i++) {
        thread[i].blocks = blocks;
        rng_init(&thread[i].rng, rng_below(rng, UINT32_MAX));
        require(pthread_create(&thread[i].thread, NULL, thread_main,
                        &thread[i]) == 0);
    }
}

static void
join_threads(struct thread *thread)
{
    for (int i = 0; i < THREADS; i++)
        require(pthread_join(thread[i].thread, NULL) == 0);
}

/* Aborts a few, at random moments; the channel may be closed meanwhile. */
static void
abort_some(struct steal_task **task, struct rng *rng)
{
    uint32_t close = rng_below(rng, 4 * TASKS);

    for (uint32_t i = rng_below(rng, TASKS); i; i--) {
        struct steal_sleep nap;

        if (i == close)
            steal_channel_close(&market.channel);
        steal_task_abort(task[rng_below(rng, TASKS)]);
        if (rng_below(rng, 4) == 0)
            require(steal_block_on(world.runtime,
                            steal_sleep(&nap, STEAL_US(rng_below(rng, 300)))) ==
                    0);
    }
}

static void
join_all(struct steal_task **task)
{
    for (int i = 0; i < TASKS; i++) {
        struct steal_join join;
        int result = steal_block_on(world.runtime, steal_join(&join, task[i]));

        require(result == 0 || result == -ECANCELED);
    }
}

static void
stop_in_the_middle(struct steal_task **task, struct rng *rng)
{
    struct steal_sleep nap;

    require(steal_block_on(world.runtime,
                    steal_sleep(&nap, STEAL_US(rng_below(rng, 3000)))) == 0);
    for (int i = 0; i < TASKS; i++)
        steal_task_detach(task[i]);
    steal_runtime_begin_stop(world.runtime);
}

static void
run_epoch(struct rng *rng)
{
    struct steal_task *task[TASKS];
    struct thread thread[THREADS];
    bool stops = rng_below(rng, 2);

    alarm(TOO_LONG);
    world_begin(rng);
    market_begin(rng);
    for (int i = 0; i < TASKS; i++)
        require(trader_spawn(rng_below(rng, UINT32_MAX), &task[i]) == 0);
    start_threads(thread, rng, !stops);
    if (stops) {
        stop_in_the_middle(task, rng);
    } else {
        abort_some(task, rng);
        join_all(task);
    }
    join_threads(thread);
    world_end();
    market_end(rng);
}

static uint64_t
number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void
on_alarm(int signal)
{
    (void)signal;
    world_fail(__FILE__, __LINE__, "an epoch does not end");
}

int
main(void)
{
    uint64_t seconds = number_from("STEAL_STRESS_SECONDS", 2);
    uint64_t end = steal_now() + STEAL_SECONDS(seconds);
    struct rng rng;

    world.seed = number_from("STEAL_STRESS_SEED", steal_now() % 1000000000);
    printf("traffic: STEAL_STRESS_SEED=%llu\n", (unsigned long long)world.seed);
    fflush(stdout);
    signal(SIGALRM, on_alarm);
    rng_init(&rng, world.seed);
    do {
        run_epoch(&rng);
        world.epoch++;
    } while (steal_now() < end);
    printf("traffic: %u epochs\n", world.epoch);
    return EXIT_SUCCESS;
}
