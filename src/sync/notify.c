/*
 * notify.c - one word, and a queue that is needed only while somebody waits.
 *
 *   63 .......... calls of notify_all .......... 2 | PERMIT | WAITING
 *
 *   N1  WAITING and PERMIT exclude each other.
 *   N2  WAITING is set and cleared under the lock.  While it is set, only the
 *       holder of the lock writes the word; while it is not, anybody does, by
 *       RMW, also without the lock.
 *   N3  Whoever is in the queue came when WAITING was set or set it.  It may stay
 *       set when the last one has left the queue: the next notification finds
 *       nobody and clears it.
 *
 * A notified takes the number of calls with it when it is made.  If that differs
 * from the one in the word, notify_all was called since.
 *
 * Orderings (and those of place.h)
 *   O1  notify_one, notify_all: RMW or store, release  ->  notified: load or RMW,
 *       acquire
 *       Who finds the permit or a new number sees what came before.  Also a
 *       permit that is there already is written again, since whoever takes it
 *       has to see what came before this call, too.  What is stored under the
 *       lock was read with acquire before, and so hands on what it replaces.
 *   O2  notify_all: as O1  ->  making a notified: load, acquire
 *       One that is made with the new number is made where the change is
 *       visible; one that is not is ended by it.
 */
#include <steal/notify.h>

#include "../base/await.h"
#include "../task/budget.h"
#include "place.h"

#define WAITING UINT64_C(1)
#define PERMIT  UINT64_C(2)
#define CALL    UINT64_C(4)

/* How a wait ends. */
#define BY_ONE 1
#define BY_ALL 2

struct notify {
    _Atomic(uint64_t) word;
    struct waitq waiting;
};

_Static_assert(sizeof(struct notify) == sizeof(struct steal_notify),
        "struct steal_notify is a struct notify");

static inline struct notify *
notify_of(struct steal_notify *notify)
{
    return (struct notify *)(void *)notify;
}

static inline uint64_t
calls_of(uint64_t word)
{
    return word & ~(PERMIT | WAITING);
}

void
steal_notify_init(struct steal_notify *notify)
{
    *notify = (struct steal_notify)STEAL_NOTIFY_INIT;
}

/*
 * Notifying
 */

/* Leaves a permit; false if somebody waits. */
static inline bool
leave_permit(struct notify *n)
{
    uint64_t word = load_relaxed(&n->word); /* the CAS checks */

    do {
        if (word & WAITING)
            return false;
    } while (!cas_weak_release(&n->word, &word, word | PERMIT)); /* O1 */
    return true;
}

static inline bool
count_call(struct notify *n)
{
    uint64_t word = load_relaxed(&n->word); /* the CAS checks */

    do {
        if (word & WAITING)
            return false;
    } while (!cas_weak_release(&n->word, &word, word + CALL)); /* O1, O2 */
    return true;
}

static void
end_first_locked(struct notify *n, struct ending *ending)
{
    struct wait *first = waitq_first_locked(&n->waiting);
    uint64_t word = load_acquire(&n->word); /* O1 */

    if (first)
        end_locked(ending, first, BY_ONE);
    if (!waitq_first_locked(&n->waiting)) /* N2 */
        store_release(&n->word, (word & ~WAITING) | (first ? 0 : PERMIT));
}

/* Somebody waits, or did a moment ago. */
static void
end_first(struct notify *n)
{
    struct ending ending;

    ending_init(&ending);
    lock_take(&n->waiting.lock);
    if (!leave_permit(n))
        end_first_locked(n, &ending);
    lock_give(&n->waiting.lock);
    steal__ending_send(&ending);
}

static void
end_all(struct notify *n)
{
    struct ending ending;
    uint64_t word;

    ending_init(&ending);
    lock_take(&n->waiting.lock);
    if (!count_call(n)) {
        word = load_acquire(&n->word);                     /* O1 */
        store_release(&n->word, (word & ~WAITING) + CALL); /* N2, O1, O2 */
        end_all_locked(&ending, &n->waiting, BY_ALL);
    }
    lock_give(&n->waiting.lock);
    steal__ending_send(&ending);
}

void
steal_notify_one(struct steal_notify *notify)
{
    struct notify *n = notify_of(notify);

    if (!leave_permit(n))
        end_first(n);
}

void
steal_notify_all(struct steal_notify *notify)
{
    struct notify *n = notify_of(notify);

    if (!count_call(n))
        end_all(n);
}

/*
 * struct steal_notified
 */

/* True if there is no need to wait; else *word is what says so. */
static inline bool
take(struct notify *n, uint64_t made, uint64_t *word)
{
    *word = load_acquire(&n->word); /* O1 */
    for (;;) {
        if (calls_of(*word) != made)
            return true;
        if (!(*word & PERMIT))
            return false;
        if (cas_weak_acq_rel(&n->word, word, *word & ~PERMIT)) /* O1 */
            return true;
    }
}

/* The same under the lock: if it says false, WAITING is set. */
static bool
take_locked(struct notify *n, uint64_t made)
{
    uint64_t word;

    do {
        if (take(n, made, &word))
            return true;
        if (word & WAITING)
            return false;
    } while (!cas_weak_acq_rel(&n->word, &word, word | WAITING)); /* N2 */
    return false;
}

static bool
take_or_wait(struct notify *n, struct steal_notified *self,
        struct steal_context *cx)
{
    struct place *place = place_of(&self->place);
    bool taken;

    place_prepare(place, cx);
    lock_take(&n->waiting.lock);
    taken = take_locked(n, self->made);
    if (!taken)
        place_enter_locked(&n->waiting, place);
    lock_give(&n->waiting.lock);
    if (taken)
        place_forget(place);
    return taken;
}

static enum steal_poll
notified_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_notified *self = (struct steal_notified *)future;
    struct notify *n = notify_of(self->notify);
    struct place *place = place_of(&self->place);
    uint64_t word;

    if (place->waits)
        return steal__place_is_over(&n->waiting, place, cx) ? STEAL_READY
                                                            : STEAL_PENDING;
    if (!steal__may_go_on(cx))
        return STEAL_PENDING;
    if (take(n, self->made, &word)) {
        lock_settle(&n->waiting.lock); /* P2 */
        return STEAL_READY;
    }
    return take_or_wait(n, self, cx) ? STEAL_READY : STEAL_PENDING;
}

/* A notification for one that was not seen goes to another. */
static void
notified_drop(struct steal_future *future)
{
    struct steal_notified *self = (struct steal_notified *)future;
    struct notify *n = notify_of(self->notify);

    if (place_drop(&n->waiting, place_of(&self->place)) == BY_ONE)
        steal_notify_one(self->notify);
}

static void
notified_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_notified *self = (struct steal_notified *)future;

    if (place_of(&self->place)->waits)
        await_for(await, "notify", self->notify);
}

static const struct steal_future_ops notified_ops = { .name = "notified",
    .poll = notified_poll,
    .drop = notified_drop,
    .waits = notified_waits };

struct steal_future *
steal_notified(struct steal_notified *notified, struct steal_notify *notify)
{
    steal_future_init(&notified->future, &notified_ops);
    notified->notify = notify;
    notified->made = calls_of(load_acquire(&notify_of(notify)->word)); /* O2 */
    place_init(place_of(&notified->place));
    return &notified->future;
}
