/*
 * toy.h - a runtime that has a driver and little else, for the cases of source.c.
 *
 * A task is what a thread of the case polls: it is claimed and parked as the
 * scheduler does it, and its thread sleeps until the task is queued again.
 */
#ifndef EXPLORE_TOY_H
#define EXPLORE_TOY_H

#include <steal/future.h>
#include <steal/waker.h>

#include "../../src/driver/driver.h"

#define TOY_TASKS    4
#define TOY_STRANGER 3 /* this task is of another runtime */

struct steal_runtime {
    struct driver driver;
};

extern struct steal_runtime toy;

/* In setup(). */
void toy_begin(void);

/* Polls until that is true, as task `index`, or as one of another executor. */
typedef bool toy_poll_fn(void *arg, struct steal_context *cx);
void toy_run(unsigned index, toy_poll_fn *poll, void *arg);
void toy_run_foreign(unsigned index, toy_poll_fn *poll, void *arg);

/* A context to poll with once, as task `index`. */
struct steal_context toy_context(unsigned index);

/* The same for a future: it is polled until it is ready, and dropped, and this is
 * its result; or it is polled once. */
int toy_await(unsigned index, struct steal_future *future);
int toy_await_foreign(unsigned index, struct steal_future *future);
enum steal_poll toy_poll(unsigned index, struct steal_future *future);

/* It is polled once, and has to wait. */
void toy_begin_to_wait(unsigned index, struct steal_future *future);
void toy_begin_to_wait_foreign(unsigned index, struct steal_future *future);

/* In the driver's seat: turns, asleep, until so many threads have said that they
 * are done. */
void toy_drive(unsigned threads);
void toy_done(void);

/* Turns once without sleeping. */
void toy_look(void);

/* In finish(): ends the driver, if that is not done.  True if all memory has
 * come back. */
bool toy_is_clean(void);

#endif
