/*
 * wire.h - what goes over a connection: requests, and the check of the answers.
 *
 * echo: messages of one size that come back as they are.  The first 8 bytes of
 *       one are its number on its connection, which is always compared; the rest
 *       is a pattern, compared if `all` is wanted.
 * http: GET / with keep-alive.  An answer must be a 200 with a Content-Length.
 *       One that equals the last one is taken for it without parsing; a body is
 *       compared with the first one's if `all` is wanted.
 *
 * Threads: a wire belongs to one thread.
 */
#ifndef STEAL_PERF_LOAD_WIRE_H
#define STEAL_PERF_LOAD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WIRE_HEAD 2048 /* bytes that the head of an answer may have */

/* Where the answers of one connection stand. */
struct wire_state {
    uint64_t number; /* of the answer that is due */
    size_t at;       /* bytes of it that were there */
    size_t head;     /* http: bytes of its head; 0: not all there */
    size_t body;     /* http: its Content-Length */
    char *text;      /* http: the head, if it came in pieces; else NULL */
};

struct wire {
    size_t size; /* of a request */
    bool http;
    bool all;
    /* private */
    char *request;     /* the pattern */
    char *model;       /* http: a whole answer, if it was short enough */
    size_t model_size; /* 0: none yet */
    size_t model_head;
};

/* `size` is the messages', at least 8; http has its own.  False: no memory. */
bool wire_init(struct wire *wire, bool http, size_t size, bool all);
void wire_fini(struct wire *wire);

/* Writes request number `number` of a connection: wire->size bytes. */
void wire_request(const struct wire *wire, char *out, uint64_t number);

/* Takes what a connection has received; returns how many answers it has
 * completed, or -1 if a byte of it is wrong. */
ssize_t wire_take(struct wire *wire, struct wire_state *state,
        const char *bytes, size_t size);

/* Frees what the state holds and starts anew. */
void wire_reset(struct wire_state *state);

#endif
