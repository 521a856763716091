/*
 * linger.h - whether a worker that runs dry watches the driver for a moment
 * before it sleeps.
 *
 * A processor that goes to sleep and is woken takes tens of microseconds for it,
 * on virtual machines above all: several times what a small request takes.
 * So where events have come soon after the worker ran dry, it stays awake for
 * that long.  (Not by yielding in between: who yields to a busy thread is
 * away for milliseconds.)
 *
 * A score keeps that honest: it grows with each event that came soon, and falls
 * faster with each wait that was in vain, so that at worst one wait in
 * LINGER_WORTH is.  It falls also where many events come at a time: there nobody
 * waits for the one, and those who send them could use the processor.
 *
 * Threads: the worker's own.
 */
#ifndef STEAL_SCHED_LINGER_H
#define STEAL_SCHED_LINGER_H

#include <steal/time.h>

#include "block_on.h"
#include "runtime.h"

#define LINGER       STEAL_US(50)
#define LINGER_FEW   2u
#define LINGER_WORTH 8u
#define LINGER_BEST  (2 * LINGER_WORTH)

static inline bool
linger_is_worth_it(const struct worker *w)
{
    return w->linger_score >= LINGER_WORTH;
}

/* Somebody wants something else of the worker. */
static inline bool
linger_is_over(struct worker *w)
{
    return runtime_is_stopping(w->runtime) || helm_is_wanted(&w->helm) ||
           (w->blocker && steal__blocker_is_done(w->blocker));
}

/* Waiting awake has been, or would have been, worth it. */
static inline void
linger_note(struct worker *w, bool worth_it)
{
    if (!worth_it)
        w->linger_score -= w->linger_score < LINGER_WORTH ? w->linger_score
                                                          : LINGER_WORTH;
    else if (w->linger_score < LINGER_BEST)
        w->linger_score++;
}

/* It has slept in the driver's seat and was woken by `n` events: soon?  Sleep and
 * wake-up themselves have taken part of that time. */
static inline void
linger_note_sleep(struct worker *w, unsigned n)
{
    linger_note(w,
            n <= LINGER_FEW && steal_now() - w->last_maintenance < 2 * LINGER);
}

#endif
