#include "wire.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char get[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

bool
wire_init(struct wire *wire, bool http, size_t size, bool all)
{
    *wire = (struct wire){ .http = http, .all = all };
    wire->size = http ? sizeof get - 1 : size;
    wire->request = malloc(wire->size);
    wire->model = malloc(WIRE_HEAD);
    if (!wire->request || !wire->model) {
        wire_fini(wire);
        return false;
    }
    if (http)
        memcpy(wire->request, get, wire->size);
    else
        for (size_t i = 0; i < size; i++)
            wire->request[i] = (char)('!' + i * 7 % 90);
    return true;
}

void
wire_fini(struct wire *wire)
{
    free(wire->request);
    free(wire->model);
}

void
wire_request(const struct wire *wire, char *out, uint64_t number)
{
    memcpy(out, wire->request, wire->size);
    if (!wire->http)
        memcpy(out, &number, sizeof number);
}

void
wire_reset(struct wire_state *state)
{
    free(state->text);
    *state = (struct wire_state){ 0 };
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Compares a piece of the echo that is due, from its byte state->at on. */
static bool
echo_is_right(const struct wire *wire, const struct wire_state *state,
        const char *bytes, size_t size)
{
    const char *number = (const char *)&state->number;
    size_t at = state->at;
    size_t part = 0;

    if (at < sizeof state->number) {
        part = least(sizeof state->number - at, size);
        if (memcmp(bytes, number + at, part) != 0)
            return false;
    }
    return !wire->all ||
           memcmp(bytes + part, wire->request + at + part, size - part) == 0;
}

static ssize_t
take_echo(const struct wire *wire, struct wire_state *state, const char *bytes,
        size_t size)
{
    ssize_t done = 0;

    while (size > 0) {
        size_t part = least(wire->size - state->at, size);

        if (!echo_is_right(wire, state, bytes, part))
            return -1;
        bytes += part;
        size -= part;
        state->at += part;
        if (state->at == wire->size) {
            state->at = 0;
            state->number++;
            done++;
        }
    }
    return done;
}

/* The Content-Length in the head of a 200 answer, or -1. */
static long
content_length(const char *head, size_t size)
{
    static const char name[] = "\r\ncontent-length:";
    const char *end = head + size;

    if (size < 15 || memcmp(head, "HTTP/1.1 200 ", 13) != 0)
        return -1;
    for (const char *p = head; p + sizeof name < end; p++) {
        if (strncasecmp(p, name, sizeof name - 1) == 0)
            return strtol(p + sizeof name - 1, NULL, 10); /* up to a \r */
    }
    return -1;
}

/* Adds bytes to the head that is due; returns how many of them belong to it, or
 * -1 if it is not the head of an answer as wanted. */
static ssize_t
take_head(struct wire_state *state, const char *bytes, size_t size)
{
    size_t part = least(WIRE_HEAD - state->at, size);
    size_t before = state->at;
    const char *end;
    long length;

    if (!state->text)
        state->text = malloc(WIRE_HEAD);
    if (!state->text)
        return -1;
    memcpy(state->text + before, bytes, part);
    state->at += part;
    end = memmem(state->text, state->at, "\r\n\r\n", 4);
    if (!end)
        return state->at == WIRE_HEAD ? -1 : (ssize_t)part;
    state->head = (size_t)(end + 4 - state->text);
    length = content_length(state->text, state->head);
    if (length < 0)
        return -1;
    state->body = (size_t)length;
    state->at = state->head;
    return (ssize_t)(state->head - before);
}

/* Keeps the first whole answer, of which a prefix is in state->text. */
static void
keep_model(struct wire *wire, const struct wire_state *state, const char *body)
{
    size_t size = state->head + state->body;

    if (size > WIRE_HEAD)
        return;
    memcpy(wire->model, state->text, state->head);
    memcpy(wire->model + state->head, body, state->body);
    wire->model_size = size;
    wire->model_head = state->head;
}

/* Takes the bytes of a body that has begun; -1 if one of them is wrong. */
static ssize_t
take_body(struct wire *wire, struct wire_state *state, const char *bytes,
        size_t size)
{
    size_t at = state->at - state->head;
    size_t part = least(state->body - at, size);

    if (wire->model_size == 0 && at == 0 && part == state->body)
        keep_model(wire, state, bytes);
    if (wire->all && wire->model_size > 0) {
        if (wire->model_size - wire->model_head != state->body ||
                memcmp(wire->model + wire->model_head + at, bytes, part) != 0)
            return -1;
    }
    state->at += part;
    return (ssize_t)part;
}

static ssize_t
take_http(struct wire *wire, struct wire_state *state, const char *bytes,
        size_t size)
{
    ssize_t done = 0;
    ssize_t part;

    while (size > 0) {
        if (state->at == 0 && wire->model_size > 0 &&
                size >= wire->model_size &&
                memcmp(bytes, wire->model, wire->model_size) == 0) {
            part = (ssize_t)wire->model_size;
            done++;
        } else if (state->head == 0) {
            part = take_head(state, bytes, size);
        } else {
            part = take_body(wire, state, bytes, size);
        }
        if (part < 0)
            return -1;
        if (state->head > 0 && state->at == state->head + state->body) {
            state->at = 0;
            state->head = 0;
            done++;
        }
        bytes += part;
        size -= (size_t)part;
    }
    return done;
}

ssize_t
wire_take(struct wire *wire, struct wire_state *state, const char *bytes,
        size_t size)
{
    return wire->http ? take_http(wire, state, bytes, size)
                      : take_echo(wire, state, bytes, size);
}
