/*
 * tests/unconstrained.c - a child that does not give way.
 */
#include <steal/combine.h>

#include "../src/task/budget.h"
#include "probes.h"

/* Takes ticks that are all due long ago: one operation of the budget each. */
struct ticker {
    struct steal_async async;
    struct steal_interval interval;
    int n;
    int polls;
};

static enum steal_poll
ticker_poll(struct steal_future *future, struct steal_context *cx)
{
    struct ticker *self = (struct ticker *)future;

    self->polls++;
    STEAL_BEGIN(&self->async);
    for (; self->n > 0; self->n--)
        STEAL_AWAIT(cx, steal_interval_next(&self->interval));
    STEAL_RETURN(5);
    STEAL_END();
}

static const struct steal_future_ops ticker_ops = { .name = "ticker",
    .poll = ticker_poll };

static struct steal_future *
ticker(struct ticker *self, int n)
{
    steal_async_init(&self->async, &ticker_ops);
    steal_interval_init(&self->interval, 1, 1);
    self->n = n;
    self->polls = 0;
    return &self->async.future;
}

static int
run_inside(struct steal_future *future)
{
    struct steal_runtime *runtime = runtime_start(1);
    int result = steal_block_on(runtime, future);

    runtime_end(runtime);
    return result;
}

START_TEST(constrained_child_gives_way)
{
    struct ticker busy = { 0 };

    ck_assert_int_eq(run_inside(ticker(&busy, 10 * TASK_BUDGET)), 5);
    ck_assert_int_ge(busy.polls, 10);
}
END_TEST

START_TEST(unconstrained_child_goes_on)
{
    struct ticker busy = { 0 };
    struct steal_unconstrained u;

    steal_unconstrained(&u, ticker(&busy, 10 * TASK_BUDGET));
    ck_assert_int_eq(run_inside(&u.future), 5);
    ck_assert_int_eq(busy.polls, 1);
}
END_TEST

/* Some operations within the budget, many without, and more within. */
struct mixed {
    struct steal_async async;
    struct ticker ticker;
    struct steal_unconstrained u[2];
    int after;
    int polls;
};

static enum steal_poll
mixed_poll(struct steal_future *future, struct steal_context *cx)
{
    struct mixed *self = (struct mixed *)future;

    self->polls++;
    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, ticker(&self->ticker, 100));
    steal_unconstrained(&self->u[0], ticker(&self->ticker, 1000));
    STEAL_AWAIT(cx, steal_unconstrained(&self->u[1], &self->u[0].future));
    STEAL_AWAIT(cx, ticker(&self->ticker, self->after));
    STEAL_END();
}

static const struct steal_future_ops mixed_ops = { .name = "mixed",
    .poll = mixed_poll };

static int
polls_of_mixed(int after)
{
    struct mixed mixed = { .async = STEAL_ASYNC(&mixed_ops), .after = after };

    ck_assert_int_eq(run_inside(&mixed.async.future), 0);
    return mixed.polls;
}

START_TEST(outer_budget_is_restored_to_the_last_operation)
{
    ck_assert_int_eq(polls_of_mixed(TASK_BUDGET - 100), 1);
    ck_assert_int_eq(polls_of_mixed(TASK_BUDGET - 100 + 1), 2);
}
END_TEST

/* Spends all there is, and tells whether there was anything. */
static enum steal_poll
spend(void *arg, struct steal_context *context, int *result)
{
    (void)arg;
    *result = steal__may_go_on(context);
    context->budget = 0;
    return *result ? STEAL_READY : STEAL_PENDING;
}

START_TEST(child_of_a_task_that_has_spent_all_goes_on)
{
    struct steal_poll_fn f;
    struct steal_unconstrained u;

    by_hand.budget = 0;
    steal_unconstrained(&u, steal_poll_fn(&f, spend, NULL));
    assert_poll(&u.future, READY);
    ck_assert_int_eq(u.future.result, true);
    ck_assert_uint_eq(by_hand.budget, 0);
    steal_future_drop(&u.future);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
}
END_TEST

START_TEST(budget_is_restored_after_a_child_that_waits)
{
    struct steal_unconstrained u;

    by_hand.budget = 3;
    steal_unconstrained(&u, child[0]);
    assert_poll(&u.future, PENDING);
    ck_assert_uint_eq(by_hand.budget, 3);
    record_open(&record[0]);
    assert_poll(&u.future, READY);
    ck_assert_int_eq(u.future.result, 10);
    ck_assert_uint_eq(by_hand.budget, 3);
    assert_drops(1, 0, 0);
    steal_future_drop(&u.future);
    assert_drops(1, 0, 0);
}
END_TEST

START_TEST(dropped_half_way_it_drops_its_child)
{
    struct steal_unconstrained made;
    struct steal_unconstrained u;

    steal_unconstrained(&made, child[0]);
    u = made;
    memset(&made, 0xff, sizeof made);
    assert_poll(&u.future, PENDING);
    steal_future_drop(&u.future);
    assert_drops(1, 0, 0);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        constrained_child_gives_way,
        unconstrained_child_goes_on,
        outer_budget_is_restored_to_the_last_operation,
        child_of_a_task_that_has_spent_all_goes_on,
        budget_is_restored_after_a_child_that_waits,
        dropped_half_way_it_drops_its_child,
    };

    return run_suite_with("unconstrained", probes_reset, tests, LENGTH(tests));
}
