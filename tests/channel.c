/*
 * tests/channel.c - messages in, messages out, and who waits for what.
 */
#include "channels.h"

/*
 * In and out
 */

TEST_OF_SHAPES(messages_come_out_in_the_order_of_sending)
{
    uint64_t sent = 0;
    uint64_t received = 0;

    make(shape, 3);
    for (int round = 0; round < 50; round++) {
        while (sent - received < 1 + (unsigned)round % 3)
            put(++sent);
        while (sent - received > (unsigned)round % 2)
            take(++received);
    }
    while (received < sent)
        take(++received);
    assert_empty();
}

TEST_OF_SHAPES(full_channel_refuses)
{
    make(shape, 5);
    for (uint64_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(steal_channel_count(&channel), i);
        put(i);
    }
    assert_refused(-EAGAIN);
    ck_assert_uint_eq(steal_channel_count(&channel), 5);
    for (uint64_t i = 0; i < 20; i++) {
        take(i);
        put(i + 5);
        assert_refused(-EAGAIN);
    }
    for (uint64_t i = 20; i < 25; i++)
        take(i);
    assert_nothing(-EAGAIN);
    assert_empty();
}

START_TEST(unbounded_channel_is_never_full)
{
    make(BLOCKS, STEAL_UNBOUNDED);
    for (uint64_t i = 0; i < 5000; i++)
        put(i);
    ck_assert_uint_eq(steal_channel_count(&channel), 5000);
    for (uint64_t i = 0; i < 5000; i++)
        take(i);
    assert_empty();
}
END_TEST

START_TEST(static_channels_need_no_call)
{
    static uint32_t slots[2];
    static struct steal_channel bounded = STEAL_CHANNEL_INIT(slots);
    static struct steal_channel unbounded = STEAL_CHANNEL_INIT_UNBOUNDED(
            sizeof(uint32_t));
    uint32_t message;

    for (uint32_t i = 1; i < 10; i++) {
        ck_assert_int_eq(steal_channel_try_send(&bounded, &i), 0);
        ck_assert_int_eq(steal_channel_try_send(&unbounded, &i), 0);
        if (i > 1) {
            ck_assert_int_eq(steal_channel_try_send(&bounded, &i), -EAGAIN);
            ck_assert_int_eq(steal_channel_try_receive(&bounded, &message), 0);
            ck_assert_uint_eq(message, i - 1);
        }
    }
    for (uint32_t i = 1; i < 10; i++) {
        ck_assert_int_eq(steal_channel_try_receive(&unbounded, &message), 0);
        ck_assert_uint_eq(message, i);
    }
    steal_channel_fini(&bounded);
    steal_channel_fini(&unbounded);
}
END_TEST

TEST_OF_SHAPES(futures_are_ready_where_nothing_is_to_wait_for)
{
    make(shape, 2);
    assert_ready(0, send_by(0, 7), 0);
    ck_assert(sends[0].sent);
    drop_send(0);
    ck_assert(sends[0].sent);
    assert_ready(1, receive_by(1), 0);
    assert_number(inbox[1], 7);
    drop_receive(1);
    assert_empty();
}

/*
 * Lines
 */

TEST_OF_SHAPES(receivers_are_served_in_the_order_of_coming)
{
    make(shape, 5);
    for (int i = 0; i < 5; i++)
        wait_to_receive(i);
    for (int i = 0; i < 5; i++) {
        put((uint64_t)i);
        for (int other = i + 1; other < 5; other++)
            assert_woken(other, 0);
        assert_receives(i, 1, (uint64_t)i);
    }
    assert_empty();
}

TEST_OF_SHAPES(each_message_wakes_a_receiver)
{
    make(shape, 5);
    for (int i = 0; i < 5; i++)
        wait_to_receive(i);
    for (uint64_t i = 0; i < 5; i++)
        put(i);
    for (int i = 0; i < 5; i++)
        assert_receives(i, 1, (uint64_t)i);
    assert_empty();
}

TEST_OF_SHAPES(every_kind_of_send_wakes_a_receiver)
{
    make(shape, 1);
    wait_to_receive(0);
    put(1);
    assert_receives(0, 1, 1);
    wait_to_receive(0);
    assert_ready(1, send_by(1, 2), 0);
    assert_receives(0, 2, 2);
    assert_empty();
}

TEST_OF_SHAPES(receiver_in_line_may_be_quicker_than_the_one_that_was_woken)
{
    make(shape, 2);
    for (int i = 0; i < 3; i++)
        wait_to_receive(i);
    put(1);
    assert_woken(0, 1);
    assert_ready(1, &receives[1].future, 0); /* polled for another reason */
    assert_number(inbox[1], 1);
    assert_poll(0, &receives[0].future, PENDING);
    put(2);
    assert_woken(1, 0);
    assert_woken(2, 0);
    assert_receives(0, 2, 2);
    put(3);
    assert_receives(2, 1, 3);
    assert_empty();
}

TEST_OF_SHAPES(senders_are_served_in_the_order_of_coming)
{
    make(shape, 2);
    put(0);
    put(1);
    for (int i = 0; i < 5; i++)
        wait_to_send(i, (uint64_t)i + 2);
    for (int i = 0; i < 5; i++) {
        take((uint64_t)i);
        for (int other = i + 1; other < 5; other++)
            assert_woken(other, 0);
        assert_sends(i, 1);
        assert_refused(-EAGAIN);
    }
    take(5);
    take(6);
    assert_empty();
}

TEST_OF_SHAPES(every_kind_of_receive_makes_room_for_a_sender)
{
    uint64_t message[WORDS] = { 0 };

    make(shape, 3);
    for (uint64_t i = 0; i < 3; i++)
        put(i);
    for (int i = 0; i < 3; i++)
        wait_to_send(i, (uint64_t)i + 3);
    take(0);
    assert_sends(0, 1);
    assert_ready(9, receive_by(9), 0);
    assert_number(inbox[9], 1);
    assert_sends(1, 1);
    assert_ready(9,
            steal_channel_receive_many(&receives[9], &channel, message, 1), 1);
    assert_number(message, 2);
    assert_sends(2, 1);
    for (uint64_t i = 3; i < 6; i++)
        take(i);
    assert_empty();
}

TEST_OF_SHAPES(message_of_a_sender_in_line_may_be_received_before_it_runs)
{
    make(shape, 1);
    put(0);
    wait_to_send(0, 1);
    wait_to_send(1, 2);
    for (uint64_t i = 0; i < 3; i++)
        take(i);
    assert_nothing(-EAGAIN);
    assert_sends(0, 1);
    assert_sends(1, 1);
    assert_empty();
}

TEST_OF_SHAPES(nobody_passes_those_who_wait_to_send)
{
    make(shape, 2);
    put(0);
    put(1);
    wait_to_send(0, 2);
    take(0);
    assert_refused(-EAGAIN);
    wait_to_send(1, 3);
    take(1);
    take(2);
    take(3);
    assert_sends(0, 1);
    assert_sends(1, 1);
    assert_empty();
}

TEST_OF_SHAPES(receiver_who_was_too_late_is_still_the_first)
{
    make(shape, 2);
    wait_to_receive(0);
    wait_to_receive(1);
    put(1);
    assert_woken(0, 1);
    take(1);
    assert_poll(0, &receives[0].future, PENDING);
    put(2);
    assert_woken(1, 0);
    assert_receives(0, 2, 2);
    put(3);
    assert_receives(1, 1, 3);
    assert_empty();
}

TEST_OF_SHAPES(receivers_who_were_too_late_keep_their_order)
{
    make(shape, 4);
    for (int i = 0; i < 4; i++)
        wait_to_receive(i);
    for (int i = 0; i < 3; i++)
        put((uint64_t)i);
    for (int i = 0; i < 3; i++)
        take((uint64_t)i);
    assert_poll(2, &receives[2].future, PENDING);
    assert_poll(0, &receives[0].future, PENDING);
    assert_poll(1, &receives[1].future, PENDING);
    for (int i = 0; i < 4; i++) {
        put((uint64_t)i + 10);
        assert_receives(i, i < 3 ? 2 : 1, (uint64_t)i + 10);
    }
    assert_empty();
}

TEST_OF_SHAPES(poll_that_nobody_asked_for_changes_nothing)
{
    make(shape, 1);
    wait_to_receive(0);
    wait_to_receive(1);
    assert_poll(0, &receives[0].future, PENDING);
    put(1);
    assert_receives(0, 1, 1);
    put(2);
    assert_receives(1, 1, 2);
    put(3);
    wait_to_send(2, 4);
    wait_to_send(3, 5);
    assert_poll(2, &sends[2].future, PENDING);
    take(3);
    assert_woken(3, 0);
    assert_sends(2, 1);
    take(4);
    take(5);
    assert_sends(3, 1);
    assert_empty();
}

TEST_OF_SHAPES(last_waker_is_the_one_that_counts)
{
    make(shape, 1);
    wait_to_receive(0);
    assert_poll(1, &receives[0].future, PENDING);
    put(1);
    assert_woken(0, 0);
    assert_woken(1, 1);
    assert_ready(1, &receives[0].future, 0);
    put(2);
    wait_to_send(2, 3);
    assert_poll(3, &sends[2].future, PENDING);
    take(2);
    assert_woken(2, 0);
    assert_woken(3, 1);
    assert_ready(3, &sends[2].future, 0);
    take(3);
    assert_empty();
}

/*
 * Without room
 */

TEST_OF_SHAPES(without_room_a_sender_waits_for_a_receiver)
{
    make(shape, 0);
    assert_refused(-EAGAIN);
    wait_to_send(0, 1);
    wait_to_send(1, 2);
    ck_assert_uint_eq(steal_channel_count(&channel), 0);
    take(1);
    assert_woken(1, 0);
    assert_sends(0, 1);
    assert_ready(2, receive_by(2), 0);
    assert_number(inbox[2], 2);
    assert_sends(1, 1);
    assert_empty();
}

TEST_OF_SHAPES(without_room_a_receiver_waits_for_a_sender)
{
    make(shape, 0);
    wait_to_receive(0);
    wait_to_receive(1);
    assert_refused(-EAGAIN);
    assert_woken(0, 0);
    wait_to_send(2, 1);
    assert_woken(1, 0);
    wait_to_send(3, 2);
    assert_woken(2, 0);
    assert_receives(0, 1, 1);
    assert_sends(2, 1);
    assert_receives(1, 1, 2);
    assert_sends(3, 1);
    assert_empty();
}

/*
 * Many
 */

static struct steal_future *
receive_many(int i, uint64_t *messages, size_t most)
{
    return steal_channel_receive_many(&receives[i], &channel, messages, most);
}

TEST_OF_SHAPES(receive_many_takes_what_is_there)
{
    uint64_t messages[8 * WORDS] = { 0 };

    make(shape, 6);
    for (int round = 0; round < 10; round++) {
        for (uint64_t i = 0; i < 6; i++)
            put(i);
        assert_ready(0, receive_many(0, messages, 4), 4);
        assert_numbers(messages, 0, 4);
        assert_ready(0, receive_many(0, messages, 8), 2);
        assert_numbers(messages, 4, 2);
    }
    put(9);
    assert_ready(0, receive_many(0, messages, 0), 1);
    assert_numbers(messages, 9, 1);
    assert_empty();
}

TEST_OF_SHAPES(receive_many_waits_for_one)
{
    uint64_t messages[8 * WORDS] = { 0 };

    make(shape, 6);
    assert_poll(0, receive_many(0, messages, 8), PENDING);
    put(1);
    put(2);
    assert_woken(0, 1);
    put(3);
    assert_ready(0, &receives[0].future, 3);
    assert_numbers(messages, 1, 3);
    assert_empty();
}

TEST_OF_SHAPES(receive_many_takes_from_those_who_wait_to_send)
{
    for (size_t capacity = 0; capacity < 3; capacity++) {
        uint64_t messages[8 * WORDS] = { 0 };

        channels_reset();
        make(shape, capacity);
        for (uint64_t i = 0; i < capacity; i++)
            put(i);
        for (int i = 0; i < 3; i++)
            wait_to_send(i, capacity + (uint64_t)i);
        assert_ready(9, receive_many(9, messages, 8), (int)capacity + 3);
        assert_numbers(messages, 0, capacity + 3);
        for (int i = 0; i < 3; i++)
            assert_sends(i, 1);
        assert_empty();
    }
}

/* There are more senders in line than can be woken at once. */
TEST_OF_SHAPES(receive_many_takes_from_a_long_line)
{
    uint64_t received = 0;

    make(shape, 0);
    for (int i = 0; i < HANDS - 1; i++)
        wait_to_send(i, (uint64_t)i);
    while (received < HANDS - 1) {
        uint64_t messages[HANDS * WORDS];

        assert_poll(HANDS - 1, receive_many(HANDS - 1, messages, HANDS), READY);
        ck_assert_int_ge(receives[HANDS - 1].future.result, 1);
        assert_numbers(messages, received,
                (uint64_t)receives[HANDS - 1].future.result);
        received += (uint64_t)receives[HANDS - 1].future.result;
    }
    for (int i = 0; i < HANDS - 1; i++)
        assert_sends(i, 1);
    assert_empty();
}

int
main(void)
{
    const TTest *const tests[] = {
        messages_come_out_in_the_order_of_sending,
        full_channel_refuses,
        unbounded_channel_is_never_full,
        static_channels_need_no_call,
        futures_are_ready_where_nothing_is_to_wait_for,
        receivers_are_served_in_the_order_of_coming,
        each_message_wakes_a_receiver,
        every_kind_of_send_wakes_a_receiver,
        receiver_in_line_may_be_quicker_than_the_one_that_was_woken,
        senders_are_served_in_the_order_of_coming,
        every_kind_of_receive_makes_room_for_a_sender,
        message_of_a_sender_in_line_may_be_received_before_it_runs,
        nobody_passes_those_who_wait_to_send,
        receiver_who_was_too_late_is_still_the_first,
        receivers_who_were_too_late_keep_their_order,
        poll_that_nobody_asked_for_changes_nothing,
        last_waker_is_the_one_that_counts,
        without_room_a_sender_waits_for_a_receiver,
        without_room_a_receiver_waits_for_a_sender,
        receive_many_takes_what_is_there,
        receive_many_waits_for_one,
        receive_many_takes_from_those_who_wait_to_send,
        receive_many_takes_from_a_long_line,
    };

    return run_suite_with("channel", channels_reset, tests, LENGTH(tests));
}
