/*
 * tests/oneshot.c - one value, and the two halves in all orders.
 */
#include <steal/oneshot.h>

#include "../src/task/budget.h"
#include "failing.h"
#include "hands.h"

#define VALUE 0x1122334455667788

static int destroyed;
static void *destroyed_last;

static void
count_destroyed(void *value)
{
    destroyed++;
    destroyed_last = value;
}

static void
reset(void)
{
    hands_reset();
    destroyed = 0;
}

/*
 * Each test runs with a oneshot that frees itself, and with one in storage that
 * is freed as soon as it may be: a race detector and valgrind look on.
 */

enum kind {
    OWNED,
    LENT,
    KINDS
};

static struct steal_oneshot *
begin(enum kind kind)
{
    struct steal_oneshot *oneshot = NULL;

    if (kind == OWNED) {
        ck_assert_int_eq(steal_oneshot_new(&oneshot, sizeof(uint64_t)), 0);
    } else {
        char *block = malloc(sizeof *oneshot + sizeof(uint64_t));

        oneshot = (struct steal_oneshot *)(void *)block;
        steal_oneshot_init(oneshot, block + sizeof *oneshot, sizeof(uint64_t));
    }
    steal_oneshot_set_destroy(oneshot, count_destroyed);
    return oneshot;
}

/* Both halves are given back. */
static void
end(enum kind kind, struct steal_oneshot *oneshot)
{
    if (kind == LENT)
        free(oneshot);
    assert_hands_free();
}

static void
send_value(struct steal_oneshot *oneshot)
{
    const uint64_t value = VALUE;

    ck_assert_int_eq(steal_oneshot_send(oneshot, &value), 0);
}

static void
assert_value(const struct steal_oneshot *oneshot)
{
    uint64_t value;

    memcpy(&value, steal_oneshot_value(oneshot), sizeof value);
    ck_assert_uint_eq(value, VALUE);
}

static void
assert_received(struct steal_oneshot *oneshot)
{
    ck_assert_int_eq(steal_oneshot_try_receive(oneshot), 0);
    assert_value(oneshot);
}

#define TEST_OF_BOTH(name)                         \
 static void name##_of(enum kind kind);            \
 START_TEST(name)                                  \
 {                                                 \
  for (enum kind kind = 0; kind < KINDS; kind++) { \
   reset();                                        \
   name##_of(kind);                                \
  }                                                \
 }                                                 \
 END_TEST                                          \
 static void name##_of(enum kind kind)

TEST_OF_BOTH(value_that_was_sent_is_received)
{
    struct steal_oneshot *oneshot = begin(kind);

    ck_assert_int_eq(steal_oneshot_try_receive(oneshot), -EAGAIN);
    ck_assert(!steal_oneshot_is_closed(oneshot));
    send_value(oneshot);
    assert_received(oneshot);
    assert_received(oneshot); /* it stays where it is */
    steal_oneshot_close(oneshot);
    ck_assert_int_eq(destroyed, 0);
    end(kind, oneshot);
}

TEST_OF_BOTH(value_that_is_there_does_not_make_wait)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;

    send_value(oneshot);
    assert_ready(0, steal_oneshot_receive(&wait, oneshot), 0);
    steal_future_drop(&wait.future);
    assert_value(oneshot);
    steal_oneshot_close(oneshot);
    ck_assert_int_eq(destroyed, 0);
    end(kind, oneshot);
}

TEST_OF_BOTH(send_wakes_the_receiver)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;

    assert_poll(0, steal_oneshot_receive(&wait, oneshot), PENDING);
    assert_poll(0, &wait.future, PENDING);
    send_value(oneshot);
    assert_woken(0, 1);
    assert_ready(0, &wait.future, 0);
    assert_value(oneshot);
    steal_oneshot_close(oneshot);
    ck_assert_int_eq(destroyed, 0);
    end(kind, oneshot);
}

TEST_OF_BOTH(receiver_of_an_abandoned_one_gets_nothing)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;

    steal_oneshot_abandon(oneshot);
    ck_assert_int_eq(steal_oneshot_try_receive(oneshot), -EPIPE);
    assert_ready(0, steal_oneshot_receive(&wait, oneshot), -EPIPE);
    steal_oneshot_close(oneshot);
    ck_assert_int_eq(destroyed, 0);
    end(kind, oneshot);
}

TEST_OF_BOTH(abandoning_wakes_the_receiver)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;

    assert_poll(0, steal_oneshot_receive(&wait, oneshot), PENDING);
    steal_oneshot_abandon(oneshot);
    assert_woken(0, 1);
    assert_ready(0, &wait.future, -EPIPE);
    steal_oneshot_close(oneshot);
    end(kind, oneshot);
}

TEST_OF_BOTH(sender_learns_that_the_receiver_has_closed)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;
    const uint64_t value = VALUE;

    steal_oneshot_close(oneshot);
    ck_assert(steal_oneshot_is_closed(oneshot));
    assert_ready(0, steal_oneshot_closed(&wait, oneshot), 0);
    ck_assert_int_eq(steal_oneshot_send(oneshot, &value), -EPIPE);
    ck_assert_int_eq(destroyed, 0); /* the value is still the caller's */
    end(kind, oneshot);
}

TEST_OF_BOTH(close_wakes_the_sender)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;

    assert_poll(0, steal_oneshot_closed(&wait, oneshot), PENDING);
    assert_poll(0, &wait.future, PENDING);
    steal_oneshot_close(oneshot);
    assert_woken(0, 1);
    assert_ready(0, &wait.future, 0);
    steal_oneshot_abandon(oneshot);
    ck_assert_int_eq(destroyed, 0);
    end(kind, oneshot);
}

TEST_OF_BOTH(both_may_give_up)
{
    struct steal_oneshot *oneshot = begin(kind);

    steal_oneshot_abandon(oneshot);
    steal_oneshot_close(oneshot);
    end(kind, oneshot);
    oneshot = begin(kind);
    steal_oneshot_close(oneshot);
    steal_oneshot_abandon(oneshot);
    end(kind, oneshot);
    ck_assert_int_eq(destroyed, 0);
}

TEST_OF_BOTH(value_that_nobody_received_is_destroyed_once)
{
    struct steal_oneshot *oneshot = begin(kind);
    void *value = steal_oneshot_value(oneshot);

    send_value(oneshot);
    steal_oneshot_close(oneshot);
    ck_assert_int_eq(destroyed, 1);
    ck_assert_ptr_eq(destroyed_last, value);
    end(kind, oneshot);
}

TEST_OF_BOTH(both_may_wait_at_the_same_time)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait receive;
    struct steal_oneshot_wait closed;

    assert_poll(0, steal_oneshot_receive(&receive, oneshot), PENDING);
    assert_poll(1, steal_oneshot_closed(&closed, oneshot), PENDING);
    steal_future_drop(&closed.future);
    send_value(oneshot);
    assert_woken(0, 1);
    assert_woken(1, 0);
    assert_ready(0, &receive.future, 0);
    steal_oneshot_close(oneshot);
    end(kind, oneshot);
}

/*
 * Drop
 */

TEST_OF_BOTH(waits_that_are_not_polled_change_nothing)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;

    steal_future_drop(steal_oneshot_receive(&wait, oneshot));
    steal_future_drop(steal_oneshot_closed(&wait, oneshot));
    send_value(oneshot);
    assert_received(oneshot);
    steal_oneshot_close(oneshot);
    end(kind, oneshot);
}

TEST_OF_BOTH(receiver_that_was_dropped_may_wait_again)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;

    assert_poll(0, steal_oneshot_receive(&wait, oneshot), PENDING);
    steal_future_drop(&wait.future);
    assert_hands_free();
    assert_poll(1, steal_oneshot_receive(&wait, oneshot), PENDING);
    send_value(oneshot);
    assert_woken(0, 0);
    assert_woken(1, 1);
    steal_future_drop(&wait.future); /* woken, and has not looked */
    assert_ready(2, steal_oneshot_receive(&wait, oneshot), 0);
    assert_value(oneshot);
    steal_oneshot_close(oneshot);
    ck_assert_int_eq(destroyed, 0);
    end(kind, oneshot);
}

TEST_OF_BOTH(value_of_a_dropped_receive_is_destroyed)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;

    assert_poll(0, steal_oneshot_receive(&wait, oneshot), PENDING);
    send_value(oneshot);
    steal_future_drop(&wait.future);
    steal_oneshot_close(oneshot);
    ck_assert_int_eq(destroyed, 1);
    end(kind, oneshot);
}

TEST_OF_BOTH(sender_that_was_dropped_may_wait_again)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;

    assert_poll(0, steal_oneshot_closed(&wait, oneshot), PENDING);
    steal_future_drop(&wait.future);
    assert_hands_free();
    assert_poll(1, steal_oneshot_closed(&wait, oneshot), PENDING);
    steal_oneshot_close(oneshot);
    assert_woken(0, 0);
    assert_woken(1, 1);
    steal_future_drop(&wait.future);
    assert_ready(2, steal_oneshot_closed(&wait, oneshot), 0);
    steal_oneshot_abandon(oneshot);
    end(kind, oneshot);
}

TEST_OF_BOTH(last_waker_is_the_one_that_counts)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;

    assert_poll(0, steal_oneshot_receive(&wait, oneshot), PENDING);
    assert_poll(1, &wait.future, PENDING);
    ck_assert_int_eq(load_acquire(&hand_meter[0].refs), 0);
    send_value(oneshot);
    assert_woken(0, 0);
    assert_woken(1, 1);
    assert_ready(1, &wait.future, 0);
    steal_oneshot_close(oneshot);
    end(kind, oneshot);
}

/*
 * Memory
 */

static int
count_blocks(void)
{
    return load_acquire(&failing.blocks);
}

/* Without ck_assert(), which uses memory itself. */
static struct steal_oneshot *
begin_counted(void)
{
    struct steal_oneshot *oneshot = NULL;

    failing_begin(0);
    require(steal_oneshot_new(&oneshot, sizeof(uint64_t)) == 0);
    require(count_blocks() == 1);
    return oneshot;
}

static void
end_counted(void)
{
    require(count_blocks() == 0);
    failing_end();
}

START_TEST(what_frees_itself_goes_with_the_second_half)
{
    const uint64_t value = VALUE;
    struct steal_oneshot *oneshot = begin_counted();

    require(steal_oneshot_send(oneshot, &value) == 0);
    require(steal_oneshot_try_receive(oneshot) == 0);
    require(count_blocks() == 1);
    steal_oneshot_close(oneshot);
    end_counted();

    oneshot = begin_counted();
    steal_oneshot_close(oneshot);
    require(count_blocks() == 1);
    require(steal_oneshot_send(oneshot, &value) == -EPIPE);
    end_counted();

    oneshot = begin_counted();
    steal_oneshot_abandon(oneshot);
    require(count_blocks() == 1);
    steal_oneshot_close(oneshot);
    end_counted();

    oneshot = begin_counted();
    steal_oneshot_close(oneshot);
    require(count_blocks() == 1);
    steal_oneshot_abandon(oneshot);
    end_counted();
}
END_TEST

START_TEST(there_may_be_no_memory)
{
    struct steal_oneshot *oneshot = NULL;

    failing_begin(1);
    failing_arm(true);
    require(steal_oneshot_new(&oneshot, sizeof(uint64_t)) == -ENOMEM);
    failing_arm(false);
    end_counted();
    ck_assert_ptr_null(oneshot);
}
END_TEST

/*
 * Values
 */

START_TEST(values_of_all_sizes_arrive)
{
    static char sent[100000];

    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i * 7 + 1);
    for (uint32_t size = 0; size <= sizeof sent; size = size * 3 + 1) {
        struct steal_oneshot *oneshot;

        ck_assert_int_eq(steal_oneshot_new(&oneshot, size), 0);
        ck_assert_uint_eq((uintptr_t)steal_oneshot_value(oneshot) % 16, 0);
        ck_assert_int_eq(steal_oneshot_send(oneshot, sent), 0);
        ck_assert_int_eq(steal_oneshot_try_receive(oneshot), 0);
        ck_assert_int_eq(memcmp(steal_oneshot_value(oneshot), sent, size), 0);
        steal_oneshot_close(oneshot);
    }
}
END_TEST

START_TEST(static_one_needs_no_call)
{
    static uint64_t value;
    static struct steal_oneshot fixed = STEAL_ONESHOT_INIT(&value,
            sizeof value);

    send_value(&fixed);
    assert_received(&fixed);
    ck_assert_uint_eq(value, VALUE);
    steal_oneshot_close(&fixed);
}
END_TEST

START_TEST(zero_is_one_without_a_value)
{
    static struct steal_oneshot zero;

    ck_assert_int_eq(steal_oneshot_try_receive(&zero), -EAGAIN);
    ck_assert_int_eq(steal_oneshot_send(&zero, NULL), 0);
    ck_assert_int_eq(steal_oneshot_try_receive(&zero), 0);
    ck_assert_ptr_null(steal_oneshot_value(&zero));
    steal_oneshot_close(&zero);
}
END_TEST

/*
 * In tasks
 */

struct greedy {
    struct steal_async async;
    struct steal_oneshot_wait wait;
    struct steal_oneshot *oneshot;
    int n;
    int polls;
};

static enum steal_poll
greedy_poll(struct steal_future *future, struct steal_context *cx)
{
    struct greedy *self = (struct greedy *)future;

    self->polls++;
    STEAL_BEGIN(&self->async);
    for (; self->n > 0; self->n--) {
        require(steal_oneshot_new(&self->oneshot, sizeof(int)) == 0);
        require(steal_oneshot_send(self->oneshot, &self->n) == 0);
        STEAL_AWAIT(cx, steal_oneshot_receive(&self->wait, self->oneshot));
        require(*(int *)steal_oneshot_value(self->oneshot) == self->n);
        steal_oneshot_close(self->oneshot);
    }
    STEAL_END();
}

static const struct steal_future_ops greedy_ops = { .name = "greedy",
    .poll = greedy_poll };

START_TEST(task_gives_way_though_every_value_is_there)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct greedy greedy = { .async = STEAL_ASYNC(&greedy_ops),
        .n = 10 * TASK_BUDGET };

    ck_assert_int_eq(steal_block_on(runtime, &greedy.async.future), 0);
    ck_assert_int_ge(greedy.polls, 10);
    runtime_end(runtime);
}
END_TEST

TEST_OF_BOTH(receive_may_time_out_and_go_on)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_oneshot *oneshot = begin(kind);
    struct steal_oneshot_wait wait;
    struct steal_timeout timeout;

    steal_timeout(&timeout, steal_oneshot_receive(&wait, oneshot), STEAL_MS(2));
    ck_assert_int_eq(steal_block_on(runtime, &timeout.future), -ETIMEDOUT);
    send_value(oneshot);
    steal_timeout(&timeout, steal_oneshot_receive(&wait, oneshot),
            STEAL_SECONDS(100));
    ck_assert_int_eq(steal_block_on(runtime, &timeout.future), 0);
    assert_value(oneshot);
    steal_oneshot_close(oneshot);
    runtime_end(runtime);
    end(kind, oneshot);
}

/* A sender that works only for as long as somebody wants the value. */
TEST_OF_BOTH(select_of_closed_and_work_gives_up_with_the_receiver)
{
    struct steal_oneshot *oneshot = begin(kind);
    struct record record = RECORD_INIT;
    struct probe work = probe_make(&record, PROBE_WAITS, 0);
    struct steal_oneshot_wait wait;
    struct steal_select select;

    steal_select2(&select, &work.future, steal_oneshot_closed(&wait, oneshot));
    assert_poll(0, &select.future, PENDING);
    steal_oneshot_close(oneshot);
    assert_woken(0, 1);
    assert_ready(0, &select.future, 0);
    ck_assert_uint_eq(select.index, 1);
    ck_assert_int_eq(record_drops(&record), 1);
    steal_oneshot_abandon(oneshot);
    end(kind, oneshot);
}

int
main(void)
{
    const TTest *const tests[] = {
        value_that_was_sent_is_received,
        value_that_is_there_does_not_make_wait,
        send_wakes_the_receiver,
        receiver_of_an_abandoned_one_gets_nothing,
        abandoning_wakes_the_receiver,
        sender_learns_that_the_receiver_has_closed,
        close_wakes_the_sender,
        both_may_give_up,
        value_that_nobody_received_is_destroyed_once,
        both_may_wait_at_the_same_time,
        waits_that_are_not_polled_change_nothing,
        receiver_that_was_dropped_may_wait_again,
        value_of_a_dropped_receive_is_destroyed,
        sender_that_was_dropped_may_wait_again,
        last_waker_is_the_one_that_counts,
        what_frees_itself_goes_with_the_second_half,
        there_may_be_no_memory,
        values_of_all_sizes_arrive,
        static_one_needs_no_call,
        zero_is_one_without_a_value,
        task_gives_way_though_every_value_is_there,
        receive_may_time_out_and_go_on,
        select_of_closed_and_work_gives_up_with_the_receiver,
    };

    return run_suite_with("oneshot", reset, tests, LENGTH(tests));
}
