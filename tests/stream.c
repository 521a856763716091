/*
 * tests/stream.c - items one after the other.
 */
#include <steal/stream.h>

#include "kit.h"

static struct steal_runtime *runtime;
static struct steal_next next;

static void
reset(void)
{
    runtime = runtime_start(1);
}

static void
end(void)
{
    runtime_end(runtime);
}

static int
next_of(struct steal_stream *stream)
{
    return steal_block_on(runtime, steal_next(&next, stream));
}

static enum steal_poll
poll_with(struct steal_future *future, struct meter *meter)
{
    struct steal_context cx = meter_context(meter);

    return steal_future_poll(future, &cx);
}

/*
 * A stream whose items come from outside, and whose life is on record
 */

struct source {
    struct steal_stream stream;
    struct record record;
    int items; /* that have come and were not taken; below 0: an error */
    int left;  /* to come before the end */
    int taken;
    int leaves;
};

static enum steal_poll
source_poll(struct steal_stream *stream, struct steal_context *cx)
{
    struct source *self = (struct source *)stream;

    add_acq_rel(&self->record.polls, 1);
    stream->result = self->items < 0 ? self->items : 0;
    if (self->items < 0)
        self->items = 0;
    else if (self->items > 0) {
        self->items--;
        self->left--;
        self->taken++;
        stream->result = 1;
    } else if (self->left > 0) {
        record_wait(&self->record, cx);
        return STEAL_PENDING;
    }
    return STEAL_READY;
}

static void
source_leave(struct steal_stream *stream)
{
    struct source *self = (struct source *)stream;
    struct steal_waker waker = record_take_waker(&self->record);

    steal_waker_drop(&waker);
    self->leaves++;
}

static void
source_drop(struct steal_stream *stream)
{
    add_acq_rel(&((struct source *)stream)->record.drops, 1);
}

static const struct steal_stream_ops source_ops = { .name = "source",
    .poll = source_poll,
    .leave = source_leave,
    .drop = source_drop };

/* clang-format off */
#define SOURCE(n) { .stream = STEAL_STREAM(&source_ops), \
    .record = RECORD_INIT, .left = (n) }
/* clang-format on */

static void
source_add(struct source *source, int n)
{
    struct steal_waker waker;

    source->items = n;
    waker = record_take_waker(&source->record);
    steal_waker_wake(&waker);
}

/*
 * struct steal_next
 */

START_TEST(next_waits_for_an_item)
{
    struct source source = SOURCE(1);
    struct meter meter = { 0 };
    struct steal_future *future = steal_next(&next, &source.stream);

    ck_assert_int_eq(poll_with(future, &meter), STEAL_PENDING);
    source_add(&source, 1);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    ck_assert_int_eq(poll_with(future, &meter), STEAL_READY);
    ck_assert_int_eq(future->result, 1);
    steal_future_drop(future);
    ck_assert_int_eq(source.leaves, 0);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    end();
}
END_TEST

START_TEST(next_that_is_dropped_loses_no_item)
{
    struct source source = SOURCE(1);
    struct meter meter = { 0 };
    struct steal_future *future = steal_next(&next, &source.stream);

    ck_assert_int_eq(poll_with(future, &meter), STEAL_PENDING);
    source_add(&source, 1);
    steal_future_drop(future);
    ck_assert_int_eq(source.leaves, 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    ck_assert_int_eq(source.taken, 0);
    ck_assert_int_eq(next_of(&source.stream), 1);
    ck_assert_int_eq(source.taken, 1);
    end();
}
END_TEST

START_TEST(end_of_a_stream_is_for_ever)
{
    struct source source = SOURCE(0);
    int polls;

    ck_assert_int_eq(next_of(&source.stream), 0);
    polls = record_polls(&source.record);
    source.left = source.items = 5;
    ck_assert_int_eq(next_of(&source.stream), 0);
    ck_assert_int_eq(record_polls(&source.record), polls);
    end();
}
END_TEST

START_TEST(stream_goes_on_after_an_error)
{
    struct source source = SOURCE(1);

    source.items = -EIO;
    ck_assert_int_eq(next_of(&source.stream), -EIO);
    source.items = 1;
    ck_assert_int_eq(next_of(&source.stream), 1);
    ck_assert_int_eq(next_of(&source.stream), 0);
    end();
}
END_TEST

START_TEST(stream_that_was_dropped_has_ended)
{
    struct source source = SOURCE(1);

    source.items = 1;
    steal_stream_drop(&source.stream);
    ck_assert_int_eq(record_drops(&source.record), 1);
    ck_assert_int_eq(next_of(&source.stream), 0);
    ck_assert_int_eq(source.taken, 0);
    end();
}
END_TEST

/*
 * struct steal_stream_from, struct steal_stream_take
 */

struct range {
    int at;
    int end;
    int error; /* at the end */
};

static int
range_next(void *arg, void **item)
{
    struct range *range = arg;

    if (range->at == range->end)
        return range->error;
    range->at++;
    *item = &range->at;
    return 1;
}

static int
item_of(const struct steal_stream_from *from)
{
    return *(const int *)from->item;
}

START_TEST(items_come_from_a_function)
{
    struct range range = { 0, 3, 0 };
    struct steal_stream_from from;
    struct steal_stream *stream = steal_stream_from(&from, range_next, &range);

    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(next_of(stream), 1);
        ck_assert_int_eq(item_of(&from), i);
    }
    ck_assert_int_eq(next_of(stream), 0);
    end();
}
END_TEST

START_TEST(function_may_fail)
{
    struct range range = { 0, 1, -EIO };
    struct steal_stream_from from;
    struct steal_stream *stream = steal_stream_from(&from, range_next, &range);

    ck_assert_int_eq(next_of(stream), 1);
    ck_assert_int_eq(next_of(stream), -EIO);
    end();
}
END_TEST

START_TEST(take_takes_no_more_than_it_may)
{
    struct range range = { 0, 10, 0 };
    struct steal_stream_from from;
    struct steal_stream_take take;
    struct steal_stream *stream = steal_stream_take(&take,
            steal_stream_from(&from, range_next, &range), 4);

    for (int i = 1; i <= 4; i++) {
        ck_assert_int_eq(next_of(stream), 1);
        ck_assert_int_eq(item_of(&from), i);
        ck_assert_uint_eq(take.left, (size_t)(4 - i));
    }
    ck_assert_int_eq(next_of(stream), 0);
    ck_assert_int_eq(range.at, 4);
    ck_assert_int_eq(next_of(&from.stream), 1);
    ck_assert_int_eq(item_of(&from), 5);
    end();
}
END_TEST

START_TEST(take_ends_with_its_source)
{
    struct range range = { 0, 1, 0 };
    struct steal_stream_from from;
    struct steal_stream_take take;
    struct steal_stream *stream = steal_stream_take(&take,
            steal_stream_from(&from, range_next, &range), 4);

    ck_assert_int_eq(next_of(stream), 1);
    ck_assert_int_eq(next_of(stream), 0);
    ck_assert_int_eq(next_of(stream), 0);
    ck_assert_uint_eq(take.left, 3);
    end();
}
END_TEST

START_TEST(take_waits_and_leaves_with_its_source)
{
    struct source source = SOURCE(2);
    struct steal_stream_take take;
    struct steal_stream *stream = steal_stream_take(&take, &source.stream, 1);
    struct meter meter = { 0 };
    struct steal_future *future = steal_next(&next, stream);

    ck_assert_int_eq(poll_with(future, &meter), STEAL_PENDING);
    steal_future_drop(future);
    ck_assert_int_eq(source.leaves, 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    source.items = 2;
    ck_assert_int_eq(next_of(stream), 1);
    ck_assert_int_eq(next_of(stream), 0);
    ck_assert_int_eq(source.taken, 1);
    end();
}
END_TEST

START_TEST(stream_that_is_never_empty_gives_others_their_turn)
{
    struct range range = { 0, -1, 0 };
    struct steal_stream_from from;
    struct steal_waker waker = steal_waker_noop();
    struct steal_context cx;

    steal_stream_from(&from, range_next, &range);
    steal_context_init(&cx, &waker);
    cx.budget = 0;
    ck_assert_int_eq(steal_future_poll(steal_next(&next, &from.stream), &cx),
            STEAL_PENDING);
    ck_assert_int_eq(range.at, 0);
    cx.budget = 1;
    ck_assert_int_eq(steal_future_poll(&next.future, &cx), STEAL_READY);
    end();
}
END_TEST

/*
 * struct steal_stream_ticks
 */

START_TEST(ticks_come_when_they_are_due)
{
    uint64_t first = steal_now() + STEAL_MS(2);
    struct steal_stream_ticks ticks;
    struct steal_stream *stream = steal_stream_ticks(&ticks, STEAL_MS(2),
            first);

    for (unsigned i = 0; i < 5; i++) {
        ck_assert_int_eq(next_of(stream), 1);
        ck_assert_uint_eq(ticks.time, first + i * STEAL_MS(2));
        ck_assert_uint_ge(steal_now(), ticks.time);
    }
    end();
}
END_TEST

START_TEST(next_that_is_given_up_loses_no_tick)
{
    uint64_t first = steal_now() + 10 * PATIENCE;
    struct steal_stream_ticks ticks;
    struct steal_stream *stream = steal_stream_ticks(&ticks, STEAL_MS(2),
            first);
    struct steal_timeout timeout;

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_timeout(&timeout,
                                         steal_next(&next, stream), 1)),
                -ETIMEDOUT);
    ck_assert_uint_eq(ticks.interval.deadline, first);
    first = ticks.interval.deadline = steal_now();
    ck_assert_int_eq(next_of(stream), 1);
    ck_assert_uint_eq(ticks.time, first);
    end();
}
END_TEST

START_TEST(ticks_that_were_missed_may_be_skipped)
{
    uint64_t first = steal_now();
    struct steal_stream_ticks ticks;
    struct steal_stream *stream = steal_stream_ticks(&ticks, STEAL_MS(1),
            first);

    ticks.interval.late = STEAL_SKIP;
    wait_until(steal_now() > first + STEAL_MS(5));
    ck_assert_int_eq(next_of(stream), 1);
    ck_assert_uint_eq(ticks.time, first);
    ck_assert_int_eq(next_of(stream), 1);
    ck_assert_uint_gt(ticks.time, first + STEAL_MS(5));
    end();
}
END_TEST

START_TEST(there_are_no_ticks_outside_of_a_worker)
{
    struct steal_stream_ticks ticks;
    struct meter meter = { 0 };
    struct steal_future *future = steal_next(&next,
            steal_stream_ticks(&ticks, STEAL_MS(1), steal_now()));

    ck_assert_int_eq(poll_with(future, &meter), STEAL_READY);
    ck_assert_int_eq(future->result, -EINVAL);
    steal_future_drop(future);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        next_waits_for_an_item,
        next_that_is_dropped_loses_no_item,
        end_of_a_stream_is_for_ever,
        stream_goes_on_after_an_error,
        stream_that_was_dropped_has_ended,
        items_come_from_a_function,
        function_may_fail,
        take_takes_no_more_than_it_may,
        take_ends_with_its_source,
        take_waits_and_leaves_with_its_source,
        stream_that_is_never_empty_gives_others_their_turn,
        ticks_come_when_they_are_due,
        next_that_is_given_up_loses_no_tick,
        ticks_that_were_missed_may_be_skipped,
        there_are_no_ticks_outside_of_a_worker,
    };

    return run_suite_with("stream", reset, tests, LENGTH(tests));
}
