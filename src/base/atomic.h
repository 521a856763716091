/*
 * atomic.h - shared words, with their memory order in the name of each access.
 *
 * The only file that includes <stdatomic.h>.  A shared word is declared
 * _Atomic(type) and reached through these names alone: a plain `=` or `++`
 * on it would hide a sequentially consistent access.
 *
 * With STEAL_EXPLORE defined every access goes to the interleaving explorer of
 * tests/explore/, which then decides which thread runs next and which of the
 * stored values a load may see.
 */
#ifndef STEAL_BASE_ATOMIC_H
#define STEAL_BASE_ATOMIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef STEAL_EXPLORE

# include "explore_atomic.h"

#else

# define load_relaxed(p)     atomic_load_explicit(p, memory_order_relaxed)
# define load_acquire(p)     atomic_load_explicit(p, memory_order_acquire)
# define store_relaxed(p, v) atomic_store_explicit(p, v, memory_order_relaxed)
# define store_release(p, v) atomic_store_explicit(p, v, memory_order_release)
# define swap_acquire(p, v)  atomic_exchange_explicit(p, v, memory_order_acquire)
# define swap_release(p, v)  atomic_exchange_explicit(p, v, memory_order_release)
# define swap_acq_rel(p, v)  atomic_exchange_explicit(p, v, memory_order_acq_rel)
# define add_relaxed(p, v)   atomic_fetch_add_explicit(p, v, memory_order_relaxed)
# define add_acq_rel(p, v)   atomic_fetch_add_explicit(p, v, memory_order_acq_rel)
# define sub_release(p, v)   atomic_fetch_sub_explicit(p, v, memory_order_release)
# define sub_acq_rel(p, v)   atomic_fetch_sub_explicit(p, v, memory_order_acq_rel)
# define and_acq_rel(p, v)   atomic_fetch_and_explicit(p, v, memory_order_acq_rel)
# define or_release(p, v)    atomic_fetch_or_explicit(p, v, memory_order_release)

/* On failure `*old` holds what was seen, read relaxed unless the name says
 * acquire. */
# define cas_weak_release(p, old, v)                                     \
  atomic_compare_exchange_weak_explicit(p, old, v, memory_order_release, \
          memory_order_relaxed)
# define cas_weak_acq_rel(p, old, v)                                     \
  atomic_compare_exchange_weak_explicit(p, old, v, memory_order_acq_rel, \
          memory_order_acquire)
# define cas_strong_acquire(p, old, v)                                     \
  atomic_compare_exchange_strong_explicit(p, old, v, memory_order_acquire, \
          memory_order_relaxed)
# define cas_strong_acq_rel(p, old, v)                                     \
  atomic_compare_exchange_strong_explicit(p, old, v, memory_order_acq_rel, \
          memory_order_acquire)

/* For a handler of signals in this thread: what precedes is done before what
 * follows.  Costs nothing. */
static inline void
signal_fence(void)
{
    atomic_signal_fence(memory_order_acq_rel);
}

/*
 * A store before it and a load after it keep their order, against a thread that
 * does the same the other way round.  Nothing relies on it for data.
 */
static inline void
fence_seq_cst(void)
{
# ifdef __SANITIZE_THREAD__
    /* Race detectors know no fences; an operation does the same. */
    static _Atomic(int) word;

    atomic_fetch_add_explicit(&word, 0, memory_order_seq_cst);
# else
    atomic_thread_fence(memory_order_seq_cst);
# endif
}

/* Where a thread spins on a word: tells the processor, and the explorer. */
static inline void
cpu_relax(void)
{
# if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
# elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
# endif
}

#endif

/* The same right behind an atomic read-modify-write: x86 has done it by then. */
#if defined(__x86_64__) && !defined(STEAL_EXPLORE) && \
        !defined(__SANITIZE_THREAD__)
# define fence_after_rmw() atomic_signal_fence(memory_order_seq_cst)
#else
# define fence_after_rmw() fence_seq_cst()
#endif

#endif
