/*
 * finish.h - the end of a future of the library.
 *
 * One that is ready and holds nothing any more needs no call to be dropped: it
 * says so, and whoever polls it is spared that.
 *
 * Threads: the one that polls.
 */
#ifndef STEAL_BASE_FINISH_H
#define STEAL_BASE_FINISH_H

#include <steal/future.h>

static inline enum steal_poll
future_finish(struct steal_future *future, int result)
{
    future->result = result;
    future->pin = STEAL_PIN_DROPPED;
    return STEAL_READY;
}

#endif
