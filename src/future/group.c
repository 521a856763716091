/*
 * group.c - tasks that end together.
 *
 *     struct steal_group --> state <-- child, child, ...   one a task
 *                             | live: children that run
 *                             | done: those that have ended, in order
 *
 * A child is the root of its task and polls the future behind it.  Being
 * dropped, which happens once however the task ends, it tells the group.  The
 * group holds the handle of each child, and with it the memory of its output,
 * until the child was handed out or the group ends.
 *
 * Threads: everything in the state is guarded by its lock.  The state lives
 * until the group has ended and its last child too.
 */
#include <steal/group.h>

#include <errno.h>
#include <string.h>

#include "../base/assert.h"
#include "../base/lock.h"
#include "../task/schedule.h"
#include "../task/waiter.h"

struct steal_group_state {
    struct lock lock;
    struct steal_runtime *runtime;
    unsigned flags;
    bool closed;  /* no more tasks */
    bool aborted; /* by the group itself: what is canceled now is no failure */
    int first_error;
    size_t refs; /* the group, and each child that is not dropped yet */
    size_t nlive;
    struct list live;
    struct list done;
    struct child *given; /* handed out by the last next() */
    struct steal_waker waiter;
};

struct child {
    _Alignas(16) struct steal_future future;
    struct list link; /* in live or done; link.next NULL: the group has ended */
    struct steal_group_state *group;
    struct steal_task *task;
    bool ready;
};

static struct steal_future *
inner_of(struct child *child)
{
    return (struct steal_future *)(void *)(child + 1);
}

/* Gives the lock back, and a reference: the last one frees. */
static void
put_locked(struct steal_group_state *state)
{
    bool last = --state->refs == 0;

    lock_give(&state->lock);
    if (last)
        steal__runtime_release(state->runtime, state, sizeof *state);
}

/* What was woken or aborted under the lock is queued after it. */
static void
send(struct steal_runtime *runtime, struct wakeups *wakeups)
{
    wakeups_send_foreign(wakeups);
    if (wakeups->tasks.n)
        steal__schedule_chain(runtime, &wakeups->tasks);
}

static void
abort_live_locked(struct steal_group_state *state, struct wakeups *wakeups)
{
    state->closed = true;
    list_foreach(link, &state->live) {
        struct child *child = container_of(link, struct child, link);

        if (steal__word_abort(&child->task->word) == WAKE_ENQUEUE)
            chain_add(&wakeups->tasks, child->task);
    }
}

/*
 * Children
 */

static enum steal_poll
child_poll(struct steal_future *future, struct steal_context *cx)
{
    struct child *child = (struct child *)future;

    if (steal_future_poll(inner_of(child), cx) == STEAL_PENDING)
        return STEAL_PENDING;
    child->ready = true;
    future->result = inner_of(child)->result;
    return STEAL_READY;
}

static void
record_locked(struct steal_group_state *state, int result, struct wakeups *w)
{
    if (result >= 0 || state->first_error || state->aborted)
        return;
    state->first_error = result;
    if (!(state->flags & STEAL_GROUP_KEEP_GOING))
        abort_live_locked(state, w);
}

static void
child_drop(struct steal_future *future)
{
    struct child *child = (struct child *)future;
    struct steal_group_state *state = child->group;
    struct steal_runtime *runtime = state->runtime;
    struct wakeups wakeups;

    steal_future_drop(inner_of(child));
    if (!child->ready)
        future->result = -ECANCELED;
    wakeups_init(&wakeups);
    lock_take(&state->lock);
    state->nlive--;
    if (child->link.next) {
        list_remove(&child->link);
        list_append(&state->done, &child->link);
        record_locked(state, future->result, &wakeups);
        if (state->waiter.vtable)
            wakeups_add(&wakeups, &state->waiter);
    }
    put_locked(state);
    send(runtime, &wakeups);
}

static const struct steal_future_ops child_ops = { .name = "group",
    .poll = child_poll,
    .drop = child_drop };

/* Adds a child that is built but not started. */
static int
enlist(struct steal_group_state *state, struct child *child)
{
    bool closed;

    lock_take(&state->lock);
    closed = state->closed;
    if (!closed) {
        list_append(&state->live, &child->link);
        state->nlive++;
        state->refs++;
    }
    lock_give(&state->lock);
    return closed ? -ECANCELED : 0;
}

int
steal_group_spawn(struct steal_group *group, struct steal_future *future,
        size_t size)
{
    struct steal_group_state *state = group->state;
    struct steal_task *task;
    struct child *child;
    int error;

    if (size < sizeof(struct steal_future))
        return -EINVAL;
    if (size > SIZE_MAX - sizeof *child)
        return -ENOMEM;
    error = steal_task_new(state->runtime, sizeof *child + size, &task);
    if (error)
        return error;
    child = (struct child *)steal_task_memory(task);
    *child = (struct child){ .future = STEAL_FUTURE(&child_ops),
        .group = state,
        .task = task };
    memcpy(inner_of(child), future, size);
    error = enlist(state, child);
    if (error) {
        steal_task_discard(task);
        return error;
    }
    future_adopt(inner_of(child));
    steal_task_start(task);
    return 0;
}

/*
 * The group
 */

int
steal_group_init(struct steal_group *group, struct steal_runtime *runtime,
        unsigned flags)
{
    struct steal_group_state *state;
    int error;

    group->state = NULL;
    if (flags & ~STEAL_GROUP_KEEP_GOING)
        return -EINVAL;
    runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return error;
    state = steal__runtime_allocate(runtime, sizeof *state);
    if (!state)
        return -ENOMEM;
    *state = (struct steal_group_state){ .runtime = runtime,
        .flags = flags,
        .refs = 1 };
    lock_init(&state->lock);
    list_init(&state->live);
    list_init(&state->done);
    group->state = state;
    return 0;
}

/* Lets go of the children that have ended. */
static void
release_all(struct list *children)
{
    struct list *link;

    while ((link = list_first(children))) {
        list_remove(link);
        steal_task_detach(container_of(link, struct child, link)->task);
    }
}

/* Lets go of those that have not: they are LIVE until they were dropped, which
 * waits for the lock, so none of these was the last reference. */
static void
orphan_live_locked(struct steal_group_state *state)
{
    struct list *link;

    while ((link = list_first(&state->live))) {
        struct child *child = container_of(link, struct child, link);
        bool last;

        list_remove(link);
        link->next = NULL;
        last = steal__word_unref(&child->task->word);
        must(!last);
    }
}

void
steal_group_fini(struct steal_group *group)
{
    struct steal_group_state *state = group->state;
    struct steal_runtime *runtime;
    struct wakeups wakeups;
    struct steal_waker waiter;
    struct list done;

    if (!state)
        return;
    group->state = NULL;
    runtime = state->runtime;
    wakeups_init(&wakeups);
    lock_take(&state->lock);
    state->aborted = true;
    abort_live_locked(state, &wakeups);
    orphan_live_locked(state);
    list_take_all(&done, &state->done);
    if (state->given)
        list_append(&done, &state->given->link);
    waiter = state->waiter;
    state->waiter = (struct steal_waker)STEAL_WAKER_INIT;
    put_locked(state);
    waiter_clear(&waiter);
    send(runtime, &wakeups);
    release_all(&done);
}

void
steal_group_abort(struct steal_group *group)
{
    struct steal_group_state *state = group->state;
    struct wakeups wakeups;

    wakeups_init(&wakeups);
    lock_take(&state->lock);
    state->aborted = true;
    abort_live_locked(state, &wakeups);
    lock_give(&state->lock);
    send(state->runtime, &wakeups);
}

size_t
steal_group_live(const struct steal_group *group)
{
    struct steal_group_state *state = group->state;
    size_t n;

    lock_take(&state->lock);
    n = state->nlive;
    lock_give(&state->lock);
    return n;
}

/*
 * Waiting
 */

/* The group's waiter is the task of this poll.  Returns what it was before, to
 * be cleared without the lock. */
static struct steal_waker
wait_locked(struct steal_group_state *state, struct steal_waker waker)
{
    struct steal_waker old = state->waiter;

    state->waiter = waker;
    return old;
}

static void
stop_waiting(struct steal_group *group)
{
    struct steal_group_state *state = group->state;
    struct steal_waker old;

    if (!state)
        return;
    lock_take(&state->lock);
    old = wait_locked(state, (struct steal_waker)STEAL_WAKER_INIT);
    lock_give(&state->lock);
    waiter_clear(&old);
}

/* Moves what has ended to `done`, with what next() has handed out. */
static void
collect_locked(struct steal_group_state *state, struct list *done)
{
    list_take_all(done, &state->done);
    if (state->given)
        list_append(done, &state->given->link);
    state->given = NULL;
}

static enum steal_poll
wait_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_group_wait *wait = (struct steal_group_wait *)future;
    struct steal_group_state *state = wait->group->state;
    struct steal_waker waker;
    struct list done;
    bool ready;

    waiter_set(&waker, cx);
    lock_take(&state->lock);
    collect_locked(state, &done);
    ready = state->nlive == 0;
    future->result = state->first_error;
    waker = wait_locked(state, waker);
    lock_give(&state->lock);
    waiter_clear(&waker);
    release_all(&done);
    return ready ? STEAL_READY : STEAL_PENDING;
}

static void
wait_drop(struct steal_future *future)
{
    stop_waiting(((struct steal_group_wait *)future)->group);
}

static const struct steal_future_ops wait_ops = { .name = "group_wait",
    .poll = wait_poll,
    .drop = wait_drop };

struct steal_future *
steal_group_wait(struct steal_group_wait *wait, struct steal_group *group)
{
    steal_future_init(&wait->future, &wait_ops);
    wait->group = group;
    return &wait->future;
}

/* The oldest child that has ended, or NULL, instead of the one before. */
static struct child *
take_next_locked(struct steal_group_state *state)
{
    struct list *link = list_first(&state->done);

    state->given = NULL;
    if (link) {
        list_remove(link);
        state->given = container_of(link, struct child, link);
    }
    return state->given;
}

static enum steal_poll
next_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_group_next *next = (struct steal_group_next *)future;
    struct steal_group_state *state = next->group->state;
    struct steal_waker waker;
    struct child *before;
    struct child *child;
    bool ready;

    waiter_set(&waker, cx);
    lock_take(&state->lock);
    before = state->given;
    child = take_next_locked(state);
    ready = child || state->nlive == 0;
    waker = wait_locked(state, waker);
    lock_give(&state->lock);
    waiter_clear(&waker);
    if (before)
        steal_task_detach(before->task);
    if (child) {
        future->result = child->future.result;
        next->task_future = inner_of(child);
    }
    return ready ? STEAL_READY : STEAL_PENDING;
}

static void
next_drop(struct steal_future *future)
{
    stop_waiting(((struct steal_group_next *)future)->group);
}

static const struct steal_future_ops next_ops = { .name = "group_next",
    .poll = next_poll,
    .drop = next_drop };

struct steal_future *
steal_group_next(struct steal_group_next *next, struct steal_group *group)
{
    steal_future_init(&next->future, &next_ops);
    next->task_future = NULL;
    next->group = group;
    return &next->future;
}
