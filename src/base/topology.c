#include "topology.h"

#include <errno.h>
#include <stdlib.h>

/*
 * The processors
 */

static unsigned
count(const struct affinity *allowed)
{
    unsigned next = steal__affinity_next(allowed, 0);
    unsigned n = 0;

    for (; next != AFFINITY_END; next = steal__affinity_next(allowed, next + 1))
        n++;
    return n;
}

/* In the order of their numbers, and without any sets. */
static int
list_processors(struct topology *topology)
{
    unsigned next = 0;

    topology->n = count(&topology->allowed);
    if (!topology->n)
        return -ENOTSUP;
    topology->processors = malloc(topology->n * sizeof *topology->processors);
    if (!topology->processors)
        return -ENOMEM;
    for (unsigned i = 0; i < topology->n; i++, next++) {
        struct processor *p = &topology->processors[i];

        next = steal__affinity_next(&topology->allowed, next);
        *p = (struct processor){ .number = next };
        for (unsigned kind = 0; kind < TOPOLOGY_KINDS; kind++)
            p->set[kind] = TOPOLOGY_NO_SET;
    }
    return 0;
}

/*
 * Distance
 */

static inline bool
share(const struct processor *a, const struct processor *b, unsigned kind)
{
    return a->set[kind] == b->set[kind] && a->set[kind] != TOPOLOGY_NO_SET;
}

/* Compares it with one of all, itself among them. */
static void
compare(struct processor *p, const struct processor *other)
{
    for (unsigned kind = 0; kind < TOPOLOGY_KINDS; kind++)
        p->size[kind] += share(p, other, kind);
    p->rank += share(p, other, TOPOLOGY_CORE) && other->number < p->number;
}

static void
measure(struct topology *topology)
{
    struct processor *p = topology->processors;

    for (unsigned i = 0; i < topology->n; i++)
        for (unsigned other = 0; other < topology->n; other++)
            compare(&p[i], &p[other]);
}

/* How many processors the smallest set has that holds both. */
static unsigned
distance(const struct topology *topology, const struct processor *a,
        const struct processor *b)
{
    unsigned least = topology->n;

    if (a == b)
        return 0;
    for (unsigned kind = 0; kind < TOPOLOGY_KINDS; kind++)
        if (share(a, b, kind) && a->size[kind] < least)
            least = a->size[kind];
    return least;
}

/*
 * Order
 */

/* Of the processors from `i` on that have this rank, the nearest to `to`, the one
 * with the lowest number if there are several; `n` if there is none. */
static unsigned
nearest(const struct topology *topology, unsigned i, unsigned rank,
        const struct processor *to)
{
    unsigned best = topology->n;
    unsigned best_far = UINT_MAX;

    for (; i < topology->n; i++) {
        const struct processor *p = &topology->processors[i];
        unsigned far;

        if (p->rank != rank)
            continue;
        far = distance(topology, p, to);
        if (far > best_far)
            continue;
        if (far == best_far && p->number > topology->processors[best].number)
            continue;
        best = i;
        best_far = far;
    }
    return best;
}

/* Who always goes to the nearest that is left leaves no set before all of it is
 * done. */
static void
put_in_order(struct topology *topology)
{
    struct processor *p = topology->processors;
    unsigned done = 0;

    for (unsigned rank = 0; done < topology->n; rank++) {
        unsigned last = 0;
        unsigned next;

        while ((next = nearest(topology, done, rank, &p[last])) < topology->n) {
            struct processor found = p[next];

            p[next] = p[done];
            p[done] = found;
            last = done++;
        }
    }
}

int
steal__topology_read(struct topology *topology, const char *root)
{
    int error = steal__affinity_read(&topology->allowed);

    if (error)
        return error;
    error = list_processors(topology);
    if (error) {
        steal__affinity_fini(&topology->allowed);
        return error;
    }
    if (*root || !steal__topology_ask_hwloc(topology))
        steal__topology_ask_sysfs(topology, root);
    measure(topology);
    put_in_order(topology);
    return 0;
}

void
steal__topology_fini(struct topology *topology)
{
    free(topology->processors);
    steal__affinity_fini(&topology->allowed);
}

/*
 * Workers
 */

static const struct processor *
processor_of(const struct topology *topology, unsigned worker)
{
    return &topology->processors[worker % topology->n];
}

unsigned
steal__topology_processor(const struct topology *topology, unsigned worker)
{
    return processor_of(topology, worker)->number;
}

/* Stands for the distance of who is in a group already. */
#define PLACED UINT_MAX

static unsigned
least_of(const unsigned *far, unsigned n)
{
    unsigned least = PLACED;

    for (unsigned i = 0; i < n; i++)
        if (far[i] < least)
            least = far[i];
    return least;
}

void
steal__topology_victims(const struct topology *topology, unsigned worker,
        unsigned workers, struct victims *victims)
{
    const struct processor *own = processor_of(topology, worker);
    unsigned far[STEAL_WORKERS_MAX];
    unsigned group = 0;
    unsigned n = 0;

    victims->processor = own->number;
    victims->workers = workers;
    for (unsigned i = 0; i < workers; i++)
        far[i] = distance(topology, own, processor_of(topology, i));
    far[worker] = PLACED;
    while (n < workers - 1) {
        unsigned least = least_of(far, workers);

        for (unsigned i = 0; i < workers; i++) {
            if (far[i] != least)
                continue;
            far[i] = PLACED;
            victims->other[n++] = (uint8_t)i;
        }
        victims->end[group++] = (uint8_t)n;
    }
}
