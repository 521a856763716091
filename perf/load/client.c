#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS 1024
#define BUFFER 65536
#define TICK   100 /* ms: how soon a thread without answers sees the stop */

static void
watch(struct client *client, int op, struct conn *conn)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = conn };

    if (conn->stuck)
        event.events |= EPOLLOUT;
    if (epoll_ctl(client->epoll, op, conn->fd, &event))
        fail("epoll_ctl", -errno);
}

/* The clock of a short connection runs from before it is made. */
static void
open_one(struct client *client, struct conn *conn)
{
    const struct plan *plan = client->plan;
    uint64_t now = now_ns();

    conn_open(conn, plan, client->opened++);
    conn_request(conn, plan, &client->wire, plan->depth, now);
    watch(client, EPOLL_CTL_ADD, conn);
}

static void
count_answers(struct client *client, struct conn *conn, unsigned count,
        uint64_t now)
{
    unsigned long long before = atomic_load_explicit(&client->answers,
            memory_order_relaxed);
    bool measured = atomic_load_explicit(&client->measured,
            memory_order_relaxed);

    if (conn->sent - conn->answered < count)
        fail("an answer to no request", 0);
    for (unsigned i = 0; i < count; i++) {
        uint64_t began = conn->began[conn->answered++ % client->plan->depth];

        if (measured)
            histogram_add(&client->latency, now - began);
    }
    atomic_store_explicit(&client->answers, before + count,
            memory_order_relaxed);
}

/* Takes what has come, and asks for as much again. */
static void
on_readable(struct client *client, struct conn *conn, char *buffer)
{
    ssize_t n = recv(conn->fd, buffer, BUFFER, MSG_DONTWAIT);
    ssize_t count;
    uint64_t now;

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        fail("the server has ended a connection", n < 0 ? -errno : 0);
    now = now_ns();
    count = wire_take(&client->wire, &conn->state, buffer, (size_t)n);
    if (count < 0)
        fail("a wrong answer", 0);
    if (count == 0)
        return;
    count_answers(client, conn, (unsigned)count, now);
    if (client->plan->churn) {
        conn_close(conn);
        open_one(client, conn);
    } else {
        conn_request(conn, client->plan, &client->wire, (unsigned)count, now);
    }
}

static void
on_event(struct client *client, struct conn *conn, uint32_t events,
        char *buffer)
{
    bool stuck = conn->stuck;

    if (events & EPOLLOUT)
        conn_flush(conn);
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        on_readable(client, conn, buffer);
    if (conn->stuck != stuck)
        watch(client, EPOLL_CTL_MOD, conn);
}

static void *
client_run(void *arg)
{
    struct client *client = arg;
    struct epoll_event *event = calloc(EVENTS, sizeof *event);
    char *buffer = malloc(BUFFER);

    if (!event || !buffer)
        fail("a client", -ENOMEM);
    for (unsigned i = 0; i < client->connections; i++)
        open_one(client, &client->conn[i]);
    while (!atomic_load_explicit(&client->stop, memory_order_relaxed)) {
        int n = epoll_wait(client->epoll, event, EVENTS, TICK);

        for (int i = 0; i < n; i++)
            on_event(client, event[i].data.ptr, event[i].events, buffer);
    }
    free(event);
    free(buffer);
    return NULL;
}

void
client_start(struct client *client, const struct plan *plan, unsigned index)
{
    client->plan = plan;
    client->index = index;
    client->connections = plan->connections / plan->threads +
                          (index < plan->connections % plan->threads);
    client->conn = calloc(client->connections, sizeof *client->conn);
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (client->epoll < 0)
        fail("epoll_create1", -errno);
    if (!client->conn ||
            !wire_init(&client->wire, plan->http, plan->size, plan->all))
        fail("a client", -ENOMEM);
    for (unsigned i = 0; i < client->connections; i++) {
        if (!conn_init(&client->conn[i], plan, &client->wire))
            fail("a client", -ENOMEM);
    }
    if (pthread_create(&client->thread, NULL, client_run, client))
        fail("a thread", -EAGAIN);
}

void
client_stop(struct client *client)
{
    atomic_store_explicit(&client->stop, true, memory_order_relaxed);
    pthread_join(client->thread, NULL);
    for (unsigned i = 0; i < client->connections; i++)
        conn_fini(&client->conn[i]);
    free(client->conn);
    wire_fini(&client->wire);
    close(client->epoll);
}

/* Waits for the answers to the requests of one connection. */
static void
await_answers(struct wire *wire, struct conn *conn)
{
    char buffer[4096];

    while (conn->answered < conn->sent) {
        ssize_t n = recv(conn->fd, buffer, sizeof buffer, 0);
        ssize_t count;

        if (n <= 0)
            fail("an idle connection", n < 0 ? -errno : 0);
        count = wire_take(wire, &conn->state, buffer, (size_t)n);
        if (count < 0)
            fail("a wrong answer", 0);
        conn->answered += (uint64_t)count;
    }
}

struct conn *
idle_open(const struct plan *plan)
{
    struct plan one = *plan;
    struct conn *conn = calloc(plan->idle, sizeof *conn);
    struct wire wire;

    one.depth = 1;
    if (!conn || !wire_init(&wire, plan->http, plan->size, plan->all))
        fail("idle connections", -ENOMEM);
    for (unsigned i = 0; i < plan->idle; i++) {
        if (!conn_init(&conn[i], &one, &wire))
            fail("idle connections", -ENOMEM);
        conn_open(&conn[i], &one, i);
        conn_request(&conn[i], &one, &wire, 1, 0);
        await_answers(&wire, &conn[i]);
    }
    wire_fini(&wire);
    return conn;
}

void
idle_close(const struct plan *plan, struct conn *conn)
{
    for (unsigned i = 0; i < plan->idle; i++)
        conn_fini(&conn[i]);
    free(conn);
}
