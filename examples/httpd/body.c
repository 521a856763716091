/*
 * body.c - where the body of a request ends: at a length, or at a last chunk.
 *
 *     chunked = *( size [";" extension] CRLF data CRLF ) "0" CRLF
 *               *( trailer CRLF ) CRLF
 */
#include "body.h"

#define EXTRA_MAX 4096

enum state {
    PLAIN,     /* a body of known length */
    SIZE,      /* the first digit of the size of a chunk */
    DIGITS,    /* the others */
    EXTENSION, /* what may follow the size */
    SIZE_END,
    DATA,
    DATA_CR,
    DATA_END,
    TRAILER, /* the start of a line after the last chunk */
    TRAILER_LINE,
    TRAILER_END,
    LAST_END
};

int
http_body_init(struct http_body *body, const struct http_request *request)
{
    *body = (struct http_body){
        .state = request->chunked ? SIZE : PLAIN,
        .left = request->length,
        .ended = !request->chunked && request->length == 0,
    };
    return request->length > HTTP_BODY_MAX ? -413 : 0;
}

static int
digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte that is to be `c`, and then another state. */
static int
expect(struct http_body *body, char byte, char c, enum state next)
{
    body->state = (unsigned char)next;
    return byte == c ? 0 : -400;
}

static int
take_digit(struct http_body *body, char byte)
{
    int digit = digit_of(byte);

    if (digit < 0)
        return -400;
    body->left = body->left * 16 + (uint64_t)digit;
    body->state = DIGITS;
    return body->total + body->left > HTTP_BODY_MAX ? -413 : 0;
}

/* The end of the line that tells the size. */
static int
begin_chunk(struct http_body *body, char byte)
{
    body->total += body->left;
    return expect(body, byte, '\n', body->left > 0 ? DATA : TRAILER);
}

/* What is let pass, up to a CR; there is little reason for much of it. */
static int
pass(struct http_body *body, char byte, enum state here, enum state next)
{
    body->state = (unsigned char)(byte == '\r' ? next : here);
    if (byte == '\r')
        return 0;
    return byte == '\n' || ++body->extra > EXTRA_MAX ? -400 : 0;
}

static int
after_size(struct http_body *body, char byte)
{
    if (digit_of(byte) >= 0)
        return take_digit(body, byte);
    if (byte != '\r' && byte != ';' && byte != ' ' && byte != '\t')
        return -400;
    return pass(body, byte, EXTENSION, SIZE_END);
}

static int
take_byte(struct http_body *body, char byte)
{
    switch ((enum state)body->state) {
    case SIZE:
        return take_digit(body, byte);
    case DIGITS:
        return after_size(body, byte);
    case EXTENSION:
        return pass(body, byte, EXTENSION, SIZE_END);
    case SIZE_END:
        return begin_chunk(body, byte);
    case DATA_CR:
        return expect(body, byte, '\r', DATA_END);
    case DATA_END:
        return expect(body, byte, '\n', SIZE);
    case TRAILER:
        return pass(body, byte, TRAILER_LINE, LAST_END);
    case TRAILER_LINE:
        return pass(body, byte, TRAILER_LINE, TRAILER_END);
    case TRAILER_END:
        return expect(body, byte, '\n', TRAILER);
    case LAST_END:
        body->ended = true;
        return byte == '\n' ? 0 : -400;
    default:
        return -400;
    }
}

/* Bytes of data, many at once. */
static size_t
take_data(struct http_body *body, size_t size)
{
    if (size > body->left)
        size = (size_t)body->left;
    body->left -= size;
    if (body->left == 0) {
        body->ended = body->state == PLAIN;
        body->state = DATA_CR;
    }
    return size;
}

ssize_t
http_body_skip(struct http_body *body, const char *data, size_t size)
{
    size_t taken = 0;

    while (taken < size && !body->ended) {
        if (body->state == PLAIN || body->state == DATA) {
            taken += take_data(body, size - taken);
        } else {
            int status = take_byte(body, data[taken++]);

            if (status < 0)
                return status;
        }
    }
    return (ssize_t)taken;
}
