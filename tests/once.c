/*
 * tests/once.c - doing something once, whoever comes first.
 */
#include <steal/once.h>

#include <limits.h>

#include "../src/base/rand.h"
#include "waits.h"

static struct steal_once once;
static struct steal_once_run run[MANY];
static struct record record[MANY];
static struct probe init[MANY];

/* The init futures wait until their record is opened; then they are ready with
 * 0, or what the test puts there. */
static void
reset(void)
{
    steal_once_init(&once);
    for (size_t i = 0; i < MANY; i++) {
        record[i] = (struct record)RECORD_INIT;
        init[i] = probe_make(&record[i], PROBE_WAITS, 0);
        wait_for(i, steal_once_run(&run[i], &once, &init[i].future));
    }
}

static void
end(size_t i)
{
    drop(i);
    require((record_drops(&record[i]) == 1) == (record_polls(&record[i]) > 0));
}

static int
result(size_t i)
{
    return run[i].future.result;
}

START_TEST(first_to_come_initialises_and_the_others_wait)
{
    for (size_t i = 0; i < MANY; i++)
        ck_assert(!is_ready(i));
    ck_assert_int_eq(record_polls(&record[0]), 1);
    ck_assert(!steal_once_is_done(&once));
    record_open(&record[0]);
    ck_assert(is_ready(0));
    ck_assert_int_eq(record_drops(&record[0]), 1);
    ck_assert(steal_once_is_done(&once));
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_int_eq(woken(i), 1);
        ck_assert(i == 0 || is_ready(i));
        ck_assert_int_eq(result(i), 0);
        ck_assert_int_eq(record_polls(&record[i]), i ? 0 : 2);
        end(i);
    }
}
END_TEST

START_TEST(who_comes_later_does_not_wait)
{
    record_open(&record[0]);
    init[0].end = 7; /* a success: no result of the once */
    ck_assert(is_ready(0));
    ck_assert_int_eq(result(0), 0);
    ck_assert(is_ready(1));
    ck_assert_int_eq(result(1), 0);
    ck_assert_int_eq(record_polls(&record[1]), 0);
    end(0);
    end(1);
}
END_TEST

START_TEST(failure_is_its_callers_and_the_next_takes_over)
{
    init[0].end = -EIO;
    for (size_t i = 0; i < 3; i++)
        ck_assert(!is_ready(i));
    record_open(&record[0]);
    ck_assert(is_ready(0));
    ck_assert_int_eq(result(0), -EIO);
    ck_assert(!steal_once_is_done(&once));
    ck_assert_int_eq(woken(1), 1);
    ck_assert_int_eq(woken(2), 0);
    ck_assert(!is_ready(1));
    ck_assert_int_eq(record_polls(&record[1]), 1);
    record_open(&record[1]);
    ck_assert(is_ready(1));
    ck_assert(is_ready(2));
    ck_assert_int_eq(record_polls(&record[2]), 0);
    for (size_t i = 0; i < 3; i++)
        end(i);
}
END_TEST

START_TEST(failure_with_nobody_waiting_leaves_all_as_it_was)
{
    init[0].end = -EIO;
    record_open(&record[0]);
    record_open(&record[1]);
    ck_assert(is_ready(0));
    ck_assert_int_eq(result(0), -EIO);
    ck_assert(is_ready(1));
    ck_assert_int_eq(result(1), 0);
    ck_assert_int_eq(record_polls(&record[1]), 1);
    end(0);
    end(1);
}
END_TEST

START_TEST(initialiser_that_is_dropped_is_replaced)
{
    for (size_t i = 0; i < 3; i++)
        ck_assert(!is_ready(i));
    end(0);
    ck_assert_int_eq(record_drops(&record[0]), 1);
    ck_assert_int_eq(woken(1), 1);
    end(1); /* before it knows of its luck */
    ck_assert_int_eq(record_polls(&record[1]), 0);
    ck_assert_int_eq(woken(2), 1);
    ck_assert(!is_ready(2));
    ck_assert_int_eq(record_polls(&record[2]), 1);
    end(2);
    record_open(&record[3]);
    ck_assert(is_ready(3)); /* the next that comes */
    end(3);
}
END_TEST

START_TEST(waiter_that_is_dropped_changes_nothing)
{
    for (size_t i = 0; i < 3; i++)
        ck_assert(!is_ready(i));
    end(1);
    end(3); /* never polled */
    record_open(&record[0]);
    ck_assert(is_ready(0));
    ck_assert_int_eq(woken(1), 0);
    ck_assert(is_ready(2));
    end(0);
    end(2);
}
END_TEST

START_TEST(once_that_is_zero_is_valid)
{
    static struct steal_once zero;

    ck_assert(!steal_once_is_done(&zero));
    record_open(&record[0]);
    steal_once_run(&run[0], &zero, &init[0].future);
    ck_assert(is_ready(0));
    ck_assert(steal_once_is_done(&zero));
    end(0);
}
END_TEST

/*
 * Tasks: they come and go, some fail, and one of them does it.
 */

#define TASKS 8

static _Atomic(int) running;
static _Atomic(int) done;
static int value; /* what is initialised: guarded by the once */

struct setup {
    struct steal_async async;
    struct steal_yield yield;
    struct rng rng;
    int i;
};

static enum steal_poll
setup_poll(struct steal_future *future, struct steal_context *cx)
{
    struct setup *self = (struct setup *)future;

    STEAL_BEGIN(&self->async);
    require(add_acq_rel(&running, 1) == 0);
    for (self->i = 0; self->i < 5; self->i++)
        STEAL_AWAIT(cx, steal_yield(&self->yield));
    if (rng_below(&self->rng, 4))
        STEAL_RETURN(-EAGAIN);
    value++;
    add_acq_rel(&done, 1);
    STEAL_END();
}

static void
setup_drop(struct steal_future *future)
{
    (void)future;
    require(sub_acq_rel(&running, 1) == 1);
}

static const struct steal_future_ops setup_ops = { .name = "setup",
    .poll = setup_poll,
    .drop = setup_drop };

struct user {
    struct steal_async async;
    struct steal_once_run run;
    struct fickle fickle;
    struct setup setup;
    struct rng rng;
    bool patient;
};

static struct steal_future *
use(struct user *self)
{
    struct steal_future *it = steal_once_run(&self->run, &once,
            &self->setup.async.future);

    self->setup = (struct setup){ .async = STEAL_ASYNC(&setup_ops) };
    rng_init(&self->setup.rng, rng_below(&self->rng, 1000000));
    return fickle_make(&self->fickle, it,
            self->patient ? UINT_MAX : 1 + rng_below(&self->rng, 12));
}

static enum steal_poll
user_poll(struct steal_future *future, struct steal_context *cx)
{
    struct user *self = (struct user *)future;

    STEAL_BEGIN(&self->async);
    do {
        STEAL_AWAIT(cx, use(self));
    } while (self->fickle.future.result < 0);
    require(steal_once_is_done(&once));
    require(value == 1);
    STEAL_END();
}

static const struct steal_future_ops user_ops = { .name = "user",
    .poll = user_poll };

static void
play(struct steal_runtime *runtime, uint64_t seed)
{
    struct steal_task *task[TASKS];
    struct user user = { .async = STEAL_ASYNC(&user_ops) };

    steal_once_init(&once);
    value = 0;
    store_release(&done, 0);
    for (unsigned i = 0; i < TASKS; i++) {
        rng_init(&user.rng, seed * TASKS + i);
        user.patient = i % 2;
        require(steal_spawn(runtime, &user.async.future, sizeof user,
                        &task[i]) == 0);
    }
    for (int i = 0; i < TASKS; i++)
        require(join_task(runtime, task[i]) == 0);
    require(load_acquire(&done) == 1);
    require(load_acquire(&running) == 0);
}

START_TEST(it_is_done_once_whoever_fails_or_goes_away)
{
    struct steal_runtime *runtime = runtime_start(2);

    store_release(&running, 0);
    for (int i = 0; i < scaled(1000); i++)
        play(runtime, (uint64_t)i);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        first_to_come_initialises_and_the_others_wait,
        who_comes_later_does_not_wait,
        failure_is_its_callers_and_the_next_takes_over,
        failure_with_nobody_waiting_leaves_all_as_it_was,
        initialiser_that_is_dropped_is_replaced,
        waiter_that_is_dropped_changes_nothing,
        once_that_is_zero_is_valid,
        it_is_done_once_whoever_fails_or_goes_away,
    };

    return run_suite_with("once", reset, tests, LENGTH(tests));
}
