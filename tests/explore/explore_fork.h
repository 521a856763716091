/*
 * explore_fork.h - the words of steal/fork.h, as steps of the explorer.
 *
 * Explored sources include this file before all others.  What is thread-local is
 * put aside while another thread goes on, at one address for all, but the words
 * that a thread forks to are known to others: each thread has its own.
 */
#ifndef EXPLORE_FORK_H
#define EXPLORE_FORK_H

#include "explore_atomic.h"

struct steal_here *explore_here(void);

#define STEAL_HERE (*explore_here())

#define STEAL_JOB_LOAD(word)               load_relaxed(&(word))
#define STEAL_JOB_ACQUIRE(word)            load_acquire(&(word))
#define STEAL_JOB_STORE(word, value)       store_relaxed(&(word), value)
#define STEAL_JOB_RELEASE(word, value)     store_release(&(word), value)
#define STEAL_JOB_STORE_AGAIN(word, value) store_continue(&(word), value)
#define STEAL_JOB_LIGHT_FENCE()            fence_light()

#endif
