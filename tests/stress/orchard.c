/*
 * orchard.c - many trees of jobs at once, grown by tasks and by threads.
 *
 * An epoch is the life of two runtimes; nodes may grow trees with the other one.
 * In half of the epochs the weather is bad (weather.c), and in half of them the
 * runtimes begin to stop in the middle.  Either way each tree that was begun
 * comes to its end, adds up, and all memory comes back.
 *
 * Prints its seed; STEAL_STRESS_SEED=<n> makes the same trees again, though not the same
 * interleaving.  STEAL_STRESS_SECONDS tells for how long.
 */
#include "orchard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GUESTS   3
#define TASKS    6
#define TREES    12
#define TOO_LONG 240 /* seconds an epoch may take */

struct orchard orchard;

_Noreturn void
orchard_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\nSTEAL_STRESS_SEED=%llu, epoch %u\n", file, line,
            what, (unsigned long long)orchard.seed, orchard.epoch);
    abort();
}

/*
 * Tasks that grow trees
 */

struct gardener {
    struct steal_async async;
    struct steal_compute compute[2];
    struct steal_join_all both;
    struct steal_select select;
    struct steal_sleep nap;
    struct tree_plan plan[2];
    struct rng rng;
    int trees;
};

static struct steal_future *
compute_one(struct gardener *self, int i)
{
    self->plan[i] = tree_plan(&self->rng);
    return steal_compute(&self->compute[i], tree_compute, &self->plan[i]);
}

static struct steal_future *
compute_two(struct gardener *self)
{
    struct steal_future *first = compute_one(self, 0);

    return steal_join2(&self->both, first, compute_one(self, 1));
}

/* One of the two is dropped, at whatever stage. */
static struct steal_future *
compute_for_a_while(struct gardener *self)
{
    uint64_t span = STEAL_US(rng_below(&self->rng, 1000));

    return steal_select2(&self->select, compute_one(self, 0),
            steal_sleep(&self->nap, span));
}

static void
check_result(struct gardener *self)
{
    int result = self->compute[0].future.result;

    require(result == (int)(self->plan[0].seed & 0xffff) ||
            result == -ECANCELED);
}

static void
grow_in_poll(struct gardener *self)
{
    struct tree_plan plan = tree_plan(&self->rng);
    int error = 0;

    if (rng_below(&self->rng, 2))
        error = steal_run_job(NULL, &plan.job);
    else
        tree_grow(plan.seed, plan.nodes);
    require(error == 0 || error == -ECANCELED);
}

static enum steal_poll
gardener_poll(struct steal_future *future, struct steal_context *cx)
{
    struct gardener *self = (struct gardener *)future;

    STEAL_BEGIN(&self->async);
    while (self->trees-- > 0) {
        switch (rng_below(&self->rng, 4)) {
        case 0:
            STEAL_AWAIT(cx, compute_one(self, 0));
            check_result(self);
            break;
        case 1:
            STEAL_AWAIT(cx, compute_two(self));
            break;
        case 2:
            STEAL_AWAIT(cx, compute_for_a_while(self));
            break;
        default:
            grow_in_poll(self);
        }
    }
    STEAL_END();
}

static void
gardener_drop(struct steal_future *future)
{
    (void)future;
    add_relaxed(&orchard.ended, 1); /* read at the end only */
}

static const struct steal_future_ops gardener_ops = { .name = "gardener",
    .poll = gardener_poll,
    .drop = gardener_drop };

static void
spawn_gardener(struct rng *rng)
{
    struct gardener gardener = { .async = STEAL_ASYNC(&gardener_ops),
        .trees = 1 + (int)rng_below(rng, TREES) };
    struct steal_task *task;

    rng_init(&gardener.rng, rng_below(rng, UINT32_MAX));
    require(steal_spawn(orchard.runtime[0], &gardener.async.future,
                    sizeof gardener, &task) == 0);
    add_relaxed(&orchard.spawned, 1); /* read at the end only */
    if (rng_below(rng, 4) == 0)
        steal_task_abort(task);
    steal_task_detach(task);
}

/*
 * Threads that do
 */

struct guest {
    pthread_t thread;
    struct rng rng;
};

static void *
guest_main(void *arg)
{
    struct guest *self = arg;
    int error = 0;

    for (int i = 0; i < TREES && !error; i++) {
        struct tree_plan plan = tree_plan(&self->rng);

        error = steal_run_job(orchard.runtime[0], &plan.job);
        require(error == 0 || error == -ECANCELED);
    }
    return NULL;
}

static void
start_guests(struct guest *guest, struct rng *rng)
{
    for (int i = 0; i < GUESTS; i++) {
        rng_init(&guest[i].rng, rng_below(rng, UINT32_MAX));
        require(pthread_create(&guest[i].thread, NULL, guest_main, &guest[i]) ==
                0);
    }
}

static void
join_guests(struct guest *guest)
{
    for (int i = 0; i < GUESTS; i++)
        require(pthread_join(guest[i].thread, NULL) == 0);
}

/*
 * Epochs
 */

static void *
count_allocate(size_t size, void *data)
{
    (void)data;
    add_relaxed(&orchard.blocks, 1); /* read at the end only */
    return malloc(size);
}

static void
count_release(void *block, size_t size, void *data)
{
    (void)size;
    (void)data;
    sub_release(&orchard.blocks, 1);
    free(block);
}

static void
start_runtime(struct rng *rng, struct steal_runtime **runtime)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = 1 + rng_below(rng, 8);
    options.compute_workers = rng_below(rng, 2)
                                      ? 0
                                      : 1 + rng_below(rng, options.workers);
    options.seed = orchard.seed;
    options.allocator.allocate = count_allocate;
    options.allocator.release = count_release;
    require(steal_runtime_new(runtime, &options) == 0);
}

/* Until all tasks are over by themselves. */
static void
wait_for_tasks(void)
{
    while (load_acquire(&orchard.ended) != load_acquire(&orchard.spawned)) {
        struct steal_sleep nap;

        require(steal_block_on(orchard.runtime[0],
                        steal_sleep(&nap, STEAL_US(200))) == 0);
    }
}

static void
stop_in_the_middle(struct rng *rng)
{
    struct steal_sleep nap;

    require(steal_block_on(orchard.runtime[0],
                    steal_sleep(&nap, STEAL_US(rng_below(rng, 20000)))) == 0);
    steal_runtime_begin_stop(orchard.runtime[rng_below(rng, 2)]);
}

static void
stop_runtime(struct steal_runtime *runtime)
{
    require(steal_runtime_stop(runtime, STEAL_SECONDS(60)) == 0);
}

static void
run_epoch(struct rng *rng)
{
    struct guest guest[GUESTS];
    bool bad_weather = rng_below(rng, 2);

    alarm(TOO_LONG);
    start_runtime(rng, &orchard.runtime[0]);
    start_runtime(rng, &orchard.runtime[1]);
    if (bad_weather)
        weather_begin(rng_below(rng, UINT32_MAX));
    for (int i = 0; i < TASKS; i++)
        spawn_gardener(rng);
    start_guests(guest, rng);
    if (rng_below(rng, 2))
        stop_in_the_middle(rng);
    else
        wait_for_tasks();
    join_guests(guest);
    stop_runtime(orchard.runtime[0]);
    stop_runtime(orchard.runtime[1]);
    if (bad_weather)
        weather_end();
    require(load_acquire(&orchard.spawned) == load_acquire(&orchard.ended));
    require(load_acquire(&orchard.blocks) == 0);
}

static uint64_t
number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void
on_alarm(int number)
{
    (void)number;
    orchard_fail(__FILE__, __LINE__, "an epoch does not end");
}

static long long
value(_Atomic(int64_t) *counter)
{
    return (long long)load_acquire(counter);
}

int
main(void)
{
    uint64_t seconds = number_from("STEAL_STRESS_SECONDS", 2);
    uint64_t end = steal_now() + STEAL_SECONDS(seconds);
    struct rng rng;

    orchard.seed = number_from("STEAL_STRESS_SEED", steal_now() % 1000000000);
    printf("orchard: STEAL_STRESS_SEED=%llu\n",
            (unsigned long long)orchard.seed);
    fflush(stdout);
    signal(SIGALRM, on_alarm);
    rng_init(&rng, orchard.seed);
    do {
        run_epoch(&rng);
        orchard.epoch++;
    } while (steal_now() < end);
    printf("orchard: %u epochs, %lld trees, %lld nodes, %lld of them taken\n",
            orchard.epoch, value(&orchard.trees), value(&orchard.nodes),
            value(&orchard.taken));
    return EXIT_SUCCESS;
}
