/*
 * broadcast.c - every receiver gets every message.
 *
 * A ring of cells (cell.h); message n is in cell n modulo `capacity`, until that
 * is overwritten.  A receiver keeps the number of its next message and is not
 * known to the channel, unless it waits in the crowd.
 *
 *     word   2 n      n messages were sent
 *            2 n + 1  and the channel is closed
 *
 * So every change makes the word larger, and that is what the crowd waits for.
 * Plain messages are read without a lock.  A message that owns something is
 * copied under the lock of the reader's shard: a sender that is to destroy it
 * marks its cell and then passes through all shards.
 *
 * Orderings
 *   O1  send, close: store word, release  ->  receive: load word, acquire
 *       Who knows of a message finds it, or a later one, in its cell.
 *   O2  send: cell_begin(), pass  ->  receive: enter, cell_holds()
 *       lock.h, O1: who enters after the sender has passed sees the mark; who has
 *       entered before has left.
 */
#include <steal/broadcast.h>

#include <errno.h>

#include "../base/assert.h"
#include "../base/await.h"
#include "../task/budget.h"
#include "cell.h"
#include "crowd.h"

#define CLOSED UINT64_C(1)
#define ONE    UINT64_C(2)

struct broadcast {
    /* constant */
    void *storage;
    size_t words; /* of a cell */
    size_t size;
    void (*copy)(void *to, const void *from, void *data);
    void (*destroy)(void *value, void *data);
    void *data;
    uint64_t capacity;

    _Atomic(uint64_t) word; /* written under `lock` */
    struct lock lock;       /* of those who send, subscribe and close */
    uint32_t receivers;
    uint64_t others[7];
    struct crowd crowd;
};

_Static_assert(sizeof(struct broadcast) == sizeof(struct steal_broadcast),
        "struct steal_broadcast is a struct broadcast");

static inline struct broadcast *
broadcast_of(struct steal_broadcast *broadcast)
{
    return (struct broadcast *)(void *)broadcast;
}

void
steal_broadcast_init(struct steal_broadcast *broadcast, void *storage,
        size_t size, uint32_t capacity)
{
    struct broadcast *b = broadcast_of(broadcast);

    must(capacity > 0);
    b->storage = storage;
    b->size = size;
    b->words = STEAL_BROADCAST_WORDS(size);
    b->capacity = capacity;
    steal_broadcast_own(broadcast, NULL, NULL, NULL);
    store_relaxed(&b->word, 0); /* not shared yet */
    lock_init(&b->lock);
    b->receivers = 0;
    steal__crowd_init(&b->crowd);
}

void
steal_broadcast_own(struct steal_broadcast *broadcast,
        void (*copy)(void *to, const void *from, void *data),
        void (*destroy)(void *value, void *data), void *data)
{
    struct broadcast *b = broadcast_of(broadcast);

    b->copy = copy;
    b->destroy = destroy;
    b->data = data;
}

/* True if messages own something. */
static inline bool
owns(const struct broadcast *b)
{
    return b->copy || b->destroy;
}

static inline struct cell *
cell_of(const struct broadcast *b, uint64_t n)
{
    uint64_t mask = b->capacity - 1;

    return cell_at(b->storage, b->words,
            b->capacity & mask ? n % b->capacity : n & mask);
}

void
steal_broadcast_fini(struct steal_broadcast *broadcast)
{
    struct broadcast *b = broadcast_of(broadcast);
    uint64_t tail = load_acquire(&b->word) / ONE;
    uint64_t n = tail > b->capacity ? tail - b->capacity : 0;

    for (; b->destroy && n < tail; n++)
        b->destroy(cell_value(cell_of(b, n)), b->data);
}

/*
 * Sending
 */

/* Message n goes into its cell; the one that is there ends. */
static void
put_locked(struct broadcast *b, uint64_t n, const void *value)
{
    struct cell *cell = cell_of(b, n);

    cell_begin(cell, n);
    if (owns(b) && n >= b->capacity) {
        steal__crowd_pass(&b->crowd); /* O2 */
        if (b->destroy)
            b->destroy(cell_value(cell), b->data);
    }
    cell_put(cell, value, b->size);
    cell_end(cell, n);
}

int
steal_broadcast_send(struct steal_broadcast *broadcast, const void *value)
{
    struct broadcast *b = broadcast_of(broadcast);
    uint64_t word;
    uint32_t receivers;

    lock_take(&b->lock);
    word = load_relaxed(&b->word); /* the lock */
    if (word & CLOSED) {
        lock_give(&b->lock);
        return -EPIPE;
    }
    put_locked(b, word / ONE, value);
    store_release(&b->word, word + ONE); /* O1 */
    receivers = b->receivers;
    lock_give(&b->lock);
    if (receivers)
        steal__crowd_wake(&b->crowd, word + ONE);
    return (int)receivers;
}

void
steal_broadcast_close(struct steal_broadcast *broadcast)
{
    struct broadcast *b = broadcast_of(broadcast);
    uint64_t word;

    lock_take(&b->lock);
    word = load_relaxed(&b->word) | CLOSED; /* the lock */
    store_release(&b->word, word);          /* O1 */
    lock_give(&b->lock);
    steal__crowd_wake(&b->crowd, word);
}

/*
 * Receiving
 */

void
steal_broadcast_subscribe(struct steal_broadcast_receiver *receiver,
        struct steal_broadcast *broadcast)
{
    struct broadcast *b = broadcast_of(broadcast);

    receiver->missed = 0;
    receiver->broadcast = broadcast;
    lock_take(&b->lock);
    receiver->next = load_relaxed(&b->word) / ONE; /* the lock */
    b->receivers++;
    lock_give(&b->lock);
}

void
steal_broadcast_unsubscribe(struct steal_broadcast_receiver *receiver)
{
    struct broadcast *b = broadcast_of(receiver->broadcast);

    lock_take(&b->lock);
    b->receivers--;
    lock_give(&b->lock);
    receiver->broadcast = NULL;
}

/* A copy of message n; false if it is gone. */
static COLD bool
get_owned(struct broadcast *b, uint64_t n, void *value)
{
    struct cell *cell = cell_of(b, n);
    struct lock *lock = steal__crowd_enter(&b->crowd); /* O2 */
    bool held = cell_holds(cell, n);

    if (held && b->copy)
        b->copy(value, cell_value(cell), b->data);
    else if (held)
        memcpy(value, cell_value(cell), b->size);
    lock_give(lock);
    return held;
}

/* The next message has been overwritten, or is being: moves on to the oldest
 * that is not. */
static COLD int
lag(struct broadcast *b, struct steal_broadcast_receiver *receiver)
{
    uint64_t tail = load_acquire(&b->word) / ONE; /* O1 */
    uint64_t oldest = cell_number(cell_of(b, receiver->next)) + 1 - b->capacity;

    if (tail > b->capacity && tail - b->capacity > oldest)
        oldest = tail - b->capacity;
    receiver->missed = oldest - receiver->next;
    receiver->next = oldest;
    return -EOVERFLOW;
}

/* As steal_broadcast_try_receive(); *seen is the word if it is -EAGAIN. */
static inline int
take(struct broadcast *b, struct steal_broadcast_receiver *receiver,
        void *value, uint64_t *seen)
{
    uint64_t word = load_acquire(&b->word); /* O1 */
    uint64_t n = receiver->next;
    bool got;

    *seen = word;
    if (n == word / ONE)
        return word & CLOSED ? -EPIPE : -EAGAIN;
    if (unlikely(owns(b)))
        got = get_owned(b, n, value);
    else
        got = cell_get(cell_of(b, n), n, value, b->size);
    if (unlikely(!got))
        return lag(b, receiver);
    receiver->next = n + 1;
    return 0;
}

int
steal_broadcast_try_receive(struct steal_broadcast_receiver *receiver,
        void *value)
{
    uint64_t seen;

    return take(broadcast_of(receiver->broadcast), receiver, value, &seen);
}

/*
 * struct steal_broadcast_receive
 */

static enum steal_poll
receive_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_broadcast_receive *receive = (struct steal_broadcast_receive *)
            future;
    struct broadcast *b = broadcast_of(receive->broadcast);
    struct crowd_member *member = crowd_member_of(&receive->wait);
    uint64_t seen;
    int result;

    if (unlikely(!steal__may_go_on(cx)))
        return STEAL_PENDING;
    do {
        result = take(b, receive->receiver, receive->value, &seen);
        if (result != -EAGAIN) {
            future->result = result;
            return STEAL_READY; /* the drop leaves the crowd */
        }
    } while (!steal__crowd_wait(&b->crowd, member, &b->word, seen, cx));
    return STEAL_PENDING;
}

static void
receive_drop(struct steal_future *future)
{
    struct steal_broadcast_receive *receive = (struct steal_broadcast_receive *)
            future;
    struct broadcast *b = broadcast_of(receive->broadcast);

    steal__crowd_leave(&b->crowd, crowd_member_of(&receive->wait));
}

static void
receive_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_broadcast_receive
            *receive = (struct steal_broadcast_receive *)future;

    await_for(await, "broadcast", receive->broadcast);
}

static const struct steal_future_ops receive_ops = { .name = "broadcast",
    .poll = receive_poll,
    .drop = receive_drop,
    .waits = receive_waits };

struct steal_future *
steal_broadcast_receive(struct steal_broadcast_receive *receive,
        struct steal_broadcast_receiver *receiver, void *value)
{
    steal_future_init(&receive->future, &receive_ops);
    receive->broadcast = receiver->broadcast;
    receive->receiver = receiver;
    receive->value = value;
    crowd_member_init(crowd_member_of(&receive->wait));
    return &receive->future;
}
