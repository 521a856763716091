/*
 * path.c - from the target of a request to the path of a file.
 */
#include "path.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct target {
    const char *at;
    const char *end;
};

/* "http://host/path" means "/path" here: we are that host. */
static void
skip_host(struct target *target)
{
    static const char scheme[] = "http://";
    const size_t size = sizeof scheme - 1;

    if ((size_t)(target->end - target->at) < size ||
            strncasecmp(target->at, scheme, size) != 0)
        return;
    target->at += size;
    while (target->at < target->end && *target->at != '/' && *target->at != '?')
        target->at++;
}

static int
digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte, with its %XX undone: above 0, 0 at the end, or -400. */
static int
next_byte(struct target *target)
{
    int high;
    int low;

    if (target->at == target->end || *target->at == '?')
        return 0;
    if (*target->at != '%')
        return (unsigned char)*target->at++;
    if (target->end - target->at < 3)
        return -400;
    high = digit_of(target->at[1]);
    low = digit_of(target->at[2]);
    target->at += 3;
    return high < 0 || low < 0 || (high | low) == 0 ? -400 : high * 16 + low;
}

int
http_path(char *path, size_t room, const char *target, size_t size)
{
    static const char index[] = "index.html";
    struct target from = { target, target + size };
    size_t length = 0;
    bool first = true; /* of a part of the path */
    int byte;

    skip_host(&from);
    if (from.at < from.end && *from.at != '/' && *from.at != '?')
        return -400;
    while ((byte = next_byte(&from)) > 0) {
        if (length + sizeof index >= room)
            return -414;
        if (first && byte == '.')
            return -404;
        if (!first || byte != '/')
            path[length++] = (char)byte;
        first = byte == '/';
    }
    memcpy(path + length, index, sizeof index);
    if (!first)
        path[length] = '\0';
    return byte;
}

const char *
http_type(const char *path)
{
    static const char *const types[][2] = {
        { ".css", "text/css; charset=utf-8" },
        { ".gif", "image/gif" },
        { ".htm", "text/html; charset=utf-8" },
        { ".html", "text/html; charset=utf-8" },
        { ".ico", "image/vnd.microsoft.icon" },
        { ".jpeg", "image/jpeg" },
        { ".jpg", "image/jpeg" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".json", "application/json" },
        { ".md", "text/markdown; charset=utf-8" },
        { ".pdf", "application/pdf" },
        { ".png", "image/png" },
        { ".svg", "image/svg+xml" },
        { ".txt", "text/plain; charset=utf-8" },
        { ".wasm", "application/wasm" },
        { ".webp", "image/webp" },
        { ".woff2", "font/woff2" },
        { ".xml", "application/xml" },
    };
    const char *suffix = strrchr(path, '.');

    for (size_t i = 0; suffix != NULL && i < sizeof types / sizeof *types;
            i++) {
        if (strcasecmp(suffix, types[i][0]) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}
