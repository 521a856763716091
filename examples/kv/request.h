/*
 * request.h - a request of RESP: an array of strings, or a line of words.
 *
 *     *2 CRLF $3 CRLF GET CRLF $4 CRLF name CRLF
 *     GET name CRLF
 */
#ifndef KV_REQUEST_H
#define KV_REQUEST_H

#include "buffer.h"

#define REQUEST_WORDS 1024
#define REQUEST_MAX   (4 << 20) /* bytes, of all of it */
#define WORD_MAX      (1 << 20)

struct request {
    size_t words; /* may be 0, in an empty line */
    struct bytes word[REQUEST_WORDS];
};

/*
 * Parses the request that `data` begins with; its words lie there.  Returns its
 * length, 0 if more is needed, or -EPROTO, with the reply that says why in
 * `error`.
 */
long request_parse(struct request *request, const char *data, size_t size,
        const char **error);

#endif
