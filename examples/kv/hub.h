/*
 * hub.h - channels: what one client publishes, others get.
 *
 * Each subscriber has a mailbox.  One whose mailbox is full cannot keep up: its
 * connection is shut down, so that memory stays flat and nobody waits for it.
 */
#ifndef KV_HUB_H
#define KV_HUB_H

#include <steal.h>

#include "../mailbox.h"
#include "buffer.h"

struct hub;

/* A client, as far as the hub knows it. */
struct subscriber {
    struct steal_fd *fd;
    struct mailbox mailbox;
    size_t count; /* its channels */
    struct subscription *first;
};

/* NULL: out of memory. */
struct hub *hub_new(void);
void hub_free(struct hub *hub);

void subscriber_init(struct subscriber *subscriber, struct steal_fd *fd);
void subscriber_fini(struct subscriber *subscriber, struct hub *hub);

/* Both are for the subscriber itself, and harmless the second time.  False: out
 * of memory. */
bool hub_subscribe(struct hub *hub, struct subscriber *subscriber,
        struct bytes channel);
void hub_unsubscribe(struct hub *hub, struct subscriber *subscriber,
        struct bytes channel);

/* The name of one of its channels; there is one. */
struct bytes subscriber_channel(const struct subscriber *subscriber);

/* Returns how many got it. */
size_t hub_publish(struct hub *hub, struct bytes channel, struct bytes message);

#endif
