/*
 * frames.h - the stack of the calling thread, also in a handler of signals.
 */
#ifndef STEAL_INSIGHT_FRAMES_H
#define STEAL_INSIGHT_FRAMES_H

#include <stddef.h>
#include <stdio.h>

/* Once, before the first handler may need it: what wants memory is done here. */
void steal__frames_prepare(void);

/* Writes up to `n` return addresses, the innermost first, and returns how many; 0
 * where the system cannot tell.  `context` is what the handler got: the frames
 * begin where the signal came. */
size_t steal__frames(void **frames, size_t n, void *context);

/* A line for each, with the name of the function where that is known. */
void steal__frames_print(void *const *frames, size_t n, FILE *file);

#endif
