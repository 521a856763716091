/*
 * scratch.h - memory for a second copy of what is sorted.
 *
 * Large ones are mapped and not allocated: in huge pages where the system has
 * them, since the first touch of small ones would take longer than sorting.
 *
 * Threads: any, one at a time.
 */
#ifndef STEAL_SORT_SCRATCH_H
#define STEAL_SORT_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

struct sort_scratch {
    void *memory; /* aligned to at least a cache line */
    size_t size;
    bool is_mapped;
};

/* Returns 0 or -ENOMEM.  `align` is a power of two. */
int steal__scratch_init(struct sort_scratch *scratch, size_t size,
        size_t align);
void steal__scratch_fini(struct sort_scratch *scratch);

#endif
