/*
 * files.h - descriptors, as the kernel keeps them: what they are ready for, and
 * the one edge-triggered set that watches them.
 *
 * A descriptor in the set reports an event once for each edge, that is whenever
 * its peer makes it ready, and when the set is told of it while it is ready.
 * What is not ready any more when the set is looked at is not reported.
 *
 * A system call is one step; it orders nothing for the program.  What must not
 * be done with a descriptor fails the case: using a number that is closed,
 * closing it twice, under somebody who is inside a system call, or before the
 * set has forgotten it.
 *
 * Threads: those of a case.  This is below the program and not instrumented.
 */
#ifndef EXPLORE_FILES_H
#define EXPLORE_FILES_H

#include <stdbool.h>

#define FILES 2

/* In setup(): none is open, none watched. */
void files_begin(void);

/* In setup().  Returns its number. */
int files_open(void);

/* It cannot be watched: -EPERM. */
int files_open_regular(void);

/* The peer: makes it ready, and for good unless somebody takes that. */
void files_make_ready(int number, unsigned events);

/* Non-blocking calls: is it ready for some of `events`, and the same, taking
 * that. */
bool files_is_ready(int number, unsigned events);
bool files_take(int number, unsigned events);

/* A call that takes two steps. */
void files_begin_call(int number);
void files_end_call(int number);

void files_close(int number);
bool files_is_open(int number);

/* The set: watches, in addition or instead; 0 or a negative errno code. */
int files_watch(int number, unsigned events, void *data, bool anew);
void files_forget(int number);

/* The event of the descriptor with this index, from 0, if there is one. */
bool files_next_event(unsigned index, unsigned *events, void **data);

#endif
