/*
 * probes.h - places where tracers of the system may look in: USDT probes.
 *
 *     PROBE2(park, worker, n);
 *
 * Each has a semaphore, a word that whoever attaches counts up from outside.
 * Nothing is told, and no argument looked for, while it is 0.
 *
 * Without <sys/sdt.h> there are none, and this is nothing.
 *
 * Threads: any.
 */
#ifndef STEAL_BASE_PROBES_H
#define STEAL_BASE_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#if defined(HAVE_SDT) && !defined(STEAL_EXPLORE)

# define _SDT_HAS_SEMAPHORES 1
# include <sys/sdt.h>

/* clang-format off */
/* The first four are those of tasks, and share a word. */
# define PROBE_LIST(DO) \
    DO(spawn) DO(wake) DO(poll__begin) DO(poll__end) DO(steal) DO(park) \
    DO(unpark) DO(driver__turn)

# define PROBE_DECLARE(name)                                     \
    extern volatile unsigned short libsteal_##name##_semaphore   \
            __attribute__((visibility("hidden")));
/* clang-format on */

PROBE_LIST(PROBE_DECLARE)

/* Somebody wants to know. */
# define PROBE_IS_ON(name) (libsteal_##name##_semaphore != 0)

/* All of them. */
# define PROBE_WORDS 2
extern volatile uint64_t steal__probe_words[PROBE_WORDS]
        __attribute__((visibility("hidden")));

# define PROBE_COUNT(name) +1
_Static_assert((0 PROBE_LIST(PROBE_COUNT)) * sizeof(unsigned short) ==
                       PROBE_WORDS * sizeof(uint64_t),
        "four in a word");

static inline bool
probes_are_on(void)
{
    return (steal__probe_words[0] | steal__probe_words[1]) != 0;
}

/* Those that tell of tasks: the first four. */
static inline bool
task_probes_are_on(void)
{
    return steal__probe_words[0] != 0;
}

/* clang-format off */
# define PROBE1(name, a) \
    (PROBE_IS_ON(name) ? ({ DTRACE_PROBE1(libsteal, name, a); }) : (void)0)
# define PROBE2(name, a, b) \
    (PROBE_IS_ON(name) ? ({ DTRACE_PROBE2(libsteal, name, a, b); }) : (void)0)
# define PROBE3(name, a, b, c)                               \
    (PROBE_IS_ON(name)                                       \
                    ? ({ DTRACE_PROBE3(libsteal, name, a, b, c); }) \
                    : (void)0)
/* clang-format on */

#else

# define PROBE_IS_ON(name) false

static inline bool
probes_are_on(void)
{
    return false;
}

static inline bool
task_probes_are_on(void)
{
    return false;
}

# define PROBE1(name, a)    (false ? (void)(a) : (void)0)
# define PROBE2(name, a, b) (false ? (void)(a), (void)(b) : (void)0)
# define PROBE3(name, a, b, c) \
  (false ? (void)(a), (void)(b), (void)(c) : (void)0)

#endif

#endif
