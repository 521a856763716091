/*
 * steal/trace.h - what the workers did last, event after event.
 *
 *     options.trace = 100000;
 *     options.trace_file = "program.trace";
 *
 *     $ steal-trace program.trace >program.json
 *
 * With options.trace each worker keeps as many events as that says, or more: spawns,
 * wakes, begins and ends of polls, steals, sleeps, turns of the driver.  The newest
 * take the place of the oldest.  With options.trace_file they are written to that
 * file when the runtime has stopped; a file alone has each worker keep 65535.
 * STEAL_DEBUG=trace=FILE in the environment does the same to a program as it is.
 *
 * Names of futures are read when the trace is written: their ops live as long as
 * the runtime.
 *
 * See steal-trace(1) for what shows such a file, and steal_trace(7) for the events
 * and the format.
 */
#ifndef STEAL_TRACE_H
#define STEAL_TRACE_H

#include <stdio.h>

#include <steal/base.h>

STEAL_BEGIN_DECLS

struct steal_runtime;

/*
 * Writes what is kept at the moment.  Stops nobody: a worker that goes on meanwhile
 * loses the oldest of its events.  By any thread, until the runtime is stopped.
 *
 * -ENOTSUP: the runtime keeps none.
 * -ENOMEM:  nothing was written, or a part.
 * Others are those of the file, a part of which may be written.
 */
STEAL_API STEAL_MUST_CHECK int steal_trace_write(struct steal_runtime *runtime,
        FILE *file);

STEAL_END_DECLS

#endif
