/*
 * simulate.c - one thread, several workers, and dice.
 *
 * What can come next:
 *
 *     a poll       by any worker that has a task, or finds one: in its slot, its
 *                  ring, the injector, or with another
 *     the driver   what its descriptors and timers have to say; sooner or later
 *     a call       of those that block, any of the queued ones, whole
 *     computing    likewise
 *     nothing      the next deadline comes; or, if there is none, the thread
 *                  sleeps until something does from outside
 *
 * Workers are not equally fast, for the threads of a real runtime are not either:
 * each has a pace, which changes now and then.  That, and not the order of single
 * steps, brings up what happens when one task is late by many polls of others.
 */
#include "simulate.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <steal/simulate.h>
#include <steal/time.h>

#include "../base/clock.h"
#include "../base/dice.h"
#include "../task/budget.h"
#include "block_on.h"
#include "gate.h"
#include "observe.h"
#include "park.h"
#include "push.h"
#include "runtime.h"
#include "sit.h"
#include "take.h"

/* When it begins: late enough that a program may subtract from it. */
#define BEGINNING STEAL_SECONDS(1000)

/* Time ends here: what is later never comes. */
#define END (UINT64_MAX / 2)

/* What a step takes, at most, ns; and what it takes once in a while, as if the
 * system had taken the processor from the thread. */
#define STEP       1000
#define HOLD_UP    STEAL_US(100)
#define HELD_UP_IN 256

/* How often, in steps: the driver is looked at although there are tasks; a call is
 * made, a computation begun, if there is one; a worker changes its pace, the
 * monitor takes a task out of a slot, the workers see that the runtime stops. */
#define DRIVE_EVERY   8
#define CALL_EVERY    4
#define COMPUTE_EVERY 4
#define CHANGE_EVERY  32
#define RESCUE_EVERY  64
#define CLOSE_EVERY   8

/* One poll in so many has a budget below that. */
#define SHORT_EVERY  3
#define SHORT_BUDGET 4

/* One task in so many that are taken is kept in hand for a while. */
#define HOLD_EVERY 4

/* One pop in so many tries the injector first, as maintenance does. */
#define INJECTED_EVERY 8

/* How a worker is played. */
struct player {
    struct steal_task *hand; /* taken, and not yet polled; or NULL */
    unsigned pace;           /* how often it is its turn, of all the paces */
};

struct simulation {
    uint64_t number; /* of all in this process, from 1 on */
    uint64_t seed;
    _Atomic(uint64_t) now; /* written by who simulates */
    struct gate gate;      /* guards, from who looks, all that is simulated */
    struct rng dice;       /* while nobody does */
    bool closing;          /* tasks are canceled instead of being polled */
    unsigned nworkers;
    struct player player[]; /* for each worker */
};

/* What a thread that simulates was before; a chain, for calls may wait for what
 * has to be simulated in turn. */
struct stay {
    struct stay *outer;
    const struct steal_runtime *runtime;
    struct clock clock;
    struct rng dice;
};

static _Thread_local struct stay *stays;

/*
 * Birth and death
 */

/* Neighbours among seeds are no neighbours any more (splitmix64). */
static uint64_t
mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

int
steal__simulation_new(struct simulation **result,
        const struct steal_options *options)
{
    static _Atomic(uint64_t) numbers = 1;
    struct simulation *simulation;

    *result = NULL;
    if (!options->deterministic)
        return 0;
    simulation = calloc(1,
            sizeof *simulation +
                    options->workers * sizeof simulation->player[0]);
    if (!simulation)
        return -ENOMEM;
    simulation->number = add_relaxed(&numbers, 1); /* that it is new */
    simulation->seed = options->seed;
    store_relaxed(&simulation->now, BEGINNING); /* not shared yet */
    gate_init(&simulation->gate);
    rng_init(&simulation->dice, mix(options->seed));
    simulation->nworkers = options->workers;
    for (unsigned i = 0; i < options->workers; i++)
        simulation->player[i].pace = 1;
    steal__clock_begin();
    if (!steal__clock.now)
        steal__clock = (struct clock){ BEGINNING, simulation->number };
    *result = simulation;
    return 0;
}

void
steal__simulation_prepare(struct steal_runtime *runtime)
{
    if (!runtime->simulation)
        return;
    for (unsigned i = 0; i < runtime->nall; i++) {
        struct worker *w = &runtime->workers[i];

        rng_init(&w->rng, mix(runtime->simulation->seed + i + 1));
        w->mode |= MODE_SIMULATED;
    }
}

void
steal__simulation_free(struct simulation *simulation)
{
    if (!simulation)
        return;
    if (steal__clock.owner == simulation->number)
        steal__clock = (struct clock){ 0, 0 };
    steal__clock_end();
    free(simulation);
}

/*
 * Coming and going
 */

/* What the thread has goes to the simulation, and back: what is called meanwhile
 * may simulate, too. */
static void
save(struct simulation *simulation)
{
    store_relaxed(&simulation->now, steal__clock.now); /* the seat's lock */
    simulation->dice = steal__dice;
}

static void
load(struct simulation *simulation)
{
    steal__clock.now = load_relaxed(&simulation->now); /* the seat's lock */
    steal__clock.owner = simulation->number;
    steal__dice = simulation->dice;
}

static void
come(struct steal_runtime *runtime, struct stay *stay)
{
    struct simulation *simulation = runtime->simulation;

    stay->outer = stays;
    stay->runtime = runtime;
    stay->clock = steal__clock;
    stay->dice = steal__dice;
    if (stay->outer)
        save(stay->outer->runtime->simulation);
    else if (steal__clock.owner == simulation->number &&
             steal__clock.now > load_relaxed(&simulation->now)) /* not back */
        store_relaxed(&simulation->now, steal__clock.now); /* as in save() */
    load(simulation);
    stays = stay;
}

static void
go(struct stay *stay)
{
    struct simulation *simulation = stay->runtime->simulation;

    save(simulation);
    stays = stay->outer;
    if (stays) {
        load(stays->runtime->simulation);
        return;
    }
    if (stay->clock.owner != simulation->number)
        steal__clock = stay->clock;
    steal__dice = stay->dice;
}

bool
steal__is_simulating(const struct steal_runtime *runtime)
{
    const struct stay *stay = stays;

    while (stay && stay->runtime != runtime)
        stay = stay->outer;
    return stay;
}

uint64_t
steal__runtime_now(const struct steal_runtime *runtime)
{
    const struct simulation *simulation = runtime->simulation;

    if (likely(!simulation))
        return steal__clock_real();
    if (steal__clock.owner == simulation->number)
        return steal__clock.now;
    return load_relaxed(&simulation->now); /* a moment ago */
}

/*
 * Who is next
 */

/* Nobody else takes what a worker has in its hand, or in its slot; who dumps does
 * not either. */
static unsigned
pace_of(struct steal_runtime *runtime, unsigned i, bool anybody)
{
    const struct player *player = &runtime->simulation->player[i];

    if (anybody || player->hand || !slot_is_empty(&runtime->workers[i].slot))
        return player->pace;
    return 0;
}

/* A worker that has a task or can find one; or, if it matters not, any; NULL: there
 * is no task. */
static struct worker *
pick(struct steal_runtime *runtime, bool anybody)
{
    unsigned sum = 0;
    unsigned at;
    unsigned i = 0;

    for (unsigned j = 0; j < runtime->nworkers; j++)
        sum += pace_of(runtime, j, anybody);
    if (!sum)
        return NULL;
    at = dice_below(sum);
    while (at >= pace_of(runtime, i, anybody))
        at -= pace_of(runtime, i++, anybody);
    return &runtime->workers[i];
}

static void
change_pace(struct simulation *simulation)
{
    static const unsigned paces[] = { 1, 8, 64 };

    simulation->player[dice_below(simulation->nworkers)]
            .pace = paces[dice_below(sizeof paces / sizeof paces[0])];
}

/* What the monitor does for tasks in the slot of a worker that is stuck: another
 * gets it. */
static void
rescue(struct steal_runtime *runtime)
{
    struct worker *from = &runtime->workers[dice_below(runtime->nworkers)];
    struct worker *to = &runtime->workers[dice_below(runtime->nworkers)];

    if (!slot_is_empty(&from->slot) && slot_is_empty(&to->slot))
        slot_put(&to->slot, slot_take(&from->slot));
}

static void
take_time(void)
{
    steal__clock.now += 1 + dice_below(STEP);
    if (dice_once_in(HELD_UP_IN))
        steal__clock.now += dice_below(HOLD_UP);
}

/*
 * What comes
 */

static void
close_all(struct steal_runtime *runtime)
{
    struct sitting sitting;

    for (unsigned i = 0; i < runtime->nall; i++) {
        worker_sit(&runtime->workers[i], &sitting);
        steal__worker_close(&runtime->workers[i]);
        worker_rise(&runtime->workers[i], &sitting);
    }
    runtime->simulation->closing = true;
}

static struct steal_task *
take(struct worker *w)
{
    struct steal_task *task = NULL;

    if (dice_once_in(INJECTED_EVERY))
        task = steal__take_injected(w, RING_SLOTS / 2);
    if (!task)
        task = take_local(w);
    return task ? task : steal__take_from_others(w);
}

/* A poll may give way at any operation: often where it would go on if its budget
 * were the usual one. */
static uint32_t
choose_budget(void)
{
    return dice_once_in(SHORT_EVERY) ? dice_below(SHORT_BUDGET) : TASK_BUDGET;
}

/* Between taking a task and polling it a thread may be held up, as at any place. */
static void
go_on(struct worker *w)
{
    struct player *player = &w->runtime->simulation->player[w->index];
    struct steal_task *task = player->hand;
    struct sitting sitting;

    worker_sit(w, &sitting);
    worker_notice_probes(w);
    player->hand = NULL;
    if (!task) {
        task = take(w);
        if (task && dice_once_in(HOLD_EVERY)) {
            player->hand = task;
            task = NULL;
        }
    }
    w->budget = choose_budget();
    if (task)
        steal__worker_run_task(w, task);
    worker_rise(w, &sitting);
}

/* False if it has woken nobody. */
static bool
drive(struct steal_runtime *runtime)
{
    struct worker *w = pick(runtime, true);
    struct sitting sitting;
    unsigned n = 0;

    if (!steal__driver_try_take(&runtime->driver))
        return false;
    worker_sit(w, &sitting);
    n = steal__driver_turn(&runtime->driver, 0);
    observe(w, OBSERVE_TURN, n);
    steal__driver_give(&runtime->driver);
    worker_rise(w, &sitting);
    return n;
}

static void
compute(struct steal_runtime *runtime)
{
    struct worker *w = pick(runtime, true);
    struct sitting sitting;

    worker_sit(w, &sitting);
    steal__worker_compute(w);
    worker_rise(w, &sitting);
}

/* Nothing can go on before the next deadline; or before something comes from
 * outside, which ends a worker's sleep as ever. */
static void
wait(struct steal_runtime *runtime, struct blocker *blocker)
{
    uint64_t first = steal__driver_first_deadline(&runtime->driver);
    struct worker *w = &runtime->workers[0];
    struct sitting sitting;

    if (runtime_is_stopping(runtime) && !runtime->simulation->closing)
        return; /* time would end what is to be canceled */
    if (first < END) {
        if (steal__clock.now < first)
            steal__clock.now = first;
        return;
    }
    worker_sit(w, &sitting);
    w->blocker = blocker;
    steal__gate_leave(&runtime->simulation->gate);
    steal__park(w);
    steal__gate_enter(&runtime->simulation->gate);
    w->blocker = NULL;
    worker_rise(w, &sitting);
}

static bool
is_due(struct steal_runtime *runtime)
{
    return dice_once_in(DRIVE_EVERY) &&
           steal__driver_is_due(&runtime->driver, steal__clock.now);
}

/* Something that is no poll: true if it has come. */
static bool
interlude(struct steal_runtime *runtime, bool idle)
{
    if (idle ? drive(runtime) : is_due(runtime) && drive(runtime))
        return true;
    if (steal__pool_has_calls(&runtime->pool) &&
            (idle || dice_once_in(CALL_EVERY))) {
        steal__pool_call_one(&runtime->pool, dice_below(UINT16_MAX));
        return true;
    }
    if (steal__jobs_are_there(runtime->team) &&
            (idle || dice_once_in(COMPUTE_EVERY))) {
        compute(runtime);
        return true;
    }
    return false;
}

static void
step(struct steal_runtime *runtime, struct blocker *blocker)
{
    struct worker *w;

    if (dice_once_in(CHANGE_EVERY))
        change_pace(runtime->simulation);
    if (dice_once_in(RESCUE_EVERY))
        rescue(runtime);
    w = pick(runtime, steal__runtime_has_queued(runtime));
    take_time();
    if (interlude(runtime, !w))
        return;
    if (w)
        go_on(w);
    else
        wait(runtime, blocker);
}

static bool
is_over(struct steal_runtime *runtime, struct blocker *blocker)
{
    if (unlikely(runtime_is_stopping(runtime)) &&
            !runtime->simulation->closing && dice_once_in(CLOSE_EVERY))
        close_all(runtime);
    if (blocker && steal__blocker_is_done(blocker))
        return true;
    return runtime->simulation->closing && steal__runtime_is_quiet(runtime);
}

void
steal__simulate(struct steal_runtime *runtime, struct blocker *blocker)
{
    struct gate *gate = &runtime->simulation->gate;
    bool is_in = steal__is_simulating(runtime);
    struct stay stay;

    if (!is_in)
        steal__gate_enter(gate);
    come(runtime, &stay);
    while (!is_over(runtime, blocker)) {
        step(runtime, blocker);
        store_relaxed(&runtime->simulation->now, /* for who looks */
                steal__clock.now);
        gate_pause(gate);
    }
    go(&stay);
    if (!is_in)
        steal__gate_leave(gate);
}

/*
 * Those who look
 */

bool
steal__simulation_look(struct steal_runtime *runtime, uint64_t deadline)
{
    return steal__is_simulating(runtime) ||
           steal__gate_look(&runtime->simulation->gate, deadline);
}

void
steal__simulation_done(struct steal_runtime *runtime)
{
    if (!steal__is_simulating(runtime))
        steal__gate_done(&runtime->simulation->gate);
}

struct steal_task *
steal__simulation_hand(const struct steal_runtime *runtime, unsigned worker)
{
    if (worker >= runtime->nworkers)
        return NULL; /* the relief */
    return runtime->simulation->player[worker].hand;
}

/*
 * steal/simulate.h
 */

int
steal_clock_advance(uint64_t ns)
{
    uint64_t now = steal__clock.now;

    if (!now)
        return -EINVAL;
    if (now < END)
        steal__clock.now = ns < END - now ? now + ns : END;
    return 0;
}

int
steal_simulate_seed(const struct steal_runtime *runtime, uint64_t *seed)
{
    if (!runtime->simulation)
        return -EINVAL;
    *seed = runtime->simulation->seed;
    return 0;
}

int
steal_simulate_faults(struct steal_runtime *runtime,
        const struct steal_faults *faults)
{
    static const struct steal_faults none = STEAL_FAULTS_INIT;
    struct steal_faults copy = none;

    if (faults && faults->size < offsetof(struct steal_faults, longest_delay))
        return -EINVAL;
    if (faults)
        memcpy(&copy, faults,
                faults->size < sizeof copy ? faults->size : sizeof copy);
    return steal__driver_set_faults(&runtime->driver, &copy);
}
