/*
 * answer.c - sending a file or a text, or the reason why not.
 */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"

#define PIECE (256 * 1024) /* of what is sent, between two looks at the clock */

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
drop_content(struct client *self)
{
    if (self->has_file)
        close(self->file);
    self->has_file = false;
    free(self->text);
    self->text = NULL;
}

/* What the answer is, now that we know whether there is something to send. */
static void
judge(struct client *self, int error)
{
    char date[HTTP_DATE_MAX];

    if (error < 0) {
        self->status = error == -EISDIR ? 301 : status_of(-error);
        if (self->status == 503)
            self->keep_alive = false; /* its descriptor may help another */
        return;
    }
    if (!self->has_file)
        return;
    http_date(date, self->modified);
    if (strcmp(date, self->since) == 0)
        self->status = 304;
}

/* Appends the head, and the reason of an answer that sends nothing else. */
static void
put_head(struct client *self)
{
    char reason[64] = "";
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
    } else if (self->text != NULL) {
        reply.type = "text/plain; version=0.0.4; charset=utf-8";
        reply.length = self->size;
    } else {
        reply.length = (uint64_t)snprintf(reason, sizeof reason, "%d %s\n",
                self->status, http_reason(self->status));
    }
    self->out_size += http_reply_head(&reply, self->out + self->out_size);
    if (self->request.method != HTTP_HEAD) {
        memcpy(self->out + self->out_size, reason, strlen(reason));
        self->out_size += strlen(reason);
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
    size_t size = left < PIECE ? (size_t)left : PIECE;
    struct steal_fd *fd = self->connection.fd;

    return steal_timeout(&self->limit,
            self->has_file ? steal_fd_sendfile(&self->io, fd, self->file,
                                     self->sent, size)
                           : steal_fd_write_all(&self->io, fd,
                                     self->text + self->sent, size),
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
    if (self->status == 200 && wants_metrics(self)) {
        judge(self, write_metrics(self));
    } else if (self->status == 200) {
        STEAL_AWAIT(cx, steal_blocking(&self->call, open_file, self));
        judge(self, self->call.future.result);
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
    drop_content(self);
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
