/*
 * feed.h - the connection to the program, and the answers that come over it.
 */
#ifndef TOP_FEED_H
#define TOP_FEED_H

#include <stddef.h>

struct feed {
    int socket; /* -1: not connected */
    char *text; /* of the answer, as far as it is there */
    size_t used;
    size_t room;
};

#define FEED_INIT \
 {                \
  -1, NULL, 0, 0  \
 }

/* 0 or a negative errno code. */
int feed_open(struct feed *feed, const char *path);
void feed_close(struct feed *feed);

/* Asks for a snapshot. */
int feed_ask(struct feed *feed);

/* Takes what has come, and does not wait.  1: the answer is there, *text, to be freed;
 * 0: not yet; or a negative errno code, -ECONNRESET if the program is gone. */
int feed_take(struct feed *feed, char **text);

#endif
