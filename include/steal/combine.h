/*
 * steal/combine.h - waiting for several futures inside one task.
 *
 * The children are the caller's, as an array of pointers that lives as long as
 * the combinator.  A woken task polls all children that are not ready yet: for
 * many of them use tasks and a group.
 */
#ifndef STEAL_COMBINE_H
#define STEAL_COMBINE_H

#include <steal/future.h>

STEAL_BEGIN_DECLS

/* A future: ready when all children are; each is dropped once it is ready.  Its
 * result is 0, or the first result below 0, by position.  With n of 0 it is
 * ready at once. */
struct steal_join_all {
    struct steal_future future;
    /* private */
    struct steal_future **child;
    size_t n;
};

STEAL_API struct steal_future *steal_join_all(struct steal_join_all *all,
        struct steal_future **child, size_t n);

/* A future: ready when one child is, tried in order; the others are dropped.
 * `index` tells which; its result is that child's.  With n of 0: -EINVAL. */
struct steal_select {
    struct steal_future future;
    size_t index;
    /* private */
    struct steal_future **child;
    size_t n;
};

STEAL_API struct steal_future *steal_select(struct steal_select *select,
        struct steal_future **child, size_t n);

STEAL_END_DECLS

#endif
