/*
 * gate.h - one plays, and now and then others look.
 *
 *     AWAY     nobody plays
 *     PLAYED   somebody does
 *     ASKED    likewise, and somebody waits for a look
 *     LOOKED   somebody looks, and nobody plays
 *
 *     player   AWAY -> PLAYED -> AWAY, or ASKED -> LOOKED
 *     looker   AWAY -> LOOKED -> AWAY, or PLAYED -> ASKED, and ASKED -> PLAYED if that
 *              took too long
 *
 * So what the player does between two pauses is done for who looks, and the other way
 * round.  Who plays is not held up where nobody looks.
 *
 * Threads: one player at a time; lookers: any.  A looker that plays itself would wait
 *          for itself.
 *
 * Orderings
 *   O1  pause, leave: CAS, release  ->  look: CAS or load, acquire
 *   O2  done: store, release        ->  enter: CAS, acquire
 */
#ifndef STEAL_SCHED_GATE_H
#define STEAL_SCHED_GATE_H

#include "../base/atomic.h"
#include "../base/compiler.h"

enum {
    GATE_AWAY,
    GATE_PLAYED,
    GATE_ASKED,
    GATE_LOOKED
};

struct gate {
    _Atomic(uint32_t) state;
};

static inline void
gate_init(struct gate *gate)
{
    store_relaxed(&gate->state, GATE_AWAY); /* not shared yet */
}

/* The player's.  Waits for who looks. */
void steal__gate_enter(struct gate *gate);
void steal__gate_leave(struct gate *gate);
void steal__gate_let_in(struct gate *gate);

/* The player's, as often as it can: lets one look who waits for it. */
static inline void
gate_pause(struct gate *gate)
{
    if (unlikely(load_relaxed(&gate->state) == GATE_ASKED)) /* it is ours */
        steal__gate_let_in(gate);
}

/* False if it could not have a look before the deadline (ns, real); else it must be
 * done with it soon. */
bool steal__gate_look(struct gate *gate, uint64_t deadline);
void steal__gate_done(struct gate *gate);

#endif
