/*
 * load.c - load for a server: load [options] port | path
 *
 * Connections that keep so many requests in flight, over a span of seconds that
 * begins when the server is warm.  The answers are checked; anything wrong ends
 * it with status 1.  The rows are those of perf/harness.h, from one span:
 *
 *     rate            answers a second
 *     cpu             ns of the server's processor time an answer (-P)
 *     p50, p99, p999  from request to answer, us; in mode churn from before the
 *                     connection is made
 *     others          % of a processor that neither of them took, but something
 *                     else on the machine (-P)
 *     memory          bytes of the server's an idle connection (-P, -i)
 *     idle            us of the server's processor time a second while all
 *                     connections are idle
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client.h"
#include "load.h"
#include "process.h"

struct sample {
    uint64_t time;
    uint64_t answers;
    uint64_t server; /* its processor time */
    uint64_t own;
    uint64_t idle; /* the machine's */
};

_Noreturn void
fail(const char *what, int err)
{
    fprintf(stderr, "load: %s%s%s\n", what, err ? ": " : "",
            err ? strerror(-err) : "");
    exit(1);
}

static uint64_t
clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t
now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

void
sleep_until(uint64_t deadline)
{
    struct timespec time = { (time_t)(deadline / UINT64_C(1000000000)),
        (long)(deadline % UINT64_C(1000000000)) };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) ==
            EINTR)
        ;
}

static void
print_row(const struct plan *plan, const char *metric, const char *unit,
        double value)
{
    printf("%s\t%s\t%s\t%.1f\t%.1f\t%.1f\n", plan->label, metric, unit, value,
            value, value);
}

static struct sample
take_sample(const struct plan *plan, struct client *client)
{
    struct sample sample = { .time = now_ns() };

    sample.idle = machine_idle();
    if (plan->server)
        sample.server = process_cpu(plan->server);
    for (unsigned i = 0; i < plan->threads; i++)
        sample.answers += atomic_load_explicit(&client[i].answers,
                memory_order_relaxed);
    sample.own = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    return sample;
}

static void
set_measured(const struct plan *plan, struct client *client, bool measured)
{
    for (unsigned i = 0; i < plan->threads; i++)
        atomic_store_explicit(&client[i].measured, measured,
                memory_order_relaxed);
}

static void
report(const struct plan *plan, const struct sample *begin,
        const struct sample *end, const struct histogram *latency)
{
    double time = (double)(end->time - begin->time);
    double answers = (double)(end->answers - begin->answers);
    double server = (double)(end->server - begin->server);
    double own = (double)(end->own - begin->own);
    double idle = (double)(end->idle - begin->idle);
    double others = machine_processors() * time - idle - server - own;

    if (answers == 0)
        fail("no answers", 0);
    print_row(plan, "rate", "/s", answers / time * 1e9);
    if (plan->server) {
        print_row(plan, "cpu", "ns", server / answers);
        print_row(plan, "others", "%", others / time * 100);
    }
    print_row(plan, "p50", "us", histogram_percentile(latency, 0.5) / 1000);
    print_row(plan, "p99", "us", histogram_percentile(latency, 0.99) / 1000);
    print_row(plan, "p999", "us", histogram_percentile(latency, 0.999) / 1000);
    if (plan->tell)
        fprintf(stderr,
                "load: %.0f answers; processors: server %.2f, load %.2f\n",
                answers, server / time, own / time);
}

/* The memory of the idle connections, and the time that they cost. */
static struct conn *
begin_idle(const struct plan *plan)
{
    uint64_t span = (uint64_t)(plan->seconds * 1e9);
    uint64_t memory = 0;
    struct conn *conn;
    uint64_t begin, cpu;

    if (plan->server)
        memory = process_memory(plan->server);
    conn = idle_open(plan);
    if (!plan->server)
        return conn;
    print_row(plan, "memory", "B",
            ((double)process_memory(plan->server) - (double)memory) /
                    plan->idle);
    sleep_until(now_ns() + (uint64_t)(plan->warmup * 1e9));
    cpu = process_cpu(plan->server);
    begin = now_ns();
    sleep_until(begin + span);
    print_row(plan, "idle", "us",
            (double)(process_cpu(plan->server) - cpu) * 1e6 /
                    (double)(now_ns() - begin));
    return conn;
}

static void
measure(const struct plan *plan)
{
    struct client *client = calloc(plan->threads, sizeof *client);
    struct histogram *latency = calloc(1, sizeof *latency);
    struct sample begin, end;

    if (!client || !latency)
        fail("clients", -ENOMEM);
    for (unsigned i = 0; i < plan->threads; i++)
        client_start(&client[i], plan, i);
    sleep_until(now_ns() + (uint64_t)(plan->warmup * 1e9));
    begin = take_sample(plan, client);
    set_measured(plan, client, true);
    sleep_until(begin.time + (uint64_t)(plan->seconds * 1e9));
    set_measured(plan, client, false);
    end = take_sample(plan, client);
    for (unsigned i = 0; i < plan->threads; i++) {
        client_stop(&client[i]);
        histogram_merge(latency, &client[i].latency);
    }
    report(plan, &begin, &end, latency);
    free(latency);
    free(client);
}

int
main(int argc, char **argv)
{
    struct plan plan = plan_parse(argc, argv);
    struct conn *idle = plan.idle ? begin_idle(&plan) : NULL;

    measure(&plan);
    if (idle)
        idle_close(&plan, idle);
    return 0;
}
