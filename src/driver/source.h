/*
 * source.h - a descriptor that the driver watches, and who waits for it.
 *
 * This is struct steal_fd.  An operation tries first: it enters, makes its
 * system call and leaves with what it has consumed (ready.h).  Only when it would
 * block does it wait; the first wait puts the descriptor into the set that the
 * driver watches (set.h), where it stays: further waits and wake-ups cost no
 * system call.
 *
 * References: one of all owners, one of the open descriptor, and one of each
 * operation that has waited, until it is done: whoever closes the source while an
 * operation waits may do so, too, while that is about to try again.  A source that
 * was watched is freed between two turns of the driver, since a turn may have its
 * address among the events that it goes through.
 *
 * Threads: raise() and free() are for the holder of the driver's seat, the rest for
 *          anyone with a reference.
 */
#ifndef STEAL_DRIVER_SOURCE_H
#define STEAL_DRIVER_SOURCE_H

#include <steal/fd.h>

#include "../task/waitq.h"
#include "ready.h"

struct driver;
struct wire;

/* What is known of a descriptor. */
#define SOURCE_SOCKET    1u /* send() and recv() work */
#define SOURCE_DRAINS    2u /* a short read has emptied it (ready.h, R3) */
#define SOURCE_PACKETS   4u /* what is sent arrives in one piece, or not at all */
#define SOURCE_SIMULATED 8u /* operations ask the world first (world.h) */

struct steal_fd {
    _Atomic(uint64_t) word;
    /* constant */
    int number;
    unsigned kind;
    struct steal_runtime *runtime;
    struct wire *wire; /* in a simulation: its connection, or NULL */
    unsigned spared;   /* there: events that have waited enough; the world's */
    /* guarded by waiters.lock */
    struct waitq waiters;
    unsigned refs;
    unsigned owners;
    unsigned interest; /* all that anyone has ever waited for */
    unsigned watched;  /* what the set has been told */
    bool telling;      /* somebody is telling it */
    bool keeps;        /* the descriptor outlives this */
    /* the driver's, guarded by its lock */
    bool foreign; /* in the list of those that foreign executors wait for */
    struct list link;
};

/* For a descriptor that is in non-blocking mode.  The source owns it if that
 * succeeds. */
int steal__source_new(struct steal_fd **source, struct steal_runtime *runtime,
        int number, unsigned kind);

static inline bool
steal__source_enter(struct steal_fd *source, uint64_t *seen)
{
    return steal__ready_enter(&source->word, seen);
}

/* The last to leave a closed source: closes the descriptor. */
void steal__source_end(struct steal_fd *source);

static inline void
steal__source_leave(struct steal_fd *source, uint64_t seen, unsigned consumed)
{
    if (unlikely(steal__ready_leave(&source->word, seen, consumed)))
        steal__source_end(source);
}

static inline bool
steal__source_is_closed(struct steal_fd *source)
{
    return load_relaxed(&source->word) & READY_CLOSED; /* see the caller */
}

/* What it is ready for, as far as is known. */
static inline unsigned
steal__source_bits(struct steal_fd *source)
{
    /* A hint: whoever waits looks again, under the lock. */
    return (unsigned)(load_relaxed(&source->word) & READY_ANY);
}

/* False if an operation would only be told to wait. */
static inline bool
steal__source_is_worth_trying(struct steal_fd *source, unsigned events)
{
    return steal__source_bits(source) & events ||
           steal__source_is_closed(source);
}

/* Begins to wait for what `wait` says: 0; or 1 if there is no need to, or a
 * negative errno code: then nothing has begun.  From then to steal__source_done()
 * the wait has a reference. */
int steal__source_wait(struct steal_fd *source, struct wait *wait,
        const struct steal_context *cx);

/* Polls a wait that has begun.  True if it has ended, as wait->status tells. */
bool steal__source_has_ended(struct steal_fd *source, struct wait *wait,
        const struct steal_context *cx);

/* One reference more, or less. */
void steal__source_hold(struct steal_fd *source);
void steal__source_put(struct steal_fd *source);

/* The operation is over, which does not wait (any more). */
void steal__source_let_go(struct steal_fd *source, struct wait *wait);

static inline void
steal__source_done(struct steal_fd *source, struct wait *wait)
{
    if (wait->held)
        steal__source_let_go(source, wait);
}

/* The operation is given up; perhaps it waits. */
void steal__source_give_up(struct steal_fd *source, struct wait *wait);

/* For ops.waits, of a future that waits so. */
void steal__source_tell(const struct steal_fd *source, const struct wait *wait,
        struct steal_await *await);

/* The system reports these bits of ready.h. */
void steal__source_raise(struct steal_fd *source, uint64_t bits,
        struct wakeups *wakeups);

/* By its link: when it comes out of the graveyard. */
void steal__source_free(struct list *link);

/* By its link: the driver is over, and foreign executors wait for the source.
 * First with the driver's lock, then without. */
void steal__source_cut_off_locked(struct list *link);
void steal__source_cut_off(struct list *link);

#endif
