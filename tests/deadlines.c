/*
 * tests/deadlines.c - a queue of deadlines.
 */
#include <steal/time.h>

#include "../src/base/rand.h"
#include "kit.h"

#define MANY    2000
#define SEED    UINT64_C(20240607)
#define TAKERS  3
#define FEEDERS 2

static struct steal_deadlines queue;

static void
reset(void)
{
    steal_deadlines_init(&queue);
}

/* Takes what is due, by hand: there is nothing to wait for. */
static struct steal_deadline *
take_due(void)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_deadlines_next next;
    struct steal_future *future = steal_deadlines_next(&next, &queue);

    require(steal_future_poll(future, &cx) == STEAL_READY);
    steal_future_drop(future);
    require(load_acquire(&meter.refs) == 0);
    require(future->result == (next.deadline ? 0 : -EINVAL));
    return next.deadline;
}

/*
 * The order
 */

START_TEST(deadlines_come_in_the_order_of_their_times)
{
    struct steal_deadline node[5] = { STEAL_DEADLINE_INIT };
    static const uint64_t times[] = { 3, 1, 4, 5, 2 };

    for (size_t i = 0; i < LENGTH(node); i++)
        steal_deadlines_insert(&queue, &node[i], times[i]);
    ck_assert_ptr_eq(take_due(), &node[1]);
    ck_assert_ptr_eq(take_due(), &node[4]);
    ck_assert_ptr_eq(take_due(), &node[0]);
    ck_assert_ptr_eq(take_due(), &node[2]);
    ck_assert_ptr_eq(take_due(), &node[3]);
    ck_assert_ptr_null(take_due());
}
END_TEST

START_TEST(node_that_is_out_is_told_from_one_that_is_in)
{
    struct steal_deadline node = STEAL_DEADLINE_INIT;

    ck_assert(!steal_deadlines_remove(&queue, &node));
    ck_assert(!steal_deadlines_reschedule(&queue, &node, 1));
    ck_assert_ptr_null(take_due());
    steal_deadlines_insert(&queue, &node, 1);
    ck_assert(steal_deadlines_reschedule(&queue, &node, 2));
    ck_assert(steal_deadlines_remove(&queue, &node));
    ck_assert(!steal_deadlines_remove(&queue, &node));
    steal_deadlines_insert(&queue, &node, 3);
    ck_assert_ptr_eq(take_due(), &node);
    ck_assert(!steal_deadlines_remove(&queue, &node));
}
END_TEST

START_TEST(inserting_twice_moves)
{
    struct steal_deadline a = STEAL_DEADLINE_INIT;
    struct steal_deadline b = STEAL_DEADLINE_INIT;

    steal_deadlines_insert(&queue, &a, 1);
    steal_deadlines_insert(&queue, &b, 2);
    steal_deadlines_insert(&queue, &a, 3);
    ck_assert_ptr_eq(take_due(), &b);
    ck_assert_ptr_eq(take_due(), &a);
    ck_assert_ptr_null(take_due());
}
END_TEST

/* What the head of deadlines.c says of the tree; returns how many nodes. */
static size_t
audit(const struct steal_deadline *node, const struct steal_deadline *parent)
{
    unsigned left;
    unsigned right;

    if (!node)
        return 0;
    left = node->left ? node->left->rank : 0;
    right = node->right ? node->right->rank : 0;
    require(node->parent == parent);
    require(!parent || parent->time <= node->time);
    require(left >= right);
    require(node->rank == right + 1);
    return 1 + audit(node->left, node) + audit(node->right, node);
}

/* The reference: an array of all nodes, and which of them are in. */
struct model {
    struct steal_deadline node[MANY];
    bool in[MANY];
    size_t n;
};

static void
random_step(struct model *model, struct rng *rng)
{
    size_t i = rng_below(rng, MANY);
    uint64_t time = 1 + rng_below(rng, 500);

    switch (rng_below(rng, 4)) {
    case 0:
    case 1:
        steal_deadlines_insert(&queue, &model->node[i], time);
        model->n += !model->in[i];
        model->in[i] = true;
        break;
    case 2:
        require(steal_deadlines_reschedule(&queue, &model->node[i], time) ==
                model->in[i]);
        break;
    case 3:
        require(steal_deadlines_remove(&queue, &model->node[i]) ==
                model->in[i]);
        model->n -= model->in[i];
        model->in[i] = false;
        break;
    }
}

static uint64_t
first_of(const struct model *model)
{
    uint64_t first = STEAL_FOREVER;

    for (size_t i = 0; i < MANY; i++) {
        if (model->in[i] && model->node[i].time < first)
            first = model->node[i].time;
    }
    return first;
}

static void
take_one(struct model *model)
{
    uint64_t first = first_of(model);
    struct steal_deadline *node = take_due();
    size_t i = (size_t)(node - model->node);

    require(node != NULL && i < MANY && model->in[i]);
    require(node->time == first);
    model->in[i] = false;
    model->n--;
}

START_TEST(random_operations_agree_with_a_plain_array)
{
    struct model *model = calloc(1, sizeof *model);
    struct rng rng;

    require(model != NULL);
    rng_init(&rng, SEED);
    for (int i = 0; i < scaled(40000); i++) {
        random_step(model, &rng);
        if (i % 100 == 0)
            require(audit(queue.root, NULL) == model->n);
        if (i % 50 == 0 && model->n)
            take_one(model);
    }
    while (model->n)
        take_one(model);
    ck_assert_ptr_null(take_due());
    free(model);
}
END_TEST

/* Both kinds of degenerate input: a chain, and a root with all others below. */
START_TEST(sorted_input_leaves_the_way_to_the_right_short)
{
    static struct steal_deadline node[MANY];

    for (size_t i = 0; i < MANY; i++)
        steal_deadlines_insert(&queue, &node[i], i + 1);
    require(audit(queue.root, NULL) == MANY);
    ck_assert_uint_le(queue.root->rank, 11);
    for (size_t i = 0; i < MANY; i++)
        steal_deadlines_insert(&queue, &node[i], MANY - i);
    require(audit(queue.root, NULL) == MANY);
    ck_assert_uint_le(queue.root->rank, 11);
    for (size_t i = MANY; i-- > 0;)
        require(take_due() == &node[i]);
}
END_TEST

/*
 * Waiting
 */

START_TEST(node_does_not_come_early)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_deadline node[10] = { STEAL_DEADLINE_INIT };
    uint64_t start = steal_now();

    for (size_t i = 0; i < LENGTH(node); i++)
        steal_deadlines_insert(&queue, &node[i],
                start + STEAL_US(20000 - 1900 * i));
    for (size_t i = LENGTH(node); i-- > 0;) {
        struct steal_deadlines_next next;

        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_deadlines_next(&next, &queue)),
                0);
        ck_assert_ptr_eq(next.deadline, &node[i]);
        ck_assert_uint_ge(steal_now(), node[i].time);
        ck_assert_uint_lt(steal_now(), node[i].time + PATIENCE);
    }
    runtime_end(runtime);
}
END_TEST

/* Waits for a node in a task of its own.  `polls` tells that it has begun. */
struct taker {
    struct steal_future future;
    struct steal_deadlines_next next;
    bool begun;
    _Atomic(int) *polls;
};

static enum steal_poll
taker_poll(struct steal_future *future, struct steal_context *cx)
{
    struct taker *self = (struct taker *)future;
    enum steal_poll poll;

    if (!self->begun)
        steal_deadlines_next(&self->next, &queue);
    self->begun = true;
    poll = steal_future_poll(&self->next.future, cx);
    future->result = self->next.future.result;
    add_acq_rel(self->polls, 1);
    return poll;
}

static void
taker_drop(struct steal_future *future)
{
    steal_future_drop(&((struct taker *)future)->next.future);
}

static const struct steal_future_ops taker_ops = { .name = "taker",
    .poll = taker_poll,
    .drop = taker_drop };

/* A task that waits already. */
static struct steal_task *
start_taker(struct steal_runtime *runtime, _Atomic(int) *polls)
{
    struct taker taker = { .future = STEAL_FUTURE(&taker_ops), .polls = polls };
    struct steal_task *task = NULL;
    int before = load_acquire(polls);

    require(steal_spawn(runtime, &taker.future, sizeof taker, &task) == 0);
    wait_until(load_acquire(polls) > before);
    return task;
}

START_TEST(insert_into_an_empty_queue_ends_the_wait)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_deadline node = STEAL_DEADLINE_INIT;
    _Atomic(int) polls = 0;
    struct steal_task *task = start_taker(runtime, &polls);

    steal_deadlines_insert(&queue, &node, steal_now());
    ck_assert_int_eq(join_task(runtime, task), 0);
    ck_assert(!steal_deadlines_remove(&queue, &node));
    runtime_end(runtime);
}
END_TEST

START_TEST(earlier_deadline_shortens_the_wait)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_deadline far = STEAL_DEADLINE_INIT;
    struct steal_deadline near = STEAL_DEADLINE_INIT;
    _Atomic(int) polls = 0;
    struct steal_task *task;

    steal_deadlines_insert(&queue, &far, steal_now() + STEAL_SECONDS(1000));
    task = start_taker(runtime, &polls);
    steal_deadlines_insert(&queue, &near, steal_now() + STEAL_MS(2));
    ck_assert_int_eq(join_task(runtime, task), 0);
    ck_assert(!steal_deadlines_remove(&queue, &near));
    ck_assert(steal_deadlines_remove(&queue, &far));
    runtime_end(runtime);
}
END_TEST

START_TEST(rescheduling_to_sooner_shortens_the_wait)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_deadline node = STEAL_DEADLINE_INIT;
    _Atomic(int) polls = 0;
    struct steal_task *task;

    steal_deadlines_insert(&queue, &node, STEAL_FOREVER);
    task = start_taker(runtime, &polls);
    ck_assert(steal_deadlines_reschedule(&queue, &node, 1));
    ck_assert_int_eq(join_task(runtime, task), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(later_deadline_does_not_wake)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_deadline first = STEAL_DEADLINE_INIT;
    struct steal_deadline later = STEAL_DEADLINE_INIT;
    uint64_t far = steal_now() + STEAL_SECONDS(1000);
    struct record record = RECORD_INIT;
    _Atomic(int) polls = 0;
    struct steal_task *task;

    steal_deadlines_insert(&queue, &first, far);
    task = start_taker(runtime, &polls);
    steal_deadlines_insert(&queue, &later, far + 1);
    steal_deadlines_remove(&queue, &later);
    /* Would be behind the other in the queue of the only worker. */
    ck_assert_int_eq(join_task(runtime, spawn_probe(runtime, &record, 1, 0)),
            0);
    ck_assert_int_eq(load_acquire(&polls), 1);
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    runtime_end(runtime);
}
END_TEST

START_TEST(removed_deadline_is_not_waited_for)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_deadline first = STEAL_DEADLINE_INIT;
    struct steal_deadline second = STEAL_DEADLINE_INIT;
    uint64_t due = steal_now() + STEAL_MS(20);
    struct steal_deadlines_next next;

    steal_deadlines_insert(&queue, &first, due - STEAL_MS(10));
    steal_deadlines_insert(&queue, &second, due);
    ck_assert(steal_deadlines_remove(&queue, &first));
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_deadlines_next(&next, &queue)),
            0);
    ck_assert_ptr_eq(next.deadline, &second);
    ck_assert_uint_ge(steal_now(), due);
    runtime_end(runtime);
}
END_TEST

/* The sleep that the first had asked for ends too soon, and begins again. */
START_TEST(deadline_that_goes_away_meanwhile_ends_no_wait)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_deadline first = STEAL_DEADLINE_INIT;
    struct steal_deadline second = STEAL_DEADLINE_INIT;
    uint64_t due = steal_now() + STEAL_MS(60);
    _Atomic(int) polls = 0;
    struct steal_task *task;
    bool removed;

    steal_deadlines_insert(&queue, &first, due - STEAL_MS(30));
    steal_deadlines_insert(&queue, &second, due);
    task = start_taker(runtime, &polls);
    removed = steal_deadlines_remove(&queue, &first); /* unless it was due */
    ck_assert_int_eq(join_task(runtime, task), 0);
    ck_assert(!removed || steal_now() >= due);
    ck_assert(steal_deadlines_remove(&queue, &second) == !removed);
    runtime_end(runtime);
}
END_TEST

START_TEST(dropping_a_wait_loses_no_node)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_deadline node = STEAL_DEADLINE_INIT;
    struct steal_deadlines_next next;
    struct steal_timeout timeout;

    steal_deadlines_insert(&queue, &node, steal_now() + STEAL_SECONDS(1000));
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout_at(&timeout,
                                     steal_deadlines_next(&next, &queue), 1)),
            -ETIMEDOUT);
    ck_assert_ptr_null(next.deadline);
    ck_assert(steal_deadlines_reschedule(&queue, &node, steal_now()));
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_deadlines_next(&next, &queue)),
            0);
    ck_assert_ptr_eq(next.deadline, &node);
    runtime_end(runtime);
}
END_TEST

START_TEST(runtime_that_stops_drops_who_waits)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct steal_deadline node = STEAL_DEADLINE_INIT;
    _Atomic(int) polls = 0;

    for (int i = 0; i < 20; i++)
        steal_task_detach(start_taker(runtime, &polls));
    runtime_end(runtime);
    steal_deadlines_insert(&queue, &node, 1);
    ck_assert_ptr_eq(take_due(), &node);
}
END_TEST

START_TEST(outside_of_workers_waiting_is_refused)
{
    struct steal_deadline node = STEAL_DEADLINE_INIT;

    ck_assert_ptr_null(take_due()); /* says -EINVAL */
    steal_deadlines_insert(&queue, &node, STEAL_FOREVER);
    ck_assert_ptr_null(take_due());
    ck_assert(steal_deadlines_remove(&queue, &node));
}
END_TEST

/* Takes nodes and puts them back at once: there is always one that is due. */
struct spinner {
    struct steal_async async;
    struct steal_deadlines_next next;
};

static enum steal_poll
spinner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct spinner *self = (struct spinner *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_deadlines_next(&self->next, &queue));
        steal_deadlines_insert(&queue, self->next.deadline, 1);
    }
    STEAL_END();
}

static const struct steal_future_ops spinner_ops = { .name = "spinner",
    .poll = spinner_poll };

START_TEST(queue_that_is_always_due_gives_way_to_other_tasks)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct spinner spinner = { .async = STEAL_ASYNC(&spinner_ops) };
    struct steal_deadline node = STEAL_DEADLINE_INIT;
    struct record record = RECORD_INIT;
    struct steal_task *task;

    steal_deadlines_insert(&queue, &node, 1);
    ck_assert_int_eq(steal_spawn(runtime, &spinner.async.future, sizeof spinner,
                             &task),
            0);
    ck_assert_int_eq(join_task(runtime, spawn_probe(runtime, &record, 3, 7)),
            7);
    steal_task_abort(task);
    ck_assert_int_eq(join_task(runtime, task), -ECANCELED);
    runtime_end(runtime);
}
END_TEST

/*
 * All at once: threads put nodes in, move and remove them; tasks take them.
 */

struct object {
    struct steal_deadline deadline;
    _Atomic(int) ends; /* taken, or removed */
};

static _Atomic(int) ended;
static _Atomic(int) early;

static void
end_object(struct object *object)
{
    add_acq_rel(&object->ends, 1);
    add_acq_rel(&ended, 1);
}

struct eater {
    struct steal_async async;
    struct steal_deadlines_next next;
};

static enum steal_poll
eater_poll(struct steal_future *future, struct steal_context *cx)
{
    struct eater *self = (struct eater *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_deadlines_next(&self->next, &queue));
        if (self->next.future.result)
            STEAL_RETURN(self->next.future.result);
        if (self->next.deadline->time > steal_now())
            add_acq_rel(&early, 1);
        end_object((struct object *)self->next.deadline);
    }
    STEAL_END();
}

static const struct steal_future_ops eater_ops = { .name = "eater",
    .poll = eater_poll };

struct feeder {
    struct object *object;
    int n;
    uint64_t seed;
};

static void *
feed(void *arg)
{
    struct feeder *feeder = arg;
    struct rng rng;

    rng_init(&rng, feeder->seed);
    for (int i = 0; i < feeder->n; i++) {
        struct object *object = &feeder->object[i];
        uint32_t before = rng_below(&rng, (uint32_t)i + 1);
        struct object *other = &feeder->object[before];

        steal_deadlines_insert(&queue, &object->deadline,
                steal_now() + rng_below(&rng, 20000000));
        if (rng_below(&rng, 4) == 0)
            steal_deadlines_reschedule(&queue, &other->deadline,
                    steal_now() + rng_below(&rng, 20000000));
        else if (rng_below(&rng, 4) == 0 &&
                 steal_deadlines_remove(&queue, &other->deadline))
            end_object(other);
    }
    return NULL;
}

START_TEST(each_node_is_taken_or_removed_and_only_once)
{
    struct steal_runtime *runtime = runtime_start(2);
    int n = scaled(100000);
    struct object *object = calloc((size_t)n * FEEDERS, sizeof *object);
    struct feeder feeder[FEEDERS];
    pthread_t thread[FEEDERS];

    require(object != NULL);
    for (int i = 0; i < TAKERS; i++) {
        struct eater eater = { .async = STEAL_ASYNC(&eater_ops) };

        require(steal_spawn(runtime, &eater.async.future, sizeof eater, NULL) ==
                0);
    }
    for (int i = 0; i < FEEDERS; i++) {
        feeder[i] = (struct feeder){ object + i * n, n, SEED + (uint64_t)i };
        thread[i] = start_thread(feed, &feeder[i]);
    }
    for (int i = 0; i < FEEDERS; i++)
        join_thread(thread[i]);
    wait_until(load_acquire(&ended) == n * FEEDERS);
    for (int i = 0; i < n * FEEDERS; i++)
        require(load_acquire(&object[i].ends) == 1);
    ck_assert_int_eq(load_acquire(&early), 0);
    runtime_end(runtime);
    free(object);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        deadlines_come_in_the_order_of_their_times,
        node_that_is_out_is_told_from_one_that_is_in,
        inserting_twice_moves,
        random_operations_agree_with_a_plain_array,
        sorted_input_leaves_the_way_to_the_right_short,
        node_does_not_come_early,
        insert_into_an_empty_queue_ends_the_wait,
        earlier_deadline_shortens_the_wait,
        rescheduling_to_sooner_shortens_the_wait,
        later_deadline_does_not_wake,
        removed_deadline_is_not_waited_for,
        deadline_that_goes_away_meanwhile_ends_no_wait,
        dropping_a_wait_loses_no_node,
        runtime_that_stops_drops_who_waits,
        outside_of_workers_waiting_is_refused,
        queue_that_is_always_due_gives_way_to_other_tasks,
        each_node_is_taken_or_removed_and_only_once,
    };

    return run_suite_with("deadlines", reset, tests, LENGTH(tests));
}
