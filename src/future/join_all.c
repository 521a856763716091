/*
 * join_all.c - waiting for all children, or for the first failure.
 */
#include <steal/combine.h>

#include "branches.h"

static int
first_error(struct steal_future **child, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (child[i]->result < 0)
            return child[i]->result;
    }
    return 0;
}

/* Polls a child that is not done, and drops it if it is then. */
static inline bool
advance(struct steal_future *child, struct steal_context *cx)
{
    if (branch_is_done(child))
        return true;
    if (steal_future_poll(child, cx) == STEAL_PENDING)
        return false;
    steal_future_drop(child);
    return true;
}

static enum steal_poll
join_all_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_join_all *all = (struct steal_join_all *)future;
    struct steal_future **child = branches_children(&all->branches);
    bool pending = false;

    for (size_t i = 0; i < all->branches.n; i++)
        pending |= !advance(child[i], cx);
    if (pending)
        return STEAL_PENDING;
    future->result = first_error(child, all->branches.n);
    branches_forget(&all->branches);
    return STEAL_READY;
}

static enum steal_poll
try_join_all_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_join_all *all = (struct steal_join_all *)future;
    struct steal_future **child = branches_children(&all->branches);
    bool pending = false;

    for (size_t i = 0; i < all->branches.n; i++) {
        if (!advance(child[i], cx)) {
            pending = true;
        } else if (child[i]->result < 0) {
            future->result = child[i]->result;
            branches_drop(&all->branches);
            return STEAL_READY;
        }
    }
    if (pending)
        return STEAL_PENDING;
    branches_forget(&all->branches);
    return STEAL_READY;
}

static void
join_all_drop(struct steal_future *future)
{
    struct steal_join_all *all = (struct steal_join_all *)future;

    branches_drop(&all->branches);
}

static struct steal_future *
join_all_awaited(struct steal_future *future, size_t i)
{
    return branches_awaited(&((struct steal_join_all *)future)->branches, i);
}

static const struct steal_future_ops join_all_ops = { .name = "join_all",
    .poll = join_all_poll,
    .drop = join_all_drop,
    .awaited = join_all_awaited };

static const struct steal_future_ops try_join_all_ops = {
    .name = "try_join_all",
    .poll = try_join_all_poll,
    .drop = join_all_drop,
    .awaited = join_all_awaited
};

static inline struct steal_future *
make(struct steal_join_all *all, const struct steal_future_ops *ops,
        struct steal_branches branches)
{
    steal_future_init(&all->future, ops);
    all->branches = branches;
    return &all->future;
}

struct steal_future *
steal_join_all(struct steal_join_all *all, struct steal_future **child,
        size_t n)
{
    return make(all, &join_all_ops, branches_of_array(child, n));
}

struct steal_future *
steal_join2(struct steal_join_all *all, struct steal_future *a,
        struct steal_future *b)
{
    return make(all, &join_all_ops, branches_of_few(2, a, b, NULL, NULL));
}

struct steal_future *
steal_join3(struct steal_join_all *all, struct steal_future *a,
        struct steal_future *b, struct steal_future *c)
{
    return make(all, &join_all_ops, branches_of_few(3, a, b, c, NULL));
}

struct steal_future *
steal_join4(struct steal_join_all *all, struct steal_future *a,
        struct steal_future *b, struct steal_future *c, struct steal_future *d)
{
    return make(all, &join_all_ops, branches_of_few(4, a, b, c, d));
}

struct steal_future *
steal_try_join_all(struct steal_join_all *all, struct steal_future **child,
        size_t n)
{
    return make(all, &try_join_all_ops, branches_of_array(child, n));
}

struct steal_future *
steal_try_join2(struct steal_join_all *all, struct steal_future *a,
        struct steal_future *b)
{
    return make(all, &try_join_all_ops, branches_of_few(2, a, b, NULL, NULL));
}

struct steal_future *
steal_try_join3(struct steal_join_all *all, struct steal_future *a,
        struct steal_future *b, struct steal_future *c)
{
    return make(all, &try_join_all_ops, branches_of_few(3, a, b, c, NULL));
}

struct steal_future *
steal_try_join4(struct steal_join_all *all, struct steal_future *a,
        struct steal_future *b, struct steal_future *c, struct steal_future *d)
{
    return make(all, &try_join_all_ops, branches_of_few(4, a, b, c, d));
}
