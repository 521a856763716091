#include "buffer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <steal/time.h>

#define ROOM_AT_FIRST 1024

void
steal__buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer)BUFFER_INIT;
}

/* False if there is no room for so many more. */
static bool
reserve(struct buffer *buffer, size_t n)
{
    size_t room = buffer->room ? buffer->room : ROOM_AT_FIRST;
    char *data;

    if (buffer->error)
        return false;
    if (buffer->room - buffer->used >= n)
        return true;
    while (room - buffer->used < n)
        room *= 2;
    data = realloc(buffer->data, room);
    if (!data) {
        buffer->error = -ENOMEM;
        return false;
    }
    buffer->data = data;
    buffer->room = room;
    return true;
}

void
steal__buffer_put_bytes(struct buffer *buffer, const char *bytes, size_t n)
{
    if (!reserve(buffer, n))
        return;
    memcpy(buffer->data + buffer->used, bytes, n);
    buffer->used += n;
}

void
steal__buffer_put(struct buffer *buffer, const char *string)
{
    steal__buffer_put_bytes(buffer, string, strlen(string));
}

void
steal__buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !reserve(buffer, (size_t)n + 1))
        return;
    va_start(args, format);
    vsnprintf(buffer->data + buffer->used, (size_t)n + 1, format, args);
    va_end(args);
    buffer->used += (size_t)n;
}

/*
 * JSON
 */

size_t
steal__utf8_size(const unsigned char *s)
{
    size_t size = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if ((s[0] >= 0x80 && s[0] < 0xc2) || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
            (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return size;
}

void
steal__buffer_put_json(struct buffer *buffer, const char *string)
{
    const unsigned char *s = (const unsigned char *)string;

    steal__buffer_put(buffer, "\"");
    while (*s) {
        size_t size = steal__utf8_size(s);

        if (*s == '"' || *s == '\\')
            steal__buffer_printf(buffer, "\\%c", *s);
        else if (*s < 0x20 || *s == 0x7f)
            steal__buffer_printf(buffer, "\\u%04x", *s);
        else if (size)
            steal__buffer_put_bytes(buffer, (const char *)s, size);
        else
            steal__buffer_put(buffer, "?");
        s += size ? size : 1;
    }
    steal__buffer_put(buffer, "\"");
}

/*
 * For people
 */

/* As it will be, to three digits, if that brings it to the next unit. */
static uint64_t
rounded(uint64_t time)
{
    return time + time / 1999;
}

void
steal__buffer_put_time(struct buffer *buffer, uint64_t time)
{
    if (time < STEAL_US(1))
        steal__buffer_printf(buffer, "%" PRIu64 " ns", time);
    else if (rounded(time) < STEAL_MS(1))
        steal__buffer_printf(buffer, "%.3g us", (double)time / 1e3);
    else if (rounded(time) < STEAL_SECONDS(1))
        steal__buffer_printf(buffer, "%.3g ms", (double)time / 1e6);
    else if (time < STEAL_SECONDS(100))
        steal__buffer_printf(buffer, "%.3g s", (double)time / 1e9);
    else
        steal__buffer_printf(buffer, "%" PRIu64 " s", time / STEAL_SECONDS(1));
}
