/*
 * ready.h - the word of a source: what it is ready for, and who is using it.
 *
 *   63 .. tick .. 32 | 31 .. users .. 8 | - | GONE | CLOSED | ENDED | P | W | R
 *
 *   bit     set by       cleared by   while it is set
 *   R W P   raise()      leave()      an operation is worth trying
 *   ENDED   raise()      never        a short read proves nothing (below)
 *   CLOSED  close()      never        nobody enters
 *   GONE    bury()       never        the descriptor is no longer used
 *
 *   tick    counts the raises
 *   users   threads that are in a system call with the descriptor
 *
 *   R1  An operation takes what it has seen with it, and clears a bit only if no
 *       raise has come since: an event that the system has reported between its
 *       "would block" and the clearing is not forgotten.
 *   R2  The descriptor is closed by whoever is the last to leave after CLOSED was
 *       set, once: until then its number cannot become another's.
 *   R3  A read that fills less than its buffer has emptied a TCP socket or a
 *       pipe, and clears R without asking again.  Not so if the stream has
 *       ENDED, for the end is still to be read, or has urgent data, at which a
 *       read stops: both set ENDED.
 *
 * Threads: raise() for the holder of the driver's seat, the rest for anyone.
 *
 * Orderings
 *   O1  leave: RMW, release  ->  the last leave: RMW, acquire
 *       Who closes the descriptor does so after all use of it, and sees what was
 *       said about the closing, for the one who said it has left, too.
 *   O2  raise: RMW, release  ->  enter: RMW, acquire
 *       Who has seen the tick of an event finds what the event told of: its
 *       "would block" is not an older one (R1).
 *   O3  bury: or, release  ->  is_gone: load, acquire
 */
#ifndef STEAL_DRIVER_READY_H
#define STEAL_DRIVER_READY_H

#include <steal/fd.h>

#include "../base/atomic.h"
#include "../base/compiler.h"

#define READY_ANY    ((uint64_t)(STEAL_READABLE | STEAL_WRITABLE | STEAL_PRIORITY))
#define READY_ENDED  (UINT64_C(1) << 3)
#define READY_CLOSED (UINT64_C(1) << 4)
#define READY_GONE   (UINT64_C(1) << 5)
#define READY_USER   (UINT64_C(1) << 8)
#define READY_USERS  (UINT64_C(0xffffff) << 8)
#define READY_TICK   (UINT64_C(1) << 32)

/* Begins to use the descriptor.  False if it is closed. */
static inline bool
steal__ready_enter(_Atomic(uint64_t) *word, uint64_t *seen)
{
    uint64_t old = load_relaxed(word); /* the CAS checks */

    do {
        if (unlikely(old & READY_CLOSED))
            return false;
    } while (!cas_weak_acq_rel(word, &old, old + READY_USER)); /* O2 */
    *seen = old;
    return true;
}

/*
 * Ends the use, and clears the bits in `consumed` unless they were raised after
 * `seen` (R1).  True if the caller must close the descriptor (R2).
 */
static inline bool
steal__ready_leave(_Atomic(uint64_t) *word, uint64_t seen, uint64_t consumed)
{
    uint64_t old = load_relaxed(word); /* the CAS checks */
    uint64_t next;

    do {
        next = old - READY_USER;
        if (old / READY_TICK == seen / READY_TICK)
            next &= ~consumed;
    } while (!cas_weak_acq_rel(word, &old, next)); /* O1 */
    return (next & (READY_CLOSED | READY_USERS)) == READY_CLOSED;
}

/* The system says that it is ready. */
static inline void
steal__ready_raise(_Atomic(uint64_t) *word, uint64_t bits)
{
    uint64_t old = load_relaxed(word); /* the CAS checks */

    while (!cas_weak_acq_rel(word, &old, (old | bits) + READY_TICK)) /* O2 */
        ;
}

/* True for the one who closes it; it has entered, and leaves as others do. */
static inline bool
steal__ready_close(_Atomic(uint64_t) *word)
{
    uint64_t old = load_relaxed(word); /* the CAS checks */

    do {
        if (old & READY_CLOSED)
            return false;
    } while (!cas_weak_acq_rel(word, &old, /* its leave tells: O1 */
            (old | READY_CLOSED) + READY_USER));
    return true;
}

static inline void
steal__ready_bury(_Atomic(uint64_t) *word)
{
    or_release(word, READY_GONE); /* O3 */
}

static inline bool
steal__ready_is_gone(_Atomic(uint64_t) *word)
{
    return load_acquire(word) & READY_GONE; /* O3 */
}

#endif
