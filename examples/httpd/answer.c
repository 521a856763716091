/*
 * answer.c - sending a file, or the reason why not.
 */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"

#define PIECE (256 * 1024) /* of a file, between two looks at the clock */

static int
status_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
        return 404;
    case EACCES:
    case EPERM:
        return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
        return 503;
    default:
        return 500;
    }
}

/* Opens the file.  Disks and file servers take their time, so this is called on
 * a thread of the blocking pool.  O_NONBLOCK: it may turn out to be a FIFO. */
static int
open_file(void *arg)
{
    struct client *self = arg;
    const int *folder = self->connection.shared;
    struct stat stat = { 0 };

    self->file = openat(*folder, self->path,
            O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (self->file < 0)
        return -errno;
    if (fstat(self->file, &stat) < 0 || !S_ISREG(stat.st_mode)) {
        close(self->file);
        return S_ISDIR(stat.st_mode) ? -EISDIR : -ENOENT;
    }
    self->has_file = true;
    self->size = (uint64_t)stat.st_size;
    self->modified = stat.st_mtime;
    return 0;
}

void
close_file(struct client *self)
{
    if (self->has_file)
        close(self->file);
    self->has_file = false;
}

/* What the answer is, now that we know whether there is a file. */
static void
judge(struct client *self)
{
    int error = self->call.future.result;
    char date[HTTP_DATE_MAX];

    if (error < 0) {
        self->status = error == -EISDIR ? 301 : status_of(-error);
        if (self->status == 503)
            self->keep_alive = false; /* its descriptor may help another */
        return;
    }
    http_date(date, self->modified);
    if (strcmp(date, self->since) == 0)
        self->status = 304;
}

/* Appends the head, and the text of an answer that is no file. */
static void
put_head(struct client *self)
{
    char text[64] = "";
    struct http_reply reply = {
        .status = self->status,
        .minor = self->request.minor,
        .keep_alive = self->keep_alive,
        .type = "text/plain; charset=utf-8",
        .location = self->path,
    };

    if (self->has_file) {
        reply.type = http_type(self->path);
        reply.length = self->size;
        reply.modified = self->modified;
    } else {
        reply.length = (uint64_t)snprintf(text, sizeof text, "%d %s\n",
                self->status, http_reason(self->status));
    }
    self->out_size += http_reply_head(&reply, self->out + self->out_size);
    if (self->request.method != HTTP_HEAD) {
        memcpy(self->out + self->out_size, text, strlen(text));
        self->out_size += strlen(text);
    }
}

static bool
has_content(const struct client *self)
{
    return self->status == 200 && self->request.method == HTTP_GET &&
           self->size > 0;
}

static struct steal_future *
send_piece(struct client *self)
{
    uint64_t left = self->size - (uint64_t)self->sent;

    return steal_timeout(&self->limit,
            steal_fd_sendfile(&self->io, self->connection.fd, self->file,
                    self->sent, left < PIECE ? (size_t)left : PIECE),
            SEND_TIME);
}

struct steal_future *
flush(struct client *self)
{
    size_t size = self->out_size;

    self->out_size = 0;
    return steal_timeout(&self->limit,
            steal_fd_write_all(&self->io, self->connection.fd, self->out, size),
            SEND_TIME);
}

static enum steal_poll
answer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct client *self = ((struct part *)future)->client;

    STEAL_BEGIN(&self->part.async);
    if (self->status == 200) {
        STEAL_AWAIT(cx, steal_blocking(&self->call, open_file, self));
        judge(self);
    }
    put_head(self);
    if (has_content(self) ||
            self->out_size > sizeof self->out - HTTP_HEAD_MAX - 64) {
        STEAL_AWAIT(cx, flush(self));
        if (self->limit.future.result < 0)
            STEAL_RETURN(self->limit.future.result);
    }
    for (self->sent = 0; has_content(self) && (uint64_t)self->sent < self->size;
            self->sent += self->limit.future.result) {
        STEAL_AWAIT(cx, send_piece(self));
        if (self->limit.future.result <= 0)
            STEAL_RETURN(-EIO); /* also if the file has become shorter */
    }
    close_file(self);
    STEAL_END();
}

static const struct steal_future_ops answer_ops = {
    .name = "answer",
    .poll = answer_poll,
};

struct steal_future *
answer(struct client *client)
{
    steal_async_init(&client->part.async, &answer_ops);
    client->part.client = client;
    return &client->part.async.future;
}
