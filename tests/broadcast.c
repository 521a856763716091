/*
 * tests/broadcast.c - every receiver gets every message.
 */
#include <steal/broadcast.h>

#include "../src/base/rand.h"
#include "values.h"

#define SEED     UINT64_C(20241122)
#define CAPACITY 4

static uint64_t storage[STEAL_BROADCAST_STORAGE(sizeof(int), CAPACITY)];
static struct steal_broadcast channel;
static struct steal_broadcast_receiver receiver;
static struct steal_broadcast_receive receive;
static int message;

static void
reset(void)
{
    values_reset();
    memset(storage, 0xff, sizeof storage);
    steal_broadcast_init(&channel, storage, sizeof(int), CAPACITY);
}

/* Sends the numbers from `first` up to and without `end`. */
static void
send_range(int first, int end)
{
    for (; first < end; first++)
        require(steal_broadcast_send(&channel, &first) >= 0);
}

static void
expect(struct steal_broadcast_receiver *from, int expected)
{
    int got = -1;

    require(steal_broadcast_try_receive(from, &got) == 0);
    require(got == expected);
}

static void
expect_error(struct steal_broadcast_receiver *from, int err)
{
    int got;

    require(steal_broadcast_try_receive(from, &got) == err);
}

/*
 * Sending and receiving
 */

START_TEST(receivers_get_all_that_is_sent_after_they_subscribed)
{
    struct steal_broadcast_receiver early;
    struct steal_broadcast_receiver late;

    steal_broadcast_subscribe(&early, &channel);
    send_range(1, 3);
    steal_broadcast_subscribe(&late, &channel);
    send_range(3, 4);
    for (int i = 1; i < 4; i++)
        expect(&early, i);
    expect(&late, 3);
    expect_error(&early, -EAGAIN);
    expect_error(&late, -EAGAIN);
}
END_TEST

START_TEST(send_tells_how_many_receive)
{
    struct steal_broadcast_receiver two[2];

    ck_assert_int_eq(steal_broadcast_send(&channel, &message), 0);
    steal_broadcast_subscribe(&two[0], &channel);
    steal_broadcast_subscribe(&two[1], &channel);
    ck_assert_int_eq(steal_broadcast_send(&channel, &message), 2);
    steal_broadcast_unsubscribe(&two[0]);
    ck_assert_int_eq(steal_broadcast_send(&channel, &message), 1);
    steal_broadcast_unsubscribe(&two[1]);
    ck_assert_int_eq(steal_broadcast_send(&channel, &message), 0);
}
END_TEST

static void
lag_by(uint32_t capacity, int excess)
{
    uint64_t cells[STEAL_BROADCAST_STORAGE(sizeof(int), 8)];
    int n = (int)capacity + excess;

    steal_broadcast_init(&channel, cells, sizeof(int), capacity);
    send_range(0, 5); /* it may start in the middle of the ring */
    steal_broadcast_subscribe(&receiver, &channel);
    send_range(0, n);
    if (excess > 0) {
        expect_error(&receiver, -EOVERFLOW);
        ck_assert_uint_eq(receiver.missed, (unsigned)excess);
    }
    for (int i = excess; i < n; i++)
        expect(&receiver, i);
    expect_error(&receiver, -EAGAIN);
}

START_TEST(lagging_receiver_is_told_and_goes_on_with_the_oldest)
{
    for (uint32_t capacity = 1; capacity <= 8; capacity++) {
        for (int excess = 0; excess < 20; excess++)
            lag_by(capacity, excess);
    }
}
END_TEST

START_TEST(closed_channel_is_read_to_its_end)
{
    struct steal_broadcast_receiver late;

    steal_broadcast_subscribe(&receiver, &channel);
    send_range(1, 3);
    steal_broadcast_close(&channel);
    steal_broadcast_close(&channel);
    ck_assert_int_eq(steal_broadcast_send(&channel, &message), -EPIPE);
    expect(&receiver, 1);
    expect(&receiver, 2);
    expect_error(&receiver, -EPIPE);
    expect_error(&receiver, -EPIPE);
    steal_broadcast_subscribe(&late, &channel);
    expect_error(&late, -EPIPE);
}
END_TEST

START_TEST(static_channel_needs_no_call)
{
    static uint64_t cells[STEAL_BROADCAST_STORAGE(1, 2)];
    static struct steal_broadcast fixed = STEAL_BROADCAST_INIT(cells, 1, 2);
    char letter = 0;

    steal_broadcast_subscribe(&receiver, &fixed);
    ck_assert_int_eq(steal_broadcast_send(&fixed, "x"), 1);
    ck_assert_int_eq(steal_broadcast_try_receive(&receiver, &letter), 0);
    ck_assert_int_eq(letter, 'x');
}
END_TEST

START_TEST(messages_of_any_size_arrive_and_nothing_beside_them)
{
    uint64_t cells[STEAL_BROADCAST_STORAGE(40, 3)];

    for (size_t size = 0; size <= 40; size++) {
        unsigned char sent[41];
        unsigned char got[41];

        steal_broadcast_init(&channel, cells, size, 3);
        steal_broadcast_subscribe(&receiver, &channel);
        for (int n = 0; n < 4; n++) {
            memset(sent, (int)size + n + 1, sizeof sent);
            memset(got, 0, sizeof got);
            require(steal_broadcast_send(&channel, sent) == 1);
            require(steal_broadcast_try_receive(&receiver, got) == 0);
            require(memcmp(sent, got, size) == 0);
            require(got[size] == 0);
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
    steal_broadcast_subscribe(&receiver, &channel);
    future = steal_broadcast_receive(&receive, &receiver, &message);
    require(steal_future_poll(future, &cx) == STEAL_PENDING);
    require(load_acquire(&meter.refs) == 1);
    require(load_acquire(&meter.wakes) == 0);
    return future;
}

START_TEST(message_that_is_there_is_not_waited_for)
{
    struct steal_future *future;

    cx = meter_context(&meter);
    steal_broadcast_subscribe(&receiver, &channel);
    send_range(5, 6);
    future = steal_broadcast_receive(&receive, &receiver, &message);
    expect_ready(future, 0);
    ck_assert_int_eq(message, 5);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
}
END_TEST

START_TEST(send_wakes_who_waits_once)
{
    struct steal_future *future = begin_to_wait();

    send_range(5, 8);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    expect_ready(future, 0);
    ck_assert_int_eq(message, 5);
    expect(&receiver, 6);
    expect(&receiver, 7);
}
END_TEST

START_TEST(close_wakes_who_waits)
{
    struct steal_future *future = begin_to_wait();

    steal_broadcast_close(&channel);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    expect_ready(future, -EPIPE);
}
END_TEST

START_TEST(receiver_that_lags_while_it_waits_is_told)
{
    struct steal_future *future = begin_to_wait();

    send_range(0, CAPACITY + 3);
    expect_ready(future, -EOVERFLOW);
    ck_assert_uint_eq(receiver.missed, 3);
    expect(&receiver, 3);
}
END_TEST

START_TEST(dropping_a_wait_loses_no_message)
{
    struct steal_future *future = begin_to_wait();

    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    send_range(5, 6);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
    expect(&receiver, 5);
}
END_TEST

START_TEST(dropping_a_wait_that_was_woken_loses_no_message)
{
    struct steal_future *future = begin_to_wait();

    send_range(5, 6);
    steal_future_drop(future);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    expect(&receiver, 5);
}
END_TEST

START_TEST(future_that_was_not_polled_is_forgotten)
{
    steal_broadcast_subscribe(&receiver, &channel);
    steal_future_drop(steal_broadcast_receive(&receive, &receiver, &message));
    send_range(5, 6);
    expect(&receiver, 5);
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
    send_range(5, 6);
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
    steal_broadcast_subscribe(&receiver, &channel);
    expect_ready(steal_broadcast_receive(&receive, &receiver, &message),
            result);
    ck_assert_int_eq(load_acquire(&meter.wakes), 0);
}

static void
send_seven(void)
{
    send_range(7, 8);
}

static void
close_channel(void)
{
    steal_broadcast_close(&channel);
}

START_TEST(message_that_comes_just_before_the_wait_is_seen)
{
    expect_no_wait(send_seven, 0);
    ck_assert_int_eq(message, 7);
}
END_TEST

START_TEST(end_that_comes_just_before_the_wait_is_seen)
{
    expect_no_wait(close_channel, -EPIPE);
}
END_TEST

/* More than are woken at once, and of a foreign executor. */
START_TEST(all_who_wait_are_woken)
{
    enum {
        MANY = 1000
    };
    struct steal_broadcast_receiver *one = calloc(MANY, sizeof *one);
    struct steal_broadcast_receive *wait = calloc(MANY, sizeof *wait);
    int *got = calloc(MANY, sizeof *got);

    require(one && wait && got);
    cx = meter_context(&meter);
    for (int i = 0; i < MANY; i++) {
        steal_broadcast_subscribe(&one[i], &channel);
        steal_broadcast_receive(&wait[i], &one[i], &got[i]);
        require(steal_future_poll(&wait[i].future, &cx) == STEAL_PENDING);
    }
    for (int i = 0; i < MANY; i += 3)
        steal_future_drop(&wait[i].future);
    send_range(5, 6);
    ck_assert_int_eq(load_acquire(&meter.wakes), MANY - (MANY + 2) / 3);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    for (int i = 0; i < MANY; i++) {
        if (i % 3)
            expect_ready(&wait[i].future, 0);
        else
            expect(&one[i], 5);
    }
    free(one);
    free(wait);
    free(got);
}
END_TEST

static bool
receive_one(struct steal_context *context)
{
    enum steal_poll poll;

    steal_broadcast_receive(&receive, &receiver, &message);
    poll = steal_future_poll(&receive.future, context);
    steal_future_drop(&receive.future);
    return poll == STEAL_READY;
}

/* Receives as often as it can in its first poll, and is ready in the next. */
struct glutton {
    struct steal_future future;
    int first; /* how many that were */
};

static enum steal_poll
glutton_poll(struct steal_future *future, struct steal_context *context)
{
    struct glutton *self = (struct glutton *)future;

    if (self->first) {
        future->result = self->first;
        return STEAL_READY;
    }
    while (receive_one(context))
        self->first++;
    return STEAL_PENDING;
}

static const struct steal_future_ops glutton_ops = { .name = "glutton",
    .poll = glutton_poll };

START_TEST(full_channel_is_not_read_without_end_in_one_poll)
{
    uint64_t cells[STEAL_BROADCAST_STORAGE(sizeof(int), 1000)];
    struct steal_runtime *runtime = runtime_start(1);
    struct glutton glutton = { STEAL_FUTURE(&glutton_ops), 0 };

    steal_broadcast_init(&channel, cells, sizeof(int), 1000);
    steal_broadcast_subscribe(&receiver, &channel);
    send_range(0, 1000);
    ck_assert_int_eq(steal_block_on(runtime, &glutton.future), 128);
    expect(&receiver, 128);
    runtime_end(runtime);
}
END_TEST

/*
 * Messages that own something
 */

static uint64_t token_cells[STEAL_BROADCAST_STORAGE(sizeof(struct token *), 3)];

static void
token_channel(void)
{
    steal_broadcast_init(&channel, token_cells, sizeof(struct token *), 3);
    steal_broadcast_own(&channel, token_copy, token_destroy, &copies);
}

START_TEST(messages_are_destroyed_when_overwritten_and_at_the_end)
{
    struct steal_broadcast_receiver two[2];
    struct token *token;

    token_channel();
    steal_broadcast_subscribe(&two[0], &channel);
    steal_broadcast_subscribe(&two[1], &channel);
    for (int i = 0; i < 5; i++) {
        token = token_new(0);
        ck_assert_int_eq(steal_broadcast_send(&channel, &token), 2);
        ck_assert_int_eq(load_acquire(&ends), i < 3 ? 0 : i - 2);
    }
    ck_assert_int_eq(steal_broadcast_try_receive(&two[0], &token), -EOVERFLOW);
    ck_assert_uint_eq(two[0].missed, 2);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(steal_broadcast_try_receive(&two[0], &token), 0);
        token_drop(token);
    }
    ck_assert_int_eq(steal_broadcast_try_receive(&two[0], &token), -EAGAIN);
    ck_assert_int_eq(load_acquire(&copies), 3);
    steal_broadcast_fini(&channel);
    ck_assert_int_eq(load_acquire(&ends), 5);
}
END_TEST

START_TEST(message_without_receivers_is_destroyed_too)
{
    struct token *token = token_new(0);

    token_channel();
    ck_assert_int_eq(steal_broadcast_send(&channel, &token), 0);
    steal_broadcast_close(&channel);
    token = token_new(0);
    ck_assert_int_eq(steal_broadcast_send(&channel, &token), -EPIPE);
    token_drop(token); /* still ours */
    steal_broadcast_fini(&channel);
    ck_assert_int_eq(load_acquire(&ends), 1);
}
END_TEST

static void *
send_while_copying(void *arg)
{
    struct token *token = token_new(0);

    (void)arg;
    wait_until(load_acquire(&copying));
    require(steal_broadcast_send(&channel, &token) == 1);
    return NULL;
}

START_TEST(message_lives_while_it_is_copied)
{
    struct token *token = token_new(0);
    pthread_t sender;

    store_release(&copying, false);
    steal_broadcast_init(&channel, token_cells, sizeof token, 1);
    steal_broadcast_own(&channel, slow_copy, token_destroy, &copies);
    steal_broadcast_subscribe(&receiver, &channel);
    ck_assert_int_eq(steal_broadcast_send(&channel, &token), 1);
    sender = start_thread(send_while_copying, NULL);
    ck_assert_int_eq(steal_broadcast_try_receive(&receiver, &token), 0);
    join_thread(sender);
    token_drop(token);
    steal_broadcast_fini(&channel);
    ck_assert_int_eq(load_acquire(&ends), 2);
}
END_TEST

static void *
send_tokens(void *arg)
{
    int n = scaled(20000);

    (void)arg;
    for (int i = 0; i < n; i++) {
        struct token *token = token_new(0);

        require(steal_broadcast_send(&channel, &token) >= 0);
    }
    return NULL;
}

/* Until the end; returns how many were sent since. */
static void *
read_tokens(void *arg)
{
    struct steal_broadcast_receiver *own = arg;
    uint64_t n = 0;
    struct token *token;
    int err;

    while ((err = steal_broadcast_try_receive(own, &token)) != -EPIPE) {
        if (err == 0) {
            require(load_acquire(&token->refs) > 0);
            token_drop(token);
            n++;
        } else if (err == -EOVERFLOW) {
            n += own->missed;
        }
    }
    return (void *)(uintptr_t)n;
}

START_TEST(no_message_is_copied_after_its_end)
{
    struct steal_broadcast_receiver own[2];
    pthread_t sender[2];
    pthread_t reader[2];
    void *n;

    token_channel();
    for (int i = 0; i < 2; i++) {
        steal_broadcast_subscribe(&own[i], &channel);
        reader[i] = start_thread(read_tokens, &own[i]);
    }
    for (int i = 0; i < 2; i++)
        sender[i] = start_thread(send_tokens, NULL);
    join_thread(sender[0]);
    join_thread(sender[1]);
    steal_broadcast_close(&channel);
    for (int i = 0; i < 2; i++) {
        require(pthread_join(reader[i], &n) == 0);
        ck_assert_int_eq((int)(uintptr_t)n, 2 * scaled(20000));
    }
    steal_broadcast_fini(&channel);
    ck_assert_int_eq(load_acquire(&ends), 2 * scaled(20000));
}
END_TEST

/*
 * Many at the same time
 */

static uint64_t letter_cells[STEAL_BROADCAST_STORAGE(sizeof(struct letter), 5)];

/* Counts what it gets and what it misses, until the end; the numbers are those
 * that one sender has given. */
struct count {
    struct steal_broadcast_receiver receiver;
    uint64_t n;
};

static void
count_result(struct count *count, int result, const struct letter *letter)
{
    if (result == 0) {
        letter_check(letter);
        require(letter->number == count->n);
        count->n++;
    } else if (result == -EOVERFLOW) {
        require(count->receiver.missed > 0);
        count->n += count->receiver.missed;
    }
}

static void *
read_letters(void *arg)
{
    struct count *count = arg;
    struct letter letter;
    int err;

    do {
        err = steal_broadcast_try_receive(&count->receiver, &letter);
        count_result(count, err, &letter);
    } while (err != -EPIPE);
    return NULL;
}

static void
overwrite_while_reading(uint32_t capacity)
{
    struct count count[2] = { 0 };
    pthread_t reader[2];
    uint64_t n = (uint64_t)scaled(200000);

    steal_broadcast_init(&channel, letter_cells, sizeof(struct letter),
            capacity);
    for (int i = 0; i < 2; i++) {
        steal_broadcast_subscribe(&count[i].receiver, &channel);
        reader[i] = start_thread(read_letters, &count[i]);
    }
    for (uint64_t i = 0; i < n; i++) {
        struct letter letter = letter_make(i);

        require(steal_broadcast_send(&channel, &letter) == 2);
    }
    steal_broadcast_close(&channel);
    for (int i = 0; i < 2; i++) {
        join_thread(reader[i]);
        ck_assert_uint_eq(count[i].n, n);
    }
}

START_TEST(overwriting_while_reading_tears_no_message)
{
    overwrite_while_reading(1);
    overwrite_while_reading(5);
}
END_TEST

/* A task that gives its wait up now and then, and begins another. */
struct fickle {
    struct steal_future future;
    struct count count;
    struct steal_broadcast_receive receive;
    struct letter letter;
    struct rng rng;
    bool waits;
    _Atomic(uint64_t) *heard; /* messages at all receivers, if in step */
};

static enum steal_poll
fickle_poll(struct steal_future *future, struct steal_context *context)
{
    struct fickle *self = (struct fickle *)future;
    struct steal_future *child = &self->receive.future;

    for (;;) {
        if (!self->waits)
            steal_broadcast_receive(&self->receive, &self->count.receiver,
                    &self->letter);
        self->waits = true;
        if (steal_future_poll(child, context) == STEAL_PENDING) {
            if (rng_below(&self->rng, 3))
                return STEAL_PENDING;
        } else {
            count_result(&self->count, child->result, &self->letter);
            if (child->result == 0)
                add_acq_rel(self->heard, 1);
        }
        self->waits = false;
        steal_future_drop(child);
        if (child->result == -EPIPE)
            break;
    }
    future->result = (int)self->count.n;
    return STEAL_READY;
}

static void
fickle_drop(struct steal_future *future)
{
    struct fickle *self = (struct fickle *)future;

    if (self->waits)
        steal_future_drop(&self->receive.future);
    steal_broadcast_unsubscribe(&self->count.receiver);
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
    steal_broadcast_subscribe(&fickle.count.receiver, &channel);
    require(steal_spawn(runtime, &fickle.future, sizeof fickle, &task) == 0);
    return task;
}

/* `in_step`: the next message is sent when all have got the last one. */
static void
run_fickle(bool in_step, int n)
{
    enum {
        TASKS = 20
    };
    struct steal_runtime *runtime = runtime_start(2);
    struct steal_task *task[TASKS];
    _Atomic(uint64_t) heard = 0;

    steal_broadcast_init(&channel, letter_cells, sizeof(struct letter), 5);
    for (uint64_t i = 0; i < TASKS; i++)
        task[i] = spawn_fickle(runtime, i, &heard);
    for (int i = 0; i < n; i++) {
        struct letter letter = letter_make((uint64_t)i);

        require(steal_broadcast_send(&channel, &letter) == TASKS);
        if (in_step)
            wait_until(load_acquire(&heard) == TASKS * (uint64_t)(i + 1));
    }
    steal_broadcast_close(&channel);
    for (int i = 0; i < TASKS; i++)
        require(join_task(runtime, task[i]) == n);
    runtime_end(runtime);
}

START_TEST(tasks_that_give_up_and_wait_again_miss_no_wake_up)
{
    run_fickle(true, scaled(10000));
}
END_TEST

START_TEST(tasks_account_for_every_message_of_a_fast_sender)
{
    run_fickle(false, scaled(40000));
}
END_TEST

START_TEST(aborted_tasks_leave)
{
    struct steal_runtime *runtime = runtime_start(2);
    _Atomic(uint64_t) heard = 0;
    struct letter letter = letter_make(0);

    steal_broadcast_init(&channel, letter_cells, sizeof letter, 5);
    for (int round = 0; round < scaled(300); round++) {
        struct steal_task *task[10];

        for (uint64_t i = 0; i < LENGTH(task); i++)
            task[i] = spawn_fickle(runtime, i, &heard);
        if (round % 2)
            require(steal_broadcast_send(&channel, &letter) == LENGTH(task));
        for (size_t i = 0; i < LENGTH(task); i++)
            steal_task_abort(task[i]);
        for (size_t i = 0; i < LENGTH(task); i++)
            require(join_task(runtime, task[i]) == -ECANCELED);
        require(steal_broadcast_send(&channel, &letter) == 0);
    }
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        receivers_get_all_that_is_sent_after_they_subscribed,
        send_tells_how_many_receive,
        lagging_receiver_is_told_and_goes_on_with_the_oldest,
        closed_channel_is_read_to_its_end,
        static_channel_needs_no_call,
        messages_of_any_size_arrive_and_nothing_beside_them,
        message_that_is_there_is_not_waited_for,
        send_wakes_who_waits_once,
        close_wakes_who_waits,
        receiver_that_lags_while_it_waits_is_told,
        dropping_a_wait_loses_no_message,
        dropping_a_wait_that_was_woken_loses_no_message,
        future_that_was_not_polled_is_forgotten,
        later_poll_changes_the_waker,
        message_that_comes_just_before_the_wait_is_seen,
        end_that_comes_just_before_the_wait_is_seen,
        all_who_wait_are_woken,
        full_channel_is_not_read_without_end_in_one_poll,
        messages_are_destroyed_when_overwritten_and_at_the_end,
        message_without_receivers_is_destroyed_too,
        message_lives_while_it_is_copied,
        no_message_is_copied_after_its_end,
        overwriting_while_reading_tears_no_message,
        tasks_that_give_up_and_wait_again_miss_no_wake_up,
        tasks_account_for_every_message_of_a_fast_sender,
        aborted_tasks_leave,
    };

    return run_suite_with("broadcast", reset, tests, LENGTH(tests));
}
