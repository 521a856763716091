/*
 * tests/async.c - poll functions that read like programs.
 */
#include <steal/async.h>

#include "kit.h"

static struct record record[2];
static struct meter meter;
static struct steal_context cx;

static void
reset(void)
{
    for (size_t i = 0; i < LENGTH(record); i++)
        record[i] = (struct record)RECORD_INIT;
    meter = (struct meter){ 0 };
    cx = meter_context(&meter);
}

/* Awaits two children in turn, in a loop, and adds their results. */
struct parent {
    struct steal_async async;
    struct probe child;
    int i;
    int sum;
    int drops;
    int child_drops_before;
};

static enum steal_poll
parent_poll(struct steal_future *future, struct steal_context *context)
{
    struct parent *self = (struct parent *)future;

    STEAL_BEGIN(&self->async);
    for (self->i = 0; self->i < 2; self->i++) {
        self->child = probe_make(&record[self->i], PROBE_WAITS, 10 + self->i);
        STEAL_AWAIT(context, &self->child.future);
        self->sum += self->child.future.result;
    }
    STEAL_RETURN(self->sum);
    STEAL_END();
}

static void
parent_drop(struct steal_future *future)
{
    struct parent *self = (struct parent *)future;

    self->drops++;
    self->child_drops_before = record_drops(&record[0]);
}

static const struct steal_future_ops parent_ops = { .name = "parent",
    .poll = parent_poll,
    .drop = parent_drop };

#define assert_poll(f, state) \
 ck_assert_int_eq(steal_future_poll(&(f)->async.future, &cx), STEAL_##state)

START_TEST(awaits_go_on_where_they_were)
{
    struct parent parent = { .async = STEAL_ASYNC(&parent_ops) };

    assert_poll(&parent, PENDING);
    assert_poll(&parent, PENDING);
    ck_assert_int_eq(record_polls(&record[0]), 2);
    record_open(&record[0]);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    assert_poll(&parent, PENDING);
    ck_assert_int_eq(record_drops(&record[0]), 1); /* as soon as it is ready */
    ck_assert_int_eq(record_polls(&record[1]), 1);
    record_open(&record[1]);
    assert_poll(&parent, READY);
    ck_assert_int_eq(parent.async.future.result, 21);
    ck_assert_int_eq(record_drops(&record[1]), 1);
    steal_future_drop(&parent.async.future);
    ck_assert_int_eq(parent.drops, 1);
}
END_TEST

START_TEST(init_does_the_same_as_the_initializer)
{
    struct parent parent = { .sum = 0 };

    steal_async_init(&parent.async, &parent_ops);
    store_release(&record[0].open, true);
    store_release(&record[1].open, true);
    assert_poll(&parent, READY);
    ck_assert_int_eq(parent.async.future.result, 21);
    steal_future_drop(&parent.async.future);
}
END_TEST

START_TEST(dropped_parent_drops_what_it_awaits_first)
{
    struct parent parent = { .async = STEAL_ASYNC(&parent_ops) };

    assert_poll(&parent, PENDING);
    steal_future_drop(&parent.async.future);
    ck_assert_int_eq(parent.child_drops_before, 1);
    ck_assert_int_eq(record_drops(&record[0]), 1);
    ck_assert_int_eq(parent.drops, 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(unpolled_async_drops_nothing)
{
    struct parent parent = { .async = STEAL_ASYNC(&parent_ops) };

    steal_future_drop(&parent.async.future);
    ck_assert_int_eq(parent.drops, 0);
}
END_TEST

START_TEST(await_remembers_where_it_stands)
{
    struct parent parent = { .async = STEAL_ASYNC(&parent_ops) };

    ck_assert_ptr_null(parent.async.site);
    assert_poll(&parent, PENDING);
    ck_assert_ptr_eq(parent.async.awaiting, &parent.child.future);
    ck_assert_ptr_nonnull(strstr(parent.async.site->file, "async.c"));
    ck_assert_int_gt(parent.async.site->line, 0);
    steal_future_drop(&parent.async.future);
}
END_TEST

/* Yields thrice. */
struct yielder {
    struct steal_async async;
    int i;
};

static enum steal_poll
yielder_poll(struct steal_future *future, struct steal_context *context)
{
    struct yielder *self = (struct yielder *)future;

    STEAL_BEGIN(&self->async);
    for (self->i = 0; self->i < 3; self->i++)
        STEAL_YIELD(context);
    STEAL_END();
}

static const struct steal_future_ops yielder_ops = { .name = "yielder",
    .poll = yielder_poll };

START_TEST(yield_wakes_and_goes_on_next_time)
{
    struct yielder yielder = { STEAL_ASYNC(&yielder_ops), 0 };

    for (int i = 1; i <= 3; i++) {
        assert_poll(&yielder, PENDING);
        ck_assert_int_eq(load_acquire(&meter.wakes), i);
    }
    assert_poll(&yielder, READY);
    ck_assert_int_eq(yielder.async.future.result, 0);
}
END_TEST

/* Awaits inside of a switch, and returns early. */
struct chooser {
    struct steal_async async;
    struct probe child;
    int choice;
};

static enum steal_poll
chooser_poll(struct steal_future *future, struct steal_context *context)
{
    struct chooser *self = (struct chooser *)future;

    STEAL_BEGIN(&self->async);
    switch (self->choice) {
    case 0:
        self->child = probe_make(&record[0], 1, 3);
        STEAL_AWAIT(context, &self->child.future);
        STEAL_RETURN(self->child.future.result);
    default:
        STEAL_RETURN(-EINVAL);
    }
    STEAL_END();
}

static const struct steal_future_ops chooser_ops = { .name = "chooser",
    .poll = chooser_poll };

START_TEST(switch_may_surround_an_await)
{
    struct chooser a = { .async = STEAL_ASYNC(&chooser_ops), .choice = 0 };
    struct chooser b = { .async = STEAL_ASYNC(&chooser_ops), .choice = 1 };

    assert_poll(&a, PENDING);
    assert_poll(&a, READY);
    ck_assert_int_eq(a.async.future.result, 3);
    assert_poll(&b, READY);
    ck_assert_int_eq(b.async.future.result, -EINVAL);
}
END_TEST

static void
poll_after_ready(void *arg)
{
    struct chooser *chooser = arg;

    steal_future_poll(&chooser->async.future, &cx);
    steal_future_poll(&chooser->async.future, &cx);
}

START_TEST(polling_after_ready_aborts)
{
    struct chooser b = { .async = STEAL_ASYNC(&chooser_ops), .choice = 1 };

    ck_assert(aborts(poll_after_ready, &b));
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        awaits_go_on_where_they_were,
        init_does_the_same_as_the_initializer,
        dropped_parent_drops_what_it_awaits_first,
        unpolled_async_drops_nothing,
        await_remembers_where_it_stands,
        yield_wakes_and_goes_on_next_time,
        switch_may_surround_an_await,
        polling_after_ready_aborts,
    };

    return run_suite_with("async", reset, tests, LENGTH(tests));
}
