/*
 * buffer.h - bytes that grow, and the replies of RESP, Redis' protocol, in them.
 *
 * Out of memory is remembered, so that only the end of a reply has to look: a
 * buffer that has failed takes nothing more.
 */
#ifndef KV_BUFFER_H
#define KV_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#define BUFFER_MAX (64 << 20) /* what is larger has failed, too */

/* Bytes of somebody else's. */
struct bytes {
    const char *data;
    size_t size;
};

struct buffer {
    char *data;
    size_t size;
    size_t room;
    bool failed;
};

/* Makes room for `size` bytes behind those that are there: false if it fails. */
bool buffer_reserve(struct buffer *buffer, size_t size);

void buffer_put(struct buffer *buffer, const void *data, size_t size);

/* Takes the first `size` bytes away.  A large buffer that is empty is freed. */
void buffer_consume(struct buffer *buffer, size_t size);
void buffer_free(struct buffer *buffer);

void reply_text(struct buffer *buffer, const char *text); /* "+OK" and so on */
void reply_integer(struct buffer *buffer, long long number);
void reply_bulk(struct buffer *buffer, struct bytes bytes);
void reply_nothing(struct buffer *buffer);
void reply_array(struct buffer *buffer, size_t count); /* that many follow */

#endif
