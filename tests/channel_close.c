/*
 * tests/channel_close.c - the end of a channel: closed, and what is left in it.
 */
#include "channels.h"

TEST_OF_SHAPES(what_is_in_a_closed_channel_may_be_received)
{
    make(shape, 3);
    put(1);
    put(2);
    put(3);
    ck_assert(!steal_channel_is_closed(&channel));
    steal_channel_close(&channel);
    ck_assert(steal_channel_is_closed(&channel));
    assert_refused(-EPIPE);
    take(1);
    assert_refused(-EPIPE);
    assert_ready(0, send_by(0, 9), -EPIPE);
    ck_assert(!sends[0].sent);
    assert_ready(0, receive_by(0), 0);
    assert_number(inbox[0], 2);
    take(3);
    assert_nothing(-EPIPE);
    assert_ready(0, receive_by(0), -EPIPE);
    assert_ready(0,
            steal_channel_receive_many(&receives[0], &channel, inbox[0], 1),
            -EPIPE);
    steal_channel_close(&channel);
    assert_empty();
}

TEST_OF_SHAPES(close_wakes_all_receivers)
{
    make(shape, 3);
    for (int i = 0; i < HANDS; i++)
        wait_to_receive(i);
    steal_channel_close(&channel);
    for (int i = 0; i < HANDS; i++) {
        assert_woken(i, 1);
        assert_ready(i, &receives[i].future, -EPIPE);
    }
    assert_empty();
}

TEST_OF_SHAPES(close_refuses_all_who_wait_to_send)
{
    for (size_t capacity = 0; capacity < 2; capacity++) {
        channels_reset();
        make(shape, capacity);
        if (capacity)
            put(1);
        for (int i = 0; i < HANDS; i++)
            wait_to_send(i, 2);
        steal_channel_close(&channel);
        for (int i = 0; i < HANDS; i++) {
            assert_woken(i, 1);
            assert_ready(i, &sends[i].future, -EPIPE);
            ck_assert(!sends[i].sent);
        }
        if (capacity)
            take(1);
        assert_empty();
    }
}

/* Woken by a message, and closed before it looks. */
TEST_OF_SHAPES(message_before_the_close_is_not_lost)
{
    make(shape, 2);
    wait_to_receive(0);
    wait_to_receive(1);
    put(1);
    steal_channel_close(&channel);
    assert_receives(0, 1, 1);
    assert_woken(1, 1);
    assert_ready(1, &receives[1].future, -EPIPE);
    assert_empty();
}

TEST_OF_SHAPES(last_sender_closes)
{
    make(shape, 2);
    steal_channel_add_sender(&channel);
    steal_channel_add_sender(&channel);
    wait_to_receive(0);
    steal_channel_end_sender(&channel);
    ck_assert(!steal_channel_is_closed(&channel));
    assert_woken(0, 0);
    put(1);
    assert_receives(0, 1, 1);
    steal_channel_add_sender(&channel);
    steal_channel_end_sender(&channel);
    ck_assert(!steal_channel_is_closed(&channel));
    put(2);
    steal_channel_end_sender(&channel);
    ck_assert(steal_channel_is_closed(&channel));
    take(2);
    assert_nothing(-EPIPE);
    assert_empty();
}

/*
 * The end
 */

static uint64_t destroyed[8 * WORDS];
static unsigned ndestroyed;

static void
destroy(void *message)
{
    require(ndestroyed < 8);
    memcpy(destroyed + ndestroyed++ * words, message,
            words * sizeof *destroyed);
}

TEST_OF_SHAPES(what_is_left_is_destroyed_in_order)
{
    make(shape, 5);
    ndestroyed = 0;
    steal_channel_set_destroy(&channel, destroy);
    for (uint64_t i = 0; i < 4; i++)
        put(i);
    for (uint64_t i = 0; i < 4; i++)
        take(i);
    for (uint64_t i = 4; i < 9; i++) /* around the end of the ring */
        put(i);
    take(4);
    ck_assert_uint_eq(ndestroyed, 0);
    steal_channel_close(&channel);
    steal_channel_fini(&channel);
    ck_assert_uint_eq(ndestroyed, 4);
    assert_numbers(destroyed, 5, 4);
}

TEST_OF_SHAPES(nothing_is_destroyed_that_was_received)
{
    make(shape, 5);
    ndestroyed = 0;
    steal_channel_set_destroy(&channel, destroy);
    for (uint64_t i = 0; i < 5; i++)
        put(i);
    wait_to_send(0, 5);
    drop_send(0);
    for (uint64_t i = 0; i < 5; i++)
        take(i);
    assert_empty();
    ck_assert_uint_eq(ndestroyed, 0);
}

TEST_OF_SHAPES(channel_may_be_made_anew)
{
    for (int round = 0; round < 3; round++) {
        make(shape, 2);
        steal_channel_add_sender(&channel);
        put(1);
        put(2);
        take(1);
        put(3);
        steal_channel_end_sender(&channel);
        ck_assert(steal_channel_is_closed(&channel));
        steal_channel_fini(&channel);
    }
}

static void
make_of_nothing(void *arg)
{
    steal_channel_init(arg, NULL, 0, STEAL_UNBOUNDED);
}

START_TEST(messages_of_no_size_are_misuse)
{
    ck_assert(aborts(make_of_nothing, &channel));
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        what_is_in_a_closed_channel_may_be_received,
        close_wakes_all_receivers,
        close_refuses_all_who_wait_to_send,
        message_before_the_close_is_not_lost,
        last_sender_closes,
        what_is_left_is_destroyed_in_order,
        nothing_is_destroyed_that_was_received,
        channel_may_be_made_anew,
        messages_of_no_size_are_misuse,
    };

    return run_suite_with("channel_close", channels_reset, tests,
            LENGTH(tests));
}
