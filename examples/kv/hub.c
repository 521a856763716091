/*
 * hub.c - channels and their subscribers, under one lock.
 *
 *     hub --> channel --> channel           a subscription is in two lists:
 *                |           |              that of its channel and
 *               sub <------ sub <-- subscriber's  that of its subscriber
 *                |
 *               sub <-- another subscriber's
 */
#include "hub.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAILBOX_BOUND (8 << 20)

struct subscription {
    struct channel *channel;
    struct subscriber *subscriber;
    struct subscription *next_of_channel;
    struct subscription *next_of_subscriber;
};

struct channel {
    struct channel *next;
    struct subscription *first;
    size_t size;
    char name[];
};

#define CHAINS 1024

struct hub {
    pthread_mutex_t lock;
    struct channel *chain[CHAINS];
};

struct hub *
hub_new(void)
{
    struct hub *hub = calloc(1, sizeof *hub);

    if (hub != NULL)
        pthread_mutex_init(&hub->lock, NULL);
    return hub;
}

void
hub_free(struct hub *hub)
{
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

/* Where the pointer to the channel of this name is, or would be. */
static struct channel **
find_locked(struct hub *hub, struct bytes name)
{
    struct channel **place;
    unsigned hash = 5381;

    for (size_t i = 0; i < name.size; i++)
        hash = hash * 33 ^ (unsigned char)name.data[i];
    for (place = &hub->chain[hash % CHAINS]; *place != NULL;
            place = &(*place)->next) {
        if ((*place)->size == name.size &&
                memcmp((*place)->name, name.data, name.size) == 0)
            break;
    }
    return place;
}

static struct channel *
new_channel(struct bytes name)
{
    struct channel *channel = malloc(sizeof *channel + name.size);

    if (channel != NULL) {
        channel->next = NULL;
        channel->first = NULL;
        channel->size = name.size;
        memcpy(channel->name, name.data, name.size);
    }
    return channel;
}

/* Where the pointer to its subscription to this channel is, in its own list. */
static struct subscription **
find_subscription(struct subscriber *subscriber, struct bytes name)
{
    struct subscription **place = &subscriber->first;

    for (; *place != NULL; place = &(*place)->next_of_subscriber) {
        const struct channel *channel = (*place)->channel;

        if (channel->size == name.size &&
                memcmp(channel->name, name.data, name.size) == 0)
            break;
    }
    return place;
}

static bool
add_locked(struct hub *hub, struct subscription *subscription,
        struct bytes name)
{
    struct channel **place = find_locked(hub, name);

    if (*place == NULL)
        *place = new_channel(name);
    if (*place == NULL)
        return false;
    subscription->channel = *place;
    subscription->next_of_channel = (*place)->first;
    (*place)->first = subscription;
    return true;
}

/* A channel without subscribers is none. */
static void
remove_locked(struct hub *hub, struct subscription *subscription)
{
    struct channel *channel = subscription->channel;
    struct subscription **place = &channel->first;

    while (*place != subscription)
        place = &(*place)->next_of_channel;
    *place = subscription->next_of_channel;
    if (channel->first == NULL) {
        struct bytes name = { channel->name, channel->size };

        *find_locked(hub, name) = channel->next;
        free(channel);
    }
}

bool
hub_subscribe(struct hub *hub, struct subscriber *subscriber,
        struct bytes channel)
{
    struct subscription *subscription;
    bool added;

    if (*find_subscription(subscriber, channel) != NULL)
        return true;
    subscription = malloc(sizeof *subscription);
    if (subscription == NULL)
        return false;
    subscription->subscriber = subscriber;
    pthread_mutex_lock(&hub->lock);
    added = add_locked(hub, subscription, channel);
    pthread_mutex_unlock(&hub->lock);
    if (!added) {
        free(subscription);
        return false;
    }
    subscription->next_of_subscriber = subscriber->first;
    subscriber->first = subscription;
    subscriber->count++;
    return true;
}

void
hub_unsubscribe(struct hub *hub, struct subscriber *subscriber,
        struct bytes channel)
{
    struct subscription **place = find_subscription(subscriber, channel);
    struct subscription *subscription = *place;

    if (subscription == NULL)
        return;
    *place = subscription->next_of_subscriber;
    subscriber->count--;
    pthread_mutex_lock(&hub->lock);
    remove_locked(hub, subscription);
    pthread_mutex_unlock(&hub->lock);
    free(subscription);
}

struct bytes
subscriber_channel(const struct subscriber *subscriber)
{
    const struct channel *channel = subscriber->first->channel;

    return (struct bytes){ channel->name, channel->size };
}

void
subscriber_init(struct subscriber *subscriber, struct steal_fd *fd)
{
    mailbox_init(&subscriber->mailbox, MAILBOX_BOUND);
    subscriber->fd = fd;
    subscriber->count = 0;
    subscriber->first = NULL;
}

void
subscriber_fini(struct subscriber *subscriber, struct hub *hub)
{
    while (subscriber->first != NULL)
        hub_unsubscribe(hub, subscriber, subscriber_channel(subscriber));
    mailbox_fini(&subscriber->mailbox);
}

static size_t
deliver_locked(struct channel *channel, const struct buffer *push)
{
    struct iovec piece = { push->data, push->size };
    size_t count = 0;

    for (struct subscription *s = channel->first; s != NULL;
            s = s->next_of_channel) {
        if (mailbox_put(&s->subscriber->mailbox, &piece, 1) == 0)
            count++;
        else
            steal_fd_shutdown(s->subscriber->fd, SHUT_RDWR);
    }
    return count;
}

size_t
hub_publish(struct hub *hub, struct bytes name, struct bytes message)
{
    struct buffer push = { 0 };
    struct channel *channel;
    size_t count = 0;

    reply_array(&push, 3);
    reply_bulk(&push, (struct bytes){ "message", 7 });
    reply_bulk(&push, name);
    reply_bulk(&push, message);
    pthread_mutex_lock(&hub->lock);
    channel = *find_locked(hub, name);
    if (channel != NULL && !push.failed)
        count = deliver_locked(channel, &push);
    pthread_mutex_unlock(&hub->lock);
    buffer_free(&push);
    return count;
}
