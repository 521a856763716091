/*
 * request.c - the head of an HTTP/1.1 request, after RFC 9112.
 */
#include "request.h"

#include <string.h>
#include <strings.h>

#define LINES_MAX 100

/* A piece of a line. */
struct text {
    const char *data;
    size_t size;
};

static bool
is(struct text text, const char *word)
{
    return text.size == strlen(word) &&
           strncasecmp(text.data, word, text.size) == 0;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What names are made of. */
static bool
is_token_byte(char c)
{
    char letter = (char)(c | 0x20);

    return (letter >= 'a' && letter <= 'z') || is_digit(c) ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_token_byte(text.data[i]))
            return false;
    }
    return text.size > 0;
}

/* What values are made of: no control characters but the tab. */
static bool
is_value(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool
is_visible(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7f)
            return false;
    }
    return text.size > 0;
}

/* Cuts `text` at the first `c`: returns what is before, leaves what is behind. */
static struct text
cut(struct text *text, char c)
{
    struct text before = *text;
    const char *at = memchr(text->data, c, text->size);

    if (at != NULL)
        before.size = (size_t)(at - text->data);
    text->data += before.size + (at != NULL);
    text->size -= before.size + (at != NULL);
    return before;
}

static struct text
trim(struct text text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' ||
                                    text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/*
 * The request line
 */

static enum http_method
method_of(struct text text)
{
    static const char *const others[] = { "POST", "PUT", "DELETE", "OPTIONS",
        "PATCH", "TRACE", "CONNECT" };

    if (text.size == 3 && memcmp(text.data, "GET", 3) == 0)
        return HTTP_GET;
    if (text.size == 4 && memcmp(text.data, "HEAD", 4) == 0)
        return HTTP_HEAD;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (text.size == strlen(others[i]) &&
                memcmp(text.data, others[i], text.size) == 0)
            return HTTP_OTHER;
    }
    return HTTP_FOREIGN;
}

/* "HTTP/1.1": one digit, a dot, one digit. */
static int
take_version(struct http_request *request, struct text text)
{
    if (text.size != 8 || memcmp(text.data, "HTTP/", 5) != 0 ||
            !is_digit(text.data[5]) || text.data[6] != '.' ||
            !is_digit(text.data[7]))
        return -400;
    if (text.data[5] != '1')
        return -505;
    request->minor = text.data[7] - '0';
    return 0;
}

static int
take_request_line(struct http_request *request, const char *data,
        struct text line)
{
    struct text method = cut(&line, ' ');
    struct text target = cut(&line, ' ');

    if (!is_token(method) || !is_visible(target))
        return -400;
    request->method = method_of(method);
    request->target.at = (size_t)(target.data - data);
    request->target.size = target.size;
    return take_version(request, line);
}

/*
 * The fields
 */

static int
take_host(struct http_request *request, struct text value)
{
    request->hosts++;
    return value.size == 0 || is_visible(value) ? 0 : -400;
}

/* A number, and told once: of two lengths either may be the wrong one. */
static int
take_length(struct http_request *request, struct text value)
{
    if (value.size == 0 || value.size > 18 || request->has_length)
        return -400;
    for (size_t i = 0; i < value.size; i++) {
        if (!is_digit(value.data[i]))
            return -400;
        request->length = request->length * 10 +
                          (uint64_t)(value.data[i] - '0');
    }
    request->has_length = true;
    return 0;
}

static int
take_coding(struct http_request *request, struct text value)
{
    if (request->chunked || request->minor == 0)
        return -400;
    if (!is(value, "chunked"))
        return -501;
    request->chunked = true;
    return 0;
}

static int
take_connection(struct http_request *request, struct text value)
{
    while (value.size > 0) {
        struct text option = trim(cut(&value, ','));

        if (is(option, "close"))
            request->has_close = true;
        else if (is(option, "keep-alive"))
            request->has_keep_alive = true;
    }
    return 0;
}

static int
take_expectation(struct http_request *request, struct text value)
{
    if (!is(value, "100-continue"))
        return -417;
    request->expects = request->minor > 0;
    return 0;
}

/* The value of a field that is known, or nothing. */
static int
take_field(struct http_request *request, struct text name, struct text value)
{
    static const struct {
        const char *name;
        int (*take)(struct http_request *request, struct text value);
    } known[] = {
        { "Host", take_host },
        { "Connection", take_connection },
        { "Content-Length", take_length },
        { "Transfer-Encoding", take_coding },
        { "Expect", take_expectation },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (is(name, known[i].name))
            return known[i].take(request, value);
    }
    return 0;
}

/* "Name: value".  A line that begins with a space, which once continued the one
 * before, has no name and is refused. */
static int
take_field_line(struct http_request *request, const char *data,
        struct text line)
{
    struct text rest = line;
    struct text name = cut(&rest, ':');
    struct text value = trim(rest);

    if (name.size == line.size || !is_token(name) || !is_value(value))
        return -400;
    if (is(name, "If-Modified-Since")) {
        request->since.at = (size_t)(value.data - data);
        request->since.size = value.size;
        return 0;
    }
    return take_field(request, name, value);
}

/*
 * All of it
 */

/* What can be told only at the end. */
static int
finish(struct http_request *request)
{
    if (request->hosts > 1 || (request->hosts == 0 && request->minor > 0))
        return -400;
    if (request->chunked && request->has_length)
        return -400;
    request->keep_alive = !request->has_close &&
                          (request->minor > 0 || request->has_keep_alive);
    request->complete = true;
    return 1;
}

/* Returns 0 to go on, above 0 at the end of the head, below 0 for an error. */
static int
take_line(struct http_request *request, const char *data, struct text line)
{
    if (request->lines == 0 && line.size == 0)
        return 0; /* some clients send one too many after a body */
    if (request->lines > 0 && line.size == 0)
        return finish(request);
    if (request->lines++ == 0)
        return take_request_line(request, data, line);
    if (request->lines > LINES_MAX)
        return -431;
    return take_field_line(request, data, line);
}

void
http_request_init(struct http_request *request)
{
    memset(request, 0, sizeof *request);
}

int
http_request_parse(struct http_request *request, const char *data, size_t size)
{
    while (request->scanned < size) {
        const char *from = data + request->line;
        const char *end = memchr(data + request->scanned, '\n',
                size - request->scanned);
        int status;

        if (end == NULL) {
            request->scanned = size;
            return 0;
        }
        if (end == from || end[-1] != '\r')
            return -400;
        status = take_line(request, data,
                (struct text){ from, (size_t)(end - 1 - from) });
        if (status < 0)
            return status;
        request->line = request->scanned = (size_t)(end + 1 - data);
        if (status > 0)
            return (int)request->line;
    }
    return 0;
}

int
http_request_too_large(const struct http_request *request)
{
    return request->lines == 0 ? -414 : -431;
}
