/*
 * dns.c - the messages of DNS, after RFC 1035.
 *
 *     header:  id, flags, how many questions, answers, authorities, additional
 *     question: name, type, class
 *     record:   name, type, class, time to live, size, data
 *
 * A name is a row of labels, each behind its length, up to one of length 0; or a
 * length of 192 and more, which with the next byte tells where the name goes on.
 */
#include "dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADER_SIZE 12
#define LABEL_MAX   63
#define NAME_BYTES  255
#define JUMPS_MAX   32

static const struct {
    const char *name;
    uint16_t number;
} types[] = {
    { "A", 1 },
    { "NS", 2 },
    { "CNAME", 5 },
    { "SOA", 6 },
    { "PTR", 12 },
    { "MX", 15 },
    { "TXT", 16 },
    { "AAAA", 28 },
    { "SRV", 33 },
};

static uint16_t
get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t
get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint8_t *
put16(uint8_t *at, unsigned number)
{
    at[0] = (uint8_t)(number >> 8);
    at[1] = (uint8_t)number;
    return at + 2;
}

uint16_t
dns_type(const char *text)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcasecmp(text, types[i].name) == 0)
            return types[i].number;
    }
    if (strncasecmp(text, "TYPE", 4) == 0)
        return (uint16_t)strtoul(text + 4, NULL, 10);
    return 0;
}

/*
 * The question
 */

/* Writes the labels of a name; NULL if it is none. */
static uint8_t *
put_name(uint8_t *at, const char *name)
{
    const uint8_t *start = at;

    if (strcmp(name, ".") == 0)
        name = "";
    while (*name != '\0') {
        size_t size = strcspn(name, ".");

        if (size == 0 || size > LABEL_MAX ||
                (size_t)(at - start) + size + 2 > NAME_BYTES)
            return NULL;
        *at++ = (uint8_t)size;
        memcpy(at, name, size);
        at += size;
        name += size + (name[size] == '.');
    }
    *at++ = 0;
    return at;
}

size_t
dns_query(uint8_t *out, uint16_t id, const char *name, uint16_t type)
{
    uint8_t *at = out;

    at = put16(at, id);
    at = put16(at, 0x0100); /* a question; ask others, too */
    at = put16(at, 1);
    at = put16(at, 0);
    at = put16(at, 0);
    at = put16(at, 0);
    at = put_name(at, name);
    if (at == NULL)
        return 0;
    at = put16(at, type);
    at = put16(at, 1); /* of the Internet */
    return (size_t)(at - out);
}

/*
 * The answer
 */

/* The same number, and the same question; others could have sent it, too. */
bool
dns_answers(const uint8_t *message, size_t size, const uint8_t *query,
        size_t query_size)
{
    return size >= query_size && memcmp(message, query, 2) == 0 &&
           (message[2] & 0x80) != 0 && get16(message + 4) == 1 &&
           memcmp(message + HEADER_SIZE, query + HEADER_SIZE,
                   query_size - HEADER_SIZE) == 0;
}

bool
dns_truncated(const uint8_t *message)
{
    return (message[2] & 0x02) != 0;
}

unsigned
dns_error(const uint8_t *message)
{
    return message[3] & 15u;
}

const char *
dns_error_name(unsigned error)
{
    static const char *const names[] = { "no error", "malformed query",
        "the server has failed", "no such name", "not implemented", "refused" };

    return error < sizeof names / sizeof *names ? names[error] : "an error";
}

/* A message that is being read.  Once something does not fit it is bad, and what
 * is read from it is zeros. */
struct cursor {
    const uint8_t *message;
    size_t size;
    size_t at;
    bool bad;
};

/* The next `n` bytes, or NULL. */
static const uint8_t *
take(struct cursor *cursor, size_t n)
{
    const uint8_t *bytes = cursor->message + cursor->at;

    if (cursor->bad || n > cursor->size - cursor->at) {
        cursor->bad = true;
        return NULL;
    }
    cursor->at += n;
    return bytes;
}

static unsigned
take8(struct cursor *cursor)
{
    const uint8_t *bytes = take(cursor, 1);

    return bytes != NULL ? *bytes : 0;
}

static unsigned
take16(struct cursor *cursor)
{
    const uint8_t *bytes = take(cursor, 2);

    return bytes != NULL ? get16(bytes) : 0;
}

static uint32_t
take32(struct cursor *cursor)
{
    const uint8_t *bytes = take(cursor, 4);

    return bytes != NULL ? get32(bytes) : 0;
}

/* Bytes as text: what a terminal could take for something else as \ddd. */
static char *
put_text(char *to, const uint8_t *bytes, size_t size, const char *special)
{
    for (size_t i = 0; i < size; i++) {
        bool plain = bytes[i] >= 0x20 && bytes[i] < 0x7f;

        if (plain && strchr(special, bytes[i]) != NULL)
            *to++ = '\\';
        to += plain ? sprintf(to, "%c", bytes[i])
                    : sprintf(to, "\\%03u", bytes[i]);
    }
    *to = '\0';
    return to;
}

/* Reads a name, and goes on behind where it began, wherever it led. */
static void
take_name(struct cursor *cursor, char text[DNS_TEXT_MAX])
{
    struct cursor walk = *cursor;
    size_t behind = 0;
    size_t total = 0;
    unsigned jumps = 0;
    unsigned length;
    char *to = text;

    while ((length = take8(&walk)) != 0) {
        if (length >= 0xc0) {
            size_t target = (length & 0x3f) << 8 | take8(&walk);

            if (jumps++ == 0)
                behind = walk.at;
            walk.bad |= target >= walk.size || jumps > JUMPS_MAX;
            walk.at = target;
        } else {
            const uint8_t *label = take(&walk, length);

            total += length + 1;
            walk.bad |= length > LABEL_MAX || total > NAME_BYTES;
            if (walk.bad)
                break;
            to = put_text(to, label, length, ".\\");
            *to++ = '.';
        }
    }
    cursor->at = jumps > 0 ? behind : walk.at;
    cursor->bad |= walk.bad;
    if (to == text)
        *to++ = '.';
    *to = '\0';
}

/*
 * Records
 */

static void
print_address(FILE *out, struct cursor *data, int family, size_t size)
{
    char text[INET6_ADDRSTRLEN] = "";
    const uint8_t *bytes = take(data, size);

    if (bytes != NULL)
        inet_ntop(family, bytes, text, sizeof text);
    fputs(text, out);
}

static void
print_name(FILE *out, struct cursor *data)
{
    char text[DNS_TEXT_MAX];

    take_name(data, text);
    fputs(text, out);
}

static void
print_numbers(FILE *out, struct cursor *data, int count, size_t size)
{
    for (int i = 0; i < count; i++)
        fprintf(out, i > 0 ? " %u" : "%u",
                size == 2 ? take16(data) : take32(data));
}

static void
print_strings(FILE *out, struct cursor *data)
{
    char text[4 * 255 + 1];
    const char *space = "";

    while (!data->bad && data->at < data->size) {
        unsigned size = take8(data);
        const uint8_t *bytes = take(data, size);

        if (bytes == NULL)
            return;
        put_text(text, bytes, size, "\"\\");
        fprintf(out, "%s\"%s\"", space, text);
        space = " ";
    }
}

/* Data of a type that is not known, after RFC 3597. */
static void
print_bytes(FILE *out, struct cursor *data)
{
    fprintf(out, "\\# %zu ", data->size - data->at);
    while (data->at < data->size)
        fprintf(out, "%02X", take8(data));
}

static void
print_data(FILE *out, struct cursor *data, unsigned type)
{
    switch (type) {
    case 1: /* A */
        print_address(out, data, AF_INET, 4);
        break;
    case 28: /* AAAA */
        print_address(out, data, AF_INET6, 16);
        break;
    case 2:  /* NS */
    case 5:  /* CNAME */
    case 12: /* PTR */
        print_name(out, data);
        break;
    case 15: /* MX: preference */
        print_numbers(out, data, 1, 2);
        fputc(' ', out);
        print_name(out, data);
        break;
    case 33: /* SRV: priority, weight, port */
        print_numbers(out, data, 3, 2);
        fputc(' ', out);
        print_name(out, data);
        break;
    case 6: /* SOA: server, mailbox, serial and times */
        print_name(out, data);
        fputc(' ', out);
        print_name(out, data);
        fputc(' ', out);
        print_numbers(out, data, 5, 4);
        break;
    case 16: /* TXT */
        print_strings(out, data);
        break;
    default:
        print_bytes(out, data);
    }
}

static void
print_type(FILE *out, unsigned type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].number == type) {
            fprintf(out, "%s ", types[i].name);
            return;
        }
    }
    fprintf(out, "TYPE%u ", type);
}

/* "name type data".  The data may point into all of the message, but ends where
 * the record does. */
static void
print_record(FILE *out, struct cursor *cursor)
{
    struct cursor data;
    unsigned type;
    size_t size;

    print_name(out, cursor);
    fputc(' ', out);
    type = take16(cursor);
    take16(cursor); /* class */
    take32(cursor); /* time to live */
    size = take16(cursor);
    data = *cursor;
    take(cursor, size);
    if (cursor->bad)
        return;
    data.size = cursor->at;
    print_type(out, type);
    print_data(out, &data, type);
    fputc('\n', out);
    cursor->bad |= data.bad;
}

int
dns_print(FILE *out, const uint8_t *message, size_t size)
{
    struct cursor cursor = { message, size, HEADER_SIZE, false };
    char name[DNS_TEXT_MAX];
    int records = get16(message + 6);

    take_name(&cursor, name); /* of the question */
    take(&cursor, 4);
    for (int i = 0; i < records && !cursor.bad; i++)
        print_record(out, &cursor);
    return cursor.bad ? -EBADMSG : records;
}
