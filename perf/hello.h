/*
 * hello.h - as much of HTTP/1.1 as the servers in C that are compared speak.
 *
 * They answer every GET with the same 14 bytes, keep the connection, and take
 * requests that come before the last one's answer.  Those in other languages
 * have the same parser, so that what differs is what is compared.
 */
#ifndef STEAL_PERF_HELLO_H
#define STEAL_PERF_HELLO_H

#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

/* clang-format off */
#define HELLO_ANSWER               \
    "HTTP/1.1 200 OK\r\n"          \
    "Content-Length: 14\r\n"       \
    "Content-Type: text/plain\r\n" \
    "\r\n"                         \
    "Hello, world!\n"
/* clang-format on */

#define HELLO_ANSWER_SIZE (sizeof HELLO_ANSWER - 1)

/* A method that is GET, a target that begins with a slash, and a version. */
static inline bool
hello_is_served(const char *line, size_t size)
{
    const char *target = line + 4;
    const char *version;

    if (size < 14 || memcmp(line, "GET /", 5) != 0)
        return false;
    version = memchr(target, ' ', size - 4);
    return version && line + size - version >= 9 &&
           memcmp(version, " HTTP/1.", 8) == 0;
}

/* Where the blank line begins, with the end of the line before it. */
static inline const char *
hello_blank_line(const char *bytes, size_t size)
{
    const char *end = bytes + size;

    while ((bytes = memchr(bytes, '\r', (size_t)(end - bytes)))) {
        if (end - bytes >= 4 && memcmp(bytes, "\r\n\r\n", 4) == 0)
            return bytes;
        bytes++;
    }
    return NULL;
}

/* The length of the request at the start of `bytes`; 0: the rest is still to
 * come; -1: it is none that is served. */
static inline ssize_t
hello_request(const char *bytes, size_t size)
{
    const char *end = hello_blank_line(bytes, size);

    if (!end)
        return 0;
    if (!hello_is_served(bytes, (size_t)(end - bytes)))
        return -1;
    return end + 4 - bytes;
}

/*
 * Takes requests off the `*used` bytes in `in` as long as there is room for
 * answers in `out`, and moves the rest to the front.  Returns how many bytes of
 * answers there are, or -1 for a request that is not served, also because it
 * does not fit into the `size` bytes of `in`.
 */
static inline ssize_t
hello_answer(char *in, size_t *used, size_t size, char *out, size_t room)
{
    size_t taken = 0;
    size_t filled = 0;

    while (taken < *used && filled + HELLO_ANSWER_SIZE <= room) {
        ssize_t length = hello_request(in + taken, *used - taken);

        if (length < 0)
            return -1;
        if (length == 0)
            break;
        memcpy(out + filled, HELLO_ANSWER, HELLO_ANSWER_SIZE);
        filled += HELLO_ANSWER_SIZE;
        taken += (size_t)length;
    }
    if (taken == 0 && *used == size)
        return -1;
    *used -= taken;
    memmove(in, in + taken, *used);
    return (ssize_t)filled;
}

#endif
