/*
 * stress.c - all operations together, at random, from tasks and from threads.
 *
 * Prints its seed; STEAL_STRESS_SEED=<n> makes the same mix of operations again, though
 * not the same interleaving.  STEAL_STRESS_SECONDS tells for how long.
 *
 * An epoch is the life of one runtime.  In half of them the threads do their
 * share, and then every task must come to its end; in the others the runtime
 * begins to stop in the middle.  Either way each future is dropped once, each
 * join is answered, and all memory comes back.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "leaf.h"

#define THREADS   3
#define OPS       150
#define TOO_LONG  300 /* seconds an epoch may take */
#define TOKEN_MAX 0x3fffffff

struct actor {
    pthread_t thread;
    struct rng rng;
    bool over; /* the runtime is stopping */
};

static _Atomic(int) acting;

/* A join that tells whether the handle was given back. */
struct patient {
    struct steal_async async;
    struct steal_join join;
    struct steal_task *task;
    bool joined;
};

static enum steal_poll
patient_poll(struct steal_future *future, struct steal_context *cx)
{
    struct patient *self = (struct patient *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_join(&self->join, self->task));
    self->joined = true;
    STEAL_RETURN(self->join.future.result);
    STEAL_END();
}

static const struct steal_future_ops patient_ops = { .name = "patient",
    .poll = patient_poll };

static struct steal_task *
spawn(struct actor *actor, uint32_t *seed)
{
    struct steal_task *task;
    struct rng *rng = &actor->rng;

    *seed = rng_below(rng, TOKEN_MAX);
    if (leaf_spawn(world.runtime, rng_below(rng, BIRTH_KINDS), *seed, 0, &task))
        return NULL;
    return task;
}

static void
put_away(struct actor *actor, struct steal_task *task)
{
    struct steal_task *old = bag_swap(rng_below(&actor->rng, BAG_SLOTS), task);

    if (old)
        steal_task_detach(old);
}

static void
spawn_and_join(struct actor *actor)
{
    struct patient patient = { .async = STEAL_ASYNC(&patient_ops) };
    uint32_t seed;
    int result;

    patient.task = spawn(actor, &seed);
    if (!patient.task)
        return;
    if (rng_below(&actor->rng, 4) == 0)
        steal_task_abort(patient.task);
    result = steal_block_on(world.runtime, &patient.async.future);
    if (patient.joined) {
        leaf_check_result(result, seed);
        return;
    }
    require(result == -ECANCELED);
    actor->over = true;
    steal_task_detach(patient.task);
}

static void
block_for_a_moment(struct actor *actor)
{
    struct steal_sleep nap;
    int error = steal_block_on(world.runtime,
            steal_sleep(&nap, STEAL_US(rng_below(&actor->rng, 500))));

    require(error == 0 || error == -ECANCELED);
    actor->over = error != 0;
}

/* Whatever one may ask of a task in the bag. */
static void
meddle(struct actor *actor)
{
    struct rng *rng = &actor->rng;
    struct steal_task *task = bag_swap(rng_below(rng, BAG_SLOTS), NULL);

    if (!task)
        return;
    require(steal_task_id(task) != 0);
    switch (rng_below(rng, 4)) {
    case 0:
        steal_task_abort(task);
        break;
    case 1:
        require(steal_task_set_name(task, "meddled") == 0);
        require(steal_task_name(task));
        break;
    case 2:
        steal_task_abort(task);
        steal_task_detach(task);
        return;
    default:
        steal_task_is_finished(task);
    }
    put_away(actor, task);
}

static void
act(struct actor *actor)
{
    struct rng *rng = &actor->rng;
    struct steal_task *task;
    uint32_t seed;

    switch (rng_below(rng, 8)) {
    case 0:
        spawn_and_join(actor);
        break;
    case 1:
    case 2:
        task = spawn(actor, &seed);
        if (task)
            put_away(actor, task);
        break;
    case 3:
        meddle(actor);
        break;
    case 4:
        block_for_a_moment(actor);
        break;
    case 5:
        event_post(rng_below(rng, EVENTS));
        break;
    default:
        board_wake(rng_below(rng, BOARD_SLOTS));
    }
}

static void *
actor_main(void *arg)
{
    struct actor *actor = arg;

    for (int i = 0; i < OPS && !actor->over; i++)
        act(actor);
    sub_release(&acting, 1);
    return NULL;
}

static int64_t
live(void)
{
    return load_acquire(&world.born) - load_acquire(&world.dropped);
}

/* Nobody waits for ever: all that is on the board is woken, again and again,
 * until every task has ended. */
static void
drain(struct rng *rng)
{
    while (load_acquire(&acting) || live() > 0) {
        struct steal_sleep nap;

        board_wake(rng_below(rng, BOARD_SLOTS));
        if (rng_below(rng, 64) == 0)
            require(steal_block_on(world.runtime,
                            steal_sleep(&nap, STEAL_US(100))) == 0);
    }
}

static void
start_actors(struct actor *actor, struct rng *rng)
{
    store_release(&acting, THREADS);
    for (int i = 0; i < THREADS; i++) {
        actor[i].over = false;
        rng_init(&actor[i].rng, rng_below(rng, UINT32_MAX));
        require(pthread_create(&actor[i].thread, NULL, actor_main, &actor[i]) ==
                0);
    }
}

static void
join_actors(struct actor *actor)
{
    for (int i = 0; i < THREADS; i++)
        require(pthread_join(actor[i].thread, NULL) == 0);
}

/* A task that begins to stop its own runtime, or the main thread does. */
static enum steal_poll
stop_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)future;
    (void)cx;
    steal_runtime_begin_stop(world.runtime);
    return STEAL_READY;
}

static const struct steal_future_ops stop_ops = { .name = "stop",
    .poll = stop_poll };

static void
begin_stop(struct rng *rng)
{
    struct steal_future future = STEAL_FUTURE(&stop_ops);

    for (uint32_t i = rng_below(rng, 2000); i; i--)
        board_wake(rng_below(rng, BOARD_SLOTS));
    if (rng_below(rng, 2))
        steal_block_on(world.runtime, &future);
    else
        steal_runtime_begin_stop(world.runtime);
}

static void
run_epoch(struct rng *rng)
{
    struct actor actor[THREADS];

    alarm(TOO_LONG);
    world_begin(rng);
    start_actors(actor, rng);
    if (rng_below(rng, 2)) {
        begin_stop(rng);
        join_actors(actor);
    } else {
        drain(rng);
        join_actors(actor);
    }
    world_end();
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
    printf("stress: STEAL_STRESS_SEED=%llu\n", (unsigned long long)world.seed);
    fflush(stdout);
    signal(SIGALRM, on_alarm);
    rng_init(&rng, world.seed);
    do {
        run_epoch(&rng);
        world.epoch++;
    } while (steal_now() < end);
    printf("stress: %u epochs\n", world.epoch);
    return EXIT_SUCCESS;
}
