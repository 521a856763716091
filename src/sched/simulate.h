/*
 * simulate.h - a runtime whose workers are played by one thread.
 *
 *     the thread   ..|step of 2|step of 0|driver|step of 0|a call|step of 3|..
 *
 * With options.deterministic nobody runs tasks but the thread that is in
 * steal_block_on() or the like, as with STEAL_ON_CALLER; but there are several
 * workers, with all that they have, and at each step the thread is one of them, and
 * polls one task.  Which one, and what else happens when, is left to dice that the
 * seed has loaded: so any order can come in which the polls of a real runtime can
 * follow one another, and the same seed brings the same one.
 *
 * Time is the simulation's (base/clock.h): each step takes some of it, and when
 * there is nothing to do it goes on to the next deadline.
 *
 * Threads: simulate() is for the one that has the seat (block_on.c); the rest is for
 *          any.
 */
#ifndef STEAL_SCHED_SIMULATE_H
#define STEAL_SCHED_SIMULATE_H

#include <stdbool.h>
#include <stdint.h>

struct blocker;
struct simulation;
struct steal_options;
struct steal_runtime;

/* The workers of a simulation, unless the program says how many. */
#define SIMULATED_WORKERS 4

/* Before the workers are counted: what a simulation wants of the options, and what
 * the environment says of both.  -ENOTSUP: it cannot be had with the others. */
int steal__simulation_options(struct steal_options *options);

/* *result is NULL if the options do not want one; else the thread lives in its
 * time from now on.  Before the workers. */
int steal__simulation_new(struct simulation **result,
        const struct steal_options *options);

/* Nobody simulates any more.  May be NULL. */
void steal__simulation_free(struct simulation *simulation);

/* Loads the dice of each worker. */
void steal__simulation_prepare(struct steal_runtime *runtime);

/* Runs tasks until `blocker`, if it is not NULL, is done, or until the runtime has
 * stopped and no task is left. */
void steal__simulate(struct steal_runtime *runtime, struct blocker *blocker);

/* True if this thread is in there, perhaps in a blocking call. */
bool steal__is_simulating(const struct steal_runtime *runtime);

/* Between look() and done() no step is made, and what is queued stays where it is:
 * for any thread.  False: none has ended before the deadline (ns, real). */
bool steal__simulation_look(struct steal_runtime *runtime, uint64_t deadline);
void steal__simulation_done(struct steal_runtime *runtime);

/* Meanwhile: the task that a worker has taken and will poll, or NULL. */
struct steal_task *steal__simulation_hand(const struct steal_runtime *runtime,
        unsigned worker);

/* The time of the runtime, for whoever asks, wherever that thread lives.  Takes none
 * of it, so that a run is the same when nobody looks. */
uint64_t steal__runtime_now(const struct steal_runtime *runtime);

#endif
