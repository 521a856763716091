/*
 * buffer.c - bytes that grow, and the replies of RESP in them.
 */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM ((size_t)1024)
#define LARGE      ((size_t)64 << 10)

bool
buffer_reserve(struct buffer *buffer, size_t size)
{
    size_t room = buffer->room > 0 ? buffer->room : LEAST_ROOM;
    char *data;

    if (buffer->room - buffer->size >= size)
        return true;
    if (buffer->failed || size > BUFFER_MAX - buffer->size)
        goto fail;
    while (room - buffer->size < size)
        room *= 2;
    data = realloc(buffer->data, room);
    if (data == NULL)
        goto fail;
    buffer->data = data;
    buffer->room = room;
    return true;

fail:
    buffer->failed = true;
    return false;
}

void
buffer_put(struct buffer *buffer, const void *data, size_t size)
{
    if (size == 0 || !buffer_reserve(buffer, size))
        return;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

void
buffer_consume(struct buffer *buffer, size_t size)
{
    buffer->size -= size;
    if (buffer->size > 0 && size > 0)
        memmove(buffer->data, buffer->data + size, buffer->size);
    if (buffer->size == 0 && buffer->room > LARGE)
        buffer_free(buffer);
}

void
buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    buffer->data = NULL;
    buffer->size = buffer->room = 0;
}

/* A type, a number, the end of a line. */
static void
put_header(struct buffer *buffer, char type, long long number)
{
    unsigned long long rest = (unsigned long long)number;
    char line[24];
    size_t at = sizeof line;

    if (number < 0)
        rest = -rest;
    line[--at] = '\n';
    line[--at] = '\r';
    do {
        line[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        line[--at] = '-';
    line[--at] = type;
    buffer_put(buffer, line + at, sizeof line - at);
}

void
reply_text(struct buffer *buffer, const char *text)
{
    buffer_put(buffer, text, strlen(text));
    buffer_put(buffer, "\r\n", 2);
}

void
reply_integer(struct buffer *buffer, long long number)
{
    put_header(buffer, ':', number);
}

void
reply_bulk(struct buffer *buffer, struct bytes bytes)
{
    put_header(buffer, '$', (long long)bytes.size);
    buffer_put(buffer, bytes.data, bytes.size);
    buffer_put(buffer, "\r\n", 2);
}

void
reply_nothing(struct buffer *buffer)
{
    buffer_put(buffer, "$-1\r\n", 5);
}

void
reply_array(struct buffer *buffer, size_t count)
{
    put_header(buffer, '*', (long long)count);
}
