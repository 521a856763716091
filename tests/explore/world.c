#include "world.h"

#include "../../src/task/task.h"
#include "loop.h"
#include "system.h"

struct steal_runtime *world;

static unsigned blocks; /* of the runtime itself */

static void *
allocate(size_t size, void *data)
{
    (void)data;
    return explore_alloc(size);
}

static void
release(void *block, size_t size, void *data)
{
    (void)size;
    (void)data;
    explore_free(block);
}

static void
name_worker(struct worker *w)
{
    unsigned odd = w->index % 2;

    explore_name(w, sizeof *w, odd ? "worker 1" : "worker 0");
    explore_name(&w->parker, sizeof w->parker, odd ? "parker 1" : "parker 0");
    explore_name(&w->ring, sizeof w->ring, odd ? "ring 1" : "ring 0");
    explore_name(&w->slot, sizeof w->slot, odd ? "slot 1" : "slot 0");
    explore_name(&w->census, sizeof w->census, odd ? "census 1" : "census 0");
}

static void
name_all(void)
{
    struct idle *idle = &world->idle;

    explore_name(world, sizeof *world, "runtime");
    explore_name(idle, sizeof *idle, "idle");
    explore_name(&idle->summary, sizeof idle->summary, "summary");
    explore_name(&world->injector, sizeof world->injector, "injector");
    explore_name(&world->driver, sizeof world->driver, "driver");
    explore_name(&world->stopping, sizeof world->stopping, "stopping");
    explore_name(&world->foreign, sizeof world->foreign, "foreign");
    explore_name(&loop_pipe, sizeof loop_pipe, "pipe");
    for (unsigned i = 0; i < world->nworkers; i++)
        name_worker(&world->workers[i]);
}

void
world_init(unsigned workers)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    system_begin();
    options.workers = workers;
    options.seed = 1;
    options.allocator.allocate = allocate;
    options.allocator.release = release;
    explore_assert(steal_runtime_new(&world, &options) == 0);
    blocks = explore_blocks();
    system_expect_threads(true);

    name_all();
}

bool
world_is_clean(void)
{
    return explore_blocks() == blocks;
}
