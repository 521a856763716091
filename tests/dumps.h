/*
 * dumps.h - what the tests of dumps share: a dump as a string, and reading it.
 */
#ifndef STEAL_TESTS_DUMPS_H
#define STEAL_TESTS_DUMPS_H

#include "kit.h"

#include <stdio.h>

typedef int dump_fn(struct steal_runtime *runtime, FILE *file);

/* To be freed.  Not inline: gcc 12 warns of what it then takes to be dangling. */
static __attribute__((noinline, unused)) char *
dump_to_string(struct steal_runtime *runtime, dump_fn *dump)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    require(file);
    require(dump(runtime, file) == 0);
    require(fclose(file) == 0);
    return text;
}

/* How often `what` is in the text. */
static inline int
count_in(const char *text, const char *what)
{
    int n = 0;

    while ((text = strstr(text, what))) {
        text += strlen(what);
        n++;
    }
    return n;
}

/* The line of the task and what it awaits, in the text for people; to be freed, ""
 * if there is none. */
static inline char *
part_of(const char *text, uint64_t id)
{
    char head[40];
    const char *from;
    const char *to;

    snprintf(head, sizeof head, "\ntask %llu,", (unsigned long long)id);
    from = strstr(text, head);
    if (!from)
        return strdup("");
    from++;
    to = strstr(from, "\ntask ");
    return to ? strndup(from, (size_t)(to - from)) : strdup(from);
}

static inline bool
part_has(const char *text, uint64_t id, const char *what)
{
    char *part = part_of(text, id);
    bool has = strstr(part, what);

    free(part);
    return has;
}

/*
 * Is it JSON?  (RFC 8259)  Returns what follows the value, or NULL.
 */
static const char *json_value(const char *s);

static inline const char *
json_space(const char *s)
{
    return s + strspn(s, " \t\r\n");
}

static inline const char *
json_string(const char *s)
{
    if (*s++ != '"')
        return NULL;
    for (; *s != '"'; s++) {
        if ((unsigned char)*s < 0x20)
            return NULL;
        if (*s == '\\' && !strchr("\"\\/bfnrtu", *++s))
            return NULL;
    }
    return s + 1;
}

static inline const char *
json_number(const char *s)
{
    char *end;

    if (*s != '-' && (*s < '0' || *s > '9'))
        return NULL;
    strtod(s, &end);
    return end;
}

static inline const char *
json_word(const char *s, const char *word)
{
    return strncmp(s, word, strlen(word)) == 0 ? s + strlen(word) : NULL;
}

static inline const char *
json_member(const char *s)
{
    s = json_string(json_space(s));
    if (!s || *(s = json_space(s)) != ':')
        return NULL;
    return json_value(s + 1);
}

/* From behind the bracket on. */
static inline const char *
json_list(const char *s, char end, const char *(*item)(const char *))
{
    if (*json_space(s) == end)
        return json_space(s) + 1;
    for (;;) {
        s = item(s);
        if (!s)
            return NULL;
        s = json_space(s);
        if (*s == end)
            return s + 1;
        if (*s++ != ',')
            return NULL;
    }
}

static const char *
json_value(const char *s)
{
    s = json_space(s);
    switch (*s) {
    case '{':
        return json_list(s + 1, '}', json_member);
    case '[':
        return json_list(s + 1, ']', json_value);
    case '"':
        return json_string(s);
    case 't':
        return json_word(s, "true");
    case 'f':
        return json_word(s, "false");
    case 'n':
        return json_word(s, "null");
    default:
        return json_number(s);
    }
}

static inline bool
is_json(const char *text)
{
    const char *end = json_value(text);

    return end && *json_space(end) == '\0';
}

#endif
