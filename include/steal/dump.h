/*
 * steal/dump.h - which tasks there are, and what each of them waits for.
 *
 *     steal_dump(runtime, stderr);
 *
 * tells the workers, the queues, and every task: its id and name, whether it runs,
 * waits in a queue or is parked, and the chain of futures that it awaits, each with
 * its place in the source.  With options.time_polls, detect_lost_wakes or top also
 * how often and for how long it was polled.
 *
 * Nobody is stopped.  A parked task cannot be polled while it is looked at, which
 * takes as long as a short poll; a queued one is taken out of its queue and goes
 * to the injector.  So a dump is not of one moment: a task that is born or ends
 * meanwhile may be left out, and each other is told once.
 *
 * Threads: any, until the runtime is stopped: a task of it, too, or a blocking call.
 *          Not in a handler of signals.
 */
#ifndef STEAL_DUMP_H
#define STEAL_DUMP_H

#include <stdio.h>

#include <steal/base.h>

STEAL_BEGIN_DECLS

struct steal_runtime;

/*
 * As text for people, and as JSON (RFC 8259), whose keys steal_dump(3) lists.
 * -ENOMEM:    what was written before stands.
 * -ECANCELED: the runtime has stopped, or this is the child of a fork().
 * What writing to `file` says, as -EIO.
 */
STEAL_API STEAL_MUST_CHECK int steal_dump(struct steal_runtime *runtime,
        FILE *file);
STEAL_API STEAL_MUST_CHECK int steal_dump_json(struct steal_runtime *runtime,
        FILE *file);

/*
 * From now on, until the runtime is stopped, the signal makes it dump as text to the
 * descriptor, which stays the caller's: by a thread of its own, so that it works
 * whatever the workers do.  The handler that was there before comes back with the
 * stop.  Several runtimes may share a signal.
 * -EINVAL (no such signal, or one that cannot be caught), -ENOMEM, -EAGAIN (no
 * thread), -ECANCELED: the runtime is stopping, or this is the child of a fork().
 */
STEAL_API STEAL_MUST_CHECK int
steal_dump_on_signal(struct steal_runtime *runtime, int signal, int descriptor);

/*
 * From now on, until the runtime is stopped, steal-top(1) finds it at the socket
 * `path`, which only the user of the process may open.  A socket there that nobody
 * listens to is replaced.  options.top does the same from the start on.
 * -EADDRINUSE (somebody listens there, or it is something else), -ENAMETOOLONG,
 * -ENOMEM, -EAGAIN, -ECANCELED as above, or what the system says of the path.
 */
STEAL_API STEAL_MUST_CHECK int steal_top_open(struct steal_runtime *runtime,
        const char *path);

STEAL_END_DECLS

#endif
