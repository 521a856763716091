/*
 * hands.h - futures polled by hand, as several executors would: each counts how
 * often it was woken, and how many clones of its waker are out.
 *
 *     assert_poll(0, future, PENDING);
 *     assert_woken(0, 1);
 */
#ifndef STEAL_TESTS_HANDS_H
#define STEAL_TESTS_HANDS_H

#include "kit.h"

/* More than are woken at once where a lock is held. */
#define HANDS 24

static struct meter hand_meter[HANDS];
static struct steal_context hand[HANDS];

static inline void
hands_reset(void)
{
    for (int i = 0; i < HANDS; i++) {
        hand_meter[i] = (struct meter){ 0 };
        hand[i] = meter_context(&hand_meter[i]);
    }
}

static inline int
woken(int i)
{
    return load_acquire(&hand_meter[i].wakes);
}

#define assert_poll(i, future, state) \
 ck_assert_int_eq(steal_future_poll(future, &hand[i]), STEAL_##state)

#define assert_woken(i, n) ck_assert_int_eq(woken(i), n)

/* Polls, and finds it ready with this result. */
#define assert_ready(i, future, end)                                   \
 do {                                                                  \
  struct steal_future *const future_ = (future);                       \
  ck_assert_int_eq(steal_future_poll(future_, &hand[i]), STEAL_READY); \
  ck_assert_int_eq(future_->result, end);                              \
 } while (0)

/* Nobody holds a waker any more. */
static inline void
assert_hands_free(void)
{
    for (int i = 0; i < HANDS; i++)
        ck_assert_int_eq(load_acquire(&hand_meter[i].refs), 0);
}

#endif
