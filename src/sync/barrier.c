/*
 * barrier.c - a count of those who wait, and their queue.
 *
 * The lock guards both.  `arrived` is the length of the queue, at most one less
 * than there are parties: the last one does not wait.
 *
 * Orderings: those of place.h; who waits sees what the others did before by
 * the lock that all of them have held.
 */
#include <steal/barrier.h>

#include "../base/await.h"
#include "../task/budget.h"
#include "place.h"

#define COMPLETE 1 /* how a wait ends */

/* True if the round is complete with this one. */
static bool
arrive_locked(struct steal_barrier *barrier, struct place *place,
        struct ending *ending)
{
    struct waitq *queue = waitq_of(&barrier->waiting);

    if (barrier->arrived + 1 < barrier->parties) {
        barrier->arrived++;
        place_enter_locked(queue, place);
        return false;
    }
    barrier->arrived = 0;
    end_all_locked(ending, queue, COMPLETE);
    return true;
}

static bool
arrive(struct steal_barrier *barrier, struct place *place,
        struct steal_context *cx)
{
    struct waitq *queue = waitq_of(&barrier->waiting);
    struct ending ending;
    bool leads;

    ending_init(&ending);
    place_prepare(place, cx);
    lock_take(&queue->lock);
    leads = arrive_locked(barrier, place, &ending);
    lock_give(&queue->lock);
    if (!leads)
        return false;
    place_forget(place);
    steal__ending_send(&ending);
    return true;
}

static enum steal_poll
barrier_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_barrier_wait *self = (struct steal_barrier_wait *)future;
    struct waitq *queue = waitq_of(&self->barrier->waiting);
    struct place *place = place_of(&self->place);

    if (place->waits)
        return steal__place_is_over(queue, place, cx) ? STEAL_READY
                                                      : STEAL_PENDING;
    if (!steal__may_go_on(cx) || !arrive(self->barrier, place, cx))
        return STEAL_PENDING;
    future->result = 1;
    return STEAL_READY;
}

static void
barrier_drop(struct steal_future *future)
{
    struct steal_barrier_wait *self = (struct steal_barrier_wait *)future;
    struct place *place = place_of(&self->place);

    if (place->waits)
        steal__place_leave(waitq_of(&self->barrier->waiting), place,
                &self->barrier->arrived);
}

static void
barrier_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_barrier_wait *self = (struct steal_barrier_wait *)future;

    if (place_of(&self->place)->waits)
        await_for(await, "barrier", self->barrier);
}

static const struct steal_future_ops barrier_ops = { .name = "barrier",
    .poll = barrier_poll,
    .drop = barrier_drop,
    .waits = barrier_waits };

void
steal_barrier_init(struct steal_barrier *barrier, uint32_t n)
{
    *barrier = (struct steal_barrier)STEAL_BARRIER_INIT(n);
}

struct steal_future *
steal_barrier_wait(struct steal_barrier_wait *wait,
        struct steal_barrier *barrier)
{
    steal_future_init(&wait->future, &barrier_ops);
    wait->barrier = barrier;
    place_init(place_of(&wait->place));
    return &wait->future;
}
