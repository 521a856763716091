/*
 * idle.h - who searches for work, who sleeps, and whom to wake.
 *
 *            finds work                  finds nothing
 *     awake <----------- searching ----------------------> asleep
 *       |  ------------->    ^                              | |
 *       |   runs dry         +------------------------------+ |
 *       ^                        notify()                     |
 *       +-----------------------------------------------------+
 *                     rise(): by itself
 *
 * A worker that has made work which another could take asks wants_notify(), one
 * load, and wakes a sleeper only if nobody searches.  A searcher that finds
 * work, was the last of them, and sees more, wakes the next: so the number of
 * workers that are awake grows as fast as there is work, and a wake-up is paid
 * once.
 *
 * One of the sleepers may be the monitor, which sleeps for a moment at a time
 * and then looks whether a worker is stuck in a poll, with tasks that only it
 * could run, or with nobody in the driver's seat.  The proof is in SLEEP.md.
 *
 * Threads: any.  A lock guards the sets; `summary` is what producers read.
 */
#ifndef STEAL_SCHED_IDLE_H
#define STEAL_SCHED_IDLE_H

#include <steal/runtime.h>

#include "../base/compiler.h"
#include "../base/lock.h"

#define IDLE_NOBODY (-1)

struct idle {
    CACHE_ALIGNED struct lock lock;
    unsigned workers;
    unsigned regular; /* constant: without the relief */
    unsigned sleeping;
    unsigned searching;
    int monitor;         /* IDLE_NOBODY, or a sleeper */
    _Atomic(int) driver; /* who sleeps in the loop: woken last, a hint */
    _Atomic(uint64_t) asleep[STEAL_WORKERS_MAX / 64 + 1]; /* written locked */
    /* sleeping, searching << 16, monitor + 1 << 32: written locked */
    CACHE_ALIGNED _Atomic(uint64_t) summary;
};

void steal__idle_init(struct idle *idle, unsigned workers);

/* There is one worker more, awake, or one less (relief.h). */
void steal__idle_join(struct idle *idle);
void steal__idle_part(struct idle *idle);

/* Whom notify() and the like ask to be unparked, or IDLE_NOBODY. */
struct idle_calls {
    int worker;  /* has been counted as searching */
    int monitor; /* has become the monitor, and sleeps on */
};

static inline bool
steal__idle_has_sleepers(struct idle *idle)
{
    return load_relaxed(&idle->summary) & 0xffff; /* SLEEP.md, S2 */
}

/* True if nobody is awake: it holds for as long as nobody has work for one. */
bool steal__idle_all_sleep(struct idle *idle);

/* True if some workers sleep or search: a hint. */
static inline bool
steal__idle_are_some(struct idle *idle)
{
    return load_relaxed(&idle->summary) & 0xffffffff; /* a hint */
}

/* True if work that was just made visible asks for another worker. */
static inline bool
steal__idle_wants_notify(struct idle *idle)
{
    uint64_t summary = load_relaxed(&idle->summary); /* SLEEP.md, S1, S2 */

    return (summary & 0xffff) && !(summary & 0xffff0000);
}

/* True if there are sleepers and none of them is the monitor. */
static inline bool
steal__idle_lacks_monitor(struct idle *idle)
{
    uint64_t summary = load_relaxed(&idle->summary); /* SLEEP.md, S2 */

    return (summary & 0xffff) && !(summary >> 32);
}

/* Picks a sleeper to search, if nobody does. */
struct idle_calls steal__idle_notify(struct idle *idle);

/* Makes a sleeper the monitor if there is none; returns it. */
int steal__idle_appoint(struct idle *idle);

/* A worker that ran dry wants to search.  No, if half of them do. */
bool steal__idle_search(struct idle *idle);

/* A searcher has found work.  True if it was the last one: if there is more to
 * be seen, notify. */
bool steal__idle_found(struct idle *idle);

/* The worker sleeps from now on, as the monitor if somebody is awake and there
 * is none; then it looks at all queues once more. */
void steal__idle_sleep(struct idle *idle, unsigned me, bool searching);

/* True until somebody has picked the sleeper. */
static inline bool
steal__idle_is_asleep(struct idle *idle, unsigned me)
{
    /* Cleared before the permit is left (parker.c, O1). */
    return load_relaxed(&idle->asleep[me / 64]) >> me % 64 & 1;
}

static inline bool
steal__idle_is_monitor(struct idle *idle, unsigned me)
{
    return load_relaxed(&idle->summary) >> 32 == me + 1; /* a hint */
}

/*
 * The sleeper gets up.  True if somebody has picked it before: it is then
 * counted as searching.  A monitor that gets up by itself passes the duty on:
 * *heir is to be unparked.
 */
bool steal__idle_rise(struct idle *idle, unsigned me, int *heir);

/* The monitor has nothing to watch if all are asleep: true, and it is none. */
bool steal__idle_resign(struct idle *idle, unsigned me);

#endif
