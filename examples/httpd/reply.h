/*
 * reply.h - the head of an HTTP/1.1 response.
 */
#ifndef HTTPD_REPLY_H
#define HTTPD_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX 1536 /* no head is longer */
#define HTTP_DATE_MAX 32

struct http_reply {
    int status;
    int minor; /* of the client's HTTP/1 */
    bool keep_alive;
    const char *type;     /* of the body */
    uint64_t length;      /* of the body */
    int64_t modified;     /* seconds since 1970, or 0 */
    const char *location; /* 301: the folder that is meant */
};

/* "OK", "Not Found" and so on. */
const char *http_reason(int status);

/* Writes a head to `out`, which has room for HTTP_HEAD_MAX bytes; returns its
 * length. */
size_t http_reply_head(const struct http_reply *reply, char *out);

/* Writes a time in seconds as "Sun, 06 Nov 1994 08:49:37 GMT". */
void http_date(char out[HTTP_DATE_MAX], int64_t seconds);

#endif
