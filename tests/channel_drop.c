/*
 * tests/channel_drop.c - sends and receives that are dropped at every stage: no
 * message is lost or sent twice, and nobody waits in vain.
 */
#include "channels.h"

/*
 * Senders
 */

TEST_OF_SHAPES(send_that_is_not_polled_sends_nothing)
{
    make(shape, 2);
    send_by(0, 1);
    drop_send(0);
    ck_assert(!sends[0].sent);
    assert_empty();
}

TEST_OF_SHAPES(sender_dropped_in_line_has_not_sent)
{
    make(shape, 1);
    put(0);
    for (int i = 0; i < 3; i++)
        wait_to_send(i, (uint64_t)i + 1);
    drop_send(1);
    ck_assert(!sends[1].sent);
    take(0);
    take(1);
    take(3);
    assert_sends(0, 1);
    assert_woken(1, 0);
    assert_sends(2, 1);
    assert_empty();
}

TEST_OF_SHAPES(sender_dropped_after_it_was_let_in_has_sent)
{
    make(shape, 1);
    put(0);
    wait_to_send(0, 1);
    take(0);
    assert_woken(0, 1);
    drop_send(0);
    ck_assert(sends[0].sent);
    take(1);
    assert_empty();
}

TEST_OF_SHAPES(sender_dropped_after_its_message_was_taken_has_sent)
{
    make(shape, 0);
    wait_to_send(0, 1);
    take(1);
    drop_send(0);
    ck_assert(sends[0].sent);
    assert_empty();
}

TEST_OF_SHAPES(sender_dropped_after_the_close_has_not_sent)
{
    make(shape, 1);
    put(0);
    wait_to_send(0, 1);
    steal_channel_close(&channel);
    drop_send(0);
    ck_assert(!sends[0].sent);
    take(0);
    assert_empty();
}

TEST_OF_SHAPES(sender_let_in_before_the_close_has_sent)
{
    make(shape, 1);
    put(0);
    wait_to_send(0, 1);
    wait_to_send(1, 2);
    take(0);
    steal_channel_close(&channel);
    assert_sends(0, 1);
    assert_ready(1, &sends[1].future, -EPIPE);
    ck_assert(!sends[1].sent);
    take(1);
    assert_empty();
}

/*
 * A block full of messages, all of them: the next that is let in goes into
 * another.
 */

#define BLOCKFUL 510

static void
fill_a_block(void)
{
    make(BLOCKS, BLOCKFUL);
    for (uint64_t i = 0; i < BLOCKFUL; i++)
        put(i);
    for (int i = 0; i < 3; i++)
        wait_to_send(i, BLOCKFUL + (uint64_t)i);
}

static void
drain_from(uint64_t first, uint64_t end)
{
    while (first < end)
        take(first++);
    assert_nothing(-EAGAIN);
}

START_TEST(senders_are_let_in_at_the_end_of_a_block)
{
    fill_a_block();
    for (int i = 0; i < 3; i++) {
        take((uint64_t)i);
        assert_woken(i, 1);
        for (int other = i + 1; other < 3; other++)
            assert_woken(other, 0);
        assert_refused(-EAGAIN);
        assert_sends(i, 1);
    }
    drain_from(3, BLOCKFUL + 3);
    assert_empty();
}
END_TEST

START_TEST(senders_let_in_at_the_end_of_a_block_keep_their_order)
{
    fill_a_block();
    take(0);
    take(1);
    assert_sends(1, 1);
    assert_sends(0, 1);
    take(2);
    assert_sends(2, 1);
    drain_from(3, BLOCKFUL + 3);
    assert_empty();
}
END_TEST

START_TEST(sender_dropped_at_the_end_of_a_block_has_sent)
{
    fill_a_block();
    take(0);
    assert_woken(0, 1);
    drop_send(0);
    ck_assert(sends[0].sent);
    drop_send(2);
    ck_assert(!sends[2].sent);
    ck_assert_uint_eq(steal_channel_count(&channel), BLOCKFUL);
    drain_from(1, BLOCKFUL + 2);
    assert_sends(1, 1);
    assert_empty();
}
END_TEST

/* Through many blocks, each of which is full when the next message is let in. */
START_TEST(senders_are_let_in_through_many_blocks)
{
    uint64_t sent = BLOCKFUL + 3;

    fill_a_block();
    for (uint64_t i = 0; i < 10 * BLOCKFUL; i++) {
        int sender = (int)(i % 3);

        take(i);
        assert_sends(sender, (int)(i / 3) + 1);
        wait_to_send(sender, sent++);
    }
    drain_from(10 * BLOCKFUL, sent);
    for (int i = 0; i < 3; i++)
        assert_ready(i, &sends[i].future, 0);
    assert_empty();
}
END_TEST

/*
 * Receivers
 */

TEST_OF_SHAPES(receive_that_is_not_polled_takes_nothing)
{
    make(shape, 2);
    put(1);
    receive_by(0);
    drop_receive(0);
    take(1);
    assert_empty();
}

TEST_OF_SHAPES(receiver_dropped_in_line_is_passed_over)
{
    make(shape, 2);
    for (int i = 0; i < 3; i++)
        wait_to_receive(i);
    drop_receive(1);
    put(1);
    put(2);
    assert_receives(0, 1, 1);
    assert_woken(1, 0);
    assert_receives(2, 1, 2);
    assert_empty();
}

TEST_OF_SHAPES(only_receiver_in_line_may_be_dropped)
{
    make(shape, 2);
    wait_to_receive(0);
    drop_receive(0);
    put(1);
    assert_woken(0, 0);
    take(1);
    assert_empty();
}

TEST_OF_SHAPES(woken_receiver_that_is_dropped_wakes_the_next)
{
    make(shape, 2);
    for (int i = 0; i < 3; i++)
        wait_to_receive(i);
    put(1);
    assert_woken(0, 1);
    drop_receive(0);
    assert_woken(2, 0);
    assert_receives(1, 1, 1);
    put(2);
    assert_receives(2, 1, 2);
    assert_empty();
}

TEST_OF_SHAPES(woken_receiver_that_is_dropped_leaves_the_message)
{
    make(shape, 2);
    wait_to_receive(0);
    put(1);
    drop_receive(0);
    ck_assert_uint_eq(inbox[0][0], 0);
    take(1);
    assert_empty();
}

TEST_OF_SHAPES(woken_receiver_dropped_too_late_wakes_nobody)
{
    make(shape, 2);
    wait_to_receive(0);
    wait_to_receive(1);
    put(1);
    take(1);
    drop_receive(0);
    assert_woken(1, 0);
    put(2);
    assert_receives(1, 1, 2);
    assert_empty();
}

TEST_OF_SHAPES(all_who_were_woken_may_be_dropped)
{
    make(shape, 3);
    for (int i = 0; i < 6; i++)
        wait_to_receive(i);
    for (uint64_t i = 0; i < 3; i++)
        put(i);
    drop_receive(1);
    drop_receive(0);
    drop_receive(2);
    for (int i = 3; i < 6; i++)
        assert_receives(i, 1, (uint64_t)i - 3);
    assert_empty();
}

TEST_OF_SHAPES(receiver_dropped_after_the_close_does_no_harm)
{
    make(shape, 2);
    wait_to_receive(0);
    wait_to_receive(1);
    put(1);
    steal_channel_close(&channel);
    drop_receive(0);
    assert_ready(1, &receives[1].future, 0);
    assert_number(inbox[1], 1);
    assert_empty();
}

TEST_OF_SHAPES(receive_many_that_is_dropped_takes_nothing)
{
    uint64_t messages[4 * WORDS];

    make(shape, 4);
    steal_channel_receive_many(&receives[0], &channel, messages, 4);
    assert_poll(0, &receives[0].future, PENDING);
    wait_to_receive(1);
    put(1);
    put(2);
    drop_receive(0);
    assert_receives(1, 1, 1);
    take(2);
    assert_empty();
}

/*
 * Without room
 */

TEST_OF_SHAPES(without_room_a_woken_receiver_that_is_dropped_wakes_the_next)
{
    make(shape, 0);
    wait_to_receive(0);
    wait_to_receive(1);
    wait_to_send(2, 1);
    assert_woken(0, 1);
    drop_receive(0);
    assert_receives(1, 1, 1);
    assert_sends(2, 1);
    assert_empty();
}

TEST_OF_SHAPES(without_room_a_receiver_waits_on_if_the_sender_is_dropped)
{
    make(shape, 0);
    wait_to_receive(0);
    wait_to_receive(1);
    wait_to_send(2, 1);
    drop_send(2);
    ck_assert(!sends[2].sent);
    assert_poll(0, &receives[0].future, PENDING);
    wait_to_send(3, 2);
    assert_woken(1, 0);
    assert_receives(0, 2, 2);
    assert_sends(3, 1);
    drop_receive(1);
    assert_empty();
}

TEST_OF_SHAPES(without_room_the_next_sender_is_met_if_the_first_is_dropped)
{
    make(shape, 0);
    wait_to_receive(0);
    wait_to_send(2, 1);
    wait_to_send(3, 2);
    drop_send(2);
    assert_receives(0, 1, 2);
    assert_woken(2, 0);
    assert_sends(3, 1);
    assert_empty();
}

/*
 * In combinators
 */

TEST_OF_SHAPES(loser_of_a_select_takes_no_message)
{
    struct record record = RECORD_INIT;
    struct probe probe = probe_make(&record, PROBE_WAITS, 7);
    struct steal_select select;

    make(shape, 1);
    steal_select2(&select, &probe.future, receive_by(0));
    assert_poll(0, &select.future, PENDING);
    put(1); /* both children are ready, and the first of them wins */
    record_open(&record);
    assert_ready(0, &select.future, 7);
    take(1);
    assert_empty();
}

TEST_OF_SHAPES(loser_of_a_select_tells_whether_it_has_sent)
{
    for (int let_in = 0; let_in < 2; let_in++) {
        struct record record = RECORD_INIT;
        struct probe probe = probe_make(&record, PROBE_WAITS, 7);
        struct steal_select select;

        make(shape, 1);
        put(0);
        steal_select2(&select, &probe.future, send_by(0, 1));
        assert_poll(0, &select.future, PENDING);
        if (let_in)
            take(0);
        record_open(&record);
        assert_ready(0, &select.future, 7);
        ck_assert_int_eq(sends[0].sent, let_in);
        take(let_in);
        assert_empty();
    }
}

TEST_OF_SHAPES(select_of_two_channels_takes_from_one)
{
    static struct steal_channel other = STEAL_CHANNEL_INIT_UNBOUNDED(
            sizeof(uint64_t));
    struct steal_channel_receive second;
    struct steal_select select;
    uint64_t message = 5;
    uint64_t received = 0;

    make(shape, 1);
    steal_channel_receive(&second, &other, &received);
    steal_select2(&select, receive_by(0), &second.future);
    assert_poll(0, &select.future, PENDING);
    put(1);
    ck_assert_int_eq(steal_channel_try_send(&other, &message), 0);
    assert_ready(0, &select.future, 0);
    ck_assert_uint_eq(select.index, 0);
    assert_number(inbox[0], 1);
    ck_assert_uint_eq(received, 0);
    ck_assert_int_eq(steal_channel_try_receive(&other, &received), 0);
    ck_assert_uint_eq(received, 5);
    steal_channel_fini(&other);
    other = (struct steal_channel)STEAL_CHANNEL_INIT_UNBOUNDED(
            sizeof(uint64_t));
    assert_empty();
}

int
main(void)
{
    const TTest *const tests[] = {
        send_that_is_not_polled_sends_nothing,
        sender_dropped_in_line_has_not_sent,
        sender_dropped_after_it_was_let_in_has_sent,
        sender_dropped_after_its_message_was_taken_has_sent,
        sender_dropped_after_the_close_has_not_sent,
        sender_let_in_before_the_close_has_sent,
        senders_are_let_in_at_the_end_of_a_block,
        senders_let_in_at_the_end_of_a_block_keep_their_order,
        sender_dropped_at_the_end_of_a_block_has_sent,
        senders_are_let_in_through_many_blocks,
        receive_that_is_not_polled_takes_nothing,
        receiver_dropped_in_line_is_passed_over,
        only_receiver_in_line_may_be_dropped,
        woken_receiver_that_is_dropped_wakes_the_next,
        woken_receiver_that_is_dropped_leaves_the_message,
        woken_receiver_dropped_too_late_wakes_nobody,
        all_who_were_woken_may_be_dropped,
        receiver_dropped_after_the_close_does_no_harm,
        receive_many_that_is_dropped_takes_nothing,
        without_room_a_woken_receiver_that_is_dropped_wakes_the_next,
        without_room_a_receiver_waits_on_if_the_sender_is_dropped,
        without_room_the_next_sender_is_met_if_the_first_is_dropped,
        loser_of_a_select_takes_no_message,
        loser_of_a_select_tells_whether_it_has_sent,
        select_of_two_channels_takes_from_one,
    };

    return run_suite_with("channel_drop", channels_reset, tests, LENGTH(tests));
}
