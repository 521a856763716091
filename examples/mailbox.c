/*
 * mailbox.c - a future written by hand: what a poll and a wake-up are made of.
 *
 * The poll looks under the lock, and if there is nothing it leaves a clone of its
 * waker there.  Whoever puts something looks for a waker under the same lock, so
 * either the poll sees the bytes or the other sees the waker.
 */
#include "mailbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM 1024

void
mailbox_init(struct mailbox *mailbox, size_t bound)
{
    memset(mailbox, 0, sizeof *mailbox);
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->bound = bound;
}

void
mailbox_fini(struct mailbox *mailbox)
{
    steal_waker_drop(&mailbox->waker);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox->data);
}

/* Makes room for `size` bytes more. */
static int
reserve_locked(struct mailbox *mailbox, size_t size)
{
    size_t room = mailbox->room > 0 ? mailbox->room : LEAST_ROOM;
    char *data;

    if (size > mailbox->bound - mailbox->size)
        return -ENOBUFS;
    while (room < mailbox->size + size)
        room *= 2;
    if (room == mailbox->room)
        return 0;
    data = realloc(mailbox->data, room);
    if (data == NULL)
        return -ENOMEM;
    mailbox->data = data;
    mailbox->room = room;
    return 0;
}

static void
append_locked(struct mailbox *mailbox, const struct iovec *piece)
{
    memcpy(mailbox->data + mailbox->size, piece->iov_base, piece->iov_len);
    mailbox->size += piece->iov_len;
}

int
mailbox_put(struct mailbox *mailbox, const struct iovec *piece, int pieces)
{
    struct steal_waker waker = STEAL_WAKER_INIT;
    size_t size = 0;
    int error;

    for (int i = 0; i < pieces; i++)
        size += piece[i].iov_len;
    pthread_mutex_lock(&mailbox->lock);
    error = reserve_locked(mailbox, size);
    if (error == 0) {
        for (int i = 0; i < pieces; i++)
            append_locked(mailbox, &piece[i]);
        waker = mailbox->waker;
        mailbox->waker = steal_waker_noop();
    }
    pthread_mutex_unlock(&mailbox->lock);
    steal_waker_wake(&waker);
    return error;
}

static enum steal_poll
mailbox_take_poll(struct steal_future *future, struct steal_context *cx)
{
    struct mailbox_take *take = (struct mailbox_take *)future;
    struct mailbox *mailbox = take->mailbox;
    struct steal_waker before = STEAL_WAKER_INIT;

    pthread_mutex_lock(&mailbox->lock);
    if (mailbox->size > 0) {
        take->data = mailbox->data;
        take->size = mailbox->size;
        mailbox->data = NULL;
        mailbox->size = mailbox->room = 0;
    } else {
        before = mailbox->waker;
        mailbox->waker = steal_waker_clone(steal_context_waker(cx));
    }
    pthread_mutex_unlock(&mailbox->lock);
    steal_waker_drop(&before);
    return take->data != NULL ? STEAL_READY : STEAL_PENDING;
}

static void
mailbox_take_drop(struct steal_future *future)
{
    struct mailbox *mailbox = ((struct mailbox_take *)future)->mailbox;
    struct steal_waker before;

    pthread_mutex_lock(&mailbox->lock);
    before = mailbox->waker;
    mailbox->waker = steal_waker_noop();
    pthread_mutex_unlock(&mailbox->lock);
    steal_waker_drop(&before);
}

static const struct steal_future_ops mailbox_take_ops = {
    .name = "mailbox_take",
    .poll = mailbox_take_poll,
    .drop = mailbox_take_drop,
};

struct steal_future *
mailbox_take(struct mailbox_take *take, struct mailbox *mailbox)
{
    steal_future_init(&take->future, &mailbox_take_ops);
    take->data = NULL;
    take->size = 0;
    take->mailbox = mailbox;
    return &take->future;
}
