/*
 * select.c - waiting for the first child: any, or any that succeeds.
 *
 * Until a child is ready, `index` is n and the result 0.  A race for a success
 * notes each failure there, and the last one stands when nobody is left.
 */
#include <steal/combine.h>

#include <errno.h>

#include "../base/dice.h"
#include "branches.h"

#define KNOWN_FLAGS (STEAL_SELECT_RANDOM | STEAL_SELECT_KEEP)

/* private: a result below 0 does not win. */
#define ONLY_SUCCESS 4u

static size_t
random_below(size_t n)
{
    return dice_below(n < UINT32_MAX ? (uint32_t)n : UINT32_MAX);
}

static enum steal_poll
finish(struct steal_select *select)
{
    if (select->flags & STEAL_SELECT_KEEP)
        branches_forget(&select->branches);
    else
        branches_drop(&select->branches);
    return STEAL_READY;
}

/* Takes the result of a child that is ready; true if it is what was waited
 * for. */
static bool
wins(struct steal_select *select, size_t index, struct steal_future *child)
{
    steal_future_drop(child);
    select->index = index;
    select->future.result = child->result;
    return child->result >= 0 || !(select->flags & ONLY_SUCCESS);
}

static enum steal_poll
select_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_select *select = (struct steal_select *)future;
    struct steal_future **child = branches_children(&select->branches);
    size_t n = select->branches.n;
    size_t at = select->flags & STEAL_SELECT_RANDOM && n > 1 ? random_below(n)
                                                             : 0;
    bool pending = false;

    for (size_t i = 0; i < n; i++, at = at + 1 == n ? 0 : at + 1) {
        if (branch_is_done(child[at]))
            continue;
        if (steal_future_poll(child[at], cx) == STEAL_PENDING)
            pending = true;
        else if (wins(select, at, child[at]))
            return finish(select);
    }
    if (pending)
        return STEAL_PENDING;
    if (select->index == n)
        future->result = -EINVAL;
    return finish(select);
}

static void
select_drop(struct steal_future *future)
{
    struct steal_select *select = (struct steal_select *)future;

    branches_drop(&select->branches);
}

static struct steal_future *
select_awaited(struct steal_future *future, size_t i)
{
    return branches_awaited(&((struct steal_select *)future)->branches, i);
}

static const struct steal_future_ops select_ops = { .name = "select",
    .poll = select_poll,
    .drop = select_drop,
    .awaited = select_awaited };

static const struct steal_future_ops race_ops = { .name = "race",
    .poll = select_poll,
    .drop = select_drop,
    .awaited = select_awaited };

static const struct steal_future_ops race_ok_ops = { .name = "race_ok",
    .poll = select_poll,
    .drop = select_drop,
    .awaited = select_awaited };

static inline struct steal_future *
make(struct steal_select *select, const struct steal_future_ops *ops,
        struct steal_branches branches, unsigned flags)
{
    steal_future_init(&select->future, ops);
    select->index = branches.n;
    select->flags = flags;
    select->branches = branches;
    return &select->future;
}

struct steal_future *
steal_select(struct steal_select *select, struct steal_future **child, size_t n)
{
    return make(select, &select_ops, branches_of_array(child, n), 0);
}

struct steal_future *
steal_select2(struct steal_select *select, struct steal_future *a,
        struct steal_future *b)
{
    return make(select, &select_ops, branches_of_few(2, a, b, NULL, NULL), 0);
}

struct steal_future *
steal_select3(struct steal_select *select, struct steal_future *a,
        struct steal_future *b, struct steal_future *c)
{
    return make(select, &select_ops, branches_of_few(3, a, b, c, NULL), 0);
}

struct steal_future *
steal_select4(struct steal_select *select, struct steal_future *a,
        struct steal_future *b, struct steal_future *c, struct steal_future *d)
{
    return make(select, &select_ops, branches_of_few(4, a, b, c, d), 0);
}

struct steal_future *
steal_select_with(struct steal_select *select, struct steal_future **child,
        size_t n, unsigned flags)
{
    if (flags & ~KNOWN_FLAGS)
        n = 0;
    return make(select, &select_ops, branches_of_array(child, n), flags);
}

struct steal_future *
steal_race(struct steal_select *race, struct steal_future **child, size_t n)
{
    return make(race, &race_ops, branches_of_array(child, n),
            STEAL_SELECT_RANDOM);
}

struct steal_future *
steal_race_ok(struct steal_select *race, struct steal_future **child, size_t n)
{
    return make(race, &race_ok_ops, branches_of_array(child, n),
            STEAL_SELECT_RANDOM | ONLY_SUCCESS);
}
