/*
 * steal/broadcast.h - every receiver gets every message.
 *
 *     uint64_t storage[STEAL_BROADCAST_STORAGE(sizeof(struct quote), 16)];
 *     struct steal_broadcast quotes;
 *     ...
 *     steal_broadcast_init(&quotes, storage, sizeof(struct quote), 16);
 *     steal_broadcast_subscribe(&self->receiver, &quotes);
 *     for (;;) {
 *         STEAL_AWAIT(cx, steal_broadcast_receive(&self->receive,
 *                                 &self->receiver, &self->quote));
 *         if (self->receive.future.result == -EPIPE)
 *             break;
 *         ...
 *     }
 *
 * Sending never waits: a message stays until `capacity` others were sent after
 * it.  A receiver that has not read it by then has lagged: it is told how many
 * it has missed, once, and goes on with the oldest that there is.
 *
 * Threads: any, at the same time; a receiver belongs to one task at a time.  A
 * thread that is no worker waits by steal_block_on().
 *
 * Storage: the caller's; nothing is allocated.  The channel stays where it is
 * and outlives all use, a send that is under way too.
 */
#ifndef STEAL_BROADCAST_H
#define STEAL_BROADCAST_H

#include <stddef.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_broadcast {
    /* private */
    void *storage;
    size_t words;
    size_t size;
    void (*copy)(void *to, const void *from, void *data);
    void (*destroy)(void *value, void *data);
    void *data;
    uint64_t capacity;
    uint64_t word;
    uint64_t senders[8]; /* written by them alone, so on a line of its own */
    uint64_t crowd[4][8];
};

/* How many uint64_t the storage of `capacity` messages of `size` bytes is. */
#define STEAL_BROADCAST_STORAGE(size, capacity) \
 (STEAL_BROADCAST_WORDS(size) * (capacity))

/* private: of one of them. */
#define STEAL_BROADCAST_WORDS(size) (1 + ((size) + 7) / 8)

/* For plain values. */
/* clang-format off */
#define STEAL_BROADCAST_INIT(storage, size, capacity) \
    { (storage), STEAL_BROADCAST_WORDS(size), (size), NULL, NULL, NULL, \
        (capacity), 0, { 0 }, { { 0 } } }
/* clang-format on */

/* The storage need not be zero; `capacity` is at least 1, best a power of 2. */
STEAL_API void steal_broadcast_init(struct steal_broadcast *broadcast,
        void *storage, size_t size, uint32_t capacity);

/*
 * For values that own something, as a counted reference; to be called before the
 * first use.  The channel then owns what it was sent.  copy() makes a receiver's
 * own copy of a message, and destroy() ends one that is no longer kept; one of
 * them may be NULL: then bytes are copied, or nothing is done.  Both are called
 * under a lock of the channel: they are short and do not use it.
 *
 * An alignment of more than that of uint64_t the values do not have.
 */
STEAL_API void steal_broadcast_own(struct steal_broadcast *broadcast,
        void (*copy)(void *to, const void *from, void *data),
        void (*destroy)(void *value, void *data), void *data);

/* Destroys the messages that are kept.  Nobody uses the channel any more. */
STEAL_API void steal_broadcast_fini(struct steal_broadcast *broadcast);

/* Sends the bytes at `value`, and what they own goes with them, also if there is
 * nobody to receive it.  Returns the number of receivers, or -EPIPE if the
 * channel is closed: then the value is still the caller's. */
STEAL_API int steal_broadcast_send(struct steal_broadcast *broadcast,
        const void *value);

/* Nothing more is sent.  Receivers get what there is, and then -EPIPE. */
STEAL_API void steal_broadcast_close(struct steal_broadcast *broadcast);

/* In the caller's storage.  One that is not subscribed is forgotten. */
struct steal_broadcast_receiver {
    uint64_t missed; /* messages, when -EOVERFLOW was returned last */
    /* private */
    struct steal_broadcast *broadcast;
    uint64_t next;
};

/* From now on it gets what is sent, also if the channel is closed by now: that
 * is nothing, then.  While no receive is under way the receiver may be moved, so
 * that who spawns a task subscribes for it, and moves the receiver into it: it
 * misses nothing until its first poll. */
STEAL_API void
steal_broadcast_subscribe(struct steal_broadcast_receiver *receiver,
        struct steal_broadcast *broadcast);

/* Once: the receiver no longer counts.  It does not wait at that time. */
STEAL_API void steal_broadcast_unsubscribe(
        struct steal_broadcast_receiver *receiver);

/* 0, and a message is in `value`; else the value is undefined, and it is
 *   -EAGAIN     nothing new
 *   -EOVERFLOW  receiver->missed messages are lost; there are newer ones
 *   -EPIPE      closed, and all is read */
STEAL_API STEAL_MUST_CHECK int
steal_broadcast_try_receive(struct steal_broadcast_receiver *receiver,
        void *value);

/* A future: waits for a message.  Its result is 0, -EOVERFLOW or -EPIPE, as
 * above.  Dropped half way it leaves receiver and value alone: no message is
 * lost.  Meanwhile the receiver is used by nobody else. */
struct steal_broadcast_receive {
    struct steal_future future;
    /* private */
    struct steal_broadcast *broadcast;
    struct steal_broadcast_receiver *receiver;
    void *value;
    struct steal_wait wait;
};

STEAL_API struct steal_future *
steal_broadcast_receive(struct steal_broadcast_receive *receive,
        struct steal_broadcast_receiver *receiver, void *value);

STEAL_END_DECLS

#endif
