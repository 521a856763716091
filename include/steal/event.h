/*
 * steal/event.h - waiting until something has happened: events and latches.
 *
 * An event is set or not, and stays so until it is set or reset.  All who wait
 * go on when it is set; who comes while it is set does not wait.
 *
 *     struct steal_event loaded = STEAL_EVENT_INIT;
 *
 *     steal_event_set(&loaded);                              // any thread
 *
 *     STEAL_AWAIT(cx, steal_event_wait(&self->wait, &loaded)); // a task
 *
 * A latch counts down to zero, once, and is open from then on.
 *
 *     struct steal_latch left = STEAL_LATCH_INIT(3);
 *
 *     steal_latch_down(&left, 1);                            // three times
 *
 *     STEAL_AWAIT(cx, steal_latch_wait(&self->wait, &left));
 *
 * Threads: any, also those that are no workers; no function blocks.  What comes
 * before steal_event_set() is visible to those whom it lets go on, and what comes
 * before any steal_latch_down() to those who see the latch open.
 *
 * Drop: a wait that is dropped leaves the queue, and nothing else changes.
 *
 * Memory: the caller's, and nothing is allocated.  There is nothing to undo.  An
 * event that is zero is not set; a latch that is zero is open.  Both may go once
 * nobody waits and no call is to come; the calls that have let a wait end
 * do not touch the object any more by the time that it is ready, so a latch may
 * be part of the future that waits for it.
 */
#ifndef STEAL_EVENT_H
#define STEAL_EVENT_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_event {
    /* private */
    uint32_t word;
    struct steal_waitq waiting;
};

/* clang-format off */
#define STEAL_EVENT_INIT { 0, { 0, NULL, NULL } }
/* clang-format on */

STEAL_API void steal_event_init(struct steal_event *event);

/* Lets all go on who wait, and those who come before the next reset. */
STEAL_API void steal_event_set(struct steal_event *event);

/* Who waited when the event was set goes on nonetheless. */
STEAL_API void steal_event_reset(struct steal_event *event);

/* True if it is set: what came before that is visible then. */
STEAL_API bool steal_event_is_set(const struct steal_event *event);

/* A future: waits until the event is set.  Its result is 0. */
struct steal_event_wait {
    struct steal_future future;
    /* private */
    struct steal_event *event;
    struct steal_place place;
};

STEAL_API struct steal_future *steal_event_wait(struct steal_event_wait *wait,
        struct steal_event *event);

struct steal_latch {
    /* private */
    uint32_t word;
    struct steal_waitq waiting;
};

/* The largest count of a latch. */
#define STEAL_LATCH_MAX UINT32_C(0x7fffffff)

/* clang-format off */
#define STEAL_LATCH_INIT(n) { (uint32_t)(n) << 1, { 0, NULL, NULL } }
/* clang-format on */

STEAL_API void steal_latch_init(struct steal_latch *latch, uint32_t n);

/* Takes `n` from the count, or all if there is less. */
STEAL_API void steal_latch_down(struct steal_latch *latch, uint32_t n);

/* True if the count is 0: what came before that is visible then. */
STEAL_API bool steal_latch_is_open(const struct steal_latch *latch);

/* A future: waits until the count is 0.  Its result is 0. */
struct steal_latch_wait {
    struct steal_future future;
    /* private */
    struct steal_latch *latch;
    struct steal_place place;
};

STEAL_API struct steal_future *steal_latch_wait(struct steal_latch_wait *wait,
        struct steal_latch *latch);

STEAL_END_DECLS

#endif
