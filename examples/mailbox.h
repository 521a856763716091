/*
 * mailbox.h - bytes that other tasks leave for one task.
 *
 * Anyone may put, one task takes, and takes all that there is at once.  A mailbox
 * has a bound: what does not fit is refused, and it is for the one who puts to
 * say what becomes of a receiver that cannot keep up.
 *
 * Memory: no more than the bound and what was taken last.
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#include <pthread.h>
#include <steal.h>

struct mailbox {
    pthread_mutex_t lock;
    char *data;
    size_t size;
    size_t room;
    size_t bound;
    struct steal_waker waker; /* of the one who waits */
};

void mailbox_init(struct mailbox *mailbox, size_t bound);
void mailbox_fini(struct mailbox *mailbox);

/* Appends a message of one or two pieces, as a whole or not at all.
 * -ENOBUFS: it does not fit.  -ENOMEM. */
int mailbox_put(struct mailbox *mailbox, const struct iovec *piece, int pieces);

/* A future: waits until there is something.  Its result is 0, with all there is in
 * `data`, which is the caller's to free().  Dropping it loses nothing. */
struct mailbox_take {
    struct steal_future future;
    char *data;
    size_t size;
    struct mailbox *mailbox;
};

struct steal_future *mailbox_take(struct mailbox_take *take,
        struct mailbox *mailbox);

#endif
