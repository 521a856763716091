/*
 * steal/stream.h - items one after the other, and work for each of them.
 *
 *     STEAL_AWAIT(cx, steal_next(&self->next, stream));
 *     if (self->next.future.result <= 0)
 *         ... the end, or an error
 *
 * A stream is a struct whose first member is a struct steal_stream, as a future
 * is one with a struct steal_future.  Making one does nothing; it moves when it
 * is asked for the next item.  What an item is only the stream knows: it leaves
 * it in a field of its own, until it is asked for the next.
 *
 * A stream is no future.  It is asked time and again, it may be asked by one task
 * and then by another, and nobody drops it for having asked.  A stream that
 * holds something says so, and whoever has made it calls steal_stream_drop()
 * once.  A stream that takes its items from another borrows that.
 *
 * Threads: a stream is asked by one task at a time.
 * Memory:  it stays where it is from the first time that it is asked.
 */
#ifndef STEAL_STREAM_H
#define STEAL_STREAM_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/group.h>
#include <steal/time.h>

STEAL_BEGIN_DECLS

struct steal_stream;

struct steal_stream_ops {
    const char *name;

    /* As the poll of a future, and again after STEAL_READY.  With that `result`
     * is set: 1 and there is an item; 0 at the end, after which it is not polled
     * again; below 0 an error, after which it may go on, as the stream says. */
    enum steal_poll (
            *poll)(struct steal_stream *stream, struct steal_context *cx);

    /* After a poll that said STEAL_PENDING: who waited does no more.  Forgets the
     * waker of that poll, and keeps what has come for the next one who asks.
     * May be NULL, if there is no such waker. */
    void (*leave)(struct steal_stream *stream);

    /* Gives back what the stream holds; may be NULL. */
    void (*drop)(struct steal_stream *stream);

    /* As that of a future's ops: the future that a poll has left waiting, or
     * NULL; and may be NULL. */
    struct steal_future *(*awaited)(struct steal_stream *stream);
};

struct steal_stream {
    const struct steal_stream_ops *ops;
    int result;
    /* private */
    uint32_t over; /* it has come to its end */
};

/* Initializer: struct lines l = { STEAL_STREAM(&lines_ops), ... }; */
/* clang-format off */
#define STEAL_STREAM(ops) { (ops), 0, 0 }
/* clang-format on */

STEAL_API void steal_stream_init(struct steal_stream *stream,
        const struct steal_stream_ops *ops);

/* Ends the stream: it gives back what it holds, and has no items any more. */
STEAL_API void steal_stream_drop(struct steal_stream *stream);

/*
 * A future: waits for the next item.  Its result is 1, and the item is in the
 * stream; 0 at the end of the stream, and ever after; below 0 an error.  It is
 * one operation of the budget of the poll: a stream that is never empty needs no
 * regard for other tasks.  Dropping it half way loses no item.
 */
struct steal_next {
    struct steal_future future;
    /* private */
    struct steal_stream *stream;
    bool begun;
};

STEAL_API struct steal_future *steal_next(struct steal_next *next,
        struct steal_stream *stream);

/*
 * Some streams.  They hold nothing that would have to be given back.
 */

/* The ticks of an interval, of which `interval` may be changed while nobody
 * waits, as in steal/time.h.  The item is `time`, when the tick was due.  It has
 * no end, but an error outside of a worker: -EINVAL. */
struct steal_stream_ticks {
    struct steal_stream stream;
    struct steal_interval interval;
    uint64_t time;
    /* private */
    bool waits;
};

STEAL_API struct steal_stream *
steal_stream_ticks(struct steal_stream_ticks *ticks, uint64_t period,
        uint64_t first);

/* What a function gives: 1 with *item set, 0 at the end, or an error.  The item
 * is `item`.  It never waits. */
typedef int steal_stream_fn(void *arg, void **item);

struct steal_stream_from {
    struct steal_stream stream;
    void *item;
    /* private */
    steal_stream_fn *fn;
    void *arg;
};

STEAL_API struct steal_stream *steal_stream_from(struct steal_stream_from *from,
        steal_stream_fn *fn, void *arg);

/* The first `n` items of another stream, in which they are found.  No more are
 * taken from it; `left` tells how many it may still take. */
struct steal_stream_take {
    struct steal_stream stream;
    size_t left;
    /* private */
    struct steal_stream *source;
};

STEAL_API struct steal_stream *steal_stream_take(struct steal_stream_take *take,
        struct steal_stream *source, size_t n);

/*
 * A future: takes the items of a stream one at a time, and calls `fn` for each,
 * with the item in the stream.  `fn` returns a future for what there is to wait
 * for, which is awaited and dropped before the next item is taken, or NULL.  Its
 * result is 0 when the stream has ended, or else the first result below 0, of
 * the stream or of such a future.  Dropping it half way drops the future that it
 * waits for, and with that the work for one item; those not taken stay.
 */
typedef struct steal_future *steal_for_each_fn(struct steal_stream *stream,
        void *arg);

struct steal_for_each {
    struct steal_future future;
    /* private */
    struct steal_stream *stream;
    steal_for_each_fn *fn;
    void *arg;
    struct steal_future *child;
    struct steal_next next;
};

STEAL_API struct steal_future *steal_for_each(struct steal_for_each *each,
        struct steal_stream *stream, steal_for_each_fn *fn, void *arg);

/*
 * A future: takes the items of a stream and calls `fn` for each, which spawns
 * what there is to do, by steal_group_spawn(), into a group of this future's.
 * The task takes what it needs of the item along, as the stream may have moved on
 * before it runs; `fn` returns 0 or an error.  No more than `limit` tasks of the group run at a time (0: no limit),
 * and no item is taken before there is room for it.  It ends when the stream has
 * ended and all of the work too.
 *
 * Its result is 0, or the first one below 0, of the stream, of `fn` or of a task;
 * then no more items are taken, the other tasks are aborted and waited for.  With
 * STEAL_GROUP_KEEP_GOING in `flags`, set before the first poll, a failure of
 * `fn` or of a task is its own, and one of the stream ends no task.  Outputs of
 * the tasks are lost, as STEAL_GROUP_FORGET has it.
 *
 * Inside of a task only: elsewhere its result is -EINVAL.  -ENOMEM as well.
 * Dropping it half way aborts all tasks, without waiting for them.
 */
typedef int steal_for_each_concurrent_fn(struct steal_stream *stream,
        struct steal_group *group, void *arg);

struct steal_for_each_concurrent {
    struct steal_future future;
    unsigned flags;
    /* private */
    int phase;
    size_t limit;
    struct steal_stream *stream;
    steal_for_each_concurrent_fn *fn;
    void *arg;
    struct steal_group group;
    struct steal_next next;
    struct steal_group_room room;
    struct steal_group_wait wait;
};

STEAL_API struct steal_future *
steal_for_each_concurrent(struct steal_for_each_concurrent *each,
        struct steal_stream *stream, size_t limit,
        steal_for_each_concurrent_fn *fn, void *arg);

STEAL_END_DECLS

#endif
