/*
 * world.h - what the actors of the stress test share: the counters that must
 * balance in the end, a board of wakers and a bag of handles.
 *
 * Threads: any, but for the functions of an epoch, which are main()'s.
 */
#ifndef STEAL_STRESS_WORLD_H
#define STEAL_STRESS_WORLD_H

#include <pthread.h>
#include <stdbool.h>

#include <steal.h>

#include "../../src/base/atomic.h"
#include "../../src/base/compiler.h"
#include "../../src/base/rand.h"

#define BOARD_SLOTS 16
#define BAG_SLOTS   64
#define EVENTS      3

struct mailbox {
    pthread_mutex_t mutex;
    struct steal_waker waker;
};

struct world {
    uint64_t seed;
    unsigned epoch;
    struct steal_runtime *runtime;
    _Atomic(int64_t) born;    /* leaves that a task has */
    _Atomic(int64_t) dropped; /* leaves whose drop function has run */
    _Atomic(int64_t) joined;
    _Atomic(int64_t) released; /* storage of the caller's, lent and */
    _Atomic(int64_t) lent;     /* given back */
    _Atomic(int64_t) blocks;   /* of the runtime's allocator */
    _Atomic(int64_t) bytes;
    struct mailbox board[BOARD_SLOTS];
    pthread_mutex_t bag_mutex;
    struct steal_task *bag[BAG_SLOTS];
    struct steal_fd *event[EVENTS]; /* semaphores */
};

extern struct world world;

/* Ends the program, telling the seed. */
_Noreturn void world_fail(const char *file, int line, const char *what);

#define require(x) (likely(x) ? (void)0 : world_fail(__FILE__, __LINE__, #x))

/* An epoch: a new runtime, and all counters 0. */
void world_begin(struct rng *rng);

/* Stops it, lets go of all that is left, and looks at the counters. */
void world_end(void);

/* Leaves a waker in a slot; who was there before is woken. */
void board_put(unsigned slot, const struct steal_waker *waker);
void board_wake(unsigned slot);

/* Puts a handle away; which it displaces, if any, is returned. */
struct steal_task *bag_swap(unsigned slot, struct steal_task *task);

/* Makes one of the events readable, once. */
void event_post(unsigned event);
/* Takes what event_post() has left, if it is still there. */
void event_take(unsigned event);

#endif
