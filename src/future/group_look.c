#include "group_look.h"

#include "../base/await.h"
#include "../task/budget.h"
#include "../task/waiter.h"

_Static_assert(offsetof(struct steal_group_room, look) ==
                               sizeof(struct steal_future) &&
                       offsetof(struct steal_group_failed, look) ==
                               sizeof(struct steal_future),
        "a look follows its future");

static struct steal_group_look *
look_of(struct steal_future *future)
{
    return (struct steal_group_look *)(void *)(future + 1);
}

static const struct look_kind *
kind_of(const struct steal_future *future)
{
    return container_of(future->ops, const struct look_kind, ops);
}

/* Waits no longer; it may have been woken already. */
static void
leave(struct steal_future *future)
{
    struct steal_group_look *look = look_of(future);
    struct steal_group_state *state = look->state;
    struct wait *wait = wait_of(&look->wait);
    struct wakeups wakeups;
    struct steal_waker waker;

    if (!state)
        return;
    look->state = NULL;
    wakeups_init(&wakeups);
    group_take(state);
    if (wait->links.next)
        wait_unlink(wait);
    waker = wait->waker;
    kind_of(future)->hand_on_locked(state, &wakeups);
    steal__group_put_locked(state);
    waiter_clear(&waker);
    steal__wakeups_schedule(&wakeups);
}

static void
enter_locked(struct steal_future *future, struct steal_group_state *state)
{
    struct steal_group_look *look = look_of(future);
    bool again = look->state != NULL;

    kind_of(future)->enter_locked(state, wait_of(&look->wait), again);
    state->refs += !again;
    look->state = state;
}

/* True if there is something to see; else it waits. */
static bool
sees(struct steal_future *future, struct steal_group_state *state,
        struct steal_context *cx, uint64_t *deadline)
{
    struct steal_group_look *look = look_of(future);
    bool ready;

    waitq_prepare(wait_of(&look->wait), cx);
    group_take(state);
    ready = kind_of(future)->sees_locked(state, &future->result);
    *deadline = state->deadline;
    if (!ready)
        enter_locked(future, state);
    group_give(state);
    if (!ready)
        return false;
    if (look->state)
        leave(future);
    else
        waitq_forget(wait_of(&look->wait));
    return true;
}

enum steal_poll
steal__look_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_group_look *look = look_of(future);
    struct steal_group_state *state = look->state;
    struct wait *wait = wait_of(&look->wait);
    uint64_t deadline;

    if (!state) {
        if (!steal__may_go_on(cx))
            return STEAL_PENDING;
        state = look->group->state;
        wait_init(wait, 0);
    } else if (steal__waitq_still_waits(&state->rooms, wait, cx)) {
        deadline = steal__group_deadline(state);
        return group_pending(future, state, &look->sleep, deadline, cx);
    }
    if (sees(future, state, cx, &deadline))
        return STEAL_READY;
    return group_pending(future, state, &look->sleep, deadline, cx);
}

void
steal__look_drop(struct steal_future *future)
{
    leave(future);
    steal_future_drop(&look_of(future)->sleep.future);
}

void
steal__look_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_group_look *look = look_of(future);

    if (!look->state)
        return;
    await_for(await, kind_of(future)->thing, look->group);
    await_until(await, look->sleep.deadline);
}

struct steal_future *
steal__look_init(struct steal_future *future, const struct look_kind *kind,
        struct steal_group *group)
{
    struct steal_group_look *look = look_of(future);

    steal_future_init(future, &kind->ops);
    look->group = group;
    look->state = NULL;
    steal_sleep_until(&look->sleep, STEAL_FOREVER);
    return future;
}
