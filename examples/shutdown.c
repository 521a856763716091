/*
 * shutdown.c - a server that stops well: a tree of cancel tokens.
 *
 *     $ examples/shutdown           stopped by a timer, at once
 *     $ examples/shutdown wait      by ctrl-C
 *
 *     cut_off --+-- stopping           no new clients
 *               +-- client 0 --+-- request 0
 *               |              +-- request 1
 *               +-- client 1 --+-- request 0
 *              ...             +-- request 1
 *
 * To request a token is to cancel all that is below it.  A client that hangs
 * up takes its own requests along, and nobody else's.  To stop, the server
 * requests `stopping`, at which only those look who would begin something;
 * what is under way has a grace period.  After that it requests the root, and
 * what is left is cut off.
 *
 * There are no sockets: clients come through a channel, and to answer a
 * request takes some milliseconds, or an hour.
 */
#include <steal.h>

#include <errno.h>
#include <stdio.h>

#define CLIENTS  3
#define REQUESTS 2
#define GRACE    STEAL_SECONDS(1)

/* The first client hangs up, so neither of its requests is finished. */
static const uint64_t durations[CLIENTS][REQUESTS] = {
    { STEAL_SECONDS(3600), STEAL_SECONDS(3600) },
    { STEAL_MS(20), STEAL_MS(10) },
    { STEAL_MS(30), STEAL_SECONDS(3600) },
};

enum outcome {
    NEVER_BEGAN,
    CUT_OFF,
    FINISHED
};

static const char *const outcome_names[] = {
    "never began",
    "cut off",
    "finished",
};

/* Static, so that it outlives the tasks whatever becomes of the program. */
static int slots[CLIENTS];
static struct steal_channel backlog = STEAL_CHANNEL_INIT(slots); /* clients */
static struct steal_latch begun = STEAL_LATCH_INIT(CLIENTS * REQUESTS);
static struct steal_cancel cut_off = STEAL_CANCEL_INIT;
static struct steal_cancel stopping;
static struct steal_cancel client_tokens[CLIENTS];
static enum outcome outcomes[CLIENTS][REQUESTS];

/*
 * A request
 */

struct request {
    struct steal_async async;
    int client;
    int number;
    struct steal_cancel token; /* in a tree it stays where it is */
    struct steal_unless_canceled unless;
    struct steal_sleep work;
};

static enum steal_poll
request_poll(struct steal_future *future, struct steal_context *cx)
{
    struct request *self = (struct request *)future;

    STEAL_BEGIN(&self->async);
    /* Now, and not before: from its first poll on a future stays, too. */
    steal_cancel_init(&self->token, &client_tokens[self->client]);
    steal_latch_down(&begun, 1);
    steal_sleep(&self->work, durations[self->client][self->number]);
    STEAL_AWAIT(cx, steal_unless_canceled(&self->unless, &self->token,
                            &self->work.future));
    if (self->unless.future.result == -ECANCELED)
        outcomes[self->client][self->number] = CUT_OFF;
    else if (self->unless.future.result < 0)
        STEAL_RETURN(self->unless.future.result);
    else
        outcomes[self->client][self->number] = FINISHED;
    STEAL_END();
}

static void
request_drop(struct steal_future *future)
{
    steal_cancel_fini(&((struct request *)future)->token);
}

static const struct steal_future_ops request_ops = {
    .name = "request",
    .poll = request_poll,
    .drop = request_drop,
};

static struct steal_future *
request(struct request *self, int client, int number)
{
    steal_async_init(&self->async, &request_ops);
    self->client = client;
    self->number = number;
    return &self->async.future;
}

/*
 * A client: a task that answers its requests, all at the same time
 */

struct client {
    struct steal_async async;
    int number;
    struct request requests[REQUESTS];
    struct steal_join_all both;
};

static enum steal_poll
client_poll(struct steal_future *future, struct steal_context *cx)
{
    struct client *self = (struct client *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_join2(&self->both,
                            request(&self->requests[0], self->number, 0),
                            request(&self->requests[1], self->number, 1)));
    STEAL_RETURN(self->both.future.result);
    STEAL_END();
}

static const struct steal_future_ops client_ops = {
    .name = "client",
    .poll = client_poll,
};

static int
spawn_client(struct steal_group *group, int number)
{
    struct client client = {
        .async = STEAL_ASYNC(&client_ops),
        .number = number,
    };

    return steal_group_spawn(group, &client.async.future, sizeof client);
}

/*
 * The server: accepts until it is to stop, and sees to it that all end
 */

struct server {
    struct steal_async async;
    struct steal_group clients;
    int number;
    struct steal_channel_receive accept;
    struct steal_unless_canceled unless;
    struct steal_group_wait wait;
    struct steal_timeout grace;
};

static enum steal_poll
server_poll(struct steal_future *future, struct steal_context *cx)
{
    struct server *self = (struct server *)future;
    int error;

    STEAL_BEGIN(&self->async);
    error = steal_group_init(&self->clients, NULL, 0);
    if (error < 0)
        STEAL_RETURN(error);
    for (;;) {
        steal_channel_receive(&self->accept, &backlog, &self->number);
        STEAL_AWAIT(cx, steal_unless_canceled(&self->unless, &stopping,
                                &self->accept.future));
        if (self->unless.future.result == -ECANCELED)
            break;
        if (self->unless.future.result < 0)
            STEAL_RETURN(self->unless.future.result);
        error = spawn_client(&self->clients, self->number);
        if (error < 0)
            STEAL_RETURN(error);
    }

    steal_group_wait(&self->wait, &self->clients);
    STEAL_AWAIT(cx, steal_timeout(&self->grace, &self->wait.future, GRACE));
    if (self->grace.future.result != -ETIMEDOUT)
        STEAL_RETURN(self->grace.future.result);
    printf("the grace period is over\n");
    steal_cancel_request(&cut_off);
    STEAL_AWAIT(cx, steal_group_wait(&self->wait, &self->clients));
    STEAL_RETURN(self->wait.future.result);
    STEAL_END();
}

static void
server_drop(struct steal_future *future)
{
    steal_group_fini(&((struct server *)future)->clients);
}

static const struct steal_future_ops server_ops = {
    .name = "server",
    .poll = server_poll,
    .drop = server_drop,
};

/*
 * The program, which is also the world outside: clients come and hang up, and
 * somebody presses ctrl-C
 */

struct program {
    struct steal_async async;
    uint64_t patience;
    struct steal_signal *interrupt;
    struct steal_task *server;
    struct steal_latch_wait wait;
    struct steal_signal_next pressed;
    struct steal_sleep timer;
    struct steal_select stop;
    struct steal_join join;
};

static int
begin(struct program *self)
{
    struct server server = { .async = STEAL_ASYNC(&server_ops) };
    int error = steal_signal_new(&self->interrupt, NULL, SIGINT);

    for (int number = 0; number < CLIENTS && error == 0; number++)
        error = steal_channel_try_send(&backlog, &number);
    if (error == 0)
        error = steal_spawn(NULL, &server.async.future, sizeof server,
                &self->server);
    return error;
}

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    static const int latecomer = CLIENTS;
    struct program *self = (struct program *)future;
    int error;

    STEAL_BEGIN(&self->async);
    error = begin(self);
    if (error < 0)
        STEAL_RETURN(error);
    STEAL_AWAIT(cx, steal_latch_wait(&self->wait, &begun));
    printf("%d clients have made %d requests\n", CLIENTS, CLIENTS * REQUESTS);
    printf("client 0 hangs up\n");
    steal_cancel_request(&client_tokens[0]);

    STEAL_AWAIT(cx, steal_select2(&self->stop,
                            steal_signal_next(&self->pressed, self->interrupt),
                            steal_sleep(&self->timer, self->patience)));
    if (self->stop.future.result < 0)
        STEAL_RETURN(self->stop.future.result);
    printf("the server is to stop\n");
    steal_cancel_request(&stopping);
    error = steal_channel_try_send(&backlog, &latecomer);
    if (error < 0)
        STEAL_RETURN(error);
    STEAL_AWAIT(cx, steal_join(&self->join, self->server));
    self->server = NULL;
    STEAL_RETURN(self->join.future.result);
    STEAL_END();
}

static void
program_drop(struct steal_future *future)
{
    struct program *self = (struct program *)future;

    if (self->server)
        steal_task_detach(self->server); /* the runtime ends it */
    if (self->interrupt)
        steal_signal_free(self->interrupt);
}

static const struct steal_future_ops program_ops = {
    .name = "program",
    .poll = program_poll,
    .drop = program_drop,
};

int
main(int argc, char **argv)
{
    struct program program = { .async = STEAL_ASYNC(&program_ops) };
    int error;

    (void)argv;
    if (argc > 1)
        program.patience = STEAL_FOREVER;
    setvbuf(stdout, NULL, _IOLBF, 0); /* who presses ctrl-C reads along */
    steal_cancel_init(&stopping, &cut_off);
    for (int i = 0; i < CLIENTS; i++)
        steal_cancel_init(&client_tokens[i], &cut_off);

    error = steal_run(NULL, &program.async.future);
    if (error < 0) {
        fprintf(stderr, "shutdown: error %d\n", error);
        return 1;
    }
    for (int i = 0; i < CLIENTS; i++)
        printf("client %d: one request %s, one %s\n", i,
                outcome_names[outcomes[i][0]], outcome_names[outcomes[i][1]]);
    printf("%zu came too late\n", steal_channel_count(&backlog));
    return 0;
}
