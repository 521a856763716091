/*
 * told.h - the set of the tasks that a dump has told of, by their ids.
 *
 * Threads: one.
 */
#ifndef STEAL_INSIGHT_TOLD_H
#define STEAL_INSIGHT_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct told {
    uint64_t *ids; /* open addressing; 0: free */
    size_t n;
    size_t room; /* a power of two, or 0 */
};

void steal__told_init(struct told *told);
void steal__told_fini(struct told *told);

bool steal__told_has(const struct told *told, uint64_t id);

/* 1: it was added, 0: it is there already, or -ENOMEM. */
int steal__told_add(struct told *told, uint64_t id);

#endif
