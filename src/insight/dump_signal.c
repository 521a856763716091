/*
 * dump_signal.c - dumps that are asked for by a signal.
 *
 *     handler:   counts, rings the bell of its signal
 *     listener:  a thread of the runtime's, which sleeps on the bell and dumps
 *
 * All listeners to a signal share a bell and a handler.  The first installs it, and
 * the last puts back what was there before.  A bell is never freed, so that it does
 * no harm if the handler still runs after that.
 *
 * Orderings
 *   B1  ring: count; bell, release  ->  listen: bell, acquire; count
 *       Who finds the bell as it was before has a sleep that ends with the change.
 *   B2  stop: over, then the bell, release  ->  listen: bell, acquire; over
 */
#include "dump.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/futex.h"
#include "../base/thread.h"
#include "../sched/runtime.h"

#ifndef NSIG
# define NSIG 65
#endif

/* How long a runtime that stops waits for room, ms. */
#define PATIENCE 1000

struct bell {
    _Atomic(uint32_t)
            word; /* changes with each ring, and when a listener goes */
    _Atomic(uint32_t) rings; /* how often it was for the listeners */
    struct sigaction before; /* guarded by the mutex, as the rest */
    unsigned listeners;
};

static struct bell bells[NSIG];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

struct listener {
    struct onlooker onlooker;
    struct steal_runtime *runtime;
    pthread_t thread;
    int signal;
    int descriptor;
    uint32_t seen; /* of the rings */
    _Atomic(bool) over;
};

/*
 * The handler
 */

static void
ring(struct bell *bell)
{
    add_acq_rel(&bell->word, 1); /* B1, B2 */
    steal__futex_wake(&bell->word, INT32_MAX);
}

static void
on_signal(int signal)
{
    int saved = errno;

    add_relaxed(&bells[signal].rings, 1); /* B1 */
    ring(&bells[signal]);
    errno = saved;
}

/* With the mutex held. */
static int
attach_locked(int signal)
{
    struct sigaction action = { .sa_handler = on_signal,
        .sa_flags = SA_RESTART | SA_ONSTACK };
    struct bell *bell = &bells[signal];

    sigemptyset(&action.sa_mask);
    if (!bell->listeners && sigaction(signal, &action, &bell->before) < 0)
        return -errno;
    bell->listeners++;
    return 0;
}

/* A handler that was installed over ours stays. */
static void
detach_locked(int signal)
{
    struct bell *bell = &bells[signal];
    struct sigaction now;

    if (--bell->listeners)
        return;
    if (sigaction(signal, NULL, &now) == 0 && now.sa_handler == on_signal)
        sigaction(signal, &bell->before, NULL);
}

static int
attach(int signal)
{
    int error;

    pthread_mutex_lock(&mutex);
    error = attach_locked(signal);
    pthread_mutex_unlock(&mutex);
    return error;
}

static void
detach(int signal)
{
    pthread_mutex_lock(&mutex);
    detach_locked(signal);
    pthread_mutex_unlock(&mutex);
}

/*
 * The listener
 */

/* A descriptor that does not block, as others may have made it, is waited for; but
 * not for ever by a runtime that stops. */
static int
wait_for_room(const struct listener *listener)
{
    struct pollfd fd = { .fd = listener->descriptor, .events = POLLOUT };

    if (errno != EAGAIN)
        return errno == EINTR ? 0 : -errno;
    if (poll(&fd, 1, PATIENCE) == 0 && runtime_is_stopping(listener->runtime))
        return -ECANCELED;
    return 0;
}

static int
write_to_descriptor(const char *text, size_t n, void *data)
{
    const struct listener *listener = data;
    int error = 0;

    while (n && !error) {
        ssize_t written = write(listener->descriptor, text, n);

        if (written < 0)
            error = wait_for_room(listener);
        if (written > 0) {
            text += written;
            n -= (size_t)written;
        }
    }
    return error;
}

static void *
listener_main(void *arg)
{
    struct listener *listener = arg;
    struct bell *bell = &bells[listener->signal];
    uint32_t word = load_acquire(&bell->word); /* B1, B2 */

    steal__bound = listener->runtime;
    while (!load_relaxed(&listener->over)) {         /* B2 */
        uint32_t rings = load_relaxed(&bell->rings); /* B1 */

        if (rings != listener->seen)
            (void)!steal__dump(listener->runtime, &steal__dump_text,
                    write_to_descriptor, listener);
        else
            steal__futex_wait(&bell->word, word, UINT64_MAX);
        listener->seen = rings;
        word = load_acquire(&bell->word); /* B1, B2 */
    }
    return NULL;
}

static struct listener *
listener_of(struct onlooker *onlooker)
{
    return container_of(onlooker, struct listener, onlooker);
}

static void
free_listener(struct onlooker *onlooker)
{
    struct listener *listener = listener_of(onlooker);

    detach(listener->signal);
    store_relaxed(&listener->over, true); /* B2 */
    ring(&bells[listener->signal]);
    pthread_join(listener->thread, NULL);
    free(listener);
}

static int
start(struct listener *listener)
{
    char name[16];
    int error = attach(listener->signal);

    if (error)
        return error;
    listener->seen = load_relaxed(
            &bells[listener->signal].rings); /* ours come */
    error = steal__thread_start(&listener->thread, 0, listener_main, listener);
    if (error) {
        detach(listener->signal);
        return error;
    }
    snprintf(name, sizeof name, "%.10s-d", listener->runtime->name);
    steal__thread_name(listener->thread, name);
    return 0;
}

static int
listen_to(struct steal_runtime *runtime, int signal, int descriptor)
{
    struct listener *listener = malloc(sizeof *listener);
    int error;

    if (!listener)
        return -ENOMEM;
    *listener = (struct listener){ .onlooker = { .free = free_listener },
        .runtime = runtime,
        .signal = signal,
        .descriptor = descriptor };
    error = start(listener);
    if (error)
        free(listener);
    else
        onlookers_add(&runtime->onlookers, &listener->onlooker);
    return error;
}

int
steal_dump_on_signal(struct steal_runtime *runtime, int signal, int descriptor)
{
    int error;

    if (signal <= 0 || signal >= NSIG)
        return -EINVAL;
    if (steal__runtime_is_of_parent(runtime) || runtime_is_stopping(runtime) ||
            !runtime_enter(runtime))
        return -ECANCELED;
    error = listen_to(runtime, signal, descriptor);
    runtime_leave(runtime);
    return error;
}
