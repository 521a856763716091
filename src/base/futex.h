/*
 * futex.h - sleeping on a 32-bit word until somebody changes it.
 *
 * Linux has it in the kernel; elsewhere futex.c makes it of mutexes and
 * condition variables.
 *
 * Threads: any.
 */
#ifndef STEAL_BASE_FUTEX_H
#define STEAL_BASE_FUTEX_H

#include "atomic.h"

/*
 * Sleeps while *word is `expected`, not beyond `deadline` (ns, monotonic;
 * UINT64_MAX: for ever).  May return early: look at the word again.  Returns
 * false if the deadline has passed.
 */
bool steal__futex_wait(_Atomic(uint32_t) *word, uint32_t expected,
        uint64_t deadline);

/* Wakes up to `n` that sleep on the word.  Only the address is used: the word
 * may be gone already. */
void steal__futex_wake(_Atomic(uint32_t) *word, int n);

#endif
