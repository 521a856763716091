/*
 * tests/event.c - events and latches.
 */
#include <steal/event.h>

#include <limits.h>

#include "../src/base/rand.h"
#include "waits.h"

static struct steal_event event;
static struct steal_event_wait waiting[MANY];

static void
reset(void)
{
    steal_event_init(&event);
    for (size_t i = 0; i < MANY; i++)
        wait_for(i, steal_event_wait(&waiting[i], &event));
}

/*
 * Events
 */

START_TEST(event_that_is_set_lets_all_go_on)
{
    for (size_t i = 0; i < MANY; i++)
        ck_assert(!is_ready(i));
    ck_assert(!steal_event_is_set(&event));
    steal_event_set(&event);
    ck_assert(steal_event_is_set(&event));
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_int_eq(woken(i), 1);
        ck_assert(is_ready(i));
        ck_assert_int_eq(waiting[i].future.result, 0);
        drop(i);
    }
}
END_TEST

START_TEST(event_that_is_set_stays_so)
{
    steal_event_set(&event);
    steal_event_set(&event);
    for (size_t i = 0; i < 3; i++) {
        ck_assert(is_ready(i));
        drop(i);
    }
}
END_TEST

START_TEST(event_that_was_reset_has_to_be_set_again)
{
    steal_event_set(&event);
    steal_event_reset(&event);
    steal_event_reset(&event);
    ck_assert(!steal_event_is_set(&event));
    ck_assert(!is_ready(0));
    steal_event_reset(&event); /* while somebody waits */
    ck_assert(!is_ready(0));
    steal_event_set(&event);
    ck_assert(is_ready(0));
    drop(0);
}
END_TEST

START_TEST(who_waited_goes_on_in_spite_of_a_reset)
{
    ck_assert(!is_ready(0));
    steal_event_set(&event);
    steal_event_reset(&event);
    ck_assert(!is_ready(1));
    ck_assert(is_ready(0));
    drop(0);
    drop(1);
}
END_TEST

START_TEST(wait_that_is_dropped_is_not_woken)
{
    ck_assert(!is_ready(0));
    ck_assert(!is_ready(1));
    drop(0);
    steal_event_set(&event);
    ck_assert_int_eq(woken(0), 0);
    ck_assert_int_eq(woken(1), 1);
    drop(1); /* woken, and not polled since */
    drop(2); /* never polled */
    ck_assert(steal_event_is_set(&event));
}
END_TEST

START_TEST(event_whose_waits_are_all_dropped_can_be_set)
{
    ck_assert(!is_ready(0));
    drop(0);
    steal_event_set(&event);
    ck_assert(steal_event_is_set(&event));
    ck_assert(is_ready(1));
    drop(1);
}
END_TEST

START_TEST(event_wait_goes_with_the_waker_of_the_last_poll)
{
    ck_assert(!is_ready(0));
    ck_assert(!poll_is_ready(&waiting[0].future, &meter[1]));
    ck_assert_int_eq(meter_refs(&meter[0]), 0);
    steal_event_set(&event);
    ck_assert_int_eq(woken(0), 0);
    ck_assert_int_eq(woken(1), 1);
    drop(0);
    ck_assert_int_eq(meter_refs(&meter[1]), 0);
}
END_TEST

/*
 * Latches
 */

START_TEST(latch_opens_when_it_is_down_to_zero)
{
    struct steal_latch latch = STEAL_LATCH_INIT(3);
    struct steal_latch_wait one;
    struct meter unused = { 0 };

    steal_latch_wait(&one, &latch);
    ck_assert(!poll_is_ready(&one.future, &unused));
    steal_latch_down(&latch, 1);
    ck_assert_int_eq(meter_wakes(&unused), 0);
    ck_assert(!steal_latch_is_open(&latch));
    steal_latch_down(&latch, 2);
    ck_assert_int_eq(meter_wakes(&unused), 1);
    ck_assert(steal_latch_is_open(&latch));
    ck_assert(poll_is_ready(&one.future, &unused));
    ck_assert_int_eq(one.future.result, 0);
    steal_future_drop(&one.future);
    ck_assert(poll_is_ready(steal_latch_wait(&one, &latch), &unused));
    steal_future_drop(&one.future);
    ck_assert_int_eq(meter_refs(&unused), 0);
}
END_TEST

START_TEST(latch_cannot_go_below_zero)
{
    struct steal_latch latch;

    steal_latch_init(&latch, STEAL_LATCH_MAX);
    ck_assert(!steal_latch_is_open(&latch));
    steal_latch_down(&latch, STEAL_LATCH_MAX - 1);
    ck_assert(!steal_latch_is_open(&latch));
    steal_latch_down(&latch, UINT32_MAX);
    ck_assert(steal_latch_is_open(&latch));
    steal_latch_down(&latch, 1);
    ck_assert(steal_latch_is_open(&latch));
}
END_TEST

START_TEST(latch_that_is_zero_is_open)
{
    static struct steal_latch zero;

    ck_assert(steal_latch_is_open(&zero));
}
END_TEST

START_TEST(latch_forgets_a_wait_that_is_dropped)
{
    struct steal_latch latch = STEAL_LATCH_INIT(1);
    struct steal_latch_wait one;
    struct meter unused = { 0 };

    ck_assert(!poll_is_ready(steal_latch_wait(&one, &latch), &unused));
    steal_future_drop(&one.future);
    ck_assert_int_eq(meter_refs(&unused), 0);
    steal_latch_down(&latch, 1);
    ck_assert_int_eq(meter_wakes(&unused), 0);
    ck_assert(steal_latch_is_open(&latch));
}
END_TEST

/*
 * Tasks
 */

static _Atomic(bool) over;
static _Atomic(int) ended;

struct looper {
    struct steal_async async;
    struct steal_event_wait wait;
};

static enum steal_poll
looper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct looper *self = (struct looper *)future;

    STEAL_BEGIN(&self->async);
    while (!load_acquire(&over))
        STEAL_AWAIT(cx, steal_event_wait(&self->wait, &event));
    STEAL_END();
}

static const struct steal_future_ops looper_ops = { .name = "looper",
    .poll = looper_poll };

static int
end_it(void *arg)
{
    (void)arg;
    store_release(&over, true);
    return 0;
}

START_TEST(event_that_stays_set_lets_others_run)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct looper looper = { .async = STEAL_ASYNC(&looper_ops) };
    struct steal_task *task;

    store_release(&over, false);
    steal_event_set(&event);
    ck_assert_int_eq(steal_spawn(runtime, &looper.async.future, sizeof looper,
                             &task),
            0);
    call_inside(runtime, end_it, NULL);
    ck_assert_int_eq(join_task(runtime, task), 0);
    runtime_end(runtime);
}
END_TEST

/* Waits for the event, impatiently, until it sees it set; round after round. */
#define ROUND_TASKS 8

static _Atomic(int) round_now;

struct visitor {
    struct steal_async async;
    struct steal_event_wait wait;
    struct fickle fickle;
    struct rng rng;
    int round;
    bool patient;
};

static struct steal_future *
visit(struct visitor *self)
{
    struct steal_future *once = steal_event_wait(&self->wait, &event);

    if (self->patient)
        return once;
    return fickle_make(&self->fickle, once, 1 + rng_below(&self->rng, 8));
}

static enum steal_poll
visitor_poll(struct steal_future *future, struct steal_context *cx)
{
    struct visitor *self = (struct visitor *)future;

    STEAL_BEGIN(&self->async);
    for (self->round = 1; self->round <= scaled(400); self->round++) {
        while (load_acquire(&round_now) < self->round)
            STEAL_AWAIT(cx, visit(self));
        add_acq_rel(&ended, 1);
    }
    STEAL_END();
}

static const struct steal_future_ops visitor_ops = { .name = "visitor",
    .poll = visitor_poll };

/* Reset first: who sees the new round does not wait, who does not is woken by
 * the set, unless it comes after it and finds the event set. */
static void *
turn_rounds(void *arg)
{
    (void)arg;
    for (int i = 1; i <= scaled(400); i++) {
        steal_event_reset(&event);
        store_release(&round_now, i);
        steal_event_set(&event);
        wait_until(load_acquire(&ended) == i * ROUND_TASKS);
    }
    return NULL;
}

START_TEST(nobody_misses_an_event_that_a_thread_sets)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct visitor visitor = { .async = STEAL_ASYNC(&visitor_ops) };
    pthread_t thread;

    store_release(&round_now, 0);
    store_release(&ended, 0);
    for (int i = 0; i < ROUND_TASKS; i++) {
        rng_init(&visitor.rng, (uint64_t)i);
        visitor.patient = i % 2;
        ck_assert_int_eq(steal_spawn(runtime, &visitor.async.future,
                                 sizeof visitor, NULL),
                0);
    }
    thread = start_thread(turn_rounds, NULL);
    join_thread(thread);
    runtime_end(runtime);
}
END_TEST

/*
 * The latch is part of the future that waits, and gone when the wait is over.
 * The task polls all the time: it sees the end before it is woken.
 */
#define PARTS 2

static _Atomic(struct steal_latch *) offered[PARTS];

static void *
count_down(void *arg)
{
    _Atomic(struct steal_latch *) *offer = arg;

    for (int i = 0; i < scaled(3000); i++) {
        struct steal_latch *latch;

        wait_until((latch = swap_acquire(offer, NULL)) != NULL);
        steal_latch_down(latch, 1);
    }
    return NULL;
}

struct holder {
    struct steal_async async;
    struct steal_latch latch;
    struct steal_latch_wait wait;
    struct fickle fickle;
    int i;
};

static struct steal_future *
wait_for_parts(struct holder *self)
{
    steal_latch_init(&self->latch, PARTS);
    for (int i = 0; i < PARTS; i++)
        store_release(&offered[i], &self->latch);
    return fickle_make(&self->fickle,
            steal_latch_wait(&self->wait, &self->latch), UINT_MAX);
}

static enum steal_poll
holder_poll(struct steal_future *future, struct steal_context *cx)
{
    struct holder *self = (struct holder *)future;

    STEAL_BEGIN(&self->async);
    for (self->i = 0; self->i < scaled(3000); self->i++) {
        STEAL_AWAIT(cx, wait_for_parts(self));
        memset(&self->latch, 0xff, sizeof self->latch);
    }
    STEAL_END();
}

static const struct steal_future_ops holder_ops = { .name = "holder",
    .poll = holder_poll };

START_TEST(latch_may_go_when_a_wait_for_it_is_over)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct holder holder = { .async = STEAL_ASYNC(&holder_ops) };
    struct steal_task *task;
    pthread_t thread[PARTS];

    for (int i = 0; i < PARTS; i++)
        thread[i] = start_thread(count_down, &offered[i]);
    ck_assert_int_eq(steal_spawn(runtime, &holder.async.future, sizeof holder,
                             &task),
            0);
    ck_assert_int_eq(join_task(runtime, task), 0);
    for (int i = 0; i < PARTS; i++)
        join_thread(thread[i]);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        event_that_is_set_lets_all_go_on,
        event_that_is_set_stays_so,
        event_that_was_reset_has_to_be_set_again,
        who_waited_goes_on_in_spite_of_a_reset,
        wait_that_is_dropped_is_not_woken,
        event_whose_waits_are_all_dropped_can_be_set,
        event_wait_goes_with_the_waker_of_the_last_poll,
        latch_opens_when_it_is_down_to_zero,
        latch_cannot_go_below_zero,
        latch_that_is_zero_is_open,
        latch_forgets_a_wait_that_is_dropped,
        event_that_stays_set_lets_others_run,
        nobody_misses_an_event_that_a_thread_sets,
        latch_may_go_when_a_wait_for_it_is_over,
    };

    return run_suite_with("event", reset, tests, LENGTH(tests));
}
