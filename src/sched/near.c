#include "near.h"

#include <errno.h>
#include <stdlib.h>

/* Takes the affinity over. */
static struct near *
make(struct topology *topology, unsigned workers)
{
    struct near *near = malloc(sizeof *near + workers * sizeof *near->victims);

    if (!near)
        return NULL;
    near->before = topology->allowed;
    topology->allowed = (struct affinity){ NULL, 0 };
    for (unsigned i = 0; i < workers; i++)
        steal__topology_victims(topology, i, workers, &near->victims[i]);
    return near;
}

int
steal__near_new(struct near **near, unsigned workers)
{
    struct topology topology;
    int error = steal__topology_read(&topology, "");

    *near = NULL;
    if (error)
        return error == -ENOMEM ? error : 0;
    *near = make(&topology, workers);
    steal__topology_fini(&topology);
    return *near ? 0 : -ENOMEM;
}

void
steal__near_free(struct near *near)
{
    if (near)
        steal__affinity_fini(&near->before);
    free(near);
}

void
steal__near_bind(const struct near *near, unsigned worker)
{
    if (near)
        steal__affinity_bind(&near->before, near->victims[worker].processor);
}
