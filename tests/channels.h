/*
 * channels.h - a channel of numbers, in each of its shapes, with senders and
 * receivers that are polled by hand.
 *
 * A message is a number, of one word, or of two that belong together.
 */
#ifndef STEAL_TESTS_CHANNELS_H
#define STEAL_TESTS_CHANNELS_H

#include <steal/channel.h>

#include "hands.h"

/* Where the slots are, if there are any. */
enum shape {
    RING,
    BLOCKS,
    WIDE_RING,
    WIDE_BLOCKS,
    SHAPES
};

#define WORDS 2

static struct steal_channel channel;
static unsigned words; /* of a message: WORDS where it is wide */
static uint64_t ring[WORDS * 600];

static struct steal_channel_send sends[HANDS];
static struct steal_channel_receive receives[HANDS];
static uint64_t outbox[HANDS][WORDS];
static uint64_t inbox[HANDS][WORDS];

static inline void
channels_reset(void)
{
    hands_reset();
    memset(&channel, 0, sizeof channel);
}

static inline void
make(enum shape shape, size_t capacity)
{
    bool has_ring = shape == RING || shape == WIDE_RING;

    words = shape < WIDE_RING ? 1 : WORDS;
    require(!has_ring || capacity <= LENGTH(ring) / WORDS);
    steal_channel_init(&channel, has_ring ? ring : NULL,
            words * (uint32_t)sizeof(uint64_t), capacity);
}

static inline void
write_number(uint64_t *message, uint64_t number)
{
    message[0] = number;
    message[1] = ~number;
}

static inline void
assert_number(const uint64_t *message, uint64_t number)
{
    ck_assert_uint_eq(message[0], number);
    if (words > 1)
        ck_assert_uint_eq(message[1], ~number);
}

static inline void
assert_numbers(const uint64_t *messages, uint64_t first, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        assert_number(messages + i * words, first + i);
}

/* Nobody waits, nothing is left. */
static inline void
assert_empty(void)
{
    uint64_t message[WORDS];

    assert_hands_free();
    ck_assert_uint_eq(steal_channel_count(&channel), 0);
    ck_assert_int_eq(steal_channel_try_receive(&channel, message),
            steal_channel_is_closed(&channel) ? -EPIPE : -EAGAIN);
    steal_channel_fini(&channel);
}

/*
 * Without waiting
 */

static inline void
put(uint64_t number)
{
    uint64_t message[WORDS];

    write_number(message, number);
    ck_assert_int_eq(steal_channel_try_send(&channel, message), 0);
}

static inline void
assert_refused(int error)
{
    const uint64_t message[WORDS] = { 0 };

    ck_assert_int_eq(steal_channel_try_send(&channel, message), error);
}

static inline void
take(uint64_t number)
{
    uint64_t message[WORDS] = { 0 };

    ck_assert_int_eq(steal_channel_try_receive(&channel, message), 0);
    assert_number(message, number);
}

static inline void
assert_nothing(int error)
{
    uint64_t message[WORDS];

    ck_assert_int_eq(steal_channel_try_receive(&channel, message), error);
}

/*
 * By hand
 */

static inline struct steal_future *
send_by(int i, uint64_t number)
{
    write_number(outbox[i], number);
    return steal_channel_send(&sends[i], &channel, outbox[i]);
}

static inline struct steal_future *
receive_by(int i)
{
    memset(inbox[i], 0, sizeof inbox[i]);
    return steal_channel_receive(&receives[i], &channel, inbox[i]);
}

static inline void
wait_to_send(int i, uint64_t number)
{
    assert_poll(i, send_by(i, number), PENDING);
}

static inline void
wait_to_receive(int i)
{
    assert_poll(i, receive_by(i), PENDING);
}

static inline void
drop_send(int i)
{
    steal_future_drop(&sends[i].future);
}

static inline void
drop_receive(int i)
{
    steal_future_drop(&receives[i].future);
}

/* It was woken `n` times, and then its message is the channel's. */
static inline void
assert_sends(int i, int n)
{
    assert_woken(i, n);
    assert_ready(i, &sends[i].future, 0);
    ck_assert(sends[i].sent);
}

static inline void
assert_receives(int i, int n, uint64_t number)
{
    assert_woken(i, n);
    assert_ready(i, &receives[i].future, 0);
    assert_number(inbox[i], number);
}

#define TEST_OF_SHAPES(name)                            \
 static void name##_of(enum shape shape);               \
 START_TEST(name)                                       \
 {                                                      \
  for (enum shape shape = 0; shape < SHAPES; shape++) { \
   channels_reset();                                    \
   name##_of(shape);                                    \
  }                                                     \
 }                                                      \
 END_TEST                                               \
 static void name##_of(enum shape shape)

#endif
