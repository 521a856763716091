/*
 * command.h - what the commands do.
 */
#ifndef KV_COMMAND_H
#define KV_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "hub.h"
#include "request.h"
#include "store.h"

/* One client's view of the server. */
struct session {
    struct store *store;
    struct hub *hub;
    struct subscriber subscriber;
    struct buffer out; /* replies */
    uint64_t now;      /* when the commands that are being run were read */
    bool subscribed; /* once, at least: there may be something in its mailbox */
    bool quits;
};

/* Runs a request, which has at least one word, and appends the reply to `out`. */
void command_run(struct session *session, const struct request *request);

#endif
