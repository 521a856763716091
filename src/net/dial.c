/*
 * dial.c - a connection to whichever address answers first.
 *
 * A race of a few attempts.  Each poll polls those that run, starts another one
 * if it is time and there is room, and sleeps until it is time again.
 */
#include <steal/resolve.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/atomic.h"

#define PACE    STEAL_MS(250)
#define PATIENT STEAL_SECONDS(2)

/*
 * Addresses
 */

/* The families take turns, from that of the first address on; within a family
 * the order stays. */
static void
interleave(struct steal_address *address, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        sa_family_t before = address[i - 1].u.any.sa_family;
        struct steal_address other;
        size_t j = i;

        while (j < n && address[j].u.any.sa_family == before)
            j++;
        if (j == n)
            return;
        other = address[j];
        memmove(&address[i + 1], &address[i], (j - i) * sizeof *address);
        address[i] = other;
    }
}

static int
take_addresses(struct steal_dial *dial)
{
    struct steal_resolve *resolve = &dial->resolve;

    steal_future_drop(&resolve->future);
    if (resolve->future.result < 0)
        return resolve->future.result;
    interleave(resolve->address, resolve->count);
    dial->address = resolve->address;
    dial->count = resolve->count;
    return 0;
}

/*
 * Attempts
 */

static void
end_attempt(struct steal_dial *dial, size_t i)
{
    steal_future_drop(&dial->attempt[i].connect.future);
    dial->attempt[i].runs = false;
}

static void
begin_attempt(struct steal_dial *dial, size_t i, uint64_t now)
{
    dial->attempt[i].index = dial->next++;
    dial->attempt[i].started = now;
    dial->due = now + PACE;
    steal_connect(&dial->attempt[i].connect,
            &dial->address[dial->attempt[i].index], &dial->options);
    signal_fence(); /* awaited() looks */
    dial->attempt[i].runs = true;
}

/* The one that has run longest, or one that does not run, if there is one. */
static size_t
oldest(const struct steal_dial *dial)
{
    size_t found = 0;

    for (size_t i = 0; i < STEAL_DIAL_ATTEMPTS; i++) {
        if (!dial->attempt[i].runs)
            return i;
        if (dial->attempt[i].started < dial->attempt[found].started)
            found = i;
    }
    return found;
}

/* When the attempt that will be in this place may begin. */
static uint64_t
time_to_begin(const struct steal_dial *dial, size_t i)
{
    uint64_t outworn = dial->attempt[i].started + PATIENT;

    if (!dial->attempt[i].runs || outworn < dial->due)
        return dial->due;
    return outworn;
}

/* Polls what runs.  True if one has won; those that fail make room at once. */
static bool
poll_attempts(struct steal_dial *dial, struct steal_context *cx)
{
    for (size_t i = 0; i < STEAL_DIAL_ATTEMPTS; i++) {
        struct steal_connect *connect = &dial->attempt[i].connect;

        if (!dial->attempt[i].runs ||
                steal_future_poll(&connect->future, cx) == STEAL_PENDING)
            continue;
        end_attempt(dial, i);
        if (connect->future.result == 0) {
            dial->fd = connect->fd;
            dial->peer = dial->address[dial->attempt[i].index];
            return true;
        }
        dial->error = connect->future.result;
        dial->due = 0;
    }
    return false;
}

static bool
runs(const struct steal_dial *dial)
{
    for (size_t i = 0; i < STEAL_DIAL_ATTEMPTS; i++) {
        if (dial->attempt[i].runs)
            return true;
    }
    return false;
}

/*
 * The race
 */

/* True if it is past `time`; else the task is woken then. */
static bool
has_come(struct steal_dial *dial, uint64_t time, struct steal_context *cx)
{
    if (dial->paces && dial->pace.deadline != time) {
        steal_future_drop(&dial->pace.future);
        dial->paces = false;
    }
    if (steal_now() >= time)
        return true;
    if (!dial->paces)
        steal_sleep_until(&dial->pace, time);
    dial->paces = steal_future_poll(&dial->pace.future, cx) == STEAL_PENDING;
    if (!dial->paces)
        steal_future_drop(&dial->pace.future);
    return !dial->paces;
}

static enum steal_poll
race(struct steal_dial *dial, struct steal_context *cx)
{
    while (!poll_attempts(dial, cx)) {
        size_t place = oldest(dial);

        if (dial->next == dial->count) {
            dial->future.result = dial->error;
            return runs(dial) ? STEAL_PENDING : STEAL_READY;
        }
        if (!has_come(dial, time_to_begin(dial, place), cx))
            return STEAL_PENDING;
        if (dial->attempt[place].runs) {
            end_attempt(dial, place);
            dial->error = -ETIMEDOUT;
        }
        begin_attempt(dial, place, steal_now());
    }
    dial->future.result = 0;
    return STEAL_READY;
}

static enum steal_poll
dial_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_dial *dial = (struct steal_dial *)future;

    if (dial->resolves) {
        if (steal_future_poll(&dial->resolve.future, cx) == STEAL_PENDING)
            return STEAL_PENDING;
        dial->resolves = false;
        future->result = take_addresses(dial);
        if (future->result < 0)
            return STEAL_READY;
    }
    return race(dial, cx);
}

static void
dial_drop(struct steal_future *future)
{
    struct steal_dial *dial = (struct steal_dial *)future;

    if (dial->resolves)
        steal_future_drop(&dial->resolve.future);
    for (size_t i = 0; i < STEAL_DIAL_ATTEMPTS; i++) {
        if (dial->attempt[i].runs)
            end_attempt(dial, i);
    }
    if (dial->paces)
        steal_future_drop(&dial->pace.future);
    dial->paces = false;
    free(dial->resolve.address);
    dial->resolve.address = NULL;
}

/* The i-th attempt that runs, and then the pace. */
static struct steal_future *
attempt_awaited(struct steal_dial *dial, size_t i)
{
    for (size_t at = 0; at < STEAL_DIAL_ATTEMPTS; at++) {
        if (dial->attempt[at].runs && i-- == 0)
            return &dial->attempt[at].connect.future;
    }
    return i == 0 && dial->paces ? &dial->pace.future : NULL;
}

static struct steal_future *
dial_awaited(struct steal_future *future, size_t i)
{
    struct steal_dial *dial = (struct steal_dial *)future;

    if (!dial->resolves)
        return attempt_awaited(dial, i);
    return i ? NULL : &dial->resolve.future;
}

static const struct steal_future_ops dial_ops = { .name = "dial",
    .poll = dial_poll,
    .drop = dial_drop,
    .awaited = dial_awaited };

struct steal_future *
steal_dial_addresses(struct steal_dial *dial,
        const struct steal_address *address, size_t count,
        const struct steal_socket_options *options)
{
    static const struct steal_socket_options none;

    steal_future_init(&dial->future, &dial_ops);
    dial->fd = NULL;
    dial->resolve.address = NULL;
    dial->options = options ? *options : none;
    dial->address = address;
    dial->count = count;
    dial->next = 0;
    dial->due = 0;
    dial->error = -EDESTADDRREQ; /* if there is none at all */
    dial->resolves = false;
    dial->paces = false;
    for (size_t i = 0; i < STEAL_DIAL_ATTEMPTS; i++)
        dial->attempt[i].runs = false;
    return &dial->future;
}

struct steal_future *
steal_dial(struct steal_dial *dial, const char *host, const char *service,
        const struct steal_socket_options *options)
{
    steal_dial_addresses(dial, NULL, 0, options);
    steal_resolve(&dial->resolve, host, service, AF_UNSPEC, 0);
    dial->resolves = true;
    return &dial->future;
}
