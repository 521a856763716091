/*
 * combine.c - several children in one future.
 *
 * A child that is ready is dropped on the spot, so that it gives back what it
 * holds while the others go on; that it was dropped also marks it as done.
 */
#include <steal/combine.h>

#include <errno.h>
#include <stdbool.h>

static bool
is_done(const struct steal_future *future)
{
    return (future->pin & ~STEAL_PIN_ASYNC) == STEAL_PIN_DROPPED;
}

static void
drop_children(struct steal_future **child, size_t n)
{
    for (size_t i = 0; i < n; i++)
        steal_future_drop(child[i]);
}

static int
first_error(struct steal_future **child, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (child[i]->result < 0)
            return child[i]->result;
    }
    return 0;
}

static enum steal_poll
join_all_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_join_all *all = (struct steal_join_all *)future;
    size_t pending = 0;

    for (size_t i = 0; i < all->n; i++) {
        if (is_done(all->child[i]))
            continue;
        if (steal_future_poll(all->child[i], cx) == STEAL_READY)
            steal_future_drop(all->child[i]);
        else
            pending++;
    }
    if (pending)
        return STEAL_PENDING;
    future->result = first_error(all->child, all->n);
    return STEAL_READY;
}

static void
join_all_drop(struct steal_future *future)
{
    struct steal_join_all *all = (struct steal_join_all *)future;

    drop_children(all->child, all->n);
}

static const struct steal_future_ops join_all_ops = { .name = "join_all",
    .poll = join_all_poll,
    .drop = join_all_drop };

struct steal_future *
steal_join_all(struct steal_join_all *all, struct steal_future **child,
        size_t n)
{
    steal_future_init(&all->future, &join_all_ops);
    all->child = child;
    all->n = n;
    return &all->future;
}

static enum steal_poll
select_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_select *select = (struct steal_select *)future;

    for (size_t i = 0; i < select->n; i++) {
        if (steal_future_poll(select->child[i], cx) == STEAL_READY) {
            select->index = i;
            future->result = select->child[i]->result;
            drop_children(select->child, select->n);
            return STEAL_READY;
        }
    }
    if (select->n)
        return STEAL_PENDING;
    future->result = -EINVAL;
    return STEAL_READY;
}

static void
select_drop(struct steal_future *future)
{
    struct steal_select *select = (struct steal_select *)future;

    drop_children(select->child, select->n);
}

static const struct steal_future_ops select_ops = { .name = "select",
    .poll = select_poll,
    .drop = select_drop };

struct steal_future *
steal_select(struct steal_select *select, struct steal_future **child, size_t n)
{
    steal_future_init(&select->future, &select_ops);
    select->index = 0;
    select->child = child;
    select->n = n;
    return &select->future;
}
