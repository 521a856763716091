/*
 * chat.c - a chat room: what one says, all the others hear.
 *
 *     $ examples/chat 127.0.0.1:7000 &
 *     $ nc 127.0.0.1 7000
 *
 * The first line that a member sends is a name; /who tells the names, and /quit
 * leaves.
 *
 * Members leave lines in each other's mailboxes, so nobody waits for anybody.
 * The task of a member waits for two things at the same time: a line from its
 * client, and something in its mailbox.  Who does not read fills the mailbox, and
 * is shown out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mailbox.h"
#include "serve.h"

#define NAME_SIZE     32
#define LINE_SIZE     1024
#define MAILBOX_BOUND (256 << 10)

struct room {
    pthread_mutex_t lock;
    struct member *members;
};

struct member {
    struct connection connection;
    struct room *room; /* NULL until its task has begun */
    struct mailbox mailbox;
    struct mailbox_take take;
    struct steal_reader reader;
    struct steal_read read;
    struct steal_io io;
    struct steal_future *branch[2];
    struct steal_select select;
    bool leaves;
    char name[NAME_SIZE]; /* empty until it is told: not in the room yet */
    char buffer[LINE_SIZE];
    struct member *next; /* in the room */
    struct member **link;
};

/*
 * Saying something
 */

/* To one member.  If it has not read for long its connection is cut, which its
 * task sees as the end of the stream. */
static void
tell(struct member *member, const char *text)
{
    struct iovec piece = { (void *)(uintptr_t)text, strlen(text) };

    if (mailbox_put(&member->mailbox, &piece, 1) < 0)
        steal_fd_shutdown(member->connection.fd, SHUT_RDWR);
}

/* To all but one. */
static void
tell_others(struct member *self, const char *before, const char *text)
{
    char line[NAME_SIZE + LINE_SIZE + 32];
    struct room *room = self->room;

    snprintf(line, sizeof line, "%s%s%s\n", before, self->name, text);
    pthread_mutex_lock(&room->lock);
    for (struct member *m = room->members; m != NULL; m = m->next) {
        if (m != self)
            tell(m, line);
    }
    pthread_mutex_unlock(&room->lock);
}

static void
tell_names(struct member *self)
{
    struct room *room = self->room;

    pthread_mutex_lock(&room->lock);
    for (struct member *m = room->members; m != NULL; m = m->next) {
        tell(self, m->name);
        tell(self, "\n");
    }
    pthread_mutex_unlock(&room->lock);
}

/*
 * Coming and going
 */

static void
enter(struct member *self)
{
    struct room *room = self->room;

    pthread_mutex_lock(&room->lock);
    self->next = room->members;
    self->link = &room->members;
    if (self->next != NULL)
        self->next->link = &self->next;
    room->members = self;
    pthread_mutex_unlock(&room->lock);
    tell(self, "* welcome\n");
    tell_others(self, "* ", " has come");
}

static void
leave(struct member *self)
{
    struct room *room = self->room;

    if (self->name[0] == '\0')
        return;
    tell_others(self, "* ", " has left");
    pthread_mutex_lock(&room->lock);
    *self->link = self->next;
    if (self->next != NULL)
        self->next->link = self->link;
    pthread_mutex_unlock(&room->lock);
}

/* Nothing that would do things to a terminal. */
static void
clean(char *line)
{
    for (; *line != '\0'; line++) {
        if ((unsigned char)*line < 0x20 || *line == 0x7f)
            *line = ' ';
    }
}

/* What to do about a line from the client. */
static void
obey(struct member *self, char *line)
{
    char text[LINE_SIZE + 2];

    clean(line);
    if (self->name[0] == '\0') {
        snprintf(self->name, sizeof self->name, "%.*s", NAME_SIZE - 1, line);
        if (self->name[0] != '\0')
            enter(self);
    } else if (strcmp(line, "/quit") == 0) {
        self->leaves = true;
    } else if (strcmp(line, "/who") == 0) {
        tell_names(self);
    } else {
        snprintf(text, sizeof text, ": %s", line);
        tell_others(self, "", text);
    }
}

/*
 * The task of a member
 */

static void
begin(struct member *self)
{
    self->room = self->connection.shared;
    mailbox_init(&self->mailbox, MAILBOX_BOUND);
    steal_reader_init(&self->reader, self->connection.fd, self->buffer,
            sizeof self->buffer);
    tell(self, "* your name?\n");
}

static struct steal_future *
line_or_mail(struct member *self)
{
    self->branch[0] = steal_reader_line(&self->read, &self->reader);
    self->branch[1] = mailbox_take(&self->take, &self->mailbox);
    return steal_select(&self->select, self->branch, 2);
}

static enum steal_poll
member_poll(struct steal_future *future, struct steal_context *cx)
{
    struct member *self = (struct member *)future;

    STEAL_BEGIN(&self->connection.async);
    begin(self);
    while (!self->leaves) {
        STEAL_AWAIT(cx, line_or_mail(self));
        if (self->select.index == 0) {
            if (self->read.future.result < 0)
                STEAL_RETURN(self->read.future.result);
            obey(self, self->read.data);
            continue;
        }
        STEAL_AWAIT(cx, steal_fd_write_all(&self->io, self->connection.fd,
                                self->take.data, self->take.size));
        if (self->io.future.result < 0)
            STEAL_RETURN(self->io.future.result);
        free(self->take.data);
        self->take.data = NULL;
    }
    STEAL_END();
}

static void
member_drop(struct steal_future *future)
{
    struct member *self = (struct member *)future;

    if (self->room != NULL) {
        leave(self);
        mailbox_fini(&self->mailbox);
        free(self->take.data);
    }
    connection_end(&self->connection);
}

static const struct steal_future_ops member_ops = {
    .name = "member",
    .poll = member_poll,
    .drop = member_drop,
};

int
main(int argc, char **argv)
{
    struct room room = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct service service = {
        .usage = "address...",
        .ops = &member_ops,
        .size = sizeof(struct member),
        .shared = &room,
    };

    return serve(&service, service_arguments(&service, argc, argv, 1));
}
