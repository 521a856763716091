/*
 * branches.h - the children of a combinator.
 *
 * A child that is ready is dropped on the spot, so that it gives back what it
 * holds while the others go on; that it was dropped also marks it as done.
 *
 * A combinator may be copied before its first poll: that `child` is NULL, and no
 * pointer into the struct itself, says that the children are in it.
 *
 * Threads: the one that polls.
 */
#ifndef STEAL_FUTURE_BRANCHES_H
#define STEAL_FUTURE_BRANCHES_H

#include <stdbool.h>

#include <steal/combine.h>

static inline struct steal_branches
branches_of_array(struct steal_future **child, size_t n)
{
    return (struct steal_branches){ .child = child, .n = n };
}

static inline struct steal_branches
branches_of_few(size_t n, struct steal_future *a, struct steal_future *b,
        struct steal_future *c, struct steal_future *d)
{
    return (struct steal_branches){ .n = n, .few = { a, b, c, d } };
}

static inline struct steal_future **
branches_children(struct steal_branches *branches)
{
    return branches->child ? branches->child : branches->few;
}

static inline bool
branch_is_done(const struct steal_future *child)
{
    return (child->pin & ~STEAL_PIN_ASYNC) == STEAL_PIN_DROPPED;
}

/* For ops.awaited: the i-th of those that are not done. */
static inline struct steal_future *
branches_awaited(struct steal_branches *branches, size_t i)
{
    struct steal_future **child = branches_children(branches);

    for (size_t at = 0; at < branches->n; at++) {
        if (!branch_is_done(child[at]) && i-- == 0)
            return child[at];
    }
    return NULL;
}

/* The children are the caller's from now on. */
static inline void
branches_forget(struct steal_branches *branches)
{
    branches->n = 0;
}

static inline void
branches_drop(struct steal_branches *branches)
{
    struct steal_future **child = branches_children(branches);

    for (size_t i = 0; i < branches->n; i++)
        steal_future_drop(child[i]);
    branches_forget(branches);
}

#endif
