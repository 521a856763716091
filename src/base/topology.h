/*
 * topology.h - which processors are near each other.
 *
 * Processors have things in common: a core, a cache, a package, memory.  What has
 * one such thing in common is a set, and two processors are as near as the
 * smallest set that holds both is small.  So nobody need know which kind of thing
 * lies inside which other: in some machines a package has several nodes of memory,
 * in others a node has several packages.
 *
 * hwloc tells the sets if it was there when the library was built, else sysfs.
 * `root` stands before every path that is read, "" for the real ones; a test puts
 * a tree of its own there, and hwloc is not asked then.  What is missing or
 * malformed makes no set: without any all processors are equally far.
 *
 * Threads: any; the affinity mask is the caller's.
 */
#ifndef STEAL_BASE_TOPOLOGY_H
#define STEAL_BASE_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#include <steal/runtime.h>

#include "affinity.h"

/* Kinds of sets.  The first is told of all others, as siblings in a core are not
 * two processors. */
#define TOPOLOGY_CORE  0
#define TOPOLOGY_KINDS 12

#define TOPOLOGY_NO_SET (-1)

struct processor {
    unsigned number; /* the system's */
    unsigned rank;   /* among those of its core */
    int set[TOPOLOGY_KINDS];
    unsigned size[TOPOLOGY_KINDS]; /* of these sets; of our processors only */
};

struct topology {
    struct affinity allowed;
    unsigned n;                   /* at least 1 */
    struct processor *processors; /* in the order of the workers */
};

/* There are as many distances as kinds, and two more: to a worker on the same
 * processor, and through nothing but the machine. */
#define TOPOLOGY_GROUPS (TOPOLOGY_KINDS + 2)

/* The other workers as one worker sees them, near ones first, in groups of the
 * same distance.  Where a group ends the next begins; the last ends with the
 * last of the others. */
struct victims {
    unsigned processor; /* of the worker itself */
    unsigned workers;   /* with it */
    uint8_t end[TOPOLOGY_GROUPS];
    uint8_t other[STEAL_WORKERS_MAX - 1];
};

/*
 * Finds the processors that the caller may run on and puts them in an order in
 * which near ones are next to each other; of each core one comes first, and when
 * there is one of every core, their siblings.  Returns 0, -ENOMEM, or another
 * negative errno code where the system does not tell.
 */
int steal__topology_read(struct topology *topology, const char *root);
void steal__topology_fini(struct topology *topology);

/* Which processor a worker has.  If there are more workers than processors, they
 * go round. */
unsigned steal__topology_processor(const struct topology *topology,
        unsigned worker);

/* From whom worker `worker` of `workers` is to steal. */
void steal__topology_victims(const struct topology *topology, unsigned worker,
        unsigned workers, struct victims *victims);

/* topology_hwloc.c, topology_sysfs.c: tell the sets of each processor, all of
 * which are TOPOLOGY_NO_SET before.  False: hwloc knows nothing. */
bool steal__topology_ask_hwloc(struct topology *topology);
void steal__topology_ask_sysfs(struct topology *topology, const char *root);

#endif
