/*
 * leaf.h - a task of the stress test: a few random steps, among them the birth
 * of others like it.
 */
#ifndef STEAL_STRESS_LEAF_H
#define STEAL_STRESS_LEAF_H

#include "world.h"

/* The part of a leaf that a join moves out. */
struct leaf_head {
    struct steal_async async;
    uint32_t token; /* its result, too */
    struct rng rng;
    int depth;
    int steps;
};

/* A leaf in memory of its own: what spawn, new and spawn_in begin with. */
size_t leaf_size(void);
void leaf_init(struct leaf_head *head, uint32_t seed, int depth);

enum birth {
    BIRTH_MOVED,
    BIRTH_IN_PLACE,
    BIRTH_LENT,
    BIRTH_KINDS
};

/*
 * Starts a leaf, whose token is `seed`.  NULL for the runtime stands for the
 * current one.  Returns 0 with *task set, or -ECANCELED.
 */
int leaf_spawn(struct steal_runtime *runtime, enum birth birth, uint32_t seed,
        int depth, struct steal_task **task);

/* A join ended so: it must be the token, or -ECANCELED. */
void leaf_check_result(int result, uint32_t seed);

#endif
