/*
 * buffer.h - text that grows.
 *
 * Out of memory is remembered: what is put after that is lost, and the one who made
 * the text asks once, at the end.
 *
 * Threads: one.
 */
#ifndef STEAL_INSIGHT_BUFFER_H
#define STEAL_INSIGHT_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *data;
    size_t used;
    size_t room;
    int error; /* 0 or -ENOMEM */
};

#define BUFFER_INIT \
 {                  \
  NULL, 0, 0, 0     \
 }

void steal__buffer_free(struct buffer *buffer);

void steal__buffer_put_bytes(struct buffer *buffer, const char *bytes,
        size_t n);
void steal__buffer_put(struct buffer *buffer, const char *string);
void steal__buffer_printf(struct buffer *buffer, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* As a string of JSON, with the quotes.  A byte that is no UTF-8 becomes '?'. */
void steal__buffer_put_json(struct buffer *buffer, const char *string);

/* A time in ns, for people: as "712 ns", "1.25 ms", "180 s". */
void steal__buffer_put_time(struct buffer *buffer, uint64_t time);

/* How many bytes the character has that is first in `s`; 0 if it is not UTF-8:
 * too long, a surrogate, too large, or cut short. */
size_t steal__utf8_size(const unsigned char *s);

#endif
