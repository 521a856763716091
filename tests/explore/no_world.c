/*
 * no_world.c - no runtime here is deterministic: each has the real world.
 */
#include "../../src/driver/world.h"
#include "../../src/fork/team.h"

int
steal__world_new(struct world **result)
{
    *result = NULL;
    return 0;
}

void
steal__world_end(struct world *world)
{
    (void)world;
}

void
steal__world_free(struct world *world)
{
    (void)world;
}

uint64_t
steal__world_next(struct world *world)
{
    (void)world;
    return STEAL_FOREVER;
}

void
steal__world_expire(struct world *world, uint64_t now, struct wakeups *wakeups)
{
    (void)world, (void)now, (void)wakeups;
}

void
steal__wire_leave(struct steal_fd *source)
{
    (void)source;
}

void
steal__theft(struct lane *owner)
{
    (void)owner;
}
