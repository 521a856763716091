/*
 * helm.c - which thread is a worker (src/sched/helm.c): one at a time, which sees
 * the worker as the others have left it, and lets go when somebody waits.
 */
#include "world.h"

#include "../../src/sched/helm.h"
#include "../../src/sched/worker.h"

static struct worker *worker;
static unsigned turns; /* the worker's, plain */
static _Atomic(uint32_t) enlisted;

static void
set_up(void)
{
    world_init(1);
    worker = &world->workers[0];
    turns = 0;
    store_relaxed(&enlisted, 0);
    explore_name(&worker->helm, sizeof worker->helm, "helm");
    explore_name(&turns, sizeof turns, "turns");
}

/* First come, first served. */
static void
take_turns(unsigned self)
{
    (void)self;
    steal__helm_take(worker);
    turns++;
    steal__helm_give(worker);
}

/* The captain sleeps, as a worker does, until another wants the helm. */
static void
lend_and_come_back(unsigned self)
{
    if (self) {
        while (!load_acquire(&enlisted))
            cpu_relax();
        steal__helm_take(worker);
        turns++;
        steal__helm_give(worker);
        return;
    }
    steal__helm_take(worker);
    steal__helm_enlist(worker);
    store_release(&enlisted, 1);
    while (!helm_is_wanted(&worker->helm))
        steal__parker_park(&worker->parker, UINT64_MAX);
    steal__helm_give(worker);
    steal__helm_take(worker);
    explore_assert(turns == 1);
    steal__helm_retire(worker);
}

static void
all_had_a_turn(void)
{
    explore_assert(!worker->helm.taken);
    explore_assert(list_is_empty(&worker->helm.line));
}

#define HELM(count, what) \
 .threads = count, .setup = set_up, .thread = what, .finish = all_had_a_turn

#define TURNS HELM(2, take_turns), .restless = "wait_for"
#define LEND  HELM(2, lend_and_come_back), .preemptions = 2

static const struct explore_case cases[] = {
    { .name = "take_turns", TURNS },
    { .name = "three_take_turns", HELM(3, take_turns), .preemptions = 2 },
    { .name = "lend_and_come_back", LEND },

    { .name = "give_without_release", /* H1 */
            TURNS,
            .fault = { EXPLORE_DROP_RELEASE, "grant", NULL, NULL } },
    { .name = "take_without_acquire",
            TURNS,
            .fault = { EXPLORE_DROP_ACQUIRE, "wait_for", NULL, NULL } },
    { .name = "give_without_wake",
            TURNS,
            .fault = { EXPLORE_SKIP, "steal__futex_wake", NULL, NULL } },
    { .name = "want_in_secret", /* H2 */
            LEND,
            .fault = { EXPLORE_SKIP, "publish_locked", "wanted", NULL } },
    { .name = "want_without_wake",
            LEND,
            .fault = { EXPLORE_SKIP, "steal__futex_wake", NULL, NULL } },
};

EXPLORE_MAIN(cases)
