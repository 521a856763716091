/*
 * channel_stream.c - a channel as a stream of its messages.
 */
#include <steal/channel.h>

static struct steal_channel_stream *
self_of(struct steal_stream *stream)
{
    return (struct steal_channel_stream *)stream;
}

static enum steal_poll
stream_poll(struct steal_stream *stream, struct steal_context *cx)
{
    struct steal_channel_stream *self = self_of(stream);
    struct steal_future *receive = &self->receive.future;

    if (!self->begun)
        steal_channel_receive(&self->receive, self->channel, self->message);
    self->begun = steal_future_poll(receive, cx) == STEAL_PENDING;
    if (self->begun)
        return STEAL_PENDING;
    steal_future_drop(receive);
    stream->result = receive->result == 0 ? 1 : 0;
    return STEAL_READY;
}

static void
stream_leave(struct steal_stream *stream)
{
    struct steal_channel_stream *self = self_of(stream);

    if (self->begun)
        steal_future_drop(&self->receive.future);
    self->begun = false;
}

static struct steal_future *
stream_awaited(struct steal_stream *stream)
{
    struct steal_channel_stream *self = self_of(stream);

    return self->begun ? &self->receive.future : NULL;
}

static const struct steal_stream_ops stream_ops = { .name = "channel",
    .poll = stream_poll,
    .leave = stream_leave,
    .drop = stream_leave,
    .awaited = stream_awaited };

struct steal_stream *
steal_channel_stream(struct steal_channel_stream *stream,
        struct steal_channel *channel, void *message)
{
    steal_stream_init(&stream->stream, &stream_ops);
    stream->channel = channel;
    stream->message = message;
    stream->begun = false;
    return &stream->stream;
}
