/*
 * tests/oneshot_race.c - the halves of a oneshot in two threads, in all orders,
 * with the storage freed the moment that it may be.
 */
#include <steal/oneshot.h>

#include <steal/channel.h>

#include "kit.h"

#define VALUE 0x1122334455667788

/* One that frees itself, or one in storage of the caller's. */
enum kind {
    OWNED,
    LENT,
    KINDS
};

static struct steal_oneshot *
begin(enum kind kind)
{
    struct steal_oneshot *oneshot = NULL;
    char *block;

    if (kind == OWNED) {
        require(steal_oneshot_new(&oneshot, sizeof(uint64_t)) == 0);
        return oneshot;
    }
    block = malloc(sizeof *oneshot + sizeof(uint64_t));
    require(block);
    oneshot = (struct steal_oneshot *)(void *)block;
    steal_oneshot_init(oneshot, block + sizeof *oneshot, sizeof(uint64_t));
    return oneshot;
}

struct race {
    enum kind kind;
    struct steal_oneshot *oneshot;
    struct steal_runtime *runtime;
    pthread_barrier_t start;
    int sent;
};

static _Atomic(int) destroyed_in_race;

static void
count_in_race(void *value)
{
    require(*(uint64_t *)value == VALUE);
    add_relaxed(&destroyed_in_race, 1);
}

static void *
sender_of_race(void *arg)
{
    struct race *race = arg;
    uint64_t value = VALUE;

    pthread_barrier_wait(&race->start);
    race->sent = steal_oneshot_send(race->oneshot, &value);
    return NULL;
}

/* Of one in storage of the caller's: the receiver alone says when it may go. */
static void *
answer(void *arg)
{
    uint64_t value = VALUE;

    require(steal_oneshot_send(arg, &value) == 0);
    return NULL;
}

START_TEST(storage_may_go_as_soon_as_the_value_was_received)
{
    struct steal_runtime *runtime = runtime_start(1);

    for (int i = 0; i < scaled(2000); i++) {
        struct steal_oneshot *oneshot = begin(LENT);
        pthread_t thread = start_thread(answer, oneshot);
        struct steal_oneshot_wait wait;
        uint64_t value;

        if (i % 3 == 0)
            while (steal_oneshot_try_receive(oneshot) == -EAGAIN)
                sched_yield();
        else
            require(steal_block_on(i % 3 == 1 ? runtime : NULL,
                            steal_oneshot_receive(&wait, oneshot)) == 0);
        memcpy(&value, steal_oneshot_value(oneshot), sizeof value);
        require(value == VALUE);
        free(oneshot);
        join_thread(thread);
    }
    runtime_end(runtime);
}
END_TEST

static bool
receive_in_race(struct race *race, int how)
{
    struct steal_oneshot_wait wait;
    struct steal_timeout timeout;

    if (how == 0)
        return false;
    if (how == 1)
        return steal_oneshot_try_receive(race->oneshot) == 0;
    steal_timeout(&timeout, steal_oneshot_receive(&wait, race->oneshot),
            how == 2 ? 1 : STEAL_SECONDS(100));
    return steal_block_on(race->runtime, &timeout.future) == 0;
}

/* Close, or try, or wait for a moment, or wait; then close: against a send. */
START_TEST(value_is_received_or_destroyed_or_refused)
{
    struct race race = { .runtime = runtime_start(2) };
    int received = 0;
    int refused = 0;
    int n = scaled(4000);

    store_relaxed(&destroyed_in_race, 0);
    ck_assert_int_eq(pthread_barrier_init(&race.start, NULL, 2), 0);
    for (int i = 0; i < n; i++) {
        pthread_t thread;

        race.kind = i % KINDS;
        race.oneshot = begin(race.kind);
        steal_oneshot_set_destroy(race.oneshot, count_in_race);
        thread = start_thread(sender_of_race, &race);
        pthread_barrier_wait(&race.start);
        received += receive_in_race(&race, i / KINDS % 4);
        steal_oneshot_close(race.oneshot);
        join_thread(thread);
        refused += race.sent == -EPIPE;
        if (race.kind == LENT)
            free(race.oneshot);
    }
    pthread_barrier_destroy(&race.start);
    runtime_end(race.runtime);
    ck_assert_int_eq(received + refused + load_relaxed(&destroyed_in_race), n);
}
END_TEST

/*
 * Requests and replies between tasks, some of which nobody waits for.
 */

struct request {
    struct steal_oneshot *reply;
    uint64_t number;
};

static struct steal_channel requests;
static _Atomic(int) replies_destroyed;

static void
destroy_reply(void *value)
{
    (void)value;
    add_relaxed(&replies_destroyed, 1);
}

struct server {
    struct steal_async async;
    struct steal_channel_receive receive;
    struct request request;
    struct steal_yield yield;
    uint64_t reply;
    int refused;
};

static enum steal_poll
server_poll(struct steal_future *future, struct steal_context *cx)
{
    struct server *self = (struct server *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_channel_receive(&self->receive, &requests,
                                &self->request));
        if (self->receive.future.result)
            break;
        if (self->request.number % 5 == 0)
            STEAL_AWAIT(cx, steal_yield(&self->yield));
        self->reply = self->request.number * 3;
        if (self->request.number % 7 == 0)
            steal_oneshot_abandon(self->request.reply);
        else
            self->refused += steal_oneshot_send(self->request.reply,
                                     &self->reply) != 0;
    }
    STEAL_RETURN(self->refused);
    STEAL_END();
}

static const struct steal_future_ops server_ops = { .name = "server",
    .poll = server_poll };

struct client {
    struct steal_async async;
    struct steal_oneshot_wait wait;
    struct steal_timeout timeout;
    struct steal_channel_send send;
    struct request request;
    int n;
    int received;
};

static void
client_take(struct client *self)
{
    int result = self->timeout.future.result;

    require(self->request.number % 7 ? result == 0 || result == -ETIMEDOUT
                                     : result < 0);
    if (result == 0) {
        require(*(uint64_t *)steal_oneshot_value(self->request.reply) ==
                self->request.number * 3);
        self->received++;
    }
    steal_oneshot_close(self->request.reply);
}

static enum steal_poll
client_poll(struct steal_future *future, struct steal_context *cx)
{
    struct client *self = (struct client *)future;

    STEAL_BEGIN(&self->async);
    for (; self->n > 0; self->n--) {
        require(steal_oneshot_new(&self->request.reply, sizeof(uint64_t)) == 0);
        steal_oneshot_set_destroy(self->request.reply, destroy_reply);
        self->request.number = (uint64_t)self->n;
        STEAL_AWAIT(cx,
                steal_channel_send(&self->send, &requests, &self->request));
        require(self->send.sent);
        steal_oneshot_receive(&self->wait, self->request.reply);
        STEAL_AWAIT(cx, steal_timeout(&self->timeout, &self->wait.future,
                                self->n % 4 ? STEAL_SECONDS(100) : 1));
        client_take(self);
    }
    STEAL_RETURN(self->received);
    STEAL_END();
}

static const struct steal_future_ops client_ops = { .name = "client",
    .poll = client_poll };

#define CLIENTS 4

START_TEST(every_reply_is_received_or_destroyed_or_refused)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct server server = { .async = STEAL_ASYNC(&server_ops) };
    struct steal_task *task[CLIENTS];
    struct steal_task *serving;
    int n = scaled(10000);
    int sum = 0;

    store_relaxed(&replies_destroyed, 0);
    steal_channel_init(&requests, NULL, sizeof(struct request), 3);
    require(steal_spawn(runtime, &server.async.future, sizeof server,
                    &serving) == 0);
    for (int i = 0; i < CLIENTS; i++) {
        struct client client = { .async = STEAL_ASYNC(&client_ops), .n = n };

        require(steal_spawn(runtime, &client.async.future, sizeof client,
                        &task[i]) == 0);
    }
    for (int i = 0; i < CLIENTS; i++)
        sum += join_task(runtime, task[i]);
    steal_channel_close(&requests);
    sum += join_task(runtime, serving) + load_relaxed(&replies_destroyed);
    ck_assert_int_eq(sum, CLIENTS * (n - n / 7));
    steal_channel_fini(&requests);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        storage_may_go_as_soon_as_the_value_was_received,
        value_is_received_or_destroyed_or_refused,
        every_reply_is_received_or_destroyed_or_refused,
    };

    return run_suite("oneshot_race", tests, LENGTH(tests));
}
