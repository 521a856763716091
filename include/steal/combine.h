/*
 * steal/combine.h - futures made of other futures.
 *
 *     STEAL_AWAIT(cx, steal_join2(&self->both, &self->a.future,
 *                             &self->b.future));
 *     STEAL_AWAIT(cx, steal_select(&self->first, self->branch, 2));
 *     if (self->first.index == 0)
 *         ...
 *
 * Nothing is allocated.  Children, and arrays of pointers to them, are the
 * caller's, and stay where they are until the combinator is ready or dropped; the
 * forms for two to four children take no array.
 *
 * Drop: a child is dropped in the poll that finds it ready, or when it has lost;
 * its output may be read after that.  Dropping a combinator half way drops the
 * children that it has.  Each child is dropped once, whoever else drops it too; one
 * that was never polled needs no drop and gets none.
 *
 * A child that was dropped before counts as done.  To those that wait for all it
 * is one that is ready, with the result that it has; in those that wait for the
 * first it takes no part; where there is one child it is misuse, as any poll after
 * the drop.
 *
 * A task that is woken polls all children that are not ready yet, whichever of
 * them it was: for many of them use tasks and a group.
 *
 * Threads: as for every future; all children are polled by the task that polls
 * the combinator, one after another.
 */
#ifndef STEAL_COMBINE_H
#define STEAL_COMBINE_H

#include <steal/future.h>

STEAL_BEGIN_DECLS

/* private: an array of the caller's or, if `child` is NULL, the few here. */
struct steal_branches {
    struct steal_future **child;
    size_t n;
    struct steal_future *few[4];
};

/*
 * Waiting for all
 */

/* A future: ready when all children are; each is dropped once it is ready.  Its
 * result is 0, or the first result below 0, by position.  With n of 0 it is
 * ready at once. */
struct steal_join_all {
    struct steal_future future;
    /* private */
    struct steal_branches branches;
};

STEAL_API struct steal_future *steal_join_all(struct steal_join_all *all,
        struct steal_future **child, size_t n);
STEAL_API struct steal_future *steal_join2(struct steal_join_all *all,
        struct steal_future *a, struct steal_future *b);
STEAL_API struct steal_future *steal_join3(struct steal_join_all *all,
        struct steal_future *a, struct steal_future *b, struct steal_future *c);
STEAL_API struct steal_future *steal_join4(struct steal_join_all *all,
        struct steal_future *a, struct steal_future *b, struct steal_future *c,
        struct steal_future *d);

/* The same, but a failure is the end: the first result below 0, in order of time,
 * is the result at once, and the children that are not ready are dropped. */
STEAL_API struct steal_future *steal_try_join_all(struct steal_join_all *all,
        struct steal_future **child, size_t n);
STEAL_API struct steal_future *steal_try_join2(struct steal_join_all *all,
        struct steal_future *a, struct steal_future *b);
STEAL_API struct steal_future *steal_try_join3(struct steal_join_all *all,
        struct steal_future *a, struct steal_future *b, struct steal_future *c);
STEAL_API struct steal_future *steal_try_join4(struct steal_join_all *all,
        struct steal_future *a, struct steal_future *b, struct steal_future *c,
        struct steal_future *d);

/*
 * Waiting for the first
 */

/* A future: ready when one child is, tried in order; the others are dropped.
 * `index` tells which; its result is that child's.  Where no child takes part, as
 * with n of 0, its result is -EINVAL and `index` is n. */
struct steal_select {
    struct steal_future future;
    size_t index;
    /* private */
    unsigned flags;
    struct steal_branches branches;
};

STEAL_API struct steal_future *steal_select(struct steal_select *select,
        struct steal_future **child, size_t n);
STEAL_API struct steal_future *steal_select2(struct steal_select *select,
        struct steal_future *a, struct steal_future *b);
STEAL_API struct steal_future *steal_select3(struct steal_select *select,
        struct steal_future *a, struct steal_future *b, struct steal_future *c);
STEAL_API struct steal_future *steal_select4(struct steal_select *select,
        struct steal_future *a, struct steal_future *b, struct steal_future *c,
        struct steal_future *d);

/* Each poll begins at a child drawn at random and goes round, so that one that is
 * always ready does not starve the others. */
#define STEAL_SELECT_RANDOM 1u

/*
 * The losers are not dropped but stay as they are, for the next round:
 *
 *     self->branch[0] = steal_sleep(&self->end, STEAL_SECONDS(10));
 *     self->branch[1] = steal_interval_next(&self->interval);
 *     for (;;) {
 *         STEAL_AWAIT(cx, steal_select_with(&self->round, self->branch, 2,
 *                                 STEAL_SELECT_KEEP));
 *         if (self->round.index == 0)
 *             break;
 *         ...
 *         self->branch[1] = steal_interval_next(&self->interval);
 *     }
 *     steal_future_drop(self->branch[1]);
 *
 * From the moment when the select is ready they are the caller's: pinned, to be
 * dropped with steal_future_drop() before their memory goes or is used for another
 * future.  The winner is dropped already; unless it is made anew, it takes no part
 * in later rounds, and when all have won the result is -EINVAL.
 *
 * A select that is dropped half way drops its children, as all combinators do.
 * Thus an async function that is dropped while it awaits the select needs nothing.
 * One that awaits other things too between the first round and the last may be
 * dropped there: it has a drop function, which drops all children it may have
 * kept, whatever became of them.  To drop one that is dropped already, or that was
 * never polled, does nothing.
 */
#define STEAL_SELECT_KEEP 2u

/* Of unknown flags the result is -EINVAL too; no child is polled or dropped. */
STEAL_API struct steal_future *steal_select_with(struct steal_select *select,
        struct steal_future **child, size_t n, unsigned flags);

/* A select that begins at random: the first child that is ready wins, and none is
 * preferred. */
STEAL_API struct steal_future *steal_race(struct steal_select *race,
        struct steal_future **child, size_t n);

/* The same for the first child with a result of 0 or more; the others, those that
 * failed and those that wait, are dropped.  When all have failed `index` and the
 * result tell of the one that failed last; all their results may be read. */
STEAL_API struct steal_future *steal_race_ok(struct steal_select *race,
        struct steal_future **child, size_t n);

/*
 * One thing after another
 */

/* A future: ready when the child is, with the result that `fn` makes of it.  `fn`
 * is called once, after the child was dropped, and may read all its output; it is
 * not called if the map is dropped half way. */
struct steal_map {
    struct steal_future future;
    /* private */
    struct steal_future *child;
    int (*fn)(struct steal_future *child, void *arg);
    void *arg;
};

STEAL_API struct steal_future *steal_map(struct steal_map *map,
        struct steal_future *child,
        int (*fn)(struct steal_future *child, void *arg), void *arg);

/* A future: goes on, when the child is ready, with the future that `fn` returns,
 * and has the result of that; it is dropped like a child.  If `fn` returns NULL the
 * result is what it has put into `*result`, which is the child's before.  `fn` is
 * called as that of a map.  It may make the next future where the child was. */
struct steal_then {
    struct steal_future future;
    /* private */
    struct steal_future *child;
    struct steal_future *(
            *fn)(struct steal_future *child, void *arg, int *result);
    void *arg;
};

STEAL_API struct steal_future *steal_then(struct steal_then *then,
        struct steal_future *child,
        struct steal_future *(
                *fn)(struct steal_future *child, void *arg, int *result),
        void *arg);

/*
 * Futures without a child
 */

/* Makes a future that is ready at once, with this result. */
STEAL_API struct steal_future *steal_ready(struct steal_future *ready,
        int result);

/* Makes a future that is never ready: to wait for it is to wait for an abort, or
 * for the others of a select. */
STEAL_API struct steal_future *steal_pending(struct steal_future *pending);

/* A future: a poll calls `fn`, which is a poll function as any other, with a place
 * for the result.  There is no drop function: what has to be given back when the
 * wait ends half way wants a future of its own. */
struct steal_poll_fn {
    struct steal_future future;
    /* private */
    enum steal_poll (*fn)(void *arg, struct steal_context *cx, int *result);
    void *arg;
};

STEAL_API struct steal_future *steal_poll_fn(struct steal_poll_fn *f,
        enum steal_poll (*fn)(void *arg, struct steal_context *cx, int *result),
        void *arg);

/*
 * Without a budget
 */

/*
 * A future: ready when the child is, with its result.  The child does as many
 * operations in a poll as it can.
 *
 * An operation that could be ready for ever, such as a read or a receive, gives
 * way to the other tasks after 128 of them in one poll of a task (see steal(7)).
 * That costs a trip through the queue, which a child does not want that has little
 * left to do and is waited for by many, or that must not stop in the middle.  What
 * surrounds it goes on with the budget that it had.
 *
 * Danger: a child that always finds something to do never gives its worker back.
 * Other tasks starve, and so do timeouts and aborts of this one, which come
 * between two polls.
 */
struct steal_unconstrained {
    struct steal_future future;
    /* private */
    struct steal_future *child;
};

STEAL_API struct steal_future *
steal_unconstrained(struct steal_unconstrained *u, struct steal_future *child);

STEAL_END_DECLS

#endif
