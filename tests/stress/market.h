/*
 * market.h - what the traders of the traffic test share: the objects that tasks
 * wait for, and the counters that must balance in the end.
 *
 * Threads: any, but for the functions of an epoch, which are main()'s.
 */
#ifndef STEAL_STRESS_MARKET_H
#define STEAL_STRESS_MARKET_H

#include <steal/channel.h>
#include <steal/mutex.h>
#include <steal/oneshot.h>
#include <steal/rwlock.h>
#include <steal/semaphore.h>

#include "world.h"

#define PERMITS 5

/* A message of the channel: its receiver has the sender's half of a oneshot, or
 * nothing to answer. */
struct parcel {
    uint64_t number;
    struct steal_oneshot *reply;
};

struct market {
    struct steal_semaphore semaphore;
    _Atomic(int64_t) inside;
    struct steal_mutex mutex;
    int64_t guarded; /* by the mutex */
    _Atomic(int64_t) entered;
    struct steal_rwlock rwlock;
    int64_t one, other; /* by the rwlock: always alike */
    struct steal_channel channel;
    _Atomic(int64_t) sent, sent_sum;
    _Atomic(int64_t) received, received_sum;
    _Atomic(int64_t) asked;    /* oneshots that were made */
    _Atomic(int64_t) answered; /* with a value: */
    _Atomic(int64_t) heard, unheard;
    _Atomic(int64_t) refused; /* the receiver had closed */
    _Atomic(int64_t) abandoned;
};

extern struct market market;

/* An epoch: new objects, and all counters 0. */
void market_begin(struct rng *rng);

/* Nobody waits any more: looks at the objects and the counters. */
void market_end(struct rng *rng);

/* A parcel whose number is not 0, perhaps with a question: then `*reply` is the
 * other half. */
struct parcel market_pack(struct rng *rng, struct steal_oneshot **reply);

/* What becomes of a parcel, and of the question in it. */
void market_sent(const struct parcel *parcel);
void market_not_sent(const struct parcel *parcel);
void market_received(struct rng *rng, const struct parcel *parcel);

/* The other half: after the reply, or without having waited for it. */
void market_heard(struct steal_oneshot *reply, uint64_t number);
void market_close(struct steal_oneshot *reply);

#endif
