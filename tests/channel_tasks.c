/*
 * tests/channel_tasks.c - channels between tasks and threads: each message is
 * received once, and those of a sender in their order.
 */
#include <steal/channel.h>

#include "../src/task/budget.h"
#include "kit.h"

#define SENDERS   4
#define RECEIVERS 3
#define MANY      16

/* A message tells its sender and its number, from 1 on. */
#define NUMBER_BITS        32
#define number_of(message) ((message) & ((UINT64_C(1) << NUMBER_BITS) - 1))
#define sender_of(message) ((message) >> NUMBER_BITS)

/* It may be followed by words that belong to it. */
#define WORDS 3

static struct steal_channel channel;
static unsigned words = 1; /* of a message */
static uint64_t ring[64 * WORDS];
static struct steal_runtime *runtime;

static void
write_message(uint64_t *words_of_it, uint64_t message)
{
    for (unsigned i = 0; i < WORDS; i++)
        words_of_it[i] = message * (i + 1);
}

static uint64_t
read_message(const uint64_t *words_of_it)
{
    for (unsigned i = 1; i < words; i++)
        require(words_of_it[i] == words_of_it[0] * (i + 1));
    return words_of_it[0];
}

static void
reset(void)
{
    runtime = runtime_start(2);
}

/*
 * What was sent, and what came
 */

struct tally {
    _Atomic(uint64_t) n;
    _Atomic(uint64_t) sum;
};

static struct tally sent;
static struct tally received;

static void
count(struct tally *tally, uint64_t message)
{
    add_relaxed(&tally->n, 1);
    add_relaxed(&tally->sum, message);
}

static void
begin(void *slots, size_t capacity)
{
    sent = (struct tally){ 0 };
    received = (struct tally){ 0 };
    steal_channel_init(&channel, slots, words * (uint32_t)sizeof(uint64_t),
            capacity);
}

/* Each message came, and once: the order has shown that none came twice. */
static void
end(void)
{
    ck_assert_uint_eq(load_relaxed(&received.n), load_relaxed(&sent.n));
    ck_assert_uint_eq(load_relaxed(&received.sum), load_relaxed(&sent.sum));
    ck_assert_uint_eq(steal_channel_count(&channel), 0);
    steal_channel_fini(&channel);
}

/* The last number of each sender that one receiver has seen. */
struct seen {
    uint64_t last[SENDERS + 2];
};

static void
look_at(struct seen *seen, uint64_t message)
{
    uint64_t sender = sender_of(message);

    require(sender < LENGTH(seen->last));
    require(number_of(message) > seen->last[sender]);
    seen->last[sender] = number_of(message);
    count(&received, message);
}

/*
 * Senders and receivers
 */

/* How long it waits for the next one: now and then not long. */
static uint64_t
patience(uint64_t number, bool patient)
{
    return patient || number % 8 ? STEAL_SECONDS(100) : number % 3 * 20000;
}

struct sender {
    struct steal_async async;
    struct steal_channel_send send;
    struct steal_timeout timeout;
    uint64_t name;
    uint64_t n;
    uint64_t number;
    uint64_t message[WORDS];
    bool patient;
};

static enum steal_poll
sender_poll(struct steal_future *future, struct steal_context *cx)
{
    struct sender *self = (struct sender *)future;

    STEAL_BEGIN(&self->async);
    for (self->number = 1; self->number <= self->n; self->number++) {
        write_message(self->message, self->name << NUMBER_BITS | self->number);
        steal_channel_send(&self->send, &channel, self->message);
        STEAL_AWAIT(cx, steal_timeout(&self->timeout, &self->send.future,
                                patience(self->number, self->patient)));
        if (self->timeout.future.result == 0)
            require(self->send.sent);
        else
            require(self->timeout.future.result == -ETIMEDOUT);
        if (self->send.sent)
            count(&sent, self->message[0]);
    }
    steal_channel_end_sender(&channel);
    STEAL_END();
}

static const struct steal_future_ops sender_ops = { .name = "sender",
    .poll = sender_poll };

struct receiver {
    struct steal_async async;
    struct steal_channel_receive receive;
    struct steal_timeout timeout;
    struct seen seen;
    uint64_t messages[MANY * WORDS];
    uint64_t round;
    bool many;
    bool patient;
};

static struct steal_future *
receiver_next(struct receiver *self)
{
    struct steal_future *future;

    if (self->many)
        future = steal_channel_receive_many(&self->receive, &channel,
                self->messages, MANY);
    else
        future = steal_channel_receive(&self->receive, &channel,
                self->messages);
    return steal_timeout(&self->timeout, future,
            patience(++self->round, self->patient));
}

static void
receiver_look(struct receiver *self)
{
    int n = self->many ? self->receive.future.result : 1;

    require(n >= 1 && n <= MANY);
    for (int i = 0; i < n; i++)
        look_at(&self->seen,
                read_message(self->messages + (unsigned)i * words));
}

static enum steal_poll
receiver_poll(struct steal_future *future, struct steal_context *cx)
{
    struct receiver *self = (struct receiver *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, receiver_next(self));
        if (self->timeout.future.result == -EPIPE)
            break;
        if (self->timeout.future.result != -ETIMEDOUT)
            receiver_look(self);
    }
    STEAL_END();
}

static const struct steal_future_ops receiver_ops = { .name = "receiver",
    .poll = receiver_poll };

static struct steal_task *
spawn_sender(uint64_t name, int n, bool patient)
{
    struct sender sender = { .async = STEAL_ASYNC(&sender_ops),
        .name = name,
        .n = (uint64_t)n,
        .patient = patient };
    struct steal_task *task;

    require(steal_spawn(runtime, &sender.async.future, sizeof sender, &task) ==
            0);
    return task;
}

static struct steal_task *
spawn_receiver(bool many, bool patient)
{
    struct receiver receiver = { .async = STEAL_ASYNC(&receiver_ops),
        .many = many,
        .patient = patient };
    struct steal_task *task;

    require(steal_spawn(runtime, &receiver.async.future, sizeof receiver,
                    &task) == 0);
    return task;
}

/* `n` messages from each of some senders to some receivers. */
static void
carry(uint64_t senders, int receivers, int n, bool patient)
{
    struct steal_task *task[SENDERS + RECEIVERS];
    size_t ntasks = 0;

    for (uint64_t i = 0; i < senders; i++)
        steal_channel_add_sender(&channel);
    for (int i = 0; i < receivers; i++)
        task[ntasks++] = spawn_receiver(i % 2, patient);
    for (uint64_t i = 0; i < senders; i++)
        task[ntasks++] = spawn_sender(i, n, patient);
    while (ntasks)
        ck_assert_int_eq(join_task(runtime, task[--ntasks]), 0);
    if (patient)
        ck_assert_uint_eq(load_relaxed(&sent.n), senders * (uint64_t)n);
    end();
}

struct shape {
    bool has_ring;
    size_t capacity;
};

static const struct shape shapes[] = { { true, 1 }, { true, 7 }, { true, 64 },
    { false, 0 }, { false, 3 }, { false, 700 }, { false, STEAL_UNBOUNDED } };

static void
carry_in_all_shapes(uint64_t senders, int receivers, bool patient)
{
    int n = scaled(patient ? 10000 : 3000);

    for (words = 1; words <= WORDS; words += WORDS - 1) {
        for (size_t i = 0; i < LENGTH(shapes); i++) {
            begin(shapes[i].has_ring ? ring : NULL, shapes[i].capacity);
            carry(senders, receivers, n, patient);
        }
    }
    words = 1;
}

START_TEST(one_sends_to_one)
{
    carry_in_all_shapes(1, 1, true);
    runtime_end(runtime);
}
END_TEST

START_TEST(many_send_to_one)
{
    carry_in_all_shapes(SENDERS, 1, true);
    runtime_end(runtime);
}
END_TEST

START_TEST(many_send_to_many)
{
    carry_in_all_shapes(SENDERS, RECEIVERS, true);
    runtime_end(runtime);
}
END_TEST

START_TEST(many_who_lose_patience_lose_no_message)
{
    carry_in_all_shapes(SENDERS, RECEIVERS, false);
    runtime_end(runtime);
}
END_TEST

/*
 * Threads, which try or block
 */

static void
send_in_thread(uint64_t message)
{
    struct steal_channel_send send;

    if (message % 3) {
        steal_channel_send(&send, &channel, &message);
        require(steal_block_on(message % 3 == 1 ? runtime : NULL,
                        &send.future) == 0);
        require(send.sent);
    } else {
        int error;

        while ((error = steal_channel_try_send(&channel, &message)) == -EAGAIN)
            sched_yield();
        require(error == 0);
    }
    count(&sent, message);
}

static int number_in_thread;

static void *
sender_thread(void *arg)
{
    uint64_t name = *(uint64_t *)arg << NUMBER_BITS;

    for (int i = 1; i <= number_in_thread; i++)
        send_in_thread(name | (uint64_t)i);
    steal_channel_end_sender(&channel);
    return NULL;
}

static int
receive_in_thread(uint64_t *message, int round)
{
    struct steal_channel_receive receive;
    int error;

    if (round % 3)
        return steal_block_on(round % 3 == 1 ? runtime : NULL,
                steal_channel_receive(&receive, &channel, message));
    while ((error = steal_channel_try_receive(&channel, message)) == -EAGAIN)
        sched_yield();
    return error;
}

static void *
receiver_thread(void *arg)
{
    struct seen seen = { { 0 } };
    int round = 0;
    uint64_t message;
    int error;

    (void)arg;
    while ((error = receive_in_thread(&message, round++)) == 0)
        look_at(&seen, message);
    require(error == -EPIPE);
    return NULL;
}

static void
carry_with_threads(void *slots, size_t capacity)
{
    uint64_t names[] = { SENDERS, SENDERS + 1 };
    pthread_t threads[3];

    begin(slots, capacity);
    number_in_thread = scaled(2000);
    for (size_t i = 0; i < SENDERS + LENGTH(names); i++)
        steal_channel_add_sender(&channel);
    for (size_t i = 0; i < LENGTH(names); i++)
        threads[i] = start_thread(sender_thread, &names[i]);
    threads[2] = start_thread(receiver_thread, NULL);
    for (int i = 0; i < SENDERS; i++)
        steal_task_detach(spawn_sender((uint64_t)i, number_in_thread, true));
    ck_assert_int_eq(join_task(runtime, spawn_receiver(false, false)), 0);
    for (size_t i = 0; i < LENGTH(threads); i++)
        join_thread(threads[i]);
    ck_assert_uint_eq(load_relaxed(&sent.n),
            (SENDERS + LENGTH(names)) * (uint64_t)number_in_thread);
    end();
}

START_TEST(threads_send_and_receive_as_well)
{
    carry_with_threads(ring, 4);
    carry_with_threads(NULL, 4);
    carry_with_threads(NULL, STEAL_UNBOUNDED);
    runtime_end(runtime);
}
END_TEST

/*
 * Budget: on one worker, beside a task that has something to say.
 */

static _Atomic(bool) enough;

static int
say_enough(void *arg)
{
    (void)arg;
    store_release(&enough, true);
    return 0;
}

/* Sends and receives, one each by turns, until another task has run. */
struct greedy {
    struct steal_async async;
    struct steal_channel_send send;
    struct steal_channel_receive receive;
    uint64_t message;
    bool many;
    int operations;
    int polls;
};

static struct steal_future *
greedy_receive(struct greedy *self)
{
    if (self->many)
        return steal_channel_receive_many(&self->receive, &channel,
                &self->message, 1);
    return steal_channel_receive(&self->receive, &channel, &self->message);
}

static enum steal_poll
greedy_poll(struct steal_future *future, struct steal_context *cx)
{
    struct greedy *self = (struct greedy *)future;

    self->polls++;
    STEAL_BEGIN(&self->async);
    while (!load_acquire(&enough)) {
        STEAL_AWAIT(cx,
                steal_channel_send(&self->send, &channel, &self->message));
        STEAL_AWAIT(cx, greedy_receive(self));
        self->operations += 2;
    }
    STEAL_RETURN(self->operations / self->polls);
    STEAL_END();
}

static const struct steal_future_ops greedy_ops = { .name = "greedy",
    .poll = greedy_poll };

START_TEST(task_gives_way_though_its_channel_is_always_ready)
{
    struct steal_runtime *alone = runtime_start(1);

    for (int many = 0; many < 2; many++) {
        struct greedy greedy = { .async = STEAL_ASYNC(&greedy_ops),
            .many = many };
        struct steal_task *task;

        begin(ring, 2);
        store_release(&enough, false);
        require(steal_spawn(alone, &greedy.async.future, sizeof greedy,
                        &task) == 0);
        ck_assert_int_eq(call_inside(alone, say_enough, NULL), 0);
        ck_assert_int_le(join_task(alone, task), TASK_BUDGET);
        end();
    }
    runtime_end(alone);
    runtime_end(runtime);
}
END_TEST

/* Puts messages in until it is told to stop, or only takes them out. */
struct glutton {
    struct steal_async async;
    struct steal_channel_send send;
    struct steal_channel_receive receive;
    uint64_t message;
    int n;
    int polls;
};

static enum steal_poll
filler_poll(struct steal_future *future, struct steal_context *cx)
{
    struct glutton *self = (struct glutton *)future;

    self->polls++;
    STEAL_BEGIN(&self->async);
    for (; self->n > 0; self->n--)
        STEAL_AWAIT(cx,
                steal_channel_send(&self->send, &channel, &self->message));
    STEAL_END();
}

static enum steal_poll
drainer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct glutton *self = (struct glutton *)future;

    self->polls++;
    STEAL_BEGIN(&self->async);
    for (; self->n > 0; self->n--)
        STEAL_AWAIT(cx, steal_channel_receive(&self->receive, &channel,
                                &self->message));
    STEAL_END();
}

static const struct steal_future_ops filler_ops = { .name = "filler",
    .poll = filler_poll };
static const struct steal_future_ops drainer_ops = { .name = "drainer",
    .poll = drainer_poll };

START_TEST(budget_is_so_many_operations_a_poll)
{
    struct glutton filler = { .async = STEAL_ASYNC(&filler_ops),
        .n = 10 * TASK_BUDGET };
    struct glutton drainer = { .async = STEAL_ASYNC(&drainer_ops),
        .n = 10 * TASK_BUDGET };

    begin(NULL, STEAL_UNBOUNDED);
    ck_assert_int_eq(steal_block_on(runtime, &filler.async.future), 0);
    ck_assert_int_eq(filler.polls, 10);
    ck_assert_int_eq(steal_block_on(runtime, &drainer.async.future), 0);
    ck_assert_int_eq(drainer.polls, 10);
    end();
    runtime_end(runtime);
}
END_TEST

/*
 * Close, with tasks of two runtimes in both lines
 */

struct waiting {
    struct steal_async async;
    struct steal_channel_send send;
    struct steal_channel_receive receive;
    uint64_t message;
    bool sends;
};

static enum steal_poll
waiting_poll(struct steal_future *future, struct steal_context *cx)
{
    struct waiting *self = (struct waiting *)future;

    STEAL_BEGIN(&self->async);
    if (self->sends) {
        STEAL_AWAIT(cx,
                steal_channel_send(&self->send, &channel, &self->message));
        STEAL_RETURN(self->send.future.result);
    } else {
        STEAL_AWAIT(cx, steal_channel_receive(&self->receive, &channel,
                                &self->message));
        STEAL_RETURN(self->receive.future.result);
    }
    STEAL_END();
}

static const struct steal_future_ops waiting_ops = { .name = "waiting",
    .poll = waiting_poll };

static void
close_while_they_wait(bool sends)
{
    struct steal_runtime *runtimes[] = { runtime, runtime_start(1) };
    struct steal_task *task[20];

    begin(NULL, 0);
    for (size_t i = 0; i < LENGTH(task); i++) {
        struct waiting waiting = { .async = STEAL_ASYNC(&waiting_ops),
            .sends = sends };

        require(steal_spawn(runtimes[i % 2], &waiting.async.future,
                        sizeof waiting, &task[i]) == 0);
    }
    steal_channel_close(&channel);
    for (size_t i = 0; i < LENGTH(task); i++)
        ck_assert_int_eq(join_task(runtimes[i % 2], task[i]), -EPIPE);
    end();
    runtime_end(runtimes[1]);
}

START_TEST(close_ends_all_who_wait)
{
    for (int i = 0; i < scaled(100); i++)
        close_while_they_wait(i % 2);
    runtime_end(runtime);
}
END_TEST

/* Tasks that wait are aborted with their runtime, and leave the lines. */
START_TEST(runtime_may_stop_while_tasks_wait)
{
    struct waiting waiting = { .async = STEAL_ASYNC(&waiting_ops) };
    struct steal_task *task;
    uint64_t message = 1;

    begin(NULL, 1);
    for (int i = 0; i < 5; i++) {
        waiting.sends = false;
        require(steal_spawn(runtime, &waiting.async.future, sizeof waiting,
                        &task) == 0);
        steal_task_detach(task);
    }
    runtime_end(runtime);
    ck_assert_int_eq(steal_channel_try_send(&channel, &message), 0);
    ck_assert_int_eq(steal_channel_try_receive(&channel, &message), 0);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        one_sends_to_one,
        many_send_to_one,
        many_send_to_many,
        many_who_lose_patience_lose_no_message,
        threads_send_and_receive_as_well,
        task_gives_way_though_its_channel_is_always_ready,
        budget_is_so_many_operations_a_poll,
        close_ends_all_who_wait,
        runtime_may_stop_while_tasks_wait,
    };

    return run_suite_with("channel_tasks", reset, tests, LENGTH(tests));
}
