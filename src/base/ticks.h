/*
 * ticks.h - a clock for what lasts a few microseconds.
 *
 * Where the processor has a counter that a program may read, that takes half
 * the time of clock_gettime().  How long a tick is, is known roughly, which
 * does for guesses of how long something will take.
 *
 * Threads: any; the difference of two readings is meant for one thread.
 */
#ifndef STEAL_BASE_TICKS_H
#define STEAL_BASE_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)

# include <cpuid.h>

/* 2 to 4 GHz. */
# define TICKS_PER_US UINT64_C(2500)

static inline uint64_t
ticks_now(void)
{
    return __builtin_ia32_rdtsc();
}

/* True if they are of one length for ever, and of one clock for all processors. */
static inline bool
ticks_are_steady(void)
{
    const unsigned invariant = 1u << 8;
    unsigned a, b, c, d;

    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & invariant);
}

#elif defined(__aarch64__)

/* 1 GHz from version 8.6 on, 25 to 100 MHz before: a guess is late at worst. */
# define TICKS_PER_US UINT64_C(100)

static inline uint64_t
ticks_now(void)
{
    uint64_t now;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(now));
    return now;
}

static inline bool
ticks_are_steady(void)
{
    return true;
}

#else

# include <steal/time.h>

# define TICKS_PER_US UINT64_C(1000)

static inline uint64_t
ticks_now(void)
{
    return steal_now();
}

static inline bool
ticks_are_steady(void)
{
    return true;
}

#endif

#endif
