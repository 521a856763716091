/*
 * rooms.c - chat rooms without sockets: a broadcast for each room.
 *
 *     $ examples/rooms
 *
 * What is said in a room all its members hear, in the same order.  A member is
 * a task with a receiver of the room's broadcast; it joins by subscribing,
 * hears what is said from then on, and writes down what it hears.
 *
 * Sending never waits for those who listen.  The broadcast keeps the last
 * lines only, CAPACITY of them: Dee falls asleep, and when she wakes up the
 * receiver tells her how many lines she has missed.
 *
 * So that the output is the same each time, the program says a line only when
 * all who are awake have heard the one before.  It counts them by a semaphore;
 * a chat that real people use has no need of that.
 */
#include <steal.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define CAPACITY 4

enum act {
    JOINS,
    SAYS,
    SLEEPS,
    LEAVES
};

/* What somebody does in a room, and what all who are there hear of it. */
struct line {
    struct member *who;
    enum act act;
    const char *text;
};

struct room {
    const char *name;
    struct steal_broadcast lines;
    struct steal_semaphore heard; /* a permit for each one who heard a line */
    uint32_t awake;               /* members that are to hear the next one */
};

/* All of these are static, so that they outlive the tasks. */
static uint64_t storage[2]
                       [STEAL_BROADCAST_STORAGE(sizeof(struct line), CAPACITY)];
static struct room garden = {
    .name = "garden",
    .lines = STEAL_BROADCAST_INIT(storage[0], sizeof(struct line), CAPACITY),
};
static struct room kitchen = {
    .name = "kitchen",
    .lines = STEAL_BROADCAST_INIT(storage[1], sizeof(struct line), CAPACITY),
};
static struct steal_event morning = STEAL_EVENT_INIT;

static struct member {
    const char *name;
    struct room *room;
    char diary[1024]; /* its task writes it */
    size_t length;
} ann = { .name = "Ann", .room = &garden },
  bob = { .name = "Bob", .room = &garden },
  cyd = { .name = "Cyd", .room = &kitchen },
  dee = { .name = "Dee", .room = &garden };

static struct member *const members[] = { &ann, &bob, &cyd, &dee };
static const size_t n_members = sizeof members / sizeof members[0];

static const struct line script[] = {
    { &ann, JOINS, "comes in" },
    { &bob, JOINS, "comes in" },
    { &ann, SAYS, "says: the roses want water" },
    { &dee, JOINS, "comes in" },
    { &cyd, JOINS, "comes in" },
    { &bob, SAYS, "says: it is going to rain" },
    { &cyd, SAYS, "says: is there any cake left?" },
    { &dee, SLEEPS, "falls asleep" },
    { &ann, SAYS, "says: I heard thunder" },
    { &bob, SAYS, "says: where?" },
    { &ann, SAYS, "says: behind the hill" },
    { &bob, SAYS, "says: a first drop" },
    { &ann, LEAVES, "goes inside" },
    { &bob, SAYS, "says: Dee, wake up" },
};

/*
 * The task of a member
 */

struct listener {
    struct steal_async async;
    struct member *member;
    struct steal_broadcast_receiver receiver;
    struct steal_broadcast_receive receive;
    struct steal_event_wait nap;
    struct line line;
};

static int
note(struct member *member, const char *format, ...)
{
    size_t left = sizeof member->diary - member->length;
    va_list arguments;
    int printed;

    va_start(arguments, format);
    printed = vsnprintf(member->diary + member->length, left, format,
            arguments);
    va_end(arguments);
    if (printed < 0 || (size_t)printed >= left)
        return -ENOBUFS;
    member->length += (size_t)printed;
    return 0;
}

static int
note_received(struct listener *self)
{
    if (self->receive.future.result == -EOVERFLOW)
        return note(self->member, "    (%d lines missed)\n",
                (int)self->receiver.missed);
    return note(self->member, "    %s %s\n", self->line.who->name,
            self->line.text);
}

static enum steal_poll
listener_poll(struct steal_future *future, struct steal_context *cx)
{
    struct listener *self = (struct listener *)future;
    int error;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_broadcast_receive(&self->receive, &self->receiver,
                                &self->line));
        if (self->receive.future.result == -EPIPE)
            break; /* the room is closed */
        error = note_received(self);
        if (error < 0)
            STEAL_RETURN(error);
        if (self->receive.future.result == -EOVERFLOW)
            continue; /* with the oldest line that is left */

        steal_semaphore_release(&self->member->room->heard, 1);
        if (self->line.who != self->member)
            continue;
        if (self->line.act == LEAVES)
            break;
        if (self->line.act == SLEEPS)
            STEAL_AWAIT(cx, steal_event_wait(&self->nap, &morning));
    }
    STEAL_END();
}

static void
listener_drop(struct steal_future *future)
{
    steal_broadcast_unsubscribe(&((struct listener *)future)->receiver);
}

static const struct steal_future_ops listener_ops = {
    .name = "listener",
    .poll = listener_poll,
    .drop = listener_drop,
};

/*
 * The program, which plays the script
 */

struct program {
    struct steal_async async;
    struct steal_group group;
    struct steal_group_wait wait;
    struct steal_semaphore_acquire heard;
    struct steal_group_failed failed;
    struct steal_select first;
    size_t next;
    const struct line *line;
    struct room *room;
};

/* From the subscription on the member hears everything, also what is said before
 * its task has begun. */
static int
join(struct program *self, struct member *member)
{
    struct listener listener = {
        .async = STEAL_ASYNC(&listener_ops),
        .member = member,
    };
    int error;

    steal_broadcast_subscribe(&listener.receiver, &member->room->lines);
    error = steal_group_spawn(&self->group, &listener.async.future,
            sizeof listener);
    if (error)
        steal_broadcast_unsubscribe(&listener.receiver);
    else
        member->room->awake++;
    return error;
}

static int
play_line(struct program *self, const struct line *line)
{
    int listeners;

    if (line->act == JOINS) {
        int error = join(self, line->who);

        if (error < 0)
            return error;
    }
    listeners = steal_broadcast_send(&line->who->room->lines, line);
    return listeners < 0 ? listeners : 0;
}

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    struct program *self = (struct program *)future;
    int error;

    STEAL_BEGIN(&self->async);
    error = steal_group_init(&self->group, NULL, 0);
    if (error < 0)
        STEAL_RETURN(error);
    while (self->next < sizeof script / sizeof script[0]) {
        self->line = &script[self->next++];
        self->room = self->line->who->room;
        error = play_line(self, self->line);
        if (error < 0)
            STEAL_RETURN(error);
        /* A member that has failed hears nothing, and would be waited for. */
        STEAL_AWAIT(cx,
                steal_select2(&self->first,
                        steal_semaphore_acquire(&self->heard,
                                &self->room->heard, self->room->awake),
                        steal_group_failed(&self->failed, &self->group)));
        if (self->first.future.result < 0)
            STEAL_RETURN(self->first.future.result);
        if (self->line->act == SLEEPS || self->line->act == LEAVES)
            self->room->awake--;
    }
    steal_broadcast_close(&garden.lines);
    steal_broadcast_close(&kitchen.lines);
    steal_event_set(&morning);
    STEAL_AWAIT(cx, steal_group_wait(&self->wait, &self->group));
    STEAL_RETURN(self->wait.future.result);
    STEAL_END();
}

static void
program_drop(struct steal_future *future)
{
    steal_group_fini(&((struct program *)future)->group);
}

static const struct steal_future_ops program_ops = {
    .name = "program",
    .poll = program_poll,
    .drop = program_drop,
};

int
main(void)
{
    struct program program = { .async = STEAL_ASYNC(&program_ops) };
    int error = steal_run(NULL, &program.async.future);

    steal_broadcast_fini(&garden.lines);
    steal_broadcast_fini(&kitchen.lines);
    if (error < 0) {
        fprintf(stderr, "rooms: error %d\n", error);
        return 1;
    }
    for (size_t i = 0; i < n_members; i++)
        printf("%s in the %s:\n%s", members[i]->name, members[i]->room->name,
                members[i]->diary);
    return 0;
}
