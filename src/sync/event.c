/*
 * event.c - events and latches: a word that opens, and who waits for that.
 *
 * To both the same holds, whom we call a gate.
 *
 *   event   31 ........ 0 ........ 2 | SET | WAITING
 *   latch   31 ...... count ......... 1 | WAITING
 *
 *   G1  A gate is open if its word is that of an open event, SET, or of an open
 *       latch, 0.
 *   G2  WAITING is set under the lock, by the first that waits.  It may stay when
 *       the last one has left.  Opening the gate clears it.
 *   G3  While WAITING is not set, the gate opens by one RMW, which is then the
 *       last access to it; otherwise under the lock.
 *
 * Orderings (and those of place.h)
 *   O1  set, down: RMW, acq_rel  ->  wait, is_set, is_open: load, acquire
 *       Who sees it open sees what came before; of a latch, before each down,
 *       for these RMWs follow one another on one word.  An event that is set
 *       already is written again, so that a reset after it sees what came
 *       before this call, too.
 *   O2  set: as O1  ->  reset: RMW, acq_rel
 *       Who resets, looks and then waits has seen what was done before a set that
 *       the reset has undone.
 */
#include <steal/event.h>

#include "../base/await.h"
#include "../task/budget.h"
#include "place.h"

#define WAITING UINT32_C(1)
#define SET     UINT32_C(2)

#define LATCH_OPEN 0 /* the word of a latch that is open */

#define OPENED 1 /* how a wait ends */

struct gate {
    _Atomic(uint32_t) word;
    struct waitq waiting;
};

_Static_assert(sizeof(struct gate) == sizeof(struct steal_event),
        "struct steal_event is a struct gate");
_Static_assert(sizeof(struct gate) == sizeof(struct steal_latch),
        "struct steal_latch is a struct gate");

static inline struct gate *
event_gate(const struct steal_event *event)
{
    return (struct gate *)(uintptr_t)event;
}

static inline struct gate *
latch_gate(const struct steal_latch *latch)
{
    return (struct gate *)(uintptr_t)latch;
}

/* Somebody waits, or did. */
static void
open_locked(struct gate *gate, uint32_t open)
{
    struct ending ending;

    ending_init(&ending);
    lock_take(&gate->waiting.lock);
    swap_acq_rel(&gate->word, open); /* O1 */
    end_all_locked(&ending, &gate->waiting, OPENED);
    lock_give(&gate->waiting.lock);
    steal__ending_send(&ending);
}

static inline bool
is_open(const struct gate *gate, uint32_t open)
{
    return load_acquire((_Atomic(uint32_t) *)&gate->word) == open; /* O1 */
}

/*
 * Waiting
 */

/* Under the lock: if it says false, WAITING is set. */
static bool
is_open_locked(struct gate *gate, uint32_t open)
{
    uint32_t word = load_acquire(&gate->word); /* O1 */

    do {
        if (word == open)
            return true;
        if (word & WAITING)
            return false;
    } while (!cas_weak_acq_rel(&gate->word, &word, word | WAITING)); /* G2 */
    return false;
}

static bool
pass_or_wait(struct gate *gate, struct place *place, uint32_t open,
        struct steal_context *cx)
{
    bool pass;

    place_prepare(place, cx);
    lock_take(&gate->waiting.lock);
    pass = is_open_locked(gate, open);
    if (!pass)
        place_enter_locked(&gate->waiting, place);
    lock_give(&gate->waiting.lock);
    if (pass)
        place_forget(place);
    return pass;
}

/* True if the wait is over. */
static inline bool
gate_poll(struct gate *gate, struct place *place, uint32_t open,
        struct steal_context *cx)
{
    if (place->waits)
        return steal__place_is_over(&gate->waiting, place, cx);
    if (!steal__may_go_on(cx))
        return false;
    if (!is_open(gate, open))
        return pass_or_wait(gate, place, open, cx);
    lock_settle(&gate->waiting.lock); /* P2 */
    return true;
}

/*
 * Events
 */

void
steal_event_init(struct steal_event *event)
{
    *event = (struct steal_event)STEAL_EVENT_INIT;
}

void
steal_event_set(struct steal_event *event)
{
    struct gate *gate = event_gate(event);
    uint32_t word = load_relaxed(&gate->word); /* the CAS checks */

    do {
        if (word & WAITING) {
            open_locked(gate, SET);
            return;
        }
    } while (!cas_weak_acq_rel(&gate->word, &word, SET)); /* O1, O2, G3 */
}

void
steal_event_reset(struct steal_event *event)
{
    struct gate *gate = event_gate(event);
    uint32_t word = load_relaxed(&gate->word); /* the CAS checks */

    /* One that is not set has nobody's deeds to show. */
    while (word == SET && !cas_weak_acq_rel(&gate->word, &word, 0)) /* O2 */
        ;
}

bool
steal_event_is_set(const struct steal_event *event)
{
    return is_open(event_gate(event), SET);
}

static enum steal_poll
event_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_event_wait *self = (struct steal_event_wait *)future;
    bool over = gate_poll(event_gate(self->event), place_of(&self->place), SET,
            cx);

    return over ? STEAL_READY : STEAL_PENDING;
}

static void
event_drop(struct steal_future *future)
{
    struct steal_event_wait *self = (struct steal_event_wait *)future;

    place_drop(&event_gate(self->event)->waiting, place_of(&self->place));
}

static void
event_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_event_wait *self = (struct steal_event_wait *)future;

    if (place_of(&self->place)->waits)
        await_for(await, "event", self->event);
}

static const struct steal_future_ops event_ops = { .name = "event",
    .poll = event_poll,
    .drop = event_drop,
    .waits = event_waits };

struct steal_future *
steal_event_wait(struct steal_event_wait *wait, struct steal_event *event)
{
    steal_future_init(&wait->future, &event_ops);
    wait->event = event;
    place_init(place_of(&wait->place));
    return &wait->future;
}

/*
 * Latches
 */

void
steal_latch_init(struct steal_latch *latch, uint32_t n)
{
    *latch = (struct steal_latch)STEAL_LATCH_INIT(n);
}

/* Counts only go down: what is enough to open the latch remains enough. */
void
steal_latch_down(struct steal_latch *latch, uint32_t n)
{
    struct gate *gate = latch_gate(latch);
    uint32_t word = load_relaxed(&gate->word); /* the CAS checks */
    uint32_t next;

    do {
        next = word >> 1 > n ? word - (n << 1) : LATCH_OPEN;
        if (next == LATCH_OPEN && (word & WAITING)) {
            open_locked(gate, LATCH_OPEN);
            return;
        }
    } while (!cas_weak_acq_rel(&gate->word, &word, next)); /* O1, G3 */
}

bool
steal_latch_is_open(const struct steal_latch *latch)
{
    return is_open(latch_gate(latch), LATCH_OPEN);
}

static enum steal_poll
latch_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_latch_wait *self = (struct steal_latch_wait *)future;
    bool over = gate_poll(latch_gate(self->latch), place_of(&self->place),
            LATCH_OPEN, cx);

    return over ? STEAL_READY : STEAL_PENDING;
}

static void
latch_drop(struct steal_future *future)
{
    struct steal_latch_wait *self = (struct steal_latch_wait *)future;

    place_drop(&latch_gate(self->latch)->waiting, place_of(&self->place));
}

static void
latch_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_latch_wait *self = (struct steal_latch_wait *)future;

    if (place_of(&self->place)->waits)
        await_for(await, "latch", self->latch);
}

static const struct steal_future_ops latch_ops = { .name = "latch",
    .poll = latch_poll,
    .drop = latch_drop,
    .waits = latch_waits };

struct steal_future *
steal_latch_wait(struct steal_latch_wait *wait, struct steal_latch *latch)
{
    steal_future_init(&wait->future, &latch_ops);
    wait->latch = latch;
    place_init(place_of(&wait->place));
    return &wait->future;
}
