/*
 * tests/watch.c - one value that changes.
 */
#include <steal/watch.h>

#include "../src/base/rand.h"
#include "values.h"

#define SEED UINT64_C(20241123)

static uint64_t storage[STEAL_WATCH_STORAGE(sizeof(int))];
static struct steal_watch watch;
static struct steal_watch_receiver receiver;
static struct steal_watch_changed changed;
static int value;

static void
reset(void)
{
    int first = 1;

    values_reset();
    memset(storage, 0xff, sizeof storage);
    steal_watch_init(&watch, storage, sizeof(int), &first);
    steal_watch_subscribe(&receiver, &watch);
}

static void
send_one(int one)
{
    require(steal_watch_send(&watch, &one) == 0);
}

static int
get(void)
{
    int got = -1;

    steal_watch_get(&watch, &got);
    return got;
}

/*
 * Without waiting
 */

START_TEST(latest_value_is_what_all_get)
{
    ck_assert_int_eq(get(), 1);
    send_one(2);
    send_one(3);
    ck_assert_int_eq(get(), 3);
    ck_assert_int_eq(get(), 3);
}
END_TEST

START_TEST(value_is_new_until_it_was_taken)
{
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 0);
    ck_assert_int_eq(steal_watch_try_next(&receiver, &value), -EAGAIN);
    send_one(2);
    send_one(3);
    ck_assert_int_eq(get(), 3); /* does not count as seen */
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 1);
    ck_assert_int_eq(steal_watch_try_next(&receiver, &value), 0);
    ck_assert_int_eq(value, 3);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 0);
    ck_assert_int_eq(steal_watch_try_next(&receiver, &value), -EAGAIN);
}
END_TEST

START_TEST(receiver_may_ask_for_what_it_has_seen)
{
    receiver.version--;
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 1);
    ck_assert_int_eq(steal_watch_try_next(&receiver, &value), 0);
    ck_assert_int_eq(value, 1);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 0);
}
END_TEST

START_TEST(last_value_is_seen_after_the_end)
{
    send_one(2);
    steal_watch_close(&watch);
    steal_watch_close(&watch);
    ck_assert_int_eq(steal_watch_send(&watch, &value), -EPIPE);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 1);
    ck_assert_int_eq(steal_watch_try_next(&receiver, &value), 0);
    ck_assert_int_eq(value, 2);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), -EPIPE);
    ck_assert_int_eq(steal_watch_try_next(&receiver, &value), -EPIPE);
    ck_assert_int_eq(get(), 2);
}
END_TEST

static bool
add(void *at, void *arg)
{
    int *number = at;
    int *by = arg;

    *number += *by;
    return *number < 100;
}

START_TEST(function_changes_the_value_or_leaves_it)
{
    int by = 90;

    ck_assert_int_eq(steal_watch_modify(&watch, add, &by), 1);
    ck_assert_int_eq(steal_watch_modify(&watch, add, &by), 0);
    ck_assert_int_eq(steal_watch_try_next(&receiver, &value), 0);
    ck_assert_int_eq(value, 91);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 0);
    steal_watch_close(&watch);
    ck_assert_int_eq(steal_watch_modify(&watch, add, &by), -EPIPE);
    ck_assert_int_eq(get(), 91);
}
END_TEST

START_TEST(static_watch_begins_with_what_is_in_its_storage)
{
    static uint64_t cells[STEAL_WATCH_STORAGE(3)];
    static struct steal_watch fixed = STEAL_WATCH_INIT(cells, 3);
    char got[4] = "zzz";

    steal_watch_subscribe(&receiver, &fixed);
    steal_watch_get(&fixed, got);
    ck_assert_mem_eq(got, "\0\0\0", 4);
    ck_assert_int_eq(steal_watch_send(&fixed, "abc"), 0);
    ck_assert_int_eq(steal_watch_try_next(&receiver, got), 0);
    ck_assert_str_eq(got, "abc");
}
END_TEST

START_TEST(values_of_any_size_arrive_and_nothing_beside_them)
{
    uint64_t cells[STEAL_WATCH_STORAGE(40)];

    for (size_t size = 0; size <= 40; size++) {
        unsigned char sent[41];
        unsigned char got[41];

        memset(sent, 99, sizeof sent);
        steal_watch_init(&watch, cells, size, sent);
        for (int n = 0; n < 4; n++) {
            memset(got, 0, sizeof got);
            steal_watch_get(&watch, got);
            require(memcmp(sent, got, size) == 0);
            require(got[size] == 0);
            memset(sent, (int)size + n + 1, sizeof sent);
            require(steal_watch_send(&watch, sent) == 0);
        }
    }
}
END_TEST

/*
 * Waiting
 */

static struct steal_future *
begin_to_wait(void)
{
    struct steal_future *future;

    cx = meter_context(&meter);
    future = steal_watch_next(&changed, &receiver, &value);
    require(steal_future_poll(future, &cx) == STEAL_PENDING);
    require(load_acquire(&meter.refs) == 1);
    require(load_acquire(&meter.wakes) == 0);
    return future;
}

START_TEST(change_that_has_come_is_not_waited_for)
{
    send_one(2);
    cx = meter_context(&meter);
    expect_ready(steal_watch_changed(&changed, &receiver), 0);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 0);
}
END_TEST

START_TEST(send_wakes_who_waits_once)
{
    struct steal_future *future = begin_to_wait();

    send_one(2);
    send_one(3);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    expect_ready(future, 0);
    ck_assert_int_eq(value, 3);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 0);
}
END_TEST

START_TEST(only_a_change_wakes)
{
    struct steal_future *future = begin_to_wait();
    int by = 1000;

    ck_assert_int_eq(steal_watch_modify(&watch, add, &by), 0);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
    by = 1;
    ck_assert_int_eq(steal_watch_modify(&watch, add, &by), 1);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    expect_ready(future, 0);
    ck_assert_int_eq(value, 2);
}
END_TEST

START_TEST(close_wakes_who_waits)
{
    struct steal_future *future = begin_to_wait();

    steal_watch_close(&watch);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    expect_ready(future, -EPIPE);
}
END_TEST

START_TEST(dropping_a_wait_loses_no_change)
{
    struct steal_future *future = begin_to_wait();

    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    send_one(2);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 1);
}
END_TEST

START_TEST(dropping_a_wait_that_was_woken_loses_no_change)
{
    struct steal_future *future = begin_to_wait();

    send_one(2);
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 1);
}
END_TEST

START_TEST(future_that_was_not_polled_is_forgotten)
{
    steal_future_drop(steal_watch_changed(&changed, &receiver));
    send_one(2);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 1);
}
END_TEST

START_TEST(later_poll_changes_the_waker)
{
    struct steal_future *future = begin_to_wait();
    struct meter other = { 0 };
    struct steal_context other_cx = meter_context(&other);

    ck_assert(steal_future_poll(future, &cx) == STEAL_PENDING);
    ck_assert_int_eq(load_acquire(&meter.refs), 1);
    ck_assert(steal_future_poll(future, &other_cx) == STEAL_PENDING);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    ck_assert_int_eq(load_acquire(&other.refs), 1);
    send_one(2);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
    ck_assert_int_eq(load_acquire(&other.wakes), 1);
    ck_assert_int_eq(load_acquire(&other.refs), 0);
    expect_ready(future, 0);
}
END_TEST

static void
expect_no_wait(void (*fn)(void), int result)
{
    call_between(fn);
    expect_ready(steal_watch_next(&changed, &receiver, &value), result);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
}

static void
send_seven(void)
{
    send_one(7);
}

static void
close_watch(void)
{
    steal_watch_close(&watch);
}

START_TEST(change_that_comes_just_before_the_wait_is_seen)
{
    expect_no_wait(send_seven, 0);
    ck_assert_int_eq(value, 7);
}
END_TEST

START_TEST(end_that_comes_just_before_the_wait_is_seen)
{
    expect_no_wait(close_watch, -EPIPE);
}
END_TEST

/* It has seen the change by other means: it waits for the next one. */
START_TEST(wake_without_news_is_not_the_last)
{
    struct steal_future *future = begin_to_wait();

    send_one(2);
    ck_assert_int_eq(steal_watch_try_next(&receiver, &value), 0);
    ck_assert(steal_future_poll(future, &cx) == STEAL_PENDING);
    ck_assert_int_eq(load_acquire(&meter.refs), 1);
    send_one(3);
    ck_assert_int_eq(load_acquire(&meter.wakes), 2);
    expect_ready(future, 0);
}
END_TEST

/* Changes the value and sees it, as often as it can in its first poll; is ready
 * in the next. */
struct glutton {
    struct steal_future future;
    int first; /* how many that were */
};

static bool
change_one(struct steal_context *context)
{
    enum steal_poll poll;

    send_one(5);
    steal_watch_changed(&changed, &receiver);
    poll = steal_future_poll(&changed.future, context);
    steal_future_drop(&changed.future);
    return poll == STEAL_READY;
}

static enum steal_poll
glutton_poll(struct steal_future *future, struct steal_context *context)
{
    struct glutton *self = (struct glutton *)future;

    if (self->first) {
        future->result = self->first;
        return STEAL_READY;
    }
    while (change_one(context))
        self->first++;
    return STEAL_PENDING;
}

static const struct steal_future_ops glutton_ops = { .name = "glutton",
    .poll = glutton_poll };

START_TEST(changes_are_not_seen_without_end_in_one_poll)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct glutton glutton = { STEAL_FUTURE(&glutton_ops), 0 };

    ck_assert_int_eq(steal_block_on(runtime, &glutton.future), 128);
    ck_assert_int_eq(steal_watch_has_changed(&receiver), 1);
    runtime_end(runtime);
}
END_TEST

/*
 * Values that own something
 */

static uint64_t token_cells[STEAL_WATCH_STORAGE(sizeof(struct token *))];

static void
token_watch(void)
{
    struct token *token = token_new(0);

    steal_watch_init(&watch, token_cells, sizeof token, &token);
    steal_watch_own(&watch, token_copy, token_destroy, &copies);
    steal_watch_subscribe(&receiver, &watch);
}

static void
send_token(int number)
{
    struct token *token = token_new(number);

    require(steal_watch_send(&watch, &token) == 0);
}

START_TEST(value_is_destroyed_as_soon_as_it_is_replaced)
{
    struct token *token;

    token_watch();
    for (int i = 1; i < 5; i++) {
        send_token(i);
        ck_assert_int_eq(load_acquire(&ends), i);
    }
    ck_assert_int_eq(steal_watch_try_next(&receiver, &token), 0);
    ck_assert_int_eq(token->number, 4);
    ck_assert_int_eq(load_acquire(&copies), 1);
    steal_watch_fini(&watch);
    ck_assert_int_eq(load_acquire(&ends), 5);
    ck_assert_int_eq(load_acquire(&token->refs), 1);
    token_drop(token);
}
END_TEST

/* Replaces the token by another with the next number. */
static bool
next_token(void *at, void *arg)
{
    struct token *token;
    struct token *next;

    memcpy(&token, at, sizeof token);
    next = token_new(token->number + 1);
    token_drop(token);
    memcpy(at, &next, sizeof next);
    return *(bool *)arg;
}

START_TEST(function_owns_its_copy)
{
    struct token *token;
    bool yes = true;
    bool no = false;

    token_watch();
    ck_assert_int_eq(steal_watch_modify(&watch, next_token, &yes), 1);
    ck_assert_int_eq(steal_watch_modify(&watch, next_token, &no), 0);
    steal_watch_get(&watch, &token);
    ck_assert_int_eq(token->number, 1);
    token_drop(token);
    steal_watch_fini(&watch);
    ck_assert_int_eq(load_acquire(&copies), 3);
    ck_assert_int_eq(load_acquire(&ends), 3);
}
END_TEST

static void *
send_while_copying(void *arg)
{
    (void)arg;
    wait_until(load_acquire(&copying));
    send_token(1);
    return NULL;
}

START_TEST(value_lives_while_it_is_copied)
{
    struct token *token;
    pthread_t sender;

    store_release(&copying, false);
    token_watch();
    steal_watch_own(&watch, slow_copy, token_destroy, &copies);
    sender = start_thread(send_while_copying, NULL);
    steal_watch_get(&watch, &token);
    join_thread(sender);
    token_drop(token);
    steal_watch_fini(&watch);
    ck_assert_int_eq(load_acquire(&ends), 2);
}
END_TEST

static void *
send_tokens(void *arg)
{
    int n = scaled(20000);
    bool yes = true;

    (void)arg;
    for (int i = 0; i < n; i++)
        require(steal_watch_modify(&watch, next_token, &yes) == 1);
    return NULL;
}

/* The numbers grow; returns the last. */
static void *
read_tokens(void *arg)
{
    struct steal_watch_receiver own;
    struct token *token;
    int last = -1;
    int err;

    (void)arg;
    steal_watch_subscribe(&own, &watch);
    own.version--;
    while ((err = steal_watch_try_next(&own, &token)) != -EPIPE) {
        if (err)
            continue;
        require(token->number > last);
        last = token->number;
        token_drop(token);
    }
    return (void *)(intptr_t)last;
}

START_TEST(no_value_is_copied_after_its_end)
{
    pthread_t sender[2];
    pthread_t reader[2];
    void *last;

    token_watch();
    for (int i = 0; i < 2; i++) {
        reader[i] = start_thread(read_tokens, NULL);
        sender[i] = start_thread(send_tokens, NULL);
    }
    join_thread(sender[0]);
    join_thread(sender[1]);
    steal_watch_close(&watch);
    for (int i = 0; i < 2; i++) {
        require(pthread_join(reader[i], &last) == 0);
        ck_assert_int_eq((int)(intptr_t)last, 2 * scaled(20000));
    }
    steal_watch_fini(&watch);
    ck_assert_int_eq(load_acquire(&ends), 2 * scaled(20000) + 1);
}
END_TEST

/*
 * Many at the same time
 */

static uint64_t letter_cells[STEAL_WATCH_STORAGE(sizeof(struct letter))];

static void
letter_watch(void)
{
    struct letter letter = letter_make(0);

    steal_watch_init(&watch, letter_cells, sizeof letter, &letter);
}

static void *
read_letters(void *arg)
{
    struct steal_watch_receiver own;
    struct letter letter;
    uint64_t last = 0;
    int err;

    steal_watch_subscribe(&own, &watch);
    while ((err = steal_watch_try_next(&own, &letter)) != -EPIPE) {
        if (err)
            steal_watch_get(&watch, &letter);
        letter_check(&letter);
        require(letter.number >= last);
        last = letter.number;
    }
    *(uint64_t *)arg = last;
    return NULL;
}

static bool
next_letter(void *at, void *arg)
{
    struct letter *letter = at;

    (void)arg;
    letter_check(letter);
    *letter = letter_make(letter->number + 1);
    return true;
}

START_TEST(overwriting_while_reading_tears_no_value)
{
    uint64_t n = (uint64_t)scaled(300000);
    uint64_t last[2];
    pthread_t reader[2];

    letter_watch();
    reader[0] = start_thread(read_letters, &last[0]);
    reader[1] = start_thread(read_letters, &last[1]);
    for (uint64_t i = 1; i <= n; i++) {
        struct letter letter = letter_make(i);

        if (i % 2)
            require(steal_watch_send(&watch, &letter) == 0);
        else
            require(steal_watch_modify(&watch, next_letter, NULL) == 1);
    }
    steal_watch_close(&watch);
    for (int i = 0; i < 2; i++) {
        join_thread(reader[i]);
        ck_assert(last[i] == n || last[i] == 0); /* it began after the end */
    }
}
END_TEST

/* A task that gives its wait up now and then, and begins another. */
struct fickle {
    struct steal_future future;
    struct steal_watch_receiver receiver;
    struct steal_watch_changed changed;
    struct letter letter;
    struct rng rng;
    bool waits;
    uint64_t last;
    _Atomic(uint64_t) *heard; /* values at all receivers, if in step */
};

static void
fickle_look(struct fickle *self)
{
    letter_check(&self->letter);
    require(self->letter.number > self->last);
    self->last = self->letter.number;
    add_acq_rel(self->heard, 1);
}

static enum steal_poll
fickle_poll(struct steal_future *future, struct steal_context *context)
{
    struct fickle *self = (struct fickle *)future;
    struct steal_future *child = &self->changed.future;

    for (;;) {
        if (!self->waits)
            steal_watch_next(&self->changed, &self->receiver, &self->letter);
        self->waits = true;
        if (steal_future_poll(child, context) == STEAL_READY) {
            if (child->result == 0)
                fickle_look(self);
        } else if (rng_below(&self->rng, 3)) {
            return STEAL_PENDING;
        }
        self->waits = false;
        steal_future_drop(child);
        if (child->result == -EPIPE)
            break;
    }
    future->result = (int)self->last;
    return STEAL_READY;
}

static void
fickle_drop(struct steal_future *future)
{
    struct fickle *self = (struct fickle *)future;

    if (self->waits)
        steal_future_drop(&self->changed.future);
}

static const struct steal_future_ops fickle_ops = { .name = "fickle",
    .poll = fickle_poll,
    .drop = fickle_drop };

static struct steal_task *
spawn_fickle(struct steal_runtime *runtime, uint64_t seed,
        _Atomic(uint64_t) *heard)
{
    struct fickle fickle = { .future = STEAL_FUTURE(&fickle_ops),
        .heard = heard };
    struct steal_task *task = NULL;

    rng_init(&fickle.rng, SEED + seed);
    steal_watch_subscribe(&fickle.receiver, &watch);
    require(steal_spawn(runtime, &fickle.future, sizeof fickle, &task) == 0);
    return task;
}

/* `in_step`: the next value is sent when all have seen the last one. */
static void
run_fickle(bool in_step, int n)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct steal_task *task[20];
    _Atomic(uint64_t) heard = 0;

    letter_watch();
    for (uint64_t i = 0; i < LENGTH(task); i++)
        task[i] = spawn_fickle(runtime, i, &heard);
    for (uint64_t i = 1; i <= (uint64_t)n; i++) {
        struct letter letter = letter_make(i);

        require(steal_watch_send(&watch, &letter) == 0);
        if (in_step)
            wait_until(load_acquire(&heard) == LENGTH(task) * i);
    }
    steal_watch_close(&watch);
    for (size_t i = 0; i < LENGTH(task); i++)
        require(join_task(runtime, task[i]) == n);
    runtime_end(runtime);
}

START_TEST(tasks_that_give_up_and_wait_again_miss_no_wake_up)
{
    run_fickle(true, scaled(10000));
}
END_TEST

START_TEST(tasks_see_the_last_value_of_a_fast_sender)
{
    run_fickle(false, scaled(40000));
}
END_TEST

START_TEST(aborted_tasks_leave)
{
    struct steal_runtime *runtime = runtime_start(2);
    _Atomic(uint64_t) heard = 0;

    letter_watch();
    for (int round = 0; round < scaled(300); round++) {
        struct steal_task *task[10];

        for (uint64_t i = 0; i < LENGTH(task); i++)
            task[i] = spawn_fickle(runtime, i, &heard);
        if (round % 2)
            require(steal_watch_modify(&watch, next_letter, NULL) == 1);
        for (size_t i = 0; i < LENGTH(task); i++)
            steal_task_abort(task[i]);
        for (size_t i = 0; i < LENGTH(task); i++)
            require(join_task(runtime, task[i]) == -ECANCELED);
        require(steal_watch_modify(&watch, next_letter, NULL) == 1);
    }
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        latest_value_is_what_all_get,
        value_is_new_until_it_was_taken,
        receiver_may_ask_for_what_it_has_seen,
        last_value_is_seen_after_the_end,
        function_changes_the_value_or_leaves_it,
        static_watch_begins_with_what_is_in_its_storage,
        values_of_any_size_arrive_and_nothing_beside_them,
        change_that_has_come_is_not_waited_for,
        send_wakes_who_waits_once,
        only_a_change_wakes,
        close_wakes_who_waits,
        dropping_a_wait_loses_no_change,
        dropping_a_wait_that_was_woken_loses_no_change,
        future_that_was_not_polled_is_forgotten,
        later_poll_changes_the_waker,
        change_that_comes_just_before_the_wait_is_seen,
        end_that_comes_just_before_the_wait_is_seen,
        wake_without_news_is_not_the_last,
        changes_are_not_seen_without_end_in_one_poll,
        value_is_destroyed_as_soon_as_it_is_replaced,
        function_owns_its_copy,
        value_lives_while_it_is_copied,
        no_value_is_copied_after_its_end,
        overwriting_while_reading_tears_no_value,
        tasks_that_give_up_and_wait_again_miss_no_wake_up,
        tasks_see_the_last_value_of_a_fast_sender,
        aborted_tasks_leave,
    };

    return run_suite_with("watch", reset, tests, LENGTH(tests));
}
