/*
 * engine.h - one execution of a case: its threads, step by step.
 *
 * A thread runs alone from one shared access to the next.  Before each it says
 * what it is about to do and asks the search who goes on, which is often
 * itself.  What it did goes to the search as a footprint, and to the report.
 */
#ifndef EXPLORE_ENGINE_H
#define EXPLORE_ENGINE_H

#include "explore.h"

enum engine_end {
    ENGINE_DONE,   /* all threads came to their ends */
    ENGINE_PRUNED, /* all that follows was seen in another order */
    ENGINE_FAILED,
};

/* Once in the life of the program. */
void engine_init(void);

/* Runs the case along the path that the search gives. */
enum engine_end engine_run(const struct explore_case *what);

/* Why the last execution failed. */
const char *engine_reason(void);

/* The bound that left something out in the last execution, or NULL. */
const char *engine_bound(void);

/* How often the fault of the case struck in the last execution. */
unsigned engine_faults(void);

/* An access to plain data, found by the compiler. */
void engine_plain(const volatile void *data, size_t size, bool write,
        const void *caller);

#endif
