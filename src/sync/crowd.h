/*
 * crowd.h - those who wait for a number to grow, and are all woken when it does.
 *
 * The number is a word of the owner's: what it counts is the owner's affair, and
 * it only grows.  A member of the crowd waits for it to be more than it was.
 *
 *     +-------+-------+-------+-------+
 *     | lock  | lock  | lock  | lock  |    a line of the cache each
 *     | m m m | m     |       | m m   |
 *     +-------+-------+-------+-------+
 *
 * A thread has one of the shards for its own, more or less: it puts the members
 * that it polls there, so that two workers, who run members at the same time, do
 * not fight over a lock.  The order among members of two shards is nobody's
 * concern, for all of them are woken.
 *
 * Who reads something that the owner wants to destroy does it under the lock of
 * its shard; the owner, having hidden it, goes through all of the locks, and
 * then nobody reads it any more.
 *
 *   C1  The members of a shard stand in the order of their numbers.
 *   C2  A member that is in a shard will be woken if the word is more than its
 *       number: by whoever made it so, and has yet to come to this shard.
 *
 * Threads: any.  A member belongs to the future that waits.
 */
#ifndef STEAL_SYNC_CROWD_H
#define STEAL_SYNC_CROWD_H

#include <steal/waker.h>

#include "../base/atomic.h"
#include "../task/waitq.h"

#define CROWD_SHARDS 4

struct crowd_shard {
    struct lock lock;
    struct list members; /* zero until the first */
    char others[CACHE_LINE - sizeof(struct list) - 8];
};

struct crowd {
    struct crowd_shard shard[CROWD_SHARDS];
};

/* All but `in` is guarded by the lock of its shard while it is in one. */
struct crowd_member {
    struct list links;
    struct steal_waker waker;
    _Atomic(uint16_t) in; /* crowd.c, O3 */
    uint16_t shard;
    uint32_t number; /* it waits for more than that; the low half of the word */
};

_Static_assert(sizeof(struct crowd_shard) == CACHE_LINE, "a line each");
_Static_assert(sizeof(struct crowd_member) == sizeof(struct steal_wait),
        "struct steal_wait is a struct crowd_member");

static inline struct crowd_member *
crowd_member_of(struct steal_wait *wait)
{
    return (struct crowd_member *)(void *)wait;
}

/* One that is in no crowd. */
static inline void
crowd_member_init(struct crowd_member *member)
{
    store_relaxed(&member->in, 0); /* not shared yet */
}

void steal__crowd_init(struct crowd *crowd);

/* False if `word` is more than `seen`, which the caller has read in it.  Else the
 * member is in, with the waker of `cx`. */
bool steal__crowd_wait(struct crowd *crowd, struct crowd_member *member,
        const _Atomic(uint64_t) *word, uint64_t seen, struct steal_context *cx);

/* Takes a member out. */
void steal__crowd_leave(struct crowd *crowd, struct crowd_member *member);

/* Wakes all who wait for more than what is less than `now`. */
void steal__crowd_wake(struct crowd *crowd, uint64_t now);

/* The lock of this thread's shard, taken: to read what the owner may hide. */
struct lock *steal__crowd_enter(struct crowd *crowd);

/* Whoever has entered before has given the lock back. */
void steal__crowd_pass(struct crowd *crowd);

#endif
