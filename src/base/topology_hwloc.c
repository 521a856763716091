/*
 * What hwloc calls the ancestors of a processor are our sets: cores, caches,
 * dies, packages, and groups, among them those that have a memory of their own.
 */
#include "topology.h"

#ifdef HAVE_HWLOC

# include <hwloc.h>

/* Up to the machine, which holds all.  What lies very deep is not far from what
 * lies a little deeper. */
static void
describe(struct processor *p, hwloc_obj_t object)
{
    for (; object && object->depth > 0; object = object->parent) {
        if (object->depth < TOPOLOGY_KINDS)
            p->set[object->depth] = (int)object->logical_index;
        if (object->type == HWLOC_OBJ_CORE)
            p->set[TOPOLOGY_CORE] = (int)object->logical_index;
    }
}

static bool
load(hwloc_topology_t all, struct topology *topology)
{
    /* It would move the caller from processor to processor to ask each. */
    hwloc_topology_set_flags(all, HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING);
    if (hwloc_topology_load(all) < 0)
        return false;
    for (unsigned i = 0; i < topology->n; i++) {
        struct processor *p = &topology->processors[i];
        hwloc_obj_t object = hwloc_get_pu_obj_by_os_index(all, p->number);

        if (object)
            describe(p, object->parent);
    }
    return true;
}

bool
steal__topology_ask_hwloc(struct topology *topology)
{
    hwloc_topology_t all;
    bool loaded;

    if (hwloc_topology_init(&all) < 0)
        return false;
    loaded = load(all, topology);
    hwloc_topology_destroy(all);
    return loaded;
}

#else

bool
steal__topology_ask_hwloc(struct topology *topology)
{
    (void)topology;
    return false;
}

#endif
