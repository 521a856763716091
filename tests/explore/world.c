#include "world.h"

#include "../../src/driver/reactor.h"
#include "../../src/driver/wheel.h"
#include "../../src/task/task.h"
#include "system.h"

struct steal_runtime world;
struct worker world_worker[WORLD_WORKERS];

static struct wheel wheels[WORLD_WORKERS];

static void *
allocate(size_t size, void *data)
{
    (void)data;
    return explore_alloc(size);
}

static void
release(void *block, size_t size, void *data)
{
    (void)data;
    (void)size;
    explore_free(block);
}

static void
init_driver(struct driver *driver, unsigned workers)
{
    lock_init(&driver->seat);
    store_relaxed(&driver->until, 0);
    driver->runtime = &world;
    driver->nwheels = workers;
    driver->wheels = wheels;
    for (unsigned i = 0; i < workers; i++)
        steal__wheel_init(&wheels[i], SYSTEM_NOW);
    steal__reactor_new(&driver->reactor, driver);
}

static void
name_all(void)
{
    explore_name(&world, sizeof world, "runtime");
    explore_name(&world.idle, sizeof world.idle, "idle");
    explore_name(&world.idle.summary, sizeof world.idle.summary, "summary");
    explore_name(&world.injector, sizeof world.injector, "injector");
    explore_name(&world.driver, sizeof world.driver, "driver");
    explore_name(&world.stopping, sizeof world.stopping, "stopping");
    explore_name(&world.foreign, sizeof world.foreign, "foreign");
    explore_name(&world_worker[0], sizeof world_worker[0], "worker 0");
    explore_name(&world_worker[1], sizeof world_worker[1], "worker 1");
    for (unsigned i = 0; i < WORLD_WORKERS; i++) {
        struct worker *w = &world_worker[i];

        explore_name(&w->parker, sizeof w->parker, i ? "parker 1" : "parker 0");
        explore_name(&w->ring, sizeof w->ring, i ? "ring 1" : "ring 0");
        explore_name(&w->slot, sizeof w->slot, i ? "slot 1" : "slot 0");
        explore_name(&w->census, sizeof w->census, i ? "census 1" : "census 0");
    }
    explore_name(wheels, sizeof wheels, "wheels");
    explore_name(&system_kicked, sizeof system_kicked, "pipe");
}

void
world_init(unsigned workers)
{
    static const struct steal_options defaults = STEAL_OPTIONS_INIT;

    world.options = defaults;
    world.options.workers = workers;
    world.options.seed = 1;
    world.options.allocator.allocate = allocate;
    world.options.allocator.release = release;
    world.fork_generation = 0;
    world.nworkers = workers;
    world.workers = world_worker;
    init_driver(&world.driver, workers);
    steal__idle_init(&world.idle, workers);
    steal__injector_init(&world.injector);
    steal__depot_init(&world.depot, &world.options.allocator);
    store_relaxed(&world.stopping, 0);
    store_relaxed(&world.running, workers);
    store_relaxed(&world.balance, BALANCE_OPEN);
    census_init(&world.foreign);
    lock_init(&world.seat_lock);
    world.seat_taken = false;
    list_init(&world.waiting);
    for (unsigned i = 0; i < workers; i++)
        steal__worker_init(&world_worker[i], &world, i);

    steal__worker = NULL;
    steal__poll = NULL;
    explore_local(&steal__worker, sizeof steal__worker);
    explore_local(&steal__poll, sizeof steal__poll);
    name_all();
}
