/*
 * steal/oneshot.h - one value, from whoever has it to the one who waits for it.
 *
 *     struct request {
 *         int key;
 *         struct steal_oneshot *reply;
 *     };
 *
 *     err = steal_oneshot_new(&request.reply, sizeof(struct answer));
 *     ... give the request to another task, which answers
 *     STEAL_AWAIT(cx, steal_oneshot_receive(&self->receive, request.reply));
 *     if (self->receive.future.result == 0)
 *         use(steal_oneshot_value(request.reply));
 *     steal_oneshot_close(request.reply);
 *
 * Two have a half each.  The sender's is given back by steal_oneshot_send() or
 * steal_oneshot_abandon(), the receiver's by steal_oneshot_close(); after that
 * the oneshot is not touched any more.  One that was made by
 * steal_oneshot_new() is freed with the second half.  One in storage of the
 * caller's, after steal_oneshot_init(), may go when both halves are: if nobody
 * gives up half way, that is once the value was received.
 *
 * Threads: one has each half.  A thread that is no worker waits by
 * steal_block_on(NULL, steal_oneshot_receive(...)).
 */
#ifndef STEAL_ONESHOT_H
#define STEAL_ONESHOT_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_oneshot {
    /* private */
    uint32_t word;
    uint32_t size;
    void *value;
    void (*destroy)(void *value);
    struct steal_wait *waiting[2];
};

/* clang-format off */
#define STEAL_ONESHOT_INIT(value, size) { 0, (size), (value), NULL, { NULL, NULL } }
/* clang-format on */

/* In storage of the caller's; `value` is where a value of `size` bytes will be,
 * and may be NULL if that is 0. */
STEAL_API void steal_oneshot_init(struct steal_oneshot *oneshot, void *value,
        uint32_t size);

/* One that frees itself, with room for the value.  -ENOMEM. */
STEAL_API STEAL_MUST_CHECK int steal_oneshot_new(struct steal_oneshot **oneshot,
        uint32_t size);

/* What gets a value that was sent and never received, when the receiver's half is
 * given back.  To be set before anything is sent. */
STEAL_API void steal_oneshot_set_destroy(struct steal_oneshot *oneshot,
        void (*destroy)(void *value));

/*
 * The sender's half
 */

/* Copies the value and wakes the receiver.  -EPIPE: it has closed, and the value
 * stays the caller's.  Either way the half is given back. */
STEAL_API int steal_oneshot_send(struct steal_oneshot *oneshot,
        const void *value);

/* Gives the half back without a value: the receiver gets -EPIPE. */
STEAL_API void steal_oneshot_abandon(struct steal_oneshot *oneshot);

STEAL_API bool steal_oneshot_is_closed(const struct steal_oneshot *oneshot);

/*
 * The receiver's half
 */

/* 0: the value is there, as steal_oneshot_value() tells.  -EAGAIN: not yet.
 * -EPIPE: the sender has given up. */
STEAL_API STEAL_MUST_CHECK int steal_oneshot_try_receive(
        struct steal_oneshot *oneshot);

/* Where the value is, once it was received. */
STEAL_API void *steal_oneshot_value(const struct steal_oneshot *oneshot);

/* Gives the half back: who sends gets -EPIPE from now on.  What
 * steal_oneshot_new() made is gone then, with its value. */
STEAL_API void steal_oneshot_close(struct steal_oneshot *oneshot);

/*
 * Two futures, to be dropped before their half is given back.  The receiver waits
 * for the value: 0, or -EPIPE if the sender has given up.  The sender waits until
 * the receiver has closed: 0.  Dropping either half way changes nothing: it may
 * be awaited again.
 */
struct steal_oneshot_wait {
    struct steal_future future;
    /* private */
    struct steal_oneshot *oneshot;
    unsigned half;
    bool waits;
    struct steal_wait wait;
};

STEAL_API struct steal_future *
steal_oneshot_receive(struct steal_oneshot_wait *wait,
        struct steal_oneshot *oneshot);
STEAL_API struct steal_future *
steal_oneshot_closed(struct steal_oneshot_wait *wait,
        struct steal_oneshot *oneshot);

STEAL_END_DECLS

#endif
