/*
 * request.c - the parser of RESP.
 *
 * It begins again at the start of the request when more has come.  That is cheap,
 * as it looks at the lengths of the strings only, not at what is in them.
 */
#include "request.h"

#include <errno.h>
#include <string.h>

#define LONGEST_LINE (64 << 10)

struct cursor {
    const char *at;
    const char *end;
    const char *error;
};

static long
fail(struct cursor *cursor, const char *error)
{
    cursor->error = error;
    return -EPROTO;
}

/* The next line, without its end: 1, 0 if it is not all there, or -EPROTO. */
static long
take_line(struct cursor *cursor, struct bytes *line)
{
    size_t left = (size_t)(cursor->end - cursor->at);
    const char *end = memchr(cursor->at, '\n', left);

    if (end == NULL)
        return left < LONGEST_LINE
                       ? 0
                       : fail(cursor,
                                 "-ERR Protocol error: too big inline request");
    line->data = cursor->at;
    line->size = (size_t)(end - cursor->at);
    if (line->size > 0 && end[-1] == '\r')
        line->size--;
    cursor->at = end + 1;
    return 1;
}

/* A line of a type and a number from 0 to `max`: 1, 0 or -EPROTO, as above. */
static long
take_number(struct cursor *cursor, char type, size_t max, size_t *number)
{
    struct bytes line;
    long status = take_line(cursor, &line);

    if (status <= 0)
        return status;
    if (line.size < 2 || line.size > 10 || line.data[0] != type)
        return fail(cursor, "-ERR Protocol error: unexpected line");
    *number = 0;
    for (size_t i = 1; i < line.size; i++) {
        if (line.data[i] < '0' || line.data[i] > '9')
            return fail(cursor, "-ERR Protocol error: invalid length");
        *number = *number * 10 + (size_t)(line.data[i] - '0');
    }
    return *number <= max ? 1
                          : fail(cursor, "-ERR Protocol error: invalid length");
}

static long
take_string(struct cursor *cursor, struct bytes *word)
{
    long status = take_number(cursor, '$', WORD_MAX, &word->size);

    if (status <= 0)
        return status;
    if ((size_t)(cursor->end - cursor->at) < word->size + 2)
        return 0;
    word->data = cursor->at;
    cursor->at += word->size;
    if (cursor->at[0] != '\r' || cursor->at[1] != '\n')
        return fail(cursor, "-ERR Protocol error: invalid length");
    cursor->at += 2;
    return 1;
}

static long
take_array(struct cursor *cursor, struct request *request)
{
    size_t words;
    long status = take_number(cursor, '*', REQUEST_WORDS, &words);

    while (status > 0 && request->words < words)
        status = take_string(cursor, &request->word[request->words++]);
    return status;
}

static long
take_words(struct cursor *cursor, struct request *request)
{
    struct bytes line;
    long status = take_line(cursor, &line);
    const char *end = line.data + line.size;

    if (status <= 0)
        return status;
    for (const char *at = line.data; at < end && request->words < REQUEST_WORDS;
            at++) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        struct bytes word = { at, (size_t)((space ? space : end) - at) };

        if (word.size > 0)
            request->word[request->words++] = word;
        at += word.size;
    }
    return 1;
}

long
request_parse(struct request *request, const char *data, size_t size,
        const char **error)
{
    struct cursor cursor = { data, data + size, NULL };
    long status;

    request->words = 0;
    if (size == 0)
        return 0;
    status = data[0] == '*' ? take_array(&cursor, request)
                            : take_words(&cursor, request);
    if (status == 0 && size >= REQUEST_MAX)
        status = fail(&cursor, "-ERR Protocol error: too big request");
    *error = cursor.error;
    return status > 0 ? cursor.at - data : status;
}
