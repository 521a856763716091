/*
 * pace.h - how long the bodies of loops take, as this thread remembers.
 *
 * Most loops come again and again.  For each of the bodies that it has met last
 * a thread keeps how many indices are worth PACE_SMALL, a time in which nobody
 * can be called for help.
 *
 * A loop of no more than that is run at once, but not on trust: the same body
 * may be given something else to do.  After an eighth the thread looks at the
 * clock.  If the loop before this one looked a moment ago, all is well, and that
 * was all the measuring there is.  Else the loop is measured, and if it takes
 * long, what is left of it is shared with others.  So is the loop after it:
 * where quick and slow loops alternate, those that are slow are found out, too.
 *
 * Threads: each has its own.
 */
#ifndef STEAL_LOOP_PACE_H
#define STEAL_LOOP_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/ticks.h"
#include "span.h"

struct steal_cancel;

#define PACE_SMALL   (8 * TICKS_PER_US)
#define PACE_EIGHTH  (PACE_SMALL / 4)
#define PACE_ENTRIES 32

/* With fewer indices than that each may be long: who recurses with two calls
 * the same body for much and for little. */
#define PACE_LEAST 16

/* One body.  Two that fall on one entry take turns there. */
struct pace {
    uint32_t tag;   /* of its address; 0: none */
    uint32_t small; /* indices that take PACE_SMALL */
};

struct paces {
    uint64_t looked; /* when a small loop has last looked at the clock; 0: the
                        next one is to be measured */
    struct pace pace[PACE_ENTRIES];
};

extern _Thread_local struct paces steal__paces;

/* A function of any type. */
typedef void (*pace_key)(void);

static inline uint64_t
pace_hash(pace_key body)
{
    return (uint64_t)(uintptr_t)body * UINT64_C(0x9e3779b97f4a7c15);
}

static inline struct pace *
pace_at(uint64_t hash)
{
    return &steal__paces.pace[hash >> 32 & (PACE_ENTRIES - 1)];
}

/* The indices that take PACE_SMALL, or 0: not known. */
static inline size_t
pace_small(pace_key body)
{
    uint64_t hash = pace_hash(body);
    struct pace *pace = pace_at(hash);

    return pace->tag == (uint32_t)hash ? pace->small : 0;
}

/* That many indices took so long.  What takes longer than was thought counts at
 * once, what takes less by and by. */
void steal__pace_learn(pace_key body, size_t indices, uint64_t ticks);

/* About an eighth of the range, to where loops like to begin; see span.h.  It is
 * not empty, nor is the rest, if there are eight indices. */
static inline size_t
pace_eighth(size_t begin, size_t end)
{
    size_t n = (end - begin) / 8;
    size_t round = span_round_down(begin + n);

    return round >= begin + (n + 1) / 2 ? round : begin + n;
}

/* A piece of a small loop. */
typedef int (*small_fn)(size_t begin, size_t end, void *context);

struct small {
    pace_key body;
    size_t begin; /* of what is left */
    size_t end;
    struct steal_cancel *cancel;
    uint64_t now;
};

/* After the first eighth: nobody knows how long that took.  As small_run(). */
bool steal__small_measured(struct small *small, small_fn call, void *context,
        int *error);

/* Runs the rest of a loop that has a token, which is looked at before and after:
 * it counts, too, if the last piece requests it. */
void steal__small_watched(struct small *small, small_fn call, void *context,
        int *error);

bool steal__small_canceled(struct steal_cancel *cancel, int *error);

/*
 * Runs a small loop.  True: that was all, and *error is the end; false: what is
 * left from small->begin on is worth sharing.  Inline with a constant `call`,
 * since there is no time for calls of calls.
 */
static inline __attribute__((always_inline)) bool
small_run(struct small *small, small_fn call, void *context, int *error)
{
    size_t middle = pace_eighth(small->begin, small->end);
    uint64_t now;

    if (small->cancel && steal__small_canceled(small->cancel, error))
        return true;
    *error = call(small->begin, middle, context);
    if (__builtin_expect(*error != 0, 0))
        return true;
    small->begin = middle;
    now = ticks_now();
    if (__builtin_expect(now - steal__paces.looked > PACE_EIGHTH, 0)) {
        small->now = now;
        return steal__small_measured(small, call, context, error);
    }
    steal__paces.looked = now;
    if (__builtin_expect(small->cancel != NULL, 0))
        steal__small_watched(small, call, context, error);
    else
        *error = call(middle, small->end, context);
    return true;
}

#endif
