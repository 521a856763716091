/*
 * ck_pr.h - Concurrency Kit's primitives, as steps of the explorer.
 *
 * Taken by the sources that the explorer runs instead of CK's own header.  The
 * orders are those of CK's weakest machine: an operation orders nothing, only
 * the fences do.
 */
#ifndef EXPLORE_CK_PR_H
#define EXPLORE_CK_PR_H

#include "explore_atomic.h"

#define ck_pr_load_ptr(p)                                    \
 ((void *)explore_load((p), sizeof(void *), EXPLORE_RELAXED, \
         EXPLORE_SITE("ck_pr_load_ptr", #p)))

#define ck_pr_store_ptr(p, v)                                       \
 explore_store((p), sizeof(void *), (uint64_t)(v), EXPLORE_RELAXED, \
         EXPLORE_SITE("ck_pr_store_ptr", #p))

#define ck_pr_fas_ptr(p, v)                                             \
 ((void *)explore_rmw((p), sizeof(void *), EXPLORE_SWAP, (uint64_t)(v), \
         EXPLORE_RELAXED, EXPLORE_SITE("ck_pr_fas_ptr", #p)))

#define ck_pr_cas_ptr_value(p, old, v, seen) \
 explore_ck_cas((p), (old), (v), (seen),     \
         EXPLORE_SITE("ck_pr_cas_ptr_value", #p))

#define ck_pr_cas_ptr(p, old, v) \
 explore_ck_cas((p), (old), (v), NULL, EXPLORE_SITE("ck_pr_cas_ptr", #p))

#define ck_pr_fence_acquire() \
 explore_fence(EXPLORE_ACQUIRE, EXPLORE_SITE("ck_pr_fence_acquire", ""))
#define ck_pr_fence_release() \
 explore_fence(EXPLORE_RELEASE, EXPLORE_SITE("ck_pr_fence_release", ""))
#define ck_pr_fence_store() \
 explore_fence(EXPLORE_RELEASE, EXPLORE_SITE("ck_pr_fence_store", ""))
#define ck_pr_fence_load() \
 explore_fence(EXPLORE_ACQUIRE, EXPLORE_SITE("ck_pr_fence_load", ""))
#define ck_pr_fence_memory() \
 explore_fence_seq_cst(EXPLORE_SITE("ck_pr_fence_memory", ""))

static inline bool
explore_ck_cas(void *target, void *old, void *value, void *seen,
        const struct explore_site *site)
{
    void *expected = old;
    bool won = explore_cas(target, sizeof(void *), &expected,
            (uint64_t)(uintptr_t)value, EXPLORE_RELAXED, EXPLORE_RELAXED, false,
            site);

    if (seen)
        *(void **)seen = expected;
    return won;
}

#endif
