/*
 * hear.c - reading a request, however slowly it comes, but not for ever.
 */
#include "client.h"

#include <errno.h>
#include <string.h>

#include "path.h"

/* Keeps what the answer needs of the head: its bytes are soon overwritten. */
static int
understand(struct client *self, const char *head)
{
    const struct http_request *request = &self->request;

    self->keep_alive = request->keep_alive;
    self->since[0] = '\0';
    if (request->since.size < sizeof self->since) {
        memcpy(self->since, head + request->since.at, request->since.size);
        self->since[request->since.size] = '\0';
    }
    if (request->method == HTTP_OTHER)
        return 405;
    if (request->method == HTTP_FOREIGN)
        return 501;
    return -http_path(self->path, sizeof self->path, head + request->target.at,
            request->target.size);
}

/* Returns 0 if more of the head is needed, else the status of the answer. */
static int
parse_head(struct client *self)
{
    size_t size;
    const char *head = steal_reader_data(&self->reader, &size);
    int length = http_request_parse(&self->request, head, size);
    int status;

    if (length <= 0)
        return -length;
    status = understand(self, head);
    steal_reader_consume(&self->reader, (size_t)length);
    return status != 0 ? status : 200;
}

/* Returns 0 if more of the body is needed, else the status of the answer. */
static int
skip_body(struct client *self)
{
    size_t size;
    const char *data = steal_reader_data(&self->reader, &size);
    ssize_t taken = http_body_skip(&self->body, data, size);

    if (taken < 0)
        return (int)-taken;
    steal_reader_consume(&self->reader, (size_t)taken);
    return self->body.ended ? self->status : 0;
}

/* Waits for more than there is. */
static struct steal_future *
more(struct client *self)
{
    size_t size;

    steal_reader_data(&self->reader, &size);
    if (!self->hurries) {
        self->hurries = size > 0;
        self->deadline = steal_now() + (size > 0 ? HEAD_TIME : IDLE_TIME);
    }
    return steal_timeout_at(&self->limit,
            steal_reader_fill(&self->read, &self->reader, size + 1),
            self->deadline);
}

/* There is no more: the status that tells why, or 0 if nobody wants to know. */
static int
status_of_silence(struct client *self)
{
    size_t size;

    steal_reader_data(&self->reader, &size);
    if (self->limit.future.result == -EMSGSIZE)
        return -http_request_too_large(&self->request);
    if (self->limit.future.result == -ETIMEDOUT && self->hurries)
        return 408;
    return 0;
}

/* An answer after which nothing more can be understood. */
static int
last_answer(struct client *self, int status)
{
    self->keep_alive = false;
    self->status = status;
    return status != 0;
}

/* Whether there is a body to be skipped.  A client that waits for our consent to
 * send one does not get it. */
static bool
begin_body(struct client *self)
{
    int error = http_body_init(&self->body, &self->request);

    if (error == 0 && !self->body.ended && !self->request.expects) {
        self->hurries = true;
        self->deadline = steal_now() + BODY_TIME;
        return true;
    }
    if (error < 0)
        self->status = -error;
    if (!self->body.ended)
        self->keep_alive = false;
    return false;
}

static enum steal_poll
hear_poll(struct steal_future *future, struct steal_context *cx)
{
    struct client *self = ((struct part *)future)->client;
    int status;

    STEAL_BEGIN(&self->part.async);
    self->hurries = false;
    http_request_init(&self->request);
    while ((self->status = parse_head(self)) == 0) {
        if (self->out_size > 0) {
            STEAL_AWAIT(cx, flush(self));
            if (self->limit.future.result < 0)
                STEAL_RETURN(last_answer(self, 0));
        }
        STEAL_AWAIT(cx, more(self));
        if (self->limit.future.result <= 0)
            STEAL_RETURN(last_answer(self, status_of_silence(self)));
    }
    if (!self->request.complete)
        STEAL_RETURN(last_answer(self, self->status));
    if (!begin_body(self))
        STEAL_RETURN(true);
    while ((status = skip_body(self)) == 0) {
        STEAL_AWAIT(cx, more(self));
        if (self->limit.future.result <= 0)
            STEAL_RETURN(last_answer(self, status_of_silence(self)));
    }
    if (status != self->status)
        last_answer(self, status);
    STEAL_RETURN(true);
    STEAL_END();
}

static const struct steal_future_ops hear_ops = {
    .name = "hear",
    .poll = hear_poll,
};

struct steal_future *
hear(struct client *client)
{
    steal_async_init(&client->part.async, &hear_ops);
    client->part.client = client;
    return &client->part.async.future;
}
