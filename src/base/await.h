/*
 * await.h - what a future of the library says of the wait that it is in (steal/
 * debug.h).
 *
 * Threads: as ops.waits: also in a handler of signals, in the midst of the
 *          future's own poll.
 */
#ifndef STEAL_BASE_AWAIT_H
#define STEAL_BASE_AWAIT_H

#include <steal/debug.h>
#include <steal/time.h>

/* How the things begin that wait for a group: for some of its tasks to end. */
#define AWAIT_GROUP "group"

/* `thing` is static. */
static inline void
await_for(struct steal_await *await, const char *thing, const void *object)
{
    await->thing = thing;
    await->object = object;
}

/* The same for what has a number. */
static inline void
await_number(struct steal_await *await, const char *thing, const void *object,
        int number)
{
    await_for(await, thing, object);
    await->number = number;
}

/* A timer ends it, too. */
static inline void
await_until(struct steal_await *await, uint64_t deadline)
{
    if (deadline != STEAL_FOREVER)
        await->deadline = deadline;
}

#endif
