/*
 * orchard.h - random trees of jobs, for a stress of forks and joins.
 *
 * A seed tells what a tree looks like: how many children each node has, in which
 * way they are forked and joined, what a node does besides.  The sum over its
 * nodes is known beforehand, and tells that each was run, and once.
 *
 * Threads: any.
 */
#ifndef STEAL_STRESS_ORCHARD_H
#define STEAL_STRESS_ORCHARD_H

#include <stdbool.h>
#include <stdint.h>

#include <steal.h>
#include <steal/fork.h>

#include "../../src/base/atomic.h"
#include "../../src/base/compiler.h"
#include "../../src/base/rand.h"

struct orchard {
    uint64_t seed;
    unsigned epoch;
    struct steal_runtime *runtime[2];
    _Atomic(int64_t) trees;   /* begun */
    _Atomic(int64_t) nodes;   /* run */
    _Atomic(int64_t) taken;   /* of these, by another thread than has forked */
    _Atomic(int64_t) spawned; /* tasks, by nodes */
    _Atomic(int64_t) ended;   /* of these */
    _Atomic(int64_t) blocks;  /* of the runtimes' allocators */
};

extern struct orchard orchard;

/* Ends the program, telling the seed. */
_Noreturn void orchard_fail(const char *file, int line, const char *what);

#define require(x) (likely(x) ? (void)0 : orchard_fail(__FILE__, __LINE__, #x))

/* Grows a tree of about `nodes` nodes here and checks what it adds up to. */
void tree_grow(uint64_t seed, uint32_t nodes);

/* The same, as a function for steal_compute(), or a job. */
struct tree_plan {
    struct steal_job job;
    uint64_t seed;
    uint32_t nodes;
};

int tree_compute(void *plan);
void tree_run(struct steal_job *plan);
struct tree_plan tree_plan(struct rng *rng);

/*
 * Weather: signals, and threads that are moved from one processor to another, at
 * random, for as long as it lasts.
 */
void weather_begin(uint64_t seed);
void weather_end(void);

#endif
