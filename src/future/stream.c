/*
 * stream.c - the next item of a stream, and streams of ticks, of what a function
 * gives, and of the beginning of another.
 */
#include <steal/stream.h>

#include "../base/await.h"
#include "../task/budget.h"

void
steal_stream_init(struct steal_stream *stream,
        const struct steal_stream_ops *ops)
{
    *stream = (struct steal_stream)STEAL_STREAM(ops);
}

void
steal_stream_drop(struct steal_stream *stream)
{
    stream->over = true;
    if (stream->ops->drop)
        stream->ops->drop(stream);
}

static struct steal_future *
awaited(struct steal_stream *stream)
{
    return stream->ops->awaited ? stream->ops->awaited(stream) : NULL;
}

/* Also for a stream that asks another. */
static enum steal_poll
ask(struct steal_stream *stream, struct steal_context *cx)
{
    if (stream->over) {
        stream->result = 0;
        return STEAL_READY;
    }
    if (stream->ops->poll(stream, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    stream->over = stream->result == 0;
    return STEAL_READY;
}

static void
leave(struct steal_stream *stream)
{
    if (stream->ops->leave)
        stream->ops->leave(stream);
}

/*
 * struct steal_next
 */

static enum steal_poll
next_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_next *next = (struct steal_next *)future;

    if (!next->begun && !steal__may_go_on(cx))
        return STEAL_PENDING;
    next->begun = true;
    if (ask(next->stream, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    next->begun = false;
    future->result = next->stream->result;
    return STEAL_READY;
}

static void
next_drop(struct steal_future *future)
{
    struct steal_next *next = (struct steal_next *)future;

    if (next->begun)
        leave(next->stream);
}

static struct steal_future *
next_awaited(struct steal_future *future, size_t i)
{
    struct steal_next *next = (struct steal_next *)future;

    return i || !next->begun ? NULL : awaited(next->stream);
}

static void
next_waits(struct steal_future *future, struct steal_await *await)
{
    struct steal_next *next = (struct steal_next *)future;

    if (next->begun)
        await_for(await, "stream", next->stream);
}

static const struct steal_future_ops next_ops = { .name = "next",
    .poll = next_poll,
    .drop = next_drop,
    .awaited = next_awaited,
    .waits = next_waits };

struct steal_future *
steal_next(struct steal_next *next, struct steal_stream *stream)
{
    steal_future_init(&next->future, &next_ops);
    next->stream = stream;
    next->begun = false;
    return &next->future;
}

/*
 * struct steal_stream_ticks
 */

static void
ticks_leave(struct steal_stream *stream)
{
    struct steal_stream_ticks *ticks = (struct steal_stream_ticks *)stream;

    if (ticks->waits)
        steal_future_drop(&ticks->interval.future);
    ticks->waits = false;
}

static enum steal_poll
ticks_poll(struct steal_stream *stream, struct steal_context *cx)
{
    struct steal_stream_ticks *ticks = (struct steal_stream_ticks *)stream;
    struct steal_interval *interval = &ticks->interval;

    if (!ticks->waits) {
        ticks->time = interval->deadline;
        steal_interval_next(interval);
        ticks->waits = true;
    }
    if (steal_future_poll(&interval->future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    stream->result = interval->future.result < 0 ? interval->future.result : 1;
    ticks_leave(stream);
    return STEAL_READY;
}

static struct steal_future *
ticks_awaited(struct steal_stream *stream)
{
    struct steal_stream_ticks *ticks = (struct steal_stream_ticks *)stream;

    return ticks->waits ? &ticks->interval.future : NULL;
}

static const struct steal_stream_ops ticks_ops = { .name = "ticks",
    .poll = ticks_poll,
    .leave = ticks_leave,
    .awaited = ticks_awaited };

struct steal_stream *
steal_stream_ticks(struct steal_stream_ticks *ticks, uint64_t period,
        uint64_t first)
{
    steal_stream_init(&ticks->stream, &ticks_ops);
    steal_interval_init(&ticks->interval, period, first);
    ticks->time = first;
    ticks->waits = false;
    return &ticks->stream;
}

/*
 * struct steal_stream_from
 */

static enum steal_poll
from_poll(struct steal_stream *stream, struct steal_context *cx)
{
    struct steal_stream_from *from = (struct steal_stream_from *)stream;

    (void)cx;
    stream->result = from->fn(from->arg, &from->item);
    return STEAL_READY;
}

static const struct steal_stream_ops from_ops = { .name = "from",
    .poll = from_poll };

struct steal_stream *
steal_stream_from(struct steal_stream_from *from, steal_stream_fn *fn,
        void *arg)
{
    steal_stream_init(&from->stream, &from_ops);
    from->item = NULL;
    from->fn = fn;
    from->arg = arg;
    return &from->stream;
}

/*
 * struct steal_stream_take
 */

static enum steal_poll
take_poll(struct steal_stream *stream, struct steal_context *cx)
{
    struct steal_stream_take *take = (struct steal_stream_take *)stream;

    stream->result = 0;
    if (!take->left)
        return STEAL_READY;
    if (ask(take->source, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    stream->result = take->source->result;
    take->left -= stream->result > 0;
    return STEAL_READY;
}

static void
take_leave(struct steal_stream *stream)
{
    leave(((struct steal_stream_take *)stream)->source);
}

static struct steal_future *
take_awaited(struct steal_stream *stream)
{
    return awaited(((struct steal_stream_take *)stream)->source);
}

static const struct steal_stream_ops take_ops = { .name = "take",
    .poll = take_poll,
    .leave = take_leave,
    .awaited = take_awaited };

struct steal_stream *
steal_stream_take(struct steal_stream_take *take, struct steal_stream *source,
        size_t n)
{
    steal_stream_init(&take->stream, &take_ops);
    take->left = n;
    take->source = source;
    return &take->stream;
}
