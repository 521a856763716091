/*
 * tests/channel_stream.c - a channel as a stream.
 */
#include <steal/channel.h>

#include "kit.h"

static uint64_t slots[4];
static struct steal_channel channel;
static struct steal_runtime *runtime;

static void
reset(void)
{
    steal_channel_init(&channel, slots, sizeof slots[0], LENGTH(slots));
    runtime = runtime_start(2);
}

static void
end(void)
{
    runtime_end(runtime);
    steal_channel_fini(&channel);
}

static void
put(uint64_t message)
{
    ck_assert_int_eq(steal_channel_try_send(&channel, &message), 0);
}

static int
next_of(struct steal_stream *stream)
{
    struct steal_next next;

    return steal_block_on(NULL, steal_next(&next, stream));
}

START_TEST(items_are_the_messages_and_the_end_is_that_of_the_channel)
{
    struct steal_channel_stream stream;
    uint64_t message = 0;
    struct steal_stream *items = steal_channel_stream(&stream, &channel,
            &message);

    put(5);
    put(6);
    ck_assert_int_eq(next_of(items), 1);
    ck_assert_uint_eq(message, 5);
    steal_channel_close(&channel);
    ck_assert_int_eq(next_of(items), 1);
    ck_assert_uint_eq(message, 6);
    ck_assert_int_eq(next_of(items), 0);
    ck_assert_int_eq(next_of(items), 0);
    steal_stream_drop(items);
    end();
}
END_TEST

START_TEST(next_that_is_dropped_leaves_the_line_and_loses_nothing)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_channel_stream stream;
    uint64_t message = 0;
    struct steal_stream *items = steal_channel_stream(&stream, &channel,
            &message);
    struct steal_next next;
    struct steal_future *future = steal_next(&next, items);

    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_PENDING);
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    put(7);
    ck_assert_int_eq(next_of(items), 1);
    ck_assert_uint_eq(message, 7);
    steal_stream_drop(items);
    end();
}
END_TEST

START_TEST(next_waits_for_a_message)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_channel_stream stream;
    uint64_t message = 0;
    struct steal_next next;
    struct steal_future *future = steal_next(&next,
            steal_channel_stream(&stream, &channel, &message));

    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_PENDING);
    put(8);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, 1);
    ck_assert_uint_eq(message, 8);
    steal_future_drop(future);
    steal_stream_drop(&stream.stream);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        items_are_the_messages_and_the_end_is_that_of_the_channel,
        next_that_is_dropped_leaves_the_line_and_loses_nothing,
        next_waits_for_a_message,
    };

    return run_suite_with("channel_stream", reset, tests, LENGTH(tests));
}
