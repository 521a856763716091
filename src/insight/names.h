/*
 * names.h - strings, numbered from 1 in the order in which they come.
 *
 * Threads: one at a time.
 */
#ifndef STEAL_INSIGHT_NAMES_H
#define STEAL_INSIGHT_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names {
    char **text; /* copies */
    uint32_t n;
    uint32_t *slot; /* of a hash table: numbers, 0 where there is none */
    size_t slots;   /* a power of two; at most half are taken */
};

void steal__names_init(struct names *names);
void steal__names_fini(struct names *names);

/* The number of the string, which is new or not.  0: out of memory. */
uint32_t steal__names_add(struct names *names, const char *text);

#endif
