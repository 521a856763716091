/*
 * request.h - the head of an HTTP/1.1 request, read line by line.
 *
 * The parser looks at each byte once, however the head comes in pieces, and
 * refuses at the end of the first line that is wrong.  It is strict: what two
 * servers could understand in two ways is an error, so that no request hides in
 * another.
 *
 * Spans are offsets from the start of the head: the bytes may move in memory
 * between two calls.
 */
#ifndef HTTPD_REQUEST_H
#define HTTPD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_OTHER,  /* one of RFC 9110 */
    HTTP_FOREIGN /* none of them */
};

struct http_span {
    size_t at;
    size_t size;
};

struct http_request {
    enum http_method method;
    struct http_span target; /* as it came: "/a%20b?c" */
    struct http_span since;  /* If-Modified-Since; or of size 0 */
    int minor;               /* HTTP/1.minor */
    bool keep_alive;         /* the client wants to go on */
    bool expects;            /* a 100 (Continue), before it sends the body */
    bool chunked;            /* the body ends itself; */
    uint64_t length;         /* else, its bytes */
    bool complete;           /* the head has ended, and is well */
    /* private */
    size_t line;    /* where the line begins that is not parsed yet */
    size_t scanned; /* up to here there is no end of that line */
    unsigned lines;
    unsigned hosts;
    bool has_length;
    bool has_close;
    bool has_keep_alive;
};

void http_request_init(struct http_request *request);

/*
 * Reads on; `data` is the head from its start, with `size` bytes of it there.
 * Returns the length of the head, 0 if more is needed, or an HTTP status with a
 * minus sign: -400 malformed, -417 an expectation that is not known, -431 too
 * many lines, -501 a transfer coding that is not known, -505 not HTTP/1.
 */
int http_request_parse(struct http_request *request, const char *data,
        size_t size);

/* The same, for a head of which the part that is there fills all room. */
int http_request_too_large(const struct http_request *request);

#endif
