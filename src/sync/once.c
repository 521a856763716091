/*
 * once.c - the right to initialise, handed from one to the next.
 *
 *            first to come           its future succeeds
 *     FRESH ---------------> RUNNING --------------------> DONE
 *       ^                      | |  ^
 *       |   fails, is dropped  | |  |  fails, is dropped
 *       +----------------------+ +--+  the first that waits goes on
 *            nobody waits
 *
 *   R1  While the state is RUNNING, one run has the right to poll its init
 *       future: the one that made it so, or that whose wait was ended by TURN.
 *   R2  Only who has the right changes the state, and does so under the lock.
 *   R3  The init future is dropped before the right is handed on.
 *   R4  Who has the right writes down which task that is, where deadlocks are
 *       looked for, and takes it back before the right goes.
 *
 * Orderings (and those of place.h)
 *   O1  done: store state, release  ->  run, is_done: load state, acquire
 *       Who sees DONE sees what the init future has done.
 */
#include <steal/once.h>

#include "../base/await.h"
#include "../task/budget.h"
#include "place.h"

enum once_state {
    FRESH,
    RUNNING,
    DONE
};

/* How a wait ends. */
#define OVER 1
#define TURN 2

struct once {
    _Atomic(uint32_t) state;
    struct waitq waiting;
    _Atomic(uint64_t) runner; /* the id of its task, or 0: R4 */
};

_Static_assert(sizeof(struct once) == sizeof(struct steal_once),
        "struct steal_once is a struct once");

static inline struct once *
once_of(const struct steal_once *once)
{
    return (struct once *)(uintptr_t)once;
}

void
steal_once_init(struct steal_once *once)
{
    *once = (struct steal_once)STEAL_ONCE_INIT;
}

static inline bool
is_done(struct once *once)
{
    return load_acquire(&once->state) == DONE; /* O1 */
}

bool
steal_once_is_done(const struct steal_once *once)
{
    return is_done(once_of(once));
}

/*
 * The right to run
 */

static void
pass_on_locked(struct once *once, struct ending *ending)
{
    struct wait *first = waitq_first_locked(&once->waiting);

    if (first)
        end_locked(ending, first, TURN);
    else
        store_release(&once->state, FRESH); /* nobody looks without the lock */
}

/* R2: the init future of this run is over, and dropped. */
static void
end_run(struct once *once, bool done)
{
    struct ending ending;

    ending_init(&ending);
    store_relaxed(&once->runner, 0); /* R4 */
    lock_take(&once->waiting.lock);
    if (done) {
        store_release(&once->state, DONE); /* O1 */
        end_all_locked(&ending, &once->waiting, OVER);
    } else {
        pass_on_locked(once, &ending);
    }
    lock_give(&once->waiting.lock);
    steal__ending_send(&ending);
}

/* The right is ours. */
static void
begin_run(struct steal_once_run *self, const struct steal_context *cx)
{
    self->runs = true;
    store_relaxed(&once_of(self->once)->runner, holder_of(cx)); /* R4 */
}

/* How things stood, under the lock: FRESH is RUNNING from then on, for us. */
static enum once_state
enter(struct once *once, struct place *place, struct steal_context *cx)
{
    uint32_t state;

    place_prepare(place, cx);
    lock_take(&once->waiting.lock);
    state = load_acquire(&once->state); /* O1 */
    if (state == RUNNING)
        place_enter_locked(&once->waiting, place);
    if (state == FRESH)
        store_release(&once->state, RUNNING); /* R1 */
    lock_give(&once->waiting.lock);
    if (state != RUNNING)
        place_forget(place);
    return (enum once_state)state;
}

/*
 * struct steal_once_run
 */

static enum steal_poll
poll_init(struct steal_once_run *self, struct steal_context *cx)
{
    int result;

    if (steal_future_poll(self->init, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    result = self->init->result;
    steal_future_drop(self->init); /* R3 */
    self->runs = false;
    self->future.result = result < 0 ? result : 0;
    end_run(once_of(self->once), result >= 0);
    return STEAL_READY;
}

static enum steal_poll
poll_wait(struct steal_once_run *self, struct steal_context *cx)
{
    struct once *once = once_of(self->once);
    struct place *place = place_of(&self->place);

    if (!steal__place_is_over(&once->waiting, place, cx))
        return STEAL_PENDING;
    if (place_end(place) == OVER)
        return STEAL_READY;
    begin_run(self, cx);
    return poll_init(self, cx);
}

static enum steal_poll
poll_first(struct steal_once_run *self, struct steal_context *cx)
{
    struct once *once = once_of(self->once);

    if (!steal__may_go_on(cx))
        return STEAL_PENDING;
    if (is_done(once)) {
        lock_settle(&once->waiting.lock); /* P2 */
        return STEAL_READY;
    }
    switch (enter(once, place_of(&self->place), cx)) {
    case FRESH:
        begin_run(self, cx);
        return poll_init(self, cx);
    case RUNNING:
        return STEAL_PENDING;
    case DONE:
        break;
    }
    return STEAL_READY;
}

static enum steal_poll
run_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_once_run *self = (struct steal_once_run *)future;

    if (self->runs)
        return poll_init(self, cx);
    if (place_of(&self->place)->waits)
        return poll_wait(self, cx);
    return poll_first(self, cx);
}

static void
run_drop(struct steal_future *future)
{
    struct steal_once_run *self = (struct steal_once_run *)future;
    struct once *once = once_of(self->once);

    if (self->runs)
        steal_future_drop(self->init); /* R3 */
    else if (place_drop(&once->waiting, place_of(&self->place)) != TURN)
        return;
    end_run(once, false);
}

static struct steal_future *
run_awaited(struct steal_future *future, size_t i)
{
    struct steal_once_run *self = (struct steal_once_run *)future;

    return i || !self->runs ? NULL : self->init;
}

static void
run_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_once_run *self = (struct steal_once_run *)future;

    if (!place_of(&self->place)->waits || self->runs)
        return;
    await_for(await, "once", self->once);
    await->task = load_relaxed(&once_of(self->once)->runner); /* a hint */
}

static const struct steal_future_ops run_ops = { .name = "once",
    .poll = run_poll,
    .drop = run_drop,
    .awaited = run_awaited,
    .waits = run_waits };

struct steal_future *
steal_once_run(struct steal_once_run *run, struct steal_once *once,
        struct steal_future *init)
{
    steal_future_init(&run->future, &run_ops);
    run->once = once;
    run->init = init;
    run->runs = false;
    place_init(place_of(&run->place));
    return &run->future;
}
