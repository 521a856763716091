/*
 * source.h - a descriptor that the loop watches, and who waits for it.
 *
 * This is struct steal_fd.  Interest is kept: a descriptor stays armed after
 * an event, so that a task which reads all and waits again costs no system
 * call.  It is disarmed when a second turn of the loop finds it ready with
 * nobody waiting.
 *
 * Threads: the functions here are for the holder of the driver's seat.
 */
#ifndef STEAL_DRIVER_SOURCE_H
#define STEAL_DRIVER_SOURCE_H

struct list;
struct reactor;

/* Brings the loop in line with what is wanted of the source. */
void steal__source_obey(struct reactor *reactor, struct list *command);

/* The loop ends before the source does: closes, wakes nobody. */
void steal__source_orphan(struct list *link);

#endif
