/*
 * steal/signal.h - signals of the process, as a stream of events.
 *
 *     err = steal_signal_new(&self->hangup, NULL, SIGHUP);
 *     ...
 *     for (;;) {
 *         STEAL_AWAIT(cx, steal_signal_next(&self->next, self->hangup));
 *         if (self->next.future.result < 0)
 *             break;
 *         ... read the configuration again
 *     }
 *
 * From steal_signal_new() on the signal does nothing but count; once the last
 * steal_signal for it is freed it has its default effect again.  Each object,
 * in whichever runtime, sees each delivery.  A delivery that comes while nobody
 * waits is there for the next wait.  Deliveries are counted, but some in quick
 * succession may be one, as the system merges them too; the last is never lost.
 *
 * libuv installs the handler: an application may have uv_signal_t of its own for
 * the same signal, but no sigaction().  It runs in a thread of the application,
 * which must not block the signal, since the threads of a runtime block them all.
 * So raise() in a task is not seen, but kill() is.
 *
 * Threads: any; several tasks may wait for one object, and one of them gets a
 * delivery.
 */
#ifndef STEAL_SIGNAL_H
#define STEAL_SIGNAL_H

#include <signal.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_signal;

/*
 * Begins to count: a signal that is sent after the return is seen.  May wait for
 * a turn of the runtime's loop.
 * Errors: -ENOMEM, -ECANCELED (stopping), -EINVAL (no runtime, or a signal that
 * does not exist or cannot be caught).
 */
STEAL_API STEAL_MUST_CHECK int steal_signal_new(struct steal_signal **signal,
        struct steal_runtime *runtime, int signum);

/* Ends it, before or after the runtime; who still waits gets -ECANCELED.  The
 * default effect of the signal may come back a little later.  Never waits. */
STEAL_API void steal_signal_free(struct steal_signal *signal);

/* A future: its result is the number of deliveries since those that the last
 * one told, at least 1; -ECANCELED if the object is freed, or the runtime ends.
 * Dropping it loses none. */
struct steal_signal_next {
    struct steal_future future;
    /* private */
    struct steal_signal *signal;
    struct steal_wait wait;
};

STEAL_API struct steal_future *steal_signal_next(struct steal_signal_next *next,
        struct steal_signal *signal);

STEAL_END_DECLS

#endif
