/*
 * probes.h - a few children on record, for the tests of combinators.
 *
 * They wait until they are opened, with the results 10, 11, 12 and 13, and are
 * polled by hand with a waker that counts its clones.
 */
#ifndef STEAL_TESTS_PROBES_H
#define STEAL_TESTS_PROBES_H

#include "kit.h"

#define PROBES 4

static struct record record[PROBES];
static struct probe probe[PROBES];
static struct steal_future *child[PROBES];
static struct meter meter;
static struct steal_context by_hand;

static inline void
probes_reset(void)
{
    for (int i = 0; i < PROBES; i++) {
        record[i] = (struct record)RECORD_INIT;
        probe[i] = probe_make(&record[i], PROBE_WAITS, 10 + i);
        child[i] = &probe[i].future;
    }
    meter = (struct meter){ 0 };
    by_hand = meter_context(&meter);
}

#define assert_poll(f, state) \
 ck_assert_int_eq(steal_future_poll(f, &by_hand), STEAL_##state)

/* How often the first three were dropped. */
static inline void
assert_drops(int a, int b, int c)
{
    ck_assert_int_eq(record_drops(&record[0]), a);
    ck_assert_int_eq(record_drops(&record[1]), b);
    ck_assert_int_eq(record_drops(&record[2]), c);
}

/* Whoever was polled was dropped, once, and holds no waker. */
static inline void
assert_all_gone(void)
{
    for (int i = 0; i < PROBES; i++)
        require(record_drops(&record[i]) == (record_polls(&record[i]) > 0));
    require(load_acquire(&meter.refs) == 0);
}

#endif
