/*
 * reply.c - the head of a response, put together piece by piece.
 */
#include "reply.h"

#include <string.h>
#include <time.h>

struct head {
    char *end;
};

static void
put_bytes(struct head *head, const char *data, size_t size)
{
    memcpy(head->end, data, size);
    head->end += size;
}

static void
put(struct head *head, const char *text)
{
    put_bytes(head, text, strlen(text));
}

static void
put_number(struct head *head, uint64_t number)
{
    char digits[20];
    size_t n = sizeof digits;

    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes(head, digits + n, sizeof digits - n);
}

static void
put_date(struct head *head, const char *name, int64_t seconds)
{
    char date[HTTP_DATE_MAX];

    http_date(date, seconds);
    put(head, name);
    put(head, date);
    put(head, "\r\n");
}

/* Each thread writes the date once a second. */
static void
put_now(struct head *head)
{
    static _Thread_local time_t second;
    static _Thread_local char line[64];
    static _Thread_local size_t size;
    time_t now = time(NULL);

    if (now != second) {
        struct head fresh = { line };

        put_date(&fresh, "Date: ", now);
        size = (size_t)(fresh.end - line);
        second = now;
    }
    put_bytes(head, line, size);
}

/* "./b/" for the folder "a/b": relative to where the client asked for it.  The
 * name is one that exists, so it is short. */
static void
put_location(struct head *head, const char *path)
{
    const char *slash = strrchr(path, '/');

    put(head, "Location: ./");
    for (path = slash != NULL ? slash + 1 : path; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;
        unsigned char letter = c | 0x20;

        if ((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') ||
                c == '-' || c == '.' || c == '_' || c == '~') {
            *head->end++ = (char)c;
        } else {
            *head->end++ = '%';
            *head->end++ = "0123456789ABCDEF"[c >> 4];
            *head->end++ = "0123456789ABCDEF"[c & 15];
        }
    }
    put(head, "/\r\n");
}

const char *
http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        { 200, "OK" },
        { 301, "Moved Permanently" },
        { 304, "Not Modified" },
        { 400, "Bad Request" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 417, "Expectation Failed" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Unknown";
}

size_t
http_reply_head(const struct http_reply *reply, char *out)
{
    struct head head = { out };

    put(&head, "HTTP/1.1 ");
    put_number(&head, (uint64_t)reply->status);
    put(&head, " ");
    put(&head, http_reason(reply->status));
    put(&head, "\r\n");
    put_now(&head);
    if (reply->modified != 0)
        put_date(&head, "Last-Modified: ", reply->modified);
    if (reply->status == 301)
        put_location(&head, reply->location);
    if (reply->status == 405)
        put(&head, "Allow: GET, HEAD\r\n");
    if (!reply->keep_alive)
        put(&head, "Connection: close\r\n");
    else if (reply->minor == 0)
        put(&head, "Connection: keep-alive\r\n");
    if (reply->status != 304) {
        put(&head, "Content-Type: ");
        put(&head, reply->type);
        put(&head, "\r\nContent-Length: ");
        put_number(&head, reply->length);
        put(&head, "\r\n");
    }
    put(&head, "\r\n");
    return (size_t)(head.end - out);
}

void
http_date(char out[HTTP_DATE_MAX], int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm tm = { .tm_mday = 1 };

    gmtime_r(&time, &tm);
    if (strftime(out, HTTP_DATE_MAX, "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
        out[0] = '\0'; /* in a year of five digits */
}
