/*
 * steal/watch.h - one value that changes; whoever looks sees the latest.
 *
 *     uint64_t storage[STEAL_WATCH_STORAGE(sizeof(struct config))];
 *     struct steal_watch config;
 *     ...
 *     steal_watch_init(&config, storage, sizeof(struct config), &initial);
 *     steal_watch_subscribe(&self->receiver, &config);
 *     for (;;) {
 *         STEAL_AWAIT(cx, steal_watch_next(&self->next, &self->receiver,
 *                                 &self->config));
 *         if (self->next.future.result < 0)
 *             break;
 *         ...
 *     }
 *
 * A receiver is told that the value has changed, not how often: values that came
 * and went meanwhile it never sees.  For those there is steal/broadcast.h.
 *
 * Threads: any, at the same time; a receiver belongs to one task at a time.  A
 * thread that is no worker waits by steal_block_on().
 *
 * Storage: the caller's; nothing is allocated.  The watch stays where it is and
 * outlives all use, a send that is under way too.
 */
#ifndef STEAL_WATCH_H
#define STEAL_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_watch {
    /* private */
    void *storage;
    size_t words;
    size_t size;
    void (*copy)(void *to, const void *from, void *data);
    void (*destroy)(void *value, void *data);
    void *data;
    uint64_t word;
    uint64_t others;
    uint64_t senders[8]; /* written by them alone, so on a line of its own */
    uint64_t crowd[4][8];
};

/* How many uint64_t the storage for a value of `size` bytes is. */
#define STEAL_WATCH_STORAGE(size) (3 * STEAL_WATCH_WORDS(size))

/* private: a copy of it, with its number. */
#define STEAL_WATCH_WORDS(size) (1 + ((size) + 7) / 8)

/* For plain values; the first is what is in `storage`, which must be zero. */
/* clang-format off */
#define STEAL_WATCH_INIT(storage, size) \
    { (storage), STEAL_WATCH_WORDS(size), (size), NULL, NULL, NULL, 0, \
        0, { 0 }, { { 0 } } }
/* clang-format on */

/* The storage need not be zero; the bytes at `value` are the first value. */
STEAL_API void steal_watch_init(struct steal_watch *watch, void *storage,
        size_t size, const void *value);

/*
 * For values that own something, as a counted reference; to be called before the
 * first use.  The watch then owns what it was given, the first value too.
 * copy() makes a receiver's own copy, and destroy() ends a value that another has
 * replaced; one of them may be NULL: then bytes are copied, or nothing is done.
 * Both are called under a lock of the watch: they are short and do not use it.
 *
 * An alignment of more than that of uint64_t the values do not have.
 */
STEAL_API void steal_watch_own(struct steal_watch *watch,
        void (*copy)(void *to, const void *from, void *data),
        void (*destroy)(void *value, void *data), void *data);

/* Destroys the value.  Nobody uses the watch any more. */
STEAL_API void steal_watch_fini(struct steal_watch *watch);

/* The bytes at `value` are the value from now on, and what they own goes with
 * them.  Returns 0, or -EPIPE if the watch is closed: then that is still the
 * caller's. */
STEAL_API int steal_watch_send(struct steal_watch *watch, const void *value);

/*
 * Changes the value by a function, which is given a copy: if it says true, the
 * copy replaces the value; if false, it is destroyed, and nothing has happened.
 * No other sender comes between.  The function is called under a lock of the
 * watch: it is short and does not use it.  Returns 1 if the value has changed, 0
 * if not, or -EPIPE if the watch is closed.
 */
STEAL_API int steal_watch_modify(struct steal_watch *watch,
        bool (*fn)(void *value, void *arg), void *arg);

/* A copy of the latest value, also if the watch is closed. */
STEAL_API void steal_watch_get(struct steal_watch *watch, void *value);

/* The value is the last one.  Receivers that have not seen it still do, and then
 * get -EPIPE. */
STEAL_API void steal_watch_close(struct steal_watch *watch);

/* In the caller's storage.  The watch does not know it, so there is nothing to
 * undo. */
struct steal_watch_receiver {
    uint64_t version; /* that it has seen; one less, and all is new to it */
    /* private */
    struct steal_watch *watch;
};

/* The value of now counts as seen. */
STEAL_API void steal_watch_subscribe(struct steal_watch_receiver *receiver,
        struct steal_watch *watch);

/* Returns 1 if there is a value that the receiver has not seen, 0 if not, or
 * -EPIPE if there is none and the watch is closed. */
STEAL_API int steal_watch_has_changed(
        const struct steal_watch_receiver *receiver);

/* Takes the latest value and marks it as seen: 0; or -EAGAIN or -EPIPE if it was
 * seen before: then `value` is as it was. */
STEAL_API STEAL_MUST_CHECK int
steal_watch_try_next(struct steal_watch_receiver *receiver, void *value);

/* A future: waits until there is a value that the receiver has not seen, and
 * marks it as seen.  Its result is 0, or -EPIPE.  Dropped half way it leaves the
 * receiver alone: no change is lost.  Meanwhile the receiver is used by nobody
 * else. */
struct steal_watch_changed {
    struct steal_future future;
    /* private */
    struct steal_watch *watch;
    struct steal_watch_receiver *receiver;
    void *value;
    struct steal_wait wait;
};

STEAL_API struct steal_future *
steal_watch_changed(struct steal_watch_changed *changed,
        struct steal_watch_receiver *receiver);

/* The same, and takes the value. */
STEAL_API struct steal_future *
steal_watch_next(struct steal_watch_changed *changed,
        struct steal_watch_receiver *receiver, void *value);

STEAL_END_DECLS

#endif
