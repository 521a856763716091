/*
 * tests/channel_blocks.c - where the messages are: of all sizes, in rings and in
 * blocks that are kept, given back and refused.
 */
#include <steal/channel.h>

#include "failing.h"
#include "hands.h"

static struct steal_channel channel;

/* The blocks that are out are counted from here on: no ck_assert(), which uses
 * memory itself. */
static void
begin(uint32_t size, size_t capacity)
{
    failing_arm(false);
    failing_begin(0);
    steal_channel_init(&channel, NULL, size, capacity);
}

/* Nothing leaks. */
static void
end(void)
{
    steal_channel_fini(&channel);
    failing_check_leaks(0);
    failing_end();
}

/* From now on, or no longer. */
static void
refuse_memory(bool refuse)
{
    store_release(&failing.countdown, 1);
    failing_arm(refuse);
}

static int
count_blocks(void)
{
    return load_acquire(&failing.blocks);
}

/*
 * Sizes: the bytes of a message tell its number.
 */

#define LARGEST 20000

static unsigned char message[LARGEST];

static void
put_of_size(uint32_t size, uint64_t number)
{
    for (uint32_t i = 0; i < size; i++)
        message[i] = (unsigned char)((number + 1) * (i + 11));
    require(steal_channel_try_send(&channel, message) == 0);
}

static void
take_of_size(uint32_t size, uint64_t number)
{
    memset(message, 0, size);
    require(steal_channel_try_receive(&channel, message) == 0);
    for (uint32_t i = 0; i < size; i++)
        require(message[i] == (unsigned char)((number + 1) * (i + 11)));
}

/* The number of messages in the channel goes up and down, to its capacity and
 * to 0. */
static void
carry(uint32_t size, uint64_t capacity, uint64_t n)
{
    uint64_t sent = 0;
    uint64_t received = 0;

    for (uint64_t high = 1; sent < n; high = high % capacity + 1) {
        while (sent < received + high)
            put_of_size(size, sent++);
        while (received + high / 2 < sent)
            take_of_size(size, received++);
        if (high % 3 == 0)
            while (received < sent)
                take_of_size(size, received++);
    }
    while (received < sent)
        take_of_size(size, received++);
    require(steal_channel_try_receive(&channel, message) == -EAGAIN);
}

static const uint32_t sizes[] = { 1, 2, 3, 4, 7, 8, 9, 12, 16, 24, 100, 509,
    511, 2040, 4080, 4081, LARGEST };

START_TEST(rings_carry_messages_of_all_sizes)
{
    static char slots[7 * LARGEST];

    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t capacity = 1; capacity < 8; capacity += 3) {
            failing_begin(0);
            steal_channel_init(&channel, slots, sizes[i], capacity);
            carry(sizes[i], capacity, 60);
            require(count_blocks() == 0);
            end();
        }
    }
}
END_TEST

START_TEST(blocks_carry_messages_of_all_sizes)
{
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        uint64_t n = sizes[i] < 100 ? 12000 / sizes[i] : 200;

        begin(sizes[i], STEAL_UNBOUNDED);
        carry(sizes[i], 1 + n / 8, n);
        end();
        begin(sizes[i], 3);
        carry(sizes[i], 3, n);
        end();
    }
}
END_TEST

/*
 * Numbers
 */

static int
put(uint64_t number)
{
    return steal_channel_try_send(&channel, &number);
}

static uint64_t
take(void)
{
    uint64_t number = UINT64_MAX;

    require(steal_channel_try_receive(&channel, &number) == 0);
    return number;
}

static void
put_many(uint64_t first, uint64_t n)
{
    for (uint64_t i = first; i < first + n; i++)
        require(put(i) == 0);
}

static void
take_many(uint64_t first, uint64_t n)
{
    for (uint64_t i = first; i < first + n; i++)
        require(take() == i);
}

static void
make(size_t capacity)
{
    begin(sizeof(uint64_t), capacity);
}

START_TEST(channel_that_is_not_used_has_no_memory)
{
    make(STEAL_UNBOUNDED);
    require(steal_channel_try_receive(&channel, message) == -EAGAIN);
    require(count_blocks() == 0);
    end();
}
END_TEST

START_TEST(messages_that_come_and_go_need_no_more_memory)
{
    make(STEAL_UNBOUNDED);
    put_many(0, 1000);
    take_many(0, 500);
    put_many(1000, 500);
    take_many(500, 500);
    refuse_memory(true);
    for (uint64_t i = 1000; i < 20000; i++) {
        require(take() == i);
        require(put(i + 500) == 0);
    }
    refuse_memory(false);
    take_many(20000, 500);
    end();
}
END_TEST

START_TEST(most_memory_of_a_burst_is_given_back)
{
    int most;

    make(STEAL_UNBOUNDED);
    for (int round = 0; round < 3; round++) {
        put_many(0, 50000);
        most = count_blocks();
        require(most >= 90);
        take_many(0, 50000);
        require(count_blocks() <= 8);
        require(count_blocks() >= 2); /* a few are kept */
    }
    end();
}
END_TEST

static enum steal_poll
poll_once(struct steal_future *future)
{
    return steal_future_poll(future, &hand[0]);
}

static int
receive_all(uint64_t *numbers, size_t n)
{
    struct steal_channel_receive receive;

    steal_channel_receive_many(&receive, &channel, numbers, n);
    require(poll_once(&receive.future) == STEAL_READY);
    return receive.future.result;
}

START_TEST(receive_many_gives_memory_back_too)
{
    static uint64_t numbers[20000];

    make(STEAL_UNBOUNDED);
    put_many(0, LENGTH(numbers));
    require(receive_all(numbers, LENGTH(numbers)) == (int)LENGTH(numbers));
    for (uint64_t i = 0; i < LENGTH(numbers); i++)
        require(numbers[i] == i);
    require(count_blocks() <= 8);
    end();
}
END_TEST

START_TEST(what_is_left_is_freed)
{
    make(STEAL_UNBOUNDED);
    put_many(0, 5000);
    take_many(0, 2500);
    end();
}
END_TEST

/*
 * Out of memory
 */

START_TEST(first_message_may_find_no_memory)
{
    make(STEAL_UNBOUNDED);
    refuse_memory(true);
    require(put(1) == -ENOMEM);
    refuse_memory(false);
    require(steal_channel_count(&channel) == 0);
    put_many(1, 3);
    take_many(1, 3);
    end();
}
END_TEST

START_TEST(message_that_found_no_memory_is_not_sent)
{
    uint64_t n = 0;

    make(STEAL_UNBOUNDED);
    put_many(0, 1);
    for (int refusals = 0; refusals < 5; refusals++) {
        do {
            refuse_memory(true);
            n++;
        } while (put(n) == 0);
        refuse_memory(false);
        require(put(n) == 0);
    }
    take_many(0, n + 1);
    require(steal_channel_try_receive(&channel, message) == -EAGAIN);
    end();
}
END_TEST

static struct steal_channel_send sends[3];

static struct steal_future *
send_by(int i, const uint64_t *number)
{
    return steal_channel_send(&sends[i], &channel, number);
}

static void
assert_sends(struct steal_future *future, int result)
{
    require(poll_once(future) == STEAL_READY);
    require(future->result == result);
    require(((struct steal_channel_send *)future)->sent == (result == 0));
}

START_TEST(future_that_found_no_memory_has_not_sent)
{
    uint64_t number = 5;

    make(STEAL_UNBOUNDED);
    refuse_memory(true);
    assert_sends(send_by(0, &number), -ENOMEM);
    refuse_memory(false);
    assert_sends(send_by(0, &number), 0);
    take_many(5, 1);
    end();
}
END_TEST

/* Nobody is let into the line who could not be let into the channel. */
START_TEST(line_for_a_full_block_may_find_no_memory)
{
    const uint64_t numbers[] = { 510, 511 };

    make(510);
    put_many(0, 510);
    refuse_memory(true);
    assert_sends(send_by(0, &numbers[0]), -ENOMEM);
    refuse_memory(false);
    require(poll_once(send_by(0, &numbers[0])) == STEAL_PENDING);
    require(poll_once(send_by(1, &numbers[1])) == STEAL_PENDING);
    refuse_memory(true);
    take_many(0, 512);
    refuse_memory(false);
    assert_sends(&sends[0].future, 0);
    assert_sends(&sends[1].future, 0);
    end();
}
END_TEST

START_TEST(receiver_waits_on_where_a_sender_finds_no_memory)
{
    struct steal_channel_receive receive;
    uint64_t number = 0;

    make(STEAL_UNBOUNDED);
    steal_channel_receive(&receive, &channel, &number);
    require(poll_once(&receive.future) == STEAL_PENDING);
    refuse_memory(true);
    require(put(1) == -ENOMEM);
    refuse_memory(false);
    require(woken(0) == 0);
    require(put(2) == 0);
    require(woken(0) == 1);
    require(poll_once(&receive.future) == STEAL_READY);
    require(number == 2);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        rings_carry_messages_of_all_sizes,
        blocks_carry_messages_of_all_sizes,
        channel_that_is_not_used_has_no_memory,
        messages_that_come_and_go_need_no_more_memory,
        most_memory_of_a_burst_is_given_back,
        receive_many_gives_memory_back_too,
        what_is_left_is_freed,
        first_message_may_find_no_memory,
        message_that_found_no_memory_is_not_sent,
        future_that_found_no_memory_has_not_sent,
        line_for_a_full_block_may_find_no_memory,
        receiver_waits_on_where_a_sender_finds_no_memory,
    };

    return run_suite_with("channel_blocks", hands_reset, tests, LENGTH(tests));
}
