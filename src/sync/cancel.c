/*
 * cancel.c - a tree of tokens, and who waits for each.
 *
 * The lock of a token guards those who wait for it, the list of its children,
 * and its own `parent`; its links among its siblings are guarded by the lock of
 * the parent.
 *
 *   C1  `parent` of a token is written under both locks, that of the token and
 *       that of its parent, old or new.  (A token that is being made is nobody
 *       else's.)
 *   C2  Whoever holds the lock of a token may look at its parent: before the
 *       parent goes, steal_cancel_fini() has to have that lock, to write
 *       `parent` of this one.
 *   C3  A token that is canceled has no children, when its lock is free: the
 *       request takes all of them out, for nothing is to be done to them any
 *       more.  So who holds its lock knows that all below are canceled.
 *
 * Lock order: a parent before its child.  Upwards a lock is only tried, and if
 * that fails, the one that is held is given back before the next attempt.
 *
 *   No deadlock.  What a thread holds while it waits for a lock is a way down
 *   the tree, from parent to child, and it waits for a child of the lowest.  The
 *   way stays one as long as it is held (C1).  Suppose that threads wait for one
 *   another in a circle: each waits for a token that the next one holds, and so
 *   waits for one below that.  Then, all at one moment, going round the circle
 *   leads down with each step and back to where it began, which no tree allows.
 *   Who tries a lock holds nothing while it waits to try again, so that whoever
 *   has the lock gets on, and gives it back.
 *
 * A request goes down to the first child, and so on, with the locks of the way
 * down held; a token without children leaves the tree, and the way leads up
 * again.  That needs no stack, however deep the tree.
 *
 * Orderings (and those of place.h)
 *   O1  request: store `requested`, release  ->  is_requested, wait: load, acquire
 *       Who sees the request sees what came before it.
 */
#include <steal/cancel.h>

#include <errno.h>
#include <sched.h>

#include "../base/assert.h"
#include "../base/await.h"
#include "../base/list.h"
#include "../task/budget.h"
#include "place.h"

#define REQUESTED 1 /* how a wait ends */

#define TRIES 100 /* of a lock, before others are given the processor */

struct token {
    _Atomic(uint32_t) requested;
    struct waitq waiting; /* its lock is the token's */
    struct token *parent;
    struct list siblings; /* of use while there is a parent */
    struct list children; /* zero until the first */
};

_Static_assert(sizeof(struct token) == sizeof(struct steal_cancel),
        "struct steal_cancel is a struct token");

static inline struct token *
token_of(const struct steal_cancel *token)
{
    return (struct token *)(uintptr_t)token;
}

static inline bool
is_requested(struct token *token)
{
    return load_acquire(&token->requested); /* O1 */
}

bool
steal_cancel_is_requested(const struct steal_cancel *token)
{
    return is_requested(token_of(token));
}

/*
 * The tree
 */

static struct token *
first_child_locked(struct token *token)
{
    struct list *first = token->children.next;

    if (!first || first == &token->children)
        return NULL;
    return container_of(first, struct token, siblings);
}

/* `child` is new, or its lock is held, too. */
static void
add_child_locked(struct token *parent, struct token *child)
{
    if (!parent->children.next)
        list_init(&parent->children);
    list_append(&parent->children, &child->siblings);
    child->parent = parent;
}

/* Both locks are held. */
static void
leave_parent_locked(struct token *token)
{
    list_remove(&token->siblings);
    token->parent = NULL;
}

void
steal_cancel_init(struct steal_cancel *public, struct steal_cancel *above)
{
    struct token *token = token_of(public);
    struct token *parent = token_of(above);

    store_relaxed(&token->requested, 0); /* not shared yet */
    waitq_init(&token->waiting);
    token->parent = NULL;
    token->children = (struct list){ NULL, NULL };
    if (!parent)
        return;
    lock_take(&parent->waiting.lock);
    if (is_requested(parent))
        store_relaxed(&token->requested, 1); /* not shared yet */
    else
        add_child_locked(parent, token);
    lock_give(&parent->waiting.lock);
}

/* Takes the lock of the token, and of its parent, which it returns, if any. */
static struct token *
lock_with_parent(struct token *token)
{
    for (unsigned tries = 1;; tries++) {
        lock_take(&token->waiting.lock);
        if (!token->parent || lock_try(&token->parent->waiting.lock)) /* C2 */
            return token->parent;
        lock_give(&token->waiting.lock);
        if (tries % TRIES == 0)
            sched_yield();
        cpu_relax();
    }
}

/* Its children go one up; `parent` may be NULL.  All but their locks are held. */
static void
bequeath_locked(struct token *token, struct token *parent)
{
    struct token *child;

    while ((child = first_child_locked(token)) != NULL) {
        lock_take(&child->waiting.lock);
        leave_parent_locked(child);
        if (parent)
            add_child_locked(parent, child);
        lock_give(&child->waiting.lock);
    }
}

void
steal_cancel_fini(struct steal_cancel *public)
{
    struct token *token = token_of(public);
    struct token *parent = lock_with_parent(token);
    bool nobody_waits = !waitq_first_locked(&token->waiting);

    must(nobody_waits);
    bequeath_locked(token, parent);
    if (parent) {
        leave_parent_locked(token);
        lock_give(&parent->waiting.lock);
    }
    lock_give(&token->waiting.lock);
}

/*
 * Requests
 */

static void
cancel_locked(struct token *token, struct ending *ending)
{
    store_release(&token->requested, 1); /* O1 */
    end_all_locked(ending, &token->waiting, REQUESTED);
}

/* All below a token whose lock is held. */
static void
cancel_below_locked(struct token *top, struct ending *ending)
{
    struct token *token = top;

    for (;;) {
        struct token *child = first_child_locked(token);

        if (child) {
            lock_take(&child->waiting.lock);
            cancel_locked(child, ending);
            token = child;
        } else if (token != top) {
            child = token;
            token = child->parent;
            leave_parent_locked(child);
            lock_give(&child->waiting.lock);
        } else {
            return;
        }
    }
}

void
steal_cancel_request(struct steal_cancel *public)
{
    struct token *token = token_of(public);
    struct ending ending;

    ending_init(&ending);
    lock_take(&token->waiting.lock);
    if (!is_requested(token)) { /* C3 */
        cancel_locked(token, &ending);
        cancel_below_locked(token, &ending);
    }
    lock_give(&token->waiting.lock);
    steal__ending_send(&ending);
}

/*
 * Waiting
 */

static bool
look_or_wait(struct token *token, struct place *place, struct steal_context *cx)
{
    bool requested;

    place_prepare(place, cx);
    lock_take(&token->waiting.lock);
    requested = is_requested(token);
    if (!requested)
        place_enter_locked(&token->waiting, place);
    lock_give(&token->waiting.lock);
    if (requested)
        place_forget(place);
    return requested;
}

/* True if the token is canceled; otherwise it is waited for. */
static bool
look(struct token *token, struct place *place, struct steal_context *cx)
{
    if (place->waits)
        return steal__place_is_over(&token->waiting, place, cx);
    if (!is_requested(token))
        return look_or_wait(token, place, cx);
    lock_settle(&token->waiting.lock); /* P2 */
    return true;
}

static enum steal_poll
canceled_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_canceled *self = (struct steal_canceled *)future;
    struct place *place = place_of(&self->place);

    if (!place->waits && !steal__may_go_on(cx))
        return STEAL_PENDING;
    return look(token_of(self->token), place, cx) ? STEAL_READY : STEAL_PENDING;
}

static void
canceled_drop(struct steal_future *future)
{
    struct steal_canceled *self = (struct steal_canceled *)future;

    place_drop(&token_of(self->token)->waiting, place_of(&self->place));
}

static void
canceled_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_canceled *self = (struct steal_canceled *)future;

    if (place_of(&self->place)->waits)
        await_for(await, "cancel", self->token);
}

static const struct steal_future_ops canceled_ops = { .name = "canceled",
    .poll = canceled_poll,
    .drop = canceled_drop,
    .waits = canceled_waits };

struct steal_future *
steal_canceled(struct steal_canceled *canceled, struct steal_cancel *token)
{
    steal_future_init(&canceled->future, &canceled_ops);
    canceled->token = token;
    place_init(place_of(&canceled->place));
    return &canceled->future;
}

/*
 * struct steal_unless_canceled
 */

static enum steal_poll
unless_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_unless_canceled *self = (struct steal_unless_canceled *)future;
    struct place *place = place_of(&self->place);

    if (!place->waits && !steal__may_go_on(cx))
        return STEAL_PENDING;
    if (look(token_of(self->token), place, cx)) {
        steal_future_drop(self->child);
        future->result = -ECANCELED;
        return STEAL_READY;
    }
    if (steal_future_poll(self->child, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    future->result = self->child->result;
    return STEAL_READY;
}

static void
unless_drop(struct steal_future *future)
{
    struct steal_unless_canceled *self = (struct steal_unless_canceled *)future;

    steal_future_drop(self->child);
    place_drop(&token_of(self->token)->waiting, place_of(&self->place));
}

static struct steal_future *
unless_awaited(struct steal_future *future, size_t i)
{
    return i ? NULL : ((struct steal_unless_canceled *)future)->child;
}

static const struct steal_future_ops unless_ops = { .name = "unless_canceled",
    .poll = unless_poll,
    .drop = unless_drop,
    .awaited = unless_awaited };

struct steal_future *
steal_unless_canceled(struct steal_unless_canceled *unless,
        struct steal_cancel *token, struct steal_future *child)
{
    steal_future_init(&unless->future, &unless_ops);
    unless->token = token;
    unless->child = child;
    place_init(place_of(&unless->place));
    return &unless->future;
}
