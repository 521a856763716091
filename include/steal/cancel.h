/*
 * steal/cancel.h - tokens by which tasks are asked to give up.
 *
 *     struct steal_cancel server = STEAL_CANCEL_INIT;
 *     struct steal_cancel connection;
 *
 *     steal_cancel_init(&connection, &server);
 *     STEAL_AWAIT(cx, steal_unless_canceled(&self->unless, &connection,
 *             steal_fd_read(&self->io, ...)));
 *     if (self->unless.future.result == -ECANCELED)
 *         ...
 *     steal_cancel_fini(&connection);
 *
 *     steal_cancel_request(&server);     // anybody: all connections give up
 *
 * Tokens are a tree.  A request cancels a token and all that are below it, for
 * ever; nothing happens to those above.  A token that is made below one that is
 * canceled is canceled from the start.
 *
 * Nothing is interrupted: a task is asked by the token, and finds out by
 * looking, by waiting, or by steal_unless_canceled().
 *
 * Threads: any, at the same time; no function blocks.  What comes before a
 * request is visible to those who see that it was made.
 *
 * Drop: a wait that is dropped leaves the queue.  An unless that is dropped drops
 * its child.
 *
 * Memory: the caller's, and nothing is allocated.  A token that is zero is one
 * without a parent.  It stays where it is while it is in a tree, that is, while
 * it has a parent or children, and is taken out by steal_cancel_fini(); parents
 * and children may go in any order.  One that never had either needs no fini,
 * which does nothing to it.
 *
 * A future moves until its first poll.  So a token in it that has a parent is zero
 * at first, made in the first poll and ended in the drop function, where it may
 * still be zero.
 *
 *     STEAL_BEGIN(&self->async);
 *     steal_cancel_init(&self->token, self->parent);
 *     ...
 *     steal_cancel_fini(&self->token);      (in the drop function)
 *
 * A request does not touch a token any more by the time that a wait for that
 * token is ready.
 */
#ifndef STEAL_CANCEL_H
#define STEAL_CANCEL_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_cancel {
    /* private */
    uint32_t requested;
    struct steal_waitq waiting;
    struct steal_cancel *parent;
    void *sibling[2];
    void *child[2];
};

/* clang-format off */
#define STEAL_CANCEL_INIT \
    { 0, { 0, NULL, NULL }, NULL, { NULL, NULL }, { NULL, NULL } }
/* clang-format on */

/* Below `parent`, which may be NULL. */
STEAL_API void steal_cancel_init(struct steal_cancel *token,
        struct steal_cancel *parent);

/* Takes the token out of its tree: its children become those of its parent.
 * Nobody waits for it any more, nor makes children of it.  Harmless on one that
 * is in no tree, or of zeros, and a second time. */
STEAL_API void steal_cancel_fini(struct steal_cancel *token);

/* Cancels the token and all below it; all of them are by the time that it
 * returns.  Only the first request does anything. */
STEAL_API void steal_cancel_request(struct steal_cancel *token);

STEAL_API bool steal_cancel_is_requested(const struct steal_cancel *token);

/* A future: waits until the token is canceled.  Its result is 0. */
struct steal_canceled {
    struct steal_future future;
    /* private */
    struct steal_cancel *token;
    struct steal_place place;
};

STEAL_API struct steal_future *steal_canceled(struct steal_canceled *canceled,
        struct steal_cancel *token);

/* A future: ready when the child is, with its result, or when the token is
 * canceled, with -ECANCELED; the child is dropped then.  Of two that are
 * ready at once the token wins. */
struct steal_unless_canceled {
    struct steal_future future;
    /* private */
    struct steal_cancel *token;
    struct steal_future *child;
    struct steal_place place;
};

STEAL_API struct steal_future *
steal_unless_canceled(struct steal_unless_canceled *unless,
        struct steal_cancel *token, struct steal_future *child);

STEAL_END_DECLS

#endif
