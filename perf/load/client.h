/*
 * client.h - a thread of the load: its connections, on an epoll of its own.
 *
 * Each connection keeps `depth` requests in flight: a new one goes out for each
 * answer that comes in.  Whatever goes wrong ends the process.
 *
 * Threads: client_run() is the thread; the others are for whoever started it,
 *          client_answers() while it runs, client_histogram() after its end.
 */
#ifndef STEAL_PERF_LOAD_CLIENT_H
#define STEAL_PERF_LOAD_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "conn.h"
#include "histogram.h"
#include "load.h"
#include "wire.h"

struct client {
    const struct plan *plan;
    unsigned index;
    unsigned connections; /* its share */
    atomic_bool measured; /* set between the two ends of the span */
    atomic_bool stop;
    atomic_ullong answers; /* written by the thread alone */
    /* private */
    pthread_t thread;
    int epoll;
    unsigned opened; /* churn: connections so far */
    struct wire wire;
    struct conn *conn;
    struct histogram latency;
};

/* Connects and starts the thread, which begins to send at once. */
void client_start(struct client *client, const struct plan *plan,
        unsigned index);

/* Stops the thread and waits for its end; the latencies are left. */
void client_stop(struct client *client);

/* Opens plan->idle connections, each of which has got one answer. */
struct conn *idle_open(const struct plan *plan);
void idle_close(const struct plan *plan, struct conn *conn);

#endif
