/*
 * body.h - where the body of an HTTP/1.1 request ends.
 *
 * A server that has no use for a body reads past it nonetheless: the next
 * request is behind it.
 */
#ifndef HTTPD_BODY_H
#define HTTPD_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "request.h"

#define HTTP_BODY_MAX (1 << 20)

struct http_body {
    bool ended;
    /* private */
    unsigned char state;
    uint64_t left;  /* of the body, or of the chunk */
    uint64_t total; /* of all chunks */
    size_t extra;   /* bytes that are neither data nor needed */
};

/* Of this request; -413 if it is known to have more than HTTP_BODY_MAX bytes. */
int http_body_init(struct http_body *body, const struct http_request *request);

/* Returns how many of these bytes belong to the body: less than all only if it
 * has ended.  Or -400, malformed; -413, larger than HTTP_BODY_MAX. */
ssize_t http_body_skip(struct http_body *body, const char *data, size_t size);

#endif
