/*
 * steal/channel.h - a queue of messages between tasks.
 *
 *     static uint64_t slots[100];
 *     static struct steal_channel jobs = STEAL_CHANNEL_INIT(slots);
 *
 *     STEAL_AWAIT(cx, steal_channel_send(&self->send, &jobs, &job));
 *     ...
 *     for (;;) {
 *         STEAL_AWAIT(cx, steal_channel_receive(&self->receive, &jobs, &job));
 *         if (self->receive.future.result)
 *             break; (-EPIPE: closed, and nothing is left)
 *         ...
 *     }
 *
 * Any number of senders and of receivers; each message goes to one receiver, in
 * the order of sending.  A bounded channel makes senders wait while it is full:
 * that is what keeps a fast producer from filling the memory.  One without slots
 * of its own allocates blocks of them, and bounded or not keeps a few.
 *
 * Messages are `size` bytes, copied in and out; of what they point to the
 * channel knows nothing, but a destroy function gets those that nobody received.
 *
 * Fairness: those who wait are served in the order of coming.  But a message may
 * be taken by a receiver that comes just then, before the one that it has woken
 * gets to it; that one waits on, at its old place.
 *
 * Threads: any, inside a poll or not.  A thread that is no worker waits by
 * steal_block_on(NULL, steal_channel_send(...)), or tries.
 *
 * Storage: the caller's, and it outlives all use; steal_channel_fini() frees what
 * is left.
 */
#ifndef STEAL_CHANNEL_H
#define STEAL_CHANNEL_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/stream.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

#define STEAL_UNBOUNDED SIZE_MAX

struct steal_channel {
    /* private */
    struct steal_waitq receivers;
    void *senders[2];
    size_t room;
    struct {
        size_t count;
        char *ends[4];
        char *ring;
        size_t ring_size;
        void *blocks[3];
        uint32_t size;
    } slots;
    uint32_t closed;
    uint64_t turns;
    size_t nsenders;
    void (*destroy)(void *message);
};

/* clang-format off */

/* A static channel: of an array of messages, or of as many as there is memory
 * for. */
#define STEAL_CHANNEL_INIT(array)                                             \
    STEAL_CHANNEL_INIT_(sizeof (array)[0],                                    \
            sizeof (array) / sizeof (array)[0], (char *)(array))
#define STEAL_CHANNEL_INIT_UNBOUNDED(size)                                    \
    STEAL_CHANNEL_INIT_((size), STEAL_UNBOUNDED, NULL)

/* private */
#define STEAL_CHANNEL_INIT_(size, capacity, ring)                             \
    { { 0, NULL, NULL }, { NULL, NULL }, (capacity),                          \
      { 0, { (ring), NULL, NULL, NULL }, (ring), (size) * (capacity),         \
        { NULL, NULL, NULL }, (size) }, 0, 0, 0, NULL }

/* clang-format on */

/*
 * `slots` is room for `capacity` messages of `size` bytes, aligned as they are.
 * If it is NULL the channel allocates as it goes, up to `capacity` messages,
 * which may be STEAL_UNBOUNDED.  With a capacity of 0 a sender waits until a
 * receiver takes its message.
 */
STEAL_API void steal_channel_init(struct steal_channel *channel, void *slots,
        uint32_t size, size_t capacity);

/* Destroys what is left, and frees.  Nobody uses the channel any more; it may be
 * initialized again. */
STEAL_API void steal_channel_fini(struct steal_channel *channel);

/* What steal_channel_fini() gives the messages to that are left. */
STEAL_API void steal_channel_set_destroy(struct steal_channel *channel,
        void (*destroy)(void *message));

/* Nobody sends any more: who tries gets -EPIPE, also who waits to.  What is in
 * the channel may still be received; after that, receivers get -EPIPE, too. */
STEAL_API void steal_channel_close(struct steal_channel *channel);

/*
 * For those who want it closed by the last of several senders: each is added
 * before it begins, by who spawns it, and ended when it is done, by its drop
 * function, which runs however it ends.
 *
 *     steal_channel_add_sender(&jobs);
 *     if (steal_group_spawn(&group, &producer.future, sizeof producer) < 0)
 *         steal_channel_end_sender(&jobs);
 *     ...
 *     steal_channel_end_sender(&jobs);      (in the producer's drop function)
 */
STEAL_API void steal_channel_add_sender(struct steal_channel *channel);
STEAL_API void steal_channel_end_sender(struct steal_channel *channel);

/* How many messages are in it at the moment. */
STEAL_API size_t steal_channel_count(const struct steal_channel *channel);

STEAL_API bool steal_channel_is_closed(const struct steal_channel *channel);

/* Without waiting: -EAGAIN if it is full, or others wait to send; -EPIPE;
 * -ENOMEM.  If it fails the message stays the caller's. */
STEAL_API STEAL_MUST_CHECK int
steal_channel_try_send(struct steal_channel *channel, const void *message);

/* Without waiting: -EAGAIN if it is empty; -EPIPE if it is closed, too. */
STEAL_API STEAL_MUST_CHECK int
steal_channel_try_receive(struct steal_channel *channel, void *message);

/*
 * A future: waits until the message, which is copied from where it lies, is in
 * the channel.  Its result is 0, -EPIPE or -ENOMEM.  `sent` tells whether the
 * message is the channel's now, also after the future was dropped half way: then
 * it may or may not be.
 */
struct steal_channel_send {
    struct steal_future future;
    bool sent;
    /* private */
    bool waits;
    struct steal_channel *channel;
    const void *message;
    struct steal_wait wait;
};

STEAL_API struct steal_future *
steal_channel_send(struct steal_channel_send *send,
        struct steal_channel *channel, const void *message);

/*
 * A future: waits for a message, which is copied to `message`.  Its result is 0,
 * or -EPIPE: closed, and nothing is left.  Dropped half way it loses none.
 */
struct steal_channel_receive {
    struct steal_future future;
    /* private */
    bool waits;
    struct steal_channel *channel;
    void *message;
    size_t most;
    uint64_t turn;
    struct steal_wait wait;
};

STEAL_API struct steal_future *
steal_channel_receive(struct steal_channel_receive *receive,
        struct steal_channel *channel, void *message);

/* The same for an array of up to `most` messages: waits for one, and takes as
 * many as are there.  The result is their number, or -EPIPE. */
STEAL_API struct steal_future *
steal_channel_receive_many(struct steal_channel_receive *receive,
        struct steal_channel *channel, void *messages, size_t most);

/* The same as a stream, which has ended when the channel is closed and nothing is
 * left.  An item is in `message`. */
struct steal_channel_stream {
    struct steal_stream stream;
    void *message;
    /* private */
    struct steal_channel *channel;
    bool begun;
    struct steal_channel_receive receive;
};

STEAL_API struct steal_stream *
steal_channel_stream(struct steal_channel_stream *stream,
        struct steal_channel *channel, void *message);

STEAL_END_DECLS

#endif
