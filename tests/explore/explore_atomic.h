/*
 * explore_atomic.h - the names of base/atomic.h, as steps of the explorer.
 *
 * base/atomic.h includes this file where STEAL_EXPLORE is defined.  An access
 * tells where it stands and on what expression, so that a failing schedule
 * reads like the source, and so that a seeded fault can name its victim.
 *
 * All orders exist for all operations, also those that the library does not
 * use today.
 */
#ifndef EXPLORE_ATOMIC_H
#define EXPLORE_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum explore_order {
    EXPLORE_RELAXED = 0,
    EXPLORE_ACQUIRE = 1,
    EXPLORE_RELEASE = 2,
    EXPLORE_ACQ_REL = 3,
    EXPLORE_CONTINUE = 4, /* the release sequence of this thread's last store */
};

enum explore_rmw {
    EXPLORE_SWAP,
    EXPLORE_ADD,
    EXPLORE_SUB,
    EXPLORE_OR,
    EXPLORE_AND,
};

struct explore_site {
    const char *op;
    const char *expr;
    const char *func;
    const char *file;
    int line;
};

uint64_t explore_load(const volatile void *word, size_t size,
        enum explore_order order, const struct explore_site *site);
void explore_store(volatile void *word, size_t size, uint64_t value,
        enum explore_order order, const struct explore_site *site);
uint64_t explore_rmw(volatile void *word, size_t size, enum explore_rmw how,
        uint64_t value, enum explore_order order,
        const struct explore_site *site);
bool explore_cas(volatile void *word, size_t size, void *old, uint64_t value,
        enum explore_order won, enum explore_order lost, bool weak,
        const struct explore_site *site);
void explore_fence(enum explore_order order, const struct explore_site *site);
void explore_fence_seq_cst(const struct explore_site *site);
void explore_fence_all(const struct explore_site *site);
void explore_relax(const struct explore_site *site);
int explore_wait(volatile void *word, uint32_t expected, bool timed,
        const struct explore_site *site);
int explore_wake(volatile void *word, int n, const struct explore_site *site);

/* The type of `*p` without its _Atomic. */
#define EXPLORE_TYPE(p) __typeof__((void)0, *(p))

#define EXPLORE_SITE(op, expr) \
 (&(const struct explore_site){ op, expr, __func__, __FILE__, __LINE__ })

#define EXPLORE_VALUE(p, v) ((uint64_t)(EXPLORE_TYPE(p))(v))

/* clang-format off */

/* A result that the source may drop, as it may drop that of the operation. */
#define EXPLORE_RESULT(p, call)                                  \
    __extension__({                                              \
        EXPLORE_TYPE(p) explore_result = (EXPLORE_TYPE(p))call;  \
        explore_result;                                          \
    })

/* clang-format on */

#define EXPLORE_LOAD(p, order, op)                                       \
 EXPLORE_RESULT(p, explore_load((const volatile void *)(p), sizeof *(p), \
                           order, EXPLORE_SITE(op, #p)))

#define EXPLORE_STORE(p, v, order, op)                                        \
 explore_store((volatile void *)(p), sizeof *(p), EXPLORE_VALUE(p, v), order, \
         EXPLORE_SITE(op, #p))

#define EXPLORE_RMW(p, how, v, order, op)                              \
 EXPLORE_RESULT(p, explore_rmw((volatile void *)(p), sizeof *(p), how, \
                           EXPLORE_VALUE(p, v), order, EXPLORE_SITE(op, #p)))

#define EXPLORE_CAS(p, old, v, won, lost, weak, op)                            \
 explore_cas((volatile void *)(p), sizeof *(p), old, EXPLORE_VALUE(p, v), won, \
         lost, weak, EXPLORE_SITE(op, #p))

#define load_relaxed(p) EXPLORE_LOAD(p, EXPLORE_RELAXED, "load_relaxed")
#define load_acquire(p) EXPLORE_LOAD(p, EXPLORE_ACQUIRE, "load_acquire")

#define store_relaxed(p, v) \
 EXPLORE_STORE(p, v, EXPLORE_RELAXED, "store_relaxed")
#define store_release(p, v) \
 EXPLORE_STORE(p, v, EXPLORE_RELEASE, "store_release")

#define store_continue(p, v) \
 EXPLORE_STORE(p, v, EXPLORE_CONTINUE, "store_continue")

#define swap_relaxed(p, v) \
 EXPLORE_RMW(p, EXPLORE_SWAP, v, EXPLORE_RELAXED, "swap_relaxed")
#define swap_acquire(p, v) \
 EXPLORE_RMW(p, EXPLORE_SWAP, v, EXPLORE_ACQUIRE, "swap_acquire")
#define swap_release(p, v) \
 EXPLORE_RMW(p, EXPLORE_SWAP, v, EXPLORE_RELEASE, "swap_release")
#define swap_acq_rel(p, v) \
 EXPLORE_RMW(p, EXPLORE_SWAP, v, EXPLORE_ACQ_REL, "swap_acq_rel")

#define add_relaxed(p, v) \
 EXPLORE_RMW(p, EXPLORE_ADD, v, EXPLORE_RELAXED, "add_relaxed")
#define add_acquire(p, v) \
 EXPLORE_RMW(p, EXPLORE_ADD, v, EXPLORE_ACQUIRE, "add_acquire")
#define add_release(p, v) \
 EXPLORE_RMW(p, EXPLORE_ADD, v, EXPLORE_RELEASE, "add_release")
#define add_acq_rel(p, v) \
 EXPLORE_RMW(p, EXPLORE_ADD, v, EXPLORE_ACQ_REL, "add_acq_rel")

#define sub_relaxed(p, v) \
 EXPLORE_RMW(p, EXPLORE_SUB, v, EXPLORE_RELAXED, "sub_relaxed")
#define sub_acquire(p, v) \
 EXPLORE_RMW(p, EXPLORE_SUB, v, EXPLORE_ACQUIRE, "sub_acquire")
#define sub_release(p, v) \
 EXPLORE_RMW(p, EXPLORE_SUB, v, EXPLORE_RELEASE, "sub_release")
#define sub_acq_rel(p, v) \
 EXPLORE_RMW(p, EXPLORE_SUB, v, EXPLORE_ACQ_REL, "sub_acq_rel")

#define or_relaxed(p, v) \
 EXPLORE_RMW(p, EXPLORE_OR, v, EXPLORE_RELAXED, "or_relaxed")
#define or_acquire(p, v) \
 EXPLORE_RMW(p, EXPLORE_OR, v, EXPLORE_ACQUIRE, "or_acquire")
#define or_release(p, v) \
 EXPLORE_RMW(p, EXPLORE_OR, v, EXPLORE_RELEASE, "or_release")
#define or_acq_rel(p, v) \
 EXPLORE_RMW(p, EXPLORE_OR, v, EXPLORE_ACQ_REL, "or_acq_rel")

#define and_relaxed(p, v) \
 EXPLORE_RMW(p, EXPLORE_AND, v, EXPLORE_RELAXED, "and_relaxed")
#define and_acquire(p, v) \
 EXPLORE_RMW(p, EXPLORE_AND, v, EXPLORE_ACQUIRE, "and_acquire")
#define and_release(p, v) \
 EXPLORE_RMW(p, EXPLORE_AND, v, EXPLORE_RELEASE, "and_release")
#define and_acq_rel(p, v) \
 EXPLORE_RMW(p, EXPLORE_AND, v, EXPLORE_ACQ_REL, "and_acq_rel")

#define cas_weak_relaxed(p, old, v)                             \
 EXPLORE_CAS(p, old, v, EXPLORE_RELAXED, EXPLORE_RELAXED, true, \
         "cas_weak_relaxed")
#define cas_weak_acquire(p, old, v)                             \
 EXPLORE_CAS(p, old, v, EXPLORE_ACQUIRE, EXPLORE_RELAXED, true, \
         "cas_weak_acquire")
#define cas_weak_release(p, old, v)                             \
 EXPLORE_CAS(p, old, v, EXPLORE_RELEASE, EXPLORE_RELAXED, true, \
         "cas_weak_release")
#define cas_weak_acq_rel(p, old, v)                             \
 EXPLORE_CAS(p, old, v, EXPLORE_ACQ_REL, EXPLORE_ACQUIRE, true, \
         "cas_weak_acq_rel")
#define cas_strong_relaxed(p, old, v)                            \
 EXPLORE_CAS(p, old, v, EXPLORE_RELAXED, EXPLORE_RELAXED, false, \
         "cas_strong_relaxed")
#define cas_strong_acquire(p, old, v)                            \
 EXPLORE_CAS(p, old, v, EXPLORE_ACQUIRE, EXPLORE_RELAXED, false, \
         "cas_strong_acquire")
#define cas_strong_release(p, old, v)                            \
 EXPLORE_CAS(p, old, v, EXPLORE_RELEASE, EXPLORE_RELAXED, false, \
         "cas_strong_release")
#define cas_strong_acq_rel(p, old, v)                            \
 EXPLORE_CAS(p, old, v, EXPLORE_ACQ_REL, EXPLORE_ACQUIRE, false, \
         "cas_strong_acq_rel")

#define fence_acquire() \
 explore_fence(EXPLORE_ACQUIRE, EXPLORE_SITE("fence_acquire", ""))
#define fence_release() \
 explore_fence(EXPLORE_RELEASE, EXPLORE_SITE("fence_release", ""))
#define fence_seq_cst() explore_fence_seq_cst(EXPLORE_SITE("fence_seq_cst", ""))

/* Between a thread and its own handlers of signals, of which there are none. */
#define signal_fence() ((void)0)

/* The two halves of an asymmetric fence: the heavy one is felt by all. */
#define fence_light() ((void)0)
#define fence_heavy() explore_fence_all(EXPLORE_SITE("fence_heavy", ""))

#define cpu_relax() explore_relax(EXPLORE_SITE("cpu_relax", ""))

/* The futex: 0, -EAGAIN or -ETIMEDOUT; how many were woken. */
#define explore_futex_wait(p, expected, timed)       \
 explore_wait((volatile void *)(p), expected, timed, \
         EXPLORE_SITE("futex_wait", #p))
#define explore_futex_wake(p, n) \
 explore_wake((volatile void *)(p), n, EXPLORE_SITE("futex_wake", #p))

#endif
