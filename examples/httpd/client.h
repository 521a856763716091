/*
 * client.h - a connection of the HTTP server, and what is done with it.
 *
 * A client is heard, then answered, over and over.  Both are futures; either
 * works on the client's own fields, and leaves what it has found out in
 * `status`.  Answers gather in `out` while there is another request to hear, so
 * that many requests in one packet have many answers in one packet.
 *
 * Everything that waits for the client has a deadline.
 */
#ifndef HTTPD_CLIENT_H
#define HTTPD_CLIENT_H

#include <steal.h>

#include "../serve.h"
#include "body.h"
#include "reply.h"
#include "request.h"

#define IDLE_TIME   STEAL_SECONDS(60) /* between two requests */
#define HEAD_TIME   STEAL_SECONDS(10) /* for all of a head */
#define BODY_TIME   STEAL_SECONDS(30) /* for all of a body */
#define SEND_TIME   STEAL_SECONDS(30) /* for a piece of an answer */
#define LINGER_TIME STEAL_SECONDS(2)

struct client {
    struct connection connection;
    struct steal_reader reader;
    struct steal_read read;
    struct steal_io io;
    struct steal_timeout limit;
    struct steal_blocking call;
    struct part {
        struct steal_async async;
        struct client *client;
    } part; /* hear() or answer() */

    struct http_request request;
    struct http_body body;
    int status; /* of the answer; 200 until there is a reason for another */
    bool keep_alive;
    bool hurries;      /* `deadline` is set, not that of an idle client */
    uint64_t deadline; /* for what is being heard */

    /* what is sent: a file, a text, or neither */
    bool has_file;
    int file;
    char *text;
    uint64_t size;
    int64_t modified; /* seconds since 1970 */
    long long sent;

    size_t out_size;
    char since[HTTP_DATE_MAX];
    char path[1024];
    char out[4096];
    char in[8192]; /* no head is larger */
};

/* A future: hears the next request, to the end of its body.  Its result is true,
 * with the status of the answer in `status`; or false: there is nobody any more
 * who would want one. */
struct steal_future *hear(struct client *client);

/* A future: answers it.  Its result is 0 or a negative errno code. */
struct steal_future *answer(struct client *client);

/* A future: sends what is in `out`; the result is that of `limit`. */
struct steal_future *flush(struct client *client);

/* Closes the file, frees the text. */
void drop_content(struct client *client);

/* Whether what is asked for is not a file but the metrics of the runtime. */
bool wants_metrics(const struct client *client);

/* Makes them the text that is sent; 0 or -ENOMEM. */
int write_metrics(struct client *client);

#endif
