/*
 * channel.h - a queue of messages under one lock, and two lines: of those who wait
 * for a message, and of those who wait for room.
 *
 * The lock costs an atomic operation and a store, and is all that a send or a
 * receive costs beside the copy; the usual attempts to do without need as much,
 * for they have to find out whether somebody waits.
 *
 *   C1  Senders wait only while there is no room, receivers only while there is no
 *       message.  A receive that makes room moves the message of the first sender
 *       in, and so that sender is done: the order of coming is kept, and a sender
 *       that is dropped has either sent or not.
 *   C2  A message is not given to a waiting receiver, but stays in the queue, and
 *       the first in line is woken and leaves the line.  If another takes the
 *       message before, it waits again, at its old place: each has a turn.  One
 *       that is dropped before it has looked wakes the next.
 *   C3  With a capacity of 0 a receiver takes the message from the first sender
 *       in line, who has woken it.
 *   C4  Of slots in blocks there is a spare block while a sender waits: whoever
 *       lines up sees to that.  From then on a message is moved in for each that
 *       is taken out, so that a block is emptied before the next is needed.
 *
 * Orderings: those of the lock.
 */
#ifndef STEAL_SYNC_CHANNEL_H
#define STEAL_SYNC_CHANNEL_H

#include <steal/channel.h>

#include "../task/waitq.h"
#include "slots.h"

struct channel {
    struct waitq receivers; /* its lock guards everything */
    struct list senders;    /* zero until the first has waited */
    size_t room;            /* messages that it may hold: 0 once it is closed */
    struct slots slots;
    uint32_t closed;
    uint64_t turns; /* of receivers that have lined up so far */
    size_t nsenders;
    void (*destroy)(void *message);
};

_Static_assert(sizeof(struct channel) == sizeof(struct steal_channel),
        "struct steal_channel is a struct channel");

static inline struct channel *
channel_of(const struct steal_channel *channel)
{
    return (struct channel *)(uintptr_t)channel;
}

static inline struct steal_channel_send *
channel_first_sender_locked(const struct channel *c)
{
    struct list *first = c->senders.next;

    if (likely(!first || first == &c->senders))
        return NULL;
    return container_of((struct steal_wait *)(void *)first,
            struct steal_channel_send, wait);
}

static inline void
channel_line_up_locked(struct list *line, struct wait *wait)
{
    if (unlikely(!line->next))
        list_init(line);
    list_append(line, &wait->links);
}

/* Gives the lock back, and wakes the first receiver if it may take something:
 * C2, C3. */
void steal__channel_give_lock_and_wake(struct channel *c);

#endif
