/*
 * tests/waker.c - wakers, of ours and of others, and contexts.
 */
#include "toy.h"

static struct record record;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
}

START_TEST(empty_waker_does_nothing)
{
    struct steal_waker waker = STEAL_WAKER_INIT;
    struct steal_waker clone = steal_waker_clone(&waker);

    steal_waker_wake_by_ref(&waker);
    steal_waker_wake(&waker);
    steal_waker_drop(&waker);
    steal_waker_drop(&clone);
    ck_assert(!steal_waker_noop().vtable);
}
END_TEST

START_TEST(foreign_waker_is_counted)
{
    struct meter meter = { 0 };
    struct steal_waker lent = meter_waker(&meter);
    struct steal_waker waker = steal_waker_clone(&lent);

    ck_assert(steal_waker_will_wake(&lent, &waker));
    ck_assert_int_eq(load_acquire(&meter.refs), 1);
    steal_waker_wake_by_ref(&waker);
    steal_waker_wake(&waker);
    ck_assert_int_eq(load_acquire(&meter.wakes), 2);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    steal_waker_wake(&waker); /* empty by now */
    steal_waker_drop(&waker);
    ck_assert_int_eq(load_acquire(&meter.wakes), 2);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(context_lends_its_waker)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);

    steal_context_wake(&cx);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    steal_waker_wake_by_ref(steal_context_waker(&cx));
    ck_assert_int_eq(load_acquire(&meter.wakes), 2);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(different_tasks_have_different_wakers)
{
    struct meter a = { 0 };
    struct meter b = { 0 };
    struct steal_waker wa = meter_waker(&a);
    struct steal_waker wb = meter_waker(&b);

    ck_assert(!steal_waker_will_wake(&wa, &wb));
}
END_TEST

START_TEST(many_wakes_make_one_poll)
{
    struct steal_task *task;
    struct steal_waker waker;

    toy_init();
    task = toy_spawn_probe(&record, PROBE_WAITS, 0);
    toy_run_all();
    waker = record_take_waker(&record);
    for (int i = 0; i < 3; i++)
        steal_waker_wake_by_ref(&waker);
    ck_assert_int_eq(toy.nqueued, 1);
    toy_run_all();
    ck_assert_int_eq(record_polls(&record), 2);
    record_open(&record);
    toy_run_all();
    steal_waker_drop(&waker);
    steal_task_detach(task);
    toy_fini();
}
END_TEST

START_TEST(waker_outlives_its_task)
{
    struct steal_task *task;
    struct steal_waker waker;
    struct steal_waker clone;

    toy_init();
    task = toy_spawn_probe(&record, PROBE_WAITS, 0);
    toy_run_all();
    waker = record_take_waker(&record);
    clone = steal_waker_clone(&waker);
    steal_task_abort(task);
    toy_run_all();
    steal_task_detach(task);
    ck_assert_int_eq(toy.blocks, 1);
    steal_waker_wake_by_ref(&waker);
    steal_waker_wake(&waker);
    steal_waker_drop(&clone);
    ck_assert_int_eq(toy.nqueued, 0);
    toy_fini();
}
END_TEST

START_TEST(wake_that_drops_frees_a_finished_task)
{
    struct steal_task *task;
    struct steal_waker waker;

    toy_init();
    task = toy_spawn_probe(&record, PROBE_WAITS, 0);
    toy_run_all();
    waker = record_take_waker(&record);
    steal_task_abort(task);
    toy_run_all();
    steal_task_detach(task);
    steal_waker_wake(&waker);
    toy_fini();
}
END_TEST

/* Keeps a clone of its waker, wakes it inside its own poll, by reference or
 * not, and counts. */
struct selfish {
    struct steal_future future;
    bool by_ref;
    int polls;
};

static enum steal_poll
selfish_poll(struct steal_future *future, struct steal_context *cx)
{
    struct selfish *self = (struct selfish *)future;
    struct steal_waker waker = steal_waker_clone(steal_context_waker(cx));

    if (self->by_ref) {
        steal_waker_wake_by_ref(&waker);
        steal_waker_drop(&waker);
    } else {
        steal_waker_wake(&waker);
    }
    return ++self->polls == 3 ? STEAL_READY : STEAL_PENDING;
}

static const struct steal_future_ops selfish_ops = { .name = "selfish",
    .poll = selfish_poll };

START_TEST(wake_by_the_own_poll_causes_another)
{
    for (int by_ref = 0; by_ref < 2; by_ref++) {
        struct selfish selfish = { STEAL_FUTURE(&selfish_ops), by_ref, 0 };
        struct steal_task *task;

        toy_init();
        task = toy_spawn(&selfish.future, sizeof selfish, 1);
        toy_run_all();
        ck_assert(steal_task_is_finished(task));
        ck_assert_int_eq(((struct selfish *)steal__task_root(task))->polls, 3);
        steal_task_detach(task);
        toy_fini();
    }
}
END_TEST

/* Polls a child with a context of another executor inside of a task. */
struct nest {
    struct steal_future future;
    struct meter *meter;
    struct probe child;
};

static enum steal_poll
nest_poll(struct steal_future *future, struct steal_context *cx)
{
    struct nest *self = (struct nest *)future;
    struct steal_context own = meter_context(self->meter);
    int before = load_acquire(&self->meter->wakes);

    if (steal_future_poll(&self->child.future, &own) == STEAL_READY)
        return STEAL_READY;
    ck_assert_int_eq(load_acquire(&self->meter->wakes), before + 1);
    ck_assert_uint_eq(cx->woken, 0); /* the wake went to the inner one */
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static const struct steal_future_ops nest_ops = { .name = "nest",
    .poll = nest_poll };

START_TEST(executor_inside_a_task_gets_the_wakes_of_its_own)
{
    struct meter meter = { 0 };
    struct nest nest = { STEAL_FUTURE(&nest_ops), &meter,
        probe_make(&record, 3, 0) };

    toy_init();
    toy_spawn(&nest.future, sizeof nest, 0);
    toy_run_all();
    ck_assert_int_eq(load_acquire(&meter.wakes), 3);
    toy_fini();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        empty_waker_does_nothing,
        foreign_waker_is_counted,
        context_lends_its_waker,
        different_tasks_have_different_wakers,
        many_wakes_make_one_poll,
        waker_outlives_its_task,
        wake_that_drops_frees_a_finished_task,
        wake_by_the_own_poll_causes_another,
        executor_inside_a_task_gets_the_wakes_of_its_own,
    };

    return run_suite_with("waker", reset, tests, LENGTH(tests));
}
