/*
 * load.h - do this process's threads keep its processors busy?
 *
 * If they do not while calls wait, those that run are blocked, and one thread
 * more gets more done.
 *
 * Threads: one at a time.
 */
#ifndef STEAL_BLOCKING_LOAD_H
#define STEAL_BLOCKING_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct load {
    uint64_t wall; /* of the last look, ns */
    uint64_t cpu;
    unsigned processors; /* 0: not counted yet */
};

/* True if the process has used nearly all that it can since the last look, or if
 * that was too short or too long ago to tell. */
bool steal__load_is_full(struct load *load);

#endif
