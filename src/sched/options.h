/*
 * options.h - what a runtime is to be like, made complete.
 *
 * What the program leaves open, the environment may say (steal_debug(7)):
 *
 *     STEAL_DEBUG=lostwake,times,long_poll=10,trace=FILE,top=PATH
 *
 * Threads: any.
 */
#ifndef STEAL_SCHED_OPTIONS_H
#define STEAL_SCHED_OPTIONS_H

#include <steal/runtime.h>

/* -EINVAL: they make no sense.  *words, to be freed, or NULL, is what *to refers to
 * of the environment. */
int steal__options_read(struct steal_options *to,
        const struct steal_options *from, char **words);

#endif
